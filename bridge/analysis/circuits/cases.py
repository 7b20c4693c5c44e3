"""More than bounds: a circuit in which few neurons are left open is looked at case by case, each of them on or off.

In a case, what an open neuron reads must reach its threshold, or must not: that ties together what bounds take for
free. By how much the prediction is safe is at least, for any multiples of these conditions that are not negative, what
is left of the margin when the multiples are taken away, at its least over the box of what is free. The multiples come
from a linear program in floating point; what they prove is checked in whole numbers.
"""

from __future__ import annotations

from functools import singledispatch
from itertools import product
from typing import NamedTuple

import numpy as np

from bridge.analysis.circuits.bounds import Bounds, Numbers, read_of
from bridge.analysis.circuits.layers import Layers
from bridge.arrays import Flags, Ints
from bridge.cell import Block, Threshold
from bridge.equivalence.clock import Clock
from bridge.truth.programs import Polytope

MOST = 4  # neurons left open
UNIT = 1 << 10  # of the multiples
ROUNDED = (0.5, 1e-6, 1 - 1e-6)  # from where on a value that is not whole counts as 1


class Row(NamedTuple):
    """`weights @ elements` must reach `least`; int64[elements], over all elements of all sources."""

    weights: Ints
    least: int


class Found(NamedTuple):
    """`safe`: is the prediction proven safe in all cases; `guesses`: [n, elements], values of what is not kept that may
    break it, from the case that is not."""

    safe: bool
    guesses: Numbers


def by_cases(layers: Layers, kept: Flags, clock: Clock) -> Found:
    """Of a circuit, bool[elements]. Only cells whose open elements are neurons over bits have cases."""
    nothing = np.zeros((0, layers.count))
    own = layers.own(layers.values(kept[None]))
    open_ = np.flatnonzero(kept & (own.low[0] < own.high[0]))
    neurons = (
        [_neuron(layers, place) for place in open_.tolist()] if len(open_) <= MOST and not layers.cell.integers else []
    )
    rows = [row for row in neurons if row is not None]
    if not rows or len(rows) < len(neurons):
        return Found(False, nothing)
    for phase in product((0, 1), repeat=len(open_)):
        found = nothing if clock.over else _one_case(layers, kept, open_, rows, np.array(phase))
        if found is not None:
            return Found(False, found)
    return Found(True, nothing)


def _one_case(layers: Layers, kept: Flags, open_: Ints, neurons: list[Row], phase: Ints) -> Numbers | None:
    """None if the prediction is safe where the open neurons are what `phase` says, int64[open]; else guesses."""
    low, high = (end.copy() for end in layers.anything)
    low[0, open_] = high[0, open_] = phase
    fixed = kept.copy()
    fixed[open_] = False
    between = layers.values(fixed[None], Bounds(low, high))
    slack = layers.slack(between)[0]
    box = Bounds(*(end[0].astype(np.int64) for end in read_of(between, layers.cell.sources)))
    tied = [_tied(row, on) for row, on in zip(neurons, phase.tolist(), strict=True)]
    if any(_most(row, box) < row.least for row in tied):
        return None  # no values lead here
    sources, more, least = layers.differences
    for rival in np.flatnonzero(slack < 0):
        values = _breaking(Row(_spread(layers, sources, more[rival]), int(least[rival])), tied, box)
        if values is not None:
            places = layers.candidates(layers.cell.sources)
            guesses, mine = np.repeat(low, len(values), axis=0), places < layers.count
            guesses[:, places[mine]] = values[:, mine]
            return guesses
    return None


def _breaking(margin: Row, tied: list[Row], box: Bounds) -> Numbers | None:
    """None if the margin reaches what it must wherever the rows that are tied do; else values of all elements of all
    sources that may show that it does not, [n, elements]."""
    free = np.flatnonzero(box.low < box.high)
    fixed = [int(row.weights @ box.low) - int(row.weights[free] @ box.low[free]) for row in tied]
    polytope = Polytope(*(end[free].astype(np.float64) for end in box))
    polytope.add(
        -np.array([row.weights[free] for row in tied], np.float64),
        np.array([value - row.least for value, row in zip(fixed, tied, strict=True)], np.float64),
    )
    found = polytope.least(margin.weights[free].astype(np.float64))
    if found is None:
        return np.zeros((0, len(box.low)))
    weights, least = UNIT * margin.weights.astype(object), UNIT * margin.least
    for multiple, row in zip(found.whole_multiples(UNIT).tolist(), tied, strict=True):
        weights, least = weights - multiple * row.weights.astype(object), least - multiple * row.least
    if _least(Row(weights, least), box) - least > -UNIT:  # the margin is a whole number
        return None
    values = np.repeat(box.low[None].astype(np.float64), len(ROUNDED), axis=0)
    values[:, free] = found.point >= np.array(ROUNDED)[:, None]
    return values


def _tied(row: Row, on: int) -> Row:
    """What must hold of a neuron that is on, or off."""
    return row if on else Row(-row.weights, 1 - row.least)


def _most(row: Row, box: Bounds) -> int:
    return int(np.maximum(row.weights, 0) @ box.high + np.minimum(row.weights, 0) @ box.low)


def _least(row: Row, box: Bounds) -> int:
    return int(np.maximum(row.weights, 0) @ box.low + np.minimum(row.weights, 0) @ box.high)


def _spread(layers: Layers, sources: tuple[str, ...], weights: Numbers) -> Ints:
    """Weights over all elements of all sources, from those over some sources."""
    cell = layers.cell
    where = dict(zip(cell.sources, cell.columns(cell.sources), strict=True))
    found = np.zeros(sum(map(cell.source_width, cell.sources)), np.int64)
    for source, part in zip(sources, cell.columns(sources), strict=True):
        found[where[source]] += weights[part].astype(np.int64)
    return found


def _neuron(layers: Layers, place: int) -> Row | None:
    """The row of an element; None if it is no neuron."""
    for source, places in layers.places.items():
        if source in layers.cell.by_name and (places == place).any():
            return row_of(layers.cell.by_name[source], layers, int(np.flatnonzero(places == place)[0]))
    return None


@singledispatch
def row_of(block: Block, layers: Layers, element: int) -> Row | None:
    """Of an element of a block; None for kinds that are no neurons."""
    return None


@row_of.register
def _(block: Threshold, layers: Layers, element: int) -> Row | None:
    return Row(_spread(layers, block.sources, layers.cell.matrix(block)[element]), int(block.thresholds[element]))
