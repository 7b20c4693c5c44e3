"""Products with constant weights: MatMul, Gemm and Conv become sums of integers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bridge.arrays import Ints
from bridge.errors import InputError
from bridge.melting.affine import Affine
from bridge.melting.exact import Exact, unit
from bridge.melting.onnx.reading import Node
from bridge.melting.onnx.values import Known, Value
from bridge.melting.onnx.windows import window_of
from bridge.melting.onnx.work import Work, flag, given, known, number, reads
from bridge.melting.sums import weighted


@reads("MatMul")
def matrix_product(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """One of the two is constant, of two dimensions."""
    a, b = given(values, 0), given(values, 1)
    if isinstance(b, Known):
        return _times(work, node, work.settled(node, a), b)
    if not isinstance(a, Known):
        raise InputError("multiplies two tensors of which neither is constant")
    x = work.settled(node, b)
    if len(x.shape) < 2:
        x = x.reshape(-1, 1)
    made = _times(work, node, x.laid(lambda array: np.swapaxes(array, -1, -2)), _turned(a))
    made = made.laid(lambda array: np.swapaxes(array, -1, -2))
    return made.reshape(*made.shape[:-1]) if len(b.shape) < 2 else made


@reads("Gemm")
def gemm(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """`alpha * a @ b + beta * c`, with a constant b and c."""
    x, weights = work.settled(node, given(values, 0)), known(values, 1)
    alpha, beta = (Exact.of(np.float32(number(node.attributes, key, 1.0))) for key in ("alpha", "beta"))
    if len(x.shape) != 2:
        raise InputError("needs a matrix")
    if flag(node.attributes, "transA", 0):
        x = x.laid(np.transpose)
    made = _times(work, node, x, _turned(weights) if flag(node.attributes, "transB", 0) else weights).times(alpha)
    if len(values) > 2 and values[2] is not None:
        made = made.plus(_fitting(known(values, 2).exact() * beta, made))
    return made


@reads("Conv")
def convolution(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Unrolled: each position of the window is a column of taps."""
    x, weights = work.settled(node, given(values, 0)), known(values, 1)
    if len(x.shape) < 3 or x.shape[0] != 1 or len(weights.shape) != len(x.shape):
        raise InputError(f"needs a batch of one and channels, not the shape {list(x.shape)}")
    groups = int(number(node.attributes, "group", 1))
    rows, depth, *kernel = weights.shape
    channels = x.shape[1]
    if groups < 1 or channels != groups * depth or rows % groups or not rows:
        raise InputError(f"has {rows} rows of {depth} channels in {groups} groups for {channels} channels")
    window = window_of(node.attributes, x.shape[2:], kernel)
    work.bounded(window.positions * channels * math.prod(kernel))
    taps = window.taps(channels).reshape(channels, window.positions, -1).transpose(1, 0, 2)
    whole, scale = _rows(weights.laid(lambda array: array.reshape(rows, -1)))
    work.bounded(rows * channels * math.prod(kernel))
    wide = np.zeros((rows, groups, whole.shape[1]), np.int64)
    wide[np.arange(rows), np.arange(rows) // (rows // groups)] = whole
    read = x.taken(taps.reshape(window.positions, -1))
    made = weighted(work.drawing, node.name, read, wide.reshape(rows, -1), scale)
    made = made.reshape(1, rows, *window.shape)
    if len(values) > 2 and values[2] is not None:
        bias = known(values, 2)
        if bias.shape != (rows,):
            raise InputError(f"needs {rows} biases")
        made = made.plus(bias.exact().laid(lambda codes: codes.reshape(1, rows, *[1] * len(kernel))))
    return made


def _times(work: Work, node: Node, x: Affine, weights: Known) -> Affine:
    """`x @ weights` for [..., in] and [in, out]."""
    columns = len(weights.shape) == 1
    weights = weights.laid(lambda array: array.reshape(-1, 1)) if columns else weights
    if len(weights.shape) != 2 or not x.shape or x.shape[-1] != weights.shape[0] or not weights.array.size:
        raise InputError(f"multiplies the shapes {list(x.shape)} and {list(weights.shape)}")
    rows, scale = _rows(_turned(weights))
    lead = x.shape[:-1]
    work.bounded(math.prod(lead) * len(rows))
    made = weighted(work.drawing, node.name, x.reshape(math.prod(lead), x.shape[-1]), rows, scale)
    return made.laid(np.transpose).reshape(*lead, *([] if columns else [len(rows)]))


def _rows(weights: Known) -> tuple[Ints, Exact]:
    """Rows of weights as integers times one scale each, as small as they can be."""
    whole, scale = weights.whole()
    codes = scale.codes
    if (codes != codes[:, :1]).any():
        own = [unit(scale[row].used) for row in range(len(whole))]
        factors = [
            np.array([int(value / size) for value in scale.values], object)[codes[row]] for row, size in enumerate(own)
        ]
        whole = whole * np.stack(factors)
        if np.abs(whole).max() >= 1 << 31:
            raise InputError("has weights of scales that have no common unit within a row")
        whole, rows = whole.astype(np.int64), Exact.of(np.array([*own, None], object)[:-1])
    else:
        rows = scale[:, 0]
    common = np.maximum(np.gcd.reduce(whole, axis=1), 1)
    return whole // common[:, None], rows * Exact.of(common)


def _turned(weights: Known) -> Known:
    if len(weights.shape) != 2:
        raise InputError(f"needs a matrix of weights, not the shape {list(weights.shape)}")
    return weights.laid(np.transpose)


def _fitting(term: Exact, x: Affine) -> Exact:
    try:
        return term.to(np.broadcast_shapes(term.shape, x.shape))
    except ValueError as error:
        raise InputError(f"adds the shape {list(term.shape)} to {list(x.shape)}") from error
