"""Weighted sums, pools, products and embeddings of values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from bridge.arrays import Floats, Ints
from bridge.cell import Embedding, fill_unseen
from bridge.errors import InputError
from bridge.melting.affine import Affine, joined
from bridge.melting.exact import Exact
from bridge.melting.largest import largest
from bridge.melting.sums import weighted
from bridge.melting.torch.operations import TABLE as TABLE
from bridge.melting.torch.operations import operation, varies
from bridge.melting.torch.values import Symbol
from bridge.melting.torch.walk import Walk
from bridge.melting.torch.weights import integers_of
from bridge.printable import counted


def sums(walk: Walk, x: Affine, weight: Any, bias: Any) -> Affine:
    """[positions, in] by [rows, in] -> [rows, positions]."""
    if varies(weight) or varies(bias):
        raise InputError("has weights that depend on the input")
    integers, scale = integers_of(walk.array(weight), weight.dtype != torch.float64)
    made = weighted(walk.drawing, walk.name, x, integers, scale)
    return made if bias is None else made.plus(Exact.of(walk.array(bias)[:, None]))


@operation("linear")
def _linear(walk: Walk, x: Any, weight: Any, bias: Any = None) -> Affine:
    own = walk.whole(x)
    made = sums(walk, own.reshape(-1, own.shape[-1]), weight, bias)
    return made.laid(lambda entries: entries.T.reshape(walk.shape))


@operation("addmm")
def _addmm(walk: Walk, x: Any, mat1: Any, mat2: Any, **_: Any) -> Affine:
    return _linear(walk, mat1, mat2.T, x.reshape(-1).expand(mat2.shape[1]))


@operation("mm", "matmul")
def _matmul(walk: Walk, x: Any, **other: Any) -> Affine:
    (right,) = other.values()
    if varies(right) or right.dim() != 2:
        raise InputError("multiplies by a matrix that depends on the input, or is none")
    return _linear(walk, x, right.T)


@operation("conv1d", "conv2d")
def _conv(
    walk: Walk, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int = 1
) -> Affine:
    if varies(weight):
        raise InputError("has weights that depend on the input")
    own, kernel = flat_image(walk.whole(x)), weight.shape[2:]
    if isinstance(padding, str):
        padding = _padding(padding, kernel, dilation)
    shape = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    windows = windows_of(own, **shape)  # [in, kernel, positions]
    rows, parts = len(weight) // groups, []
    for group, places in enumerate(np.split(windows, groups)):
        read = own.taken(places.reshape(-1, places.shape[-1]).T)
        here = slice(group * rows, (group + 1) * rows)
        parts.append(sums(walk, read, weight[here].flatten(1), None if bias is None else bias[here]))
    return joined(parts, 0).reshape(*walk.shape)


def _padding(padding: str, kernel: Sequence[int], dilation: Any) -> list[int]:
    if padding == "valid":
        return [0] * len(kernel)
    reach = [step * (size - 1) for size, step in zip(kernel, _pair(dilation, len(kernel)), strict=True)]
    if any(size % 2 for size in reach):
        raise InputError("pads one side more than the other: pad explicitly")
    return [size // 2 for size in reach]


def _pair(given: Any, count: int) -> list[int]:
    """One number for each dimension."""
    numbers = list(given) if isinstance(given, list | tuple | torch.Size) else [given]
    return numbers * count if len(numbers) == 1 and count else numbers


def flat_image(x: Affine) -> Affine:
    """One image of [channels, height, width]; a signal of one dimension has the height 1."""
    shape = x.shape[1:] if len(x.shape) == 4 else (x.shape[-2], 1, x.shape[-1])
    if len(x.shape) not in (3, 4) or x.elements.size != math.prod(shape):
        raise InputError(f"is given values of shape {list(x.shape)}, not one image")
    return x.reshape(*shape)


def windows_of(x: Affine, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Ints:
    """int64[channels, places of the kernel, positions]: entries of a flattened image, -1 for the padding."""
    flat = x.shape[1] == 1 and len(_pair(kernel, 0)) == 1

    def both(given: Any, filling: int) -> tuple[int, int]:
        height, width = [filling, *_pair(given, 1)] if flat else _pair(given, 2)
        return height, width

    size, step = both(kernel, 1), both(stride or kernel, 1)
    around, apart = both(padding, 0), both(dilation, 1)
    numbers = torch.arange(1.0, x.elements.size + 1, dtype=torch.float64).reshape(1, *x.shape)
    found = functional.unfold(numbers, size, dilation=apart, padding=around, stride=step)
    return found.reshape(len(x.elements), -1, found.shape[-1]).to(torch.int64).numpy() - 1


@operation("max_pool1d", "max_pool2d", "max_pool2d_with_indices")
def _max_pool(
    walk: Walk, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool = False
) -> Affine:
    own = flat_image(walk.affine(x))
    windows = windows_of(own, kernel_size, stride, padding, dilation).transpose(0, 2, 1)
    if ceil_mode and windows.shape[0] * windows.shape[1] != math.prod(walk.shape):
        raise InputError("rounds the number of its windows up: only ceil_mode=False is supported")
    read = own.taken(windows.reshape(-1, windows.shape[-1]), -math.inf)
    return largest(walk.drawing, walk.name, read).reshape(*walk.shape)


@operation("amax")
def _amax(walk: Walk, x: Any, dim: Any = (), keepdim: bool = False) -> Affine:
    return largest(walk.drawing, walk.name, _groups(walk.affine(x), dim)).reshape(*walk.shape)


@operation("avg_pool1d", "avg_pool2d")
def _avg_pool(
    walk: Walk,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Affine:
    own = flat_image(walk.whole(x))
    windows = windows_of(own, kernel_size, stride, padding, 1).transpose(0, 2, 1)
    if windows.shape[0] * windows.shape[1] != math.prod(walk.shape) or (not count_include_pad and (windows < 0).any()):
        raise InputError("pools windows of several sizes: only ceil_mode=False and count_include_pad are supported")
    return mean(walk, own.taken(windows.reshape(-1, windows.shape[-1])), divisor_override)


@operation("adaptive_avg_pool1d", "adaptive_avg_pool2d")
def _global(walk: Walk, x: Any, output_size: Any) -> Affine:
    own = walk.whole(x)
    size = [each or length for each, length in zip(output_size, own.shape[-len(output_size) :], strict=True)]
    if any(length % each for each, length in zip(size, own.shape[-len(size) :], strict=True)):
        raise InputError("pools windows of several sizes")
    kernel = [length // each for each, length in zip(size, own.shape[-len(size) :], strict=True)]
    return _avg_pool(walk, own, kernel, kernel, 0)


@operation("mean")
def _mean(walk: Walk, x: Any, dim: Any = None, **_: Any) -> Affine:
    return mean(walk, _groups(walk.whole(x), dim), None)


@operation("sum")
def _sum(walk: Walk, x: Any, dim: Any = None, **_: Any) -> Affine:
    return mean(walk, _groups(walk.whole(x), dim), 1)


def _groups(x: Affine, dim: Any) -> Affine:
    """[the rest, what is reduced]"""
    axes = range(len(x.shape)) if dim is None or dim == [] else [axis % len(x.shape) for axis in _pair(dim, 1)]
    rest = [axis for axis in range(len(x.shape)) if axis not in axes]
    size = math.prod(x.shape[axis] for axis in axes)
    return x.laid(lambda entries: entries.transpose([*rest, *axes]).reshape(-1, size))


def mean(walk: Walk, x: Affine, divisor: int | None) -> Affine:
    """Of each group: [groups, k] -> the shape of the node."""
    ones = np.ones((1, x.shape[1]), np.int64)
    made = weighted(walk.drawing, walk.name, x, ones)
    return made.times(Exact.of(Fraction(1, divisor or x.shape[1]))).reshape(*walk.shape)


def spell(integers: Ints) -> tuple[Ints, Ints]:
    """Integers from 0 up, [n, columns], as bits side by side, [n, bits], and [columns, bits], what each is worth."""
    widths = [int(column.max()).bit_length() for column in integers.T]
    bits = [column[:, None] >> np.arange(width) & 1 for column, width in zip(integers.T, widths, strict=True)]
    worth = np.zeros((len(widths), sum(widths)), np.int64)
    first = 0
    for row, width in enumerate(widths):
        worth[row, first : first + width] = 1 << np.arange(width)
        first += width
    return np.concatenate(bits, axis=1), worth


def looked_up(weight: Floats, single: bool) -> tuple[Ints, Exact, Ints]:
    """A table of symbols, [symbols, columns], as integers from 0 up, the scale of each column and its least integer."""
    integers, scale = integers_of(weight.T, single)
    low = integers.min(axis=1)
    return (integers - low[:, None]).T, scale, low


@operation("embedding")
def _embedding(walk: Walk, weight: Any, indices: Any, **_: Any) -> Affine:
    """Bits of the byte that is read; their sums are the integers of its row."""
    if not isinstance(indices, Symbol) or varies(weight):
        raise InputError("may look up the byte that is read (option alphabet) in a constant table, and nothing else")
    if len(weight) != len(walk.alphabet):
        raise InputError(f"has a table of {len(weight)} rows for an alphabet of {counted(len(walk.alphabet), 'byte')}")
    integers, scale, low = looked_up(walk.array(weight), weight.dtype != torch.float64)
    bits, worth = spell(integers)
    table = fill_unseen(bits.astype(np.uint8), walk.alphabet)
    read = walk.drawing.add(Embedding(walk.drawing.name(f"{walk.name}.bits"), table).normalised())
    made = weighted(walk.drawing, walk.name, read.reshape(1, -1), worth).reshape(-1)
    return made.plus(Exact.of(low)).times(scale).reshape(*walk.shape)
