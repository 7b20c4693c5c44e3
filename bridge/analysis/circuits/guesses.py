"""Guesses at what breaks a circuit: values for what is not kept under which the prediction falls.

What is wished of the head's inputs is handed down: an element that is not kept is what it should be, a neuron asks its
inputs to push its sum. Neurons that did not come out as wished ask louder the next time. A guess that works is shown to
work by running the circuit on it, so this need not be right; a circuit that no guess breaks is left to SAT.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import numpy as np

from bridge.analysis.circuits.bounds import Between, Bounds, Numbers
from bridge.analysis.circuits.layers import Layers
from bridge.arrays import Flags, Floats32, Ints
from bridge.cell import Block, Cell, Latch, Threshold
from bridge.cell.blocks import OLD
from bridge.compiled import compiled

ROUNDS = 4
LOUDER = 3.0

Wishes = dict[str, Numbers]  # by source, [batch, elements]: above 0 for large values, below 0 for small ones


def breaking(layers: Layers, kept: Flags, rest: Bounds, rival: int = 0) -> tuple[Flags, Numbers]:
    """bool[batch]: is the circuit broken; and [batch, elements]: by which values of what is not kept.

    kept: bool[batch, elements]; rest: [batch, elements], between which numbers what is not kept may lie; rival: to
    which number of the head the prediction shall lose, counted from the likeliest to win.
    """
    between = layers.values(kept, rest)
    slack = layers.slack(between)
    rivals = np.argsort(slack, axis=1)[:, min(rival, slack.shape[1] - 1)]
    loud: Wishes = {}
    listening = layers.by_source(kept)
    found, chosen = np.zeros(len(kept), np.bool_), rest.low.copy()
    for _ in range(ROUNDS):
        wishes = _handed_down(layers, between, listening, rivals, loud)
        wish = layers.own({source: Bounds(one, one) for source, one in wishes.items()}).low
        guess = _granted(rest, wish)
        values = layers.values(kept, Bounds(guess, guess))
        broken = (layers.slack(values).min(axis=1) < 0) & ~found
        chosen[broken] = guess[broken]
        found |= broken
        if found.all():
            break
        for source, one in wishes.items():
            bounds = between[source]
            missed = (bounds.low < bounds.high) & (_granted(bounds, one) != values[source].low)
            loud[source] = np.where(missed, LOUDER, 1.0).astype(np.float32) * loud.get(source, np.float32(1))
    return found, chosen


def _granted(bounds: Bounds, wish: Numbers) -> Numbers:
    return np.where(wish > 0, bounds.high, bounds.low)


def _handed_down(
    layers: Layers, between: Between, listening: Mapping[str, Flags], rivals: Ints, loud: Wishes
) -> Wishes:
    """listening: by source, which elements have their own values; the others ask for nothing."""
    sources, more, _ = layers.differences
    wishes: Wishes = {source: np.zeros_like(bounds.low) for source, bounds in between.items()}
    for source, asked in _parts(layers.cell, sources, -more[rivals]).items():
        wishes[source] += asked
    for block in reversed(layers.cell.blocks[:-1]):
        if block.AT_START:
            wishes[OLD + block.name] += wishes[block.name]
        else:
            wish = wishes[block.name] * loud.get(block.name, np.float32(1))
            open_ = between[block.name].low < between[block.name].high
            wish = np.where(open_ & listening.get(block.name, np.True_), wish, 0)
            for source, asked in asked_of(block, layers.cell, between, wish).items():
                wishes[source] += asked
    return wishes


def _parts(cell: Cell, sources: tuple[str, ...], asked: Numbers) -> Wishes:
    """By source, the columns that belong to it."""
    return {source: asked[:, part] for source, part in zip(sources, cell.columns(sources), strict=True)}


@singledispatch
def asked_of(block: Block, cell: Cell, between: Between, wish: Numbers) -> Mapping[str, Numbers]:
    """What a block asks of its sources so that its elements come out as wished; nothing unless a kind says more."""
    return {}


@asked_of.register
def _(block: Threshold, cell: Cell, between: Between, wish: Numbers) -> Mapping[str, Numbers]:
    if block.taps is None:
        return _parts(cell, block.sources, wish @ block.weights.astype(np.float32))
    asked = np.zeros((len(wish), sum(map(cell.source_width, block.sources))), np.float32)
    _ask(block.taps.astype(np.int64), block.weights.astype(np.float32), wish.astype(np.float32), asked)
    return _parts(cell, block.sources, asked)


@compiled
def _ask(taps: Ints, weights: Floats32, wish: Floats32, asked: Floats32) -> None:
    """Add wishes, [batch, rows], times weights, listed by `taps`, to what is asked of each element, [batch, in]."""
    for one in range(len(wish)):
        for row in range(len(taps)):
            for slot in range(taps.shape[1]):
                if taps[row, slot] >= 0:
                    asked[one, taps[row, slot]] += weights[row, slot] * wish[one, row]


@asked_of.register
def _(block: Latch, cell: Cell, between: Between, wish: Numbers) -> Mapping[str, Numbers]:
    new, old = between[block.value], between[OLD + block.name]
    best_new, best_old = _granted(new, wish), _granted(old, wish)
    return {block.value: wish, OLD + block.name: wish, block.select: wish * (best_new - best_old)}
