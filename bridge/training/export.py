"""From the trained float model to the integer cell.

A neuron fires iff `scale * sum(w * x) + bias >= 0` over x = -1/+1. With bits b = (x + 1) / 2 the sum is
`2 * (w @ b) - sum(w)`, so there is one integer threshold on `w @ b`; neurons of two bits have three, evenly apart.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from bridge.arrays import Ints
from bridge.cell import Block, Cell, Delay, Embedding, Latch, Levels, Linear, Logits, Threshold, fill_unseen
from bridge.cell.blocks import OLD
from bridge.training.model import Layer, Model, Reading, activation
from bridge.training.options import TrainingOptions


class Source(NamedTuple):
    """A block of the cell that a row reads, and which column of the model each of its bits is; -1: not read."""

    block: str
    columns: Ints


@torch.no_grad()
def exact(model: Model) -> Model:
    """A hardened copy on the processor in float64, its nonzero weights chosen anew: the reference for the cell.

    Weights dwell where two levels meet, and sums where a row is 0. So levels, signs and rounded biases are decided in
    the floats of the model itself, and then kept far from any border.
    """
    hard = copy.deepcopy(model).to("cpu")
    hard.follow(1.0)
    hard.refresh()
    twin = copy.deepcopy(hard).to(torch.float64)
    for layer, own in zip(twin.layers, hard.layers, strict=True):
        assert isinstance(layer, Layer)
        assert isinstance(own, Layer)
        integers = layer.weights.hold(own.weights.integers())
        middle = own.reading.middle(integers) + own.reading.unit * (0.5 - _thresholds(own))
        layer.bias.copy_(middle * layer.scale(integers))
    integers = twin.head.weights.hold(hard.head.weights.integers())
    whole, scale = hard.head.integer_bias(hard.head.weights.integers()).round(), twin.head.log_scale.exp()
    twin.head.bias.copy_(scale * (twin.head.reading.unit * whole + twin.head.reading.middle(integers)))
    return twin


@torch.no_grad()
def export_cell(model: Model, alphabet: bytes, name: str, record: Mapping[str, Any]) -> Cell:
    """The integer cell that gives the probabilities of `exact(model)`. alphabet: its symbols, ascending."""
    twin, options = exact(model), model.options
    table = (twin.embedding >= 0).numpy().astype(np.uint8)
    blocks: list[Block] = [Embedding("emb", fill_unseen(table, alphabet))]
    if options.window > 1:
        blocks.append(Delay("emb.past", "emb", options.window - 1))
    for index, layer in enumerate(twin.layers):
        assert isinstance(layer, Layer)
        blocks += _layer(layer, index, _layer_sources(options, index))
        blocks += _pasts(options, index)
    blocks.append(_head(twin, alphabet))
    return Cell(tuple(blocks), name, record)


def _layer(layer: Layer, index: int, sources: Sequence[Source]) -> Iterator[Block]:
    weights = _spread(layer.weights.integers(), layer.reading, sources)
    thresholds = _thresholds(layer).numpy().astype(np.int64)
    names = tuple(source.block for source in sources)
    latches, place = layer.shape.latches, f"layer{index}"
    if latches:
        yield Threshold(f"{place}.select", names, weights[:latches], thresholds[:latches])
        gated = slice(latches, 2 * latches)
        yield Threshold(f"{place}.value", names, weights[gated], thresholds[gated])
        yield Latch(f"{place}.memory", f"{place}.select", f"{place}.value")
    if layer.shape.neurons:
        rows = slice(2 * latches, None)
        if not layer.fine:
            yield Threshold(f"{place}.neurons", names, weights[rows], thresholds[rows])
            return
        apart = layer.apart(layer.scale(layer.weights.integers()))[rows].numpy().astype(np.int64)
        yield Linear(f"{place}.sums", names, weights[rows], np.zeros(layer.shape.neurons, np.int64))
        yield Levels(f"{place}.neurons", f"{place}.sums", thresholds[rows, None] + np.outer(apart, [-1, 0, 1]))


def _pasts(options: TrainingOptions, index: int) -> Iterator[Block]:
    if index + 1 < len(options.layers):
        depth = max((0, *options.layers[index + 1].taps))
        if depth:
            for part, _, _ in _parts(options, index):
                yield Delay(f"{part}.past", part, depth)


def _head(twin: Model, alphabet: bytes) -> Logits:
    options, head = twin.options, twin.head
    sources = list(_embedding_sources(options, options.head_embeddings))
    start = options.head_embeddings * options.embedding_bits
    for index, layer in enumerate(options.layers):
        sources += [Source(part, np.arange(start + low, start + high)) for part, low, high in _parts(options, index)]
        start += layer.width
    integers = head.weights.integers()
    bias = head.integer_bias(integers).round().numpy().astype(np.int64)
    names = tuple(source.block for source in sources)
    scale = head.reading.unit * float(head.log_scale.exp())
    code = head.code.numpy() if len(head.code) else None
    return Logits(
        "logit" if code is None else "score",
        names,
        _spread(integers, head.reading, sources),
        bias,
        scale,
        alphabet,
        code,
    )


def _layer_sources(options: TrainingOptions, index: int) -> list[Source]:
    layer = options.layers[index]
    sources = list(_embedding_sources(options, layer.embeddings))
    if layer.taps:
        sources += _tapped(options, index)
    if layer.recurrent:
        first = options.inputs(index) - layer.latches
        sources.append(Source(f"{OLD}layer{index}.memory", np.arange(first, first + layer.latches)))
    return sources


def _tapped(options: TrainingOptions, index: int) -> Iterator[Source]:
    layer = options.layers[index]
    width, start = options.layers[index - 1].width, layer.embeddings * options.embedding_bits
    first = {tap: start + rank * width for rank, tap in enumerate(layer.taps)}
    for part, low, high in _parts(options, index - 1):
        columns = [
            np.arange(first[age] + low, first[age] + high) if age in first else np.full(high - low, -1)
            for age in range(layer.taps[-1] + 1)
        ]
        if 0 in first:
            yield Source(part, columns[0])
        if layer.taps[-1]:
            yield Source(f"{part}.past", np.concatenate(columns[1:]))


def _embedding_sources(options: TrainingOptions, ages: int) -> Iterator[Source]:
    bits = options.embedding_bits
    if ages:
        yield Source("emb", np.arange(bits))
    if ages > 1:
        unread = np.full((options.window - ages) * bits, -1)
        yield Source("emb.past", np.concatenate([np.arange(bits, ages * bits), unread]))


def _parts(options: TrainingOptions, index: int) -> Iterator[tuple[str, int, int]]:
    """The blocks that hold the bits of a layer, with their first and last column + 1."""
    layer = options.layers[index]
    if layer.latches:
        yield f"layer{index}.memory", 0, layer.latches
    if layer.neurons:
        yield f"layer{index}.neurons", layer.latches, layer.width


def _spread(integers: Tensor, reading: Reading, sources: Sequence[Source]) -> Ints:
    integers = integers * reading.gain.to(integers) / reading.unit
    columns = np.concatenate([source.columns for source in sources])
    weights = integers.numpy().astype(np.int64)[:, columns]
    weights[:, columns < 0] = 0
    return weights


def _thresholds(layer: Layer) -> Tensor:
    """Least integer s with `activation(unit * s - middle) >= 0`, per row: guessed by division, corrected by asking."""
    integers = layer.weights.integers()
    unit, middle = layer.reading.unit, layer.reading.middle(integers)
    scale = layer.scale(integers)
    guess = torch.ceil((middle - layer.bias / scale) / unit)
    # Rounding can put the guess off by one either way.
    candidates = guess + torch.arange(-1, 2)[:, None]
    silent = activation(unit * candidates - middle, scale, layer.bias) < 0
    thresholds = guess - 1 + silent.sum(dim=0)
    # Beyond the reach of the sum any constant will do; keep it small.
    reach = integers.abs() @ layer.reading.centre.to(integers) * 2 / unit
    return torch.maximum(torch.minimum(thresholds, reach + 1), -reach)
