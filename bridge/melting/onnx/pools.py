"""Pools: maxima and means of windows, and of whole axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bridge.arrays import Ints
from bridge.errors import InputError
from bridge.melting.affine import Affine
from bridge.melting.exact import Exact
from bridge.melting.largest import largest
from bridge.melting.onnx.reading import Node
from bridge.melting.onnx.values import Known, Value
from bridge.melting.onnx.windows import Window, window_of
from bridge.melting.onnx.work import Work, axis_of, flag, given, reads, whole_numbers
from bridge.melting.sums import weighted


@reads("MaxPool")
def max_pool(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Pads count for nothing."""
    x, window = _slid(work, node, given(values, 0))
    taps = x.taken(window.taps(x.shape[1]), -math.inf)
    return largest(work.drawing, node.name, taps).reshape(1, x.shape[1], *window.shape)


@reads("AveragePool")
def average_pool(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Exact for any size: the divisor goes into the scale."""
    x, window = _slid(work, node, given(values, 0))
    entries, channels = window.taps(x.shape[1]), x.shape[1]
    counts = (entries >= 0).sum(axis=1)
    if flag(node.attributes, "count_include_pad", 0):
        counts = np.tile(window.counted(), channels)
    return _mean(work, node, x, entries, counts).reshape(1, channels, *window.shape)


@reads("GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceSum", "ReduceMax")
def over_axes(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Of all entries along some axes."""
    x = given(values, 0)
    dims, pool = len(x.shape), node.op.startswith("Global")
    named = values[1] if len(values) > 1 else None
    if named is not None and not isinstance(named, Known):
        raise InputError("its axes must be constant")
    axes = named.array.reshape(-1).tolist() if named is not None else whole_numbers(node.attributes, "axes", [])
    axes = list(range(2, dims)) if pool else sorted({axis_of(axis, dims) for axis in axes}) or list(range(dims))
    kept = [axis for axis in range(dims) if axis not in axes]
    numbers = np.arange(math.prod(x.shape)).reshape(x.shape).transpose([*kept, *axes])
    entries = numbers.reshape(math.prod(x.shape[axis] for axis in kept), -1)
    keep = pool or flag(node.attributes, "keepdims", 1)
    shape = [1 if axis in axes else x.shape[axis] for axis in range(dims) if keep or axis in kept]
    if node.op in ("GlobalMaxPool", "ReduceMax"):
        return largest(work.drawing, node.name, work.affine(x).taken(entries)).reshape(*shape)
    counts = np.full(len(entries), 1 if node.op == "ReduceSum" else entries.shape[1])
    return _mean(work, node, work.affine(x), entries, counts).reshape(*shape)


def _slid(work: Work, node: Node, value: Value) -> tuple[Affine, Window]:
    x = work.affine(value)
    if len(x.shape) < 3 or x.shape[0] != 1 or len(node.outputs) > 1 or flag(node.attributes, "storage_order", 0):
        raise InputError(f"needs a batch of one, channels and one output, not the shape {list(x.shape)}")
    kernel = whole_numbers(node.attributes, "kernel_shape", [])
    window = window_of(node.attributes, x.shape[2:], kernel, ceil=flag(node.attributes, "ceil_mode", 0))
    work.bounded(x.shape[1] * window.positions * math.prod(kernel))
    return x, window


def _mean(work: Work, node: Node, x: Affine, entries: Ints, counts: Ints) -> Affine:
    taps = work.settled(node, x).taken(entries)
    sums = weighted(work.drawing, node.name, taps, np.ones((1, entries.shape[1]), np.int64))
    return sums.reshape(-1).times(Exact.of(counts).map(lambda count: 1 / Fraction(count)))
