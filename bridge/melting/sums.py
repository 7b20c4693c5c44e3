"""Weighted sums of affine tensors: offsets go into offsets, scales that differ into the weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ints
from bridge.cell.blocks import Linear
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing, chosen, constant, joined
from bridge.melting.exact import Exact, unit

LARGEST_WEIGHT = (1 << 31) - 1
FINE = 24  # bits of the weights of scales that have no common unit


def weighted(drawing: Drawing, name: str, x: Affine, weights: Ints, scale: Exact | None = None) -> Affine:
    """`scale * (weights @ values)` at each position. `x`: [positions, in]; `weights`: int64[rows, in]; `scale`: [rows],
    1 unless given -> [rows, positions]. InputError if a clip waits in `x`, or the scales of the values of a position
    are neither the same nor those of all other positions."""
    if x.bent:
        raise InputError("reads values that are clipped, and not quantized since")
    rows, positions, read = len(weights), len(x.elements), x.elements != NOTHING
    one = Exact.of(1).to((rows,)) if scale is None else scale
    offsets = _offsets(x, weights) * one[:, None]
    if not read.any():
        return constant(offsets)
    alike = _per_position(x, read)
    if alike is None:
        own, factors = in_units(drawing, name, _per_column(x, read), int(np.abs(weights).max(initial=1)))
        weights, alike = weights * factors, Exact.of(own).to((positions,))
    made = drawing.add(_linear(drawing, name, x.elements, weights)).reshape(rows, positions)
    return made.times(one[:, None] * alike[None]).plus(offsets)


def added(drawing: Drawing, name: str, terms: Sequence[Affine]) -> Affine:
    """The sum of tensors of one shape, entry by entry. InputError if a clip waits in one that reads elements."""
    if any(term.bent for term in terms):
        raise InputError("reads values that are clipped, and not quantized since")
    shape, size = terms[0].shape, terms[0].elements.size
    flat = [term.reshape(size) for term in terms]
    total = flat[0].offset
    for term in flat[1:]:
        total = total + term.offset
    read = np.stack([term.elements != NOTHING for term in flat], axis=1)
    if read.sum(axis=1).max(initial=0) <= 1:
        return _alone(flat, read, total).reshape(*shape)
    kinds = np.stack([np.where(here, term.scale.codes, -1) for here, term in zip(read.T, flat, strict=True)], axis=1)
    found, inverse = np.unique(kinds, axis=0, return_inverse=True)
    parts, order = [], []
    for kind in range(len(found)):
        here = np.flatnonzero(inverse.reshape(-1) == kind)
        columns = [_bare(term)[here, None] for term in flat]
        parts.append(weighted(drawing, name, joined(columns, 1), np.ones((1, len(flat)), np.int64)).reshape(-1))
        order.append(here)
    back = np.argsort(np.concatenate(order))
    whole = joined(parts, 0)[back]
    return whole.plus(total).reshape(*shape)


def in_units(drawing: Drawing, name: str, scales: Exact, largest: int) -> tuple[Fraction, Ints]:
    """Scales as integers times one unit, int64 of their shape; `largest`: of the weights that these will meet.

    Where the integers would be too large, they are rounded to `FINE` bits, and the drawing notes it."""
    used = [Fraction(scale) for scale in scales.used]
    own = unit(used)
    most = max(abs(scale) for scale in used)
    if most / own * largest > LARGEST_WEIGHT:
        bits = max(2, FINE - largest.bit_length() + 1)
        own = most / ((1 << bits) - 1)
        error = max(abs(round(scale / own) * own - scale) / most for scale in used)
        drawing.notes.append(
            f"{name}: scales that have no common unit are rounded to {bits} bits, an error of 2**"
            f"{math.ceil(math.log2(error))} of the largest"
        )
    exact = scales.map(lambda scale: Fraction(round(scale / own)))
    return own, np.array([int(value) for value in exact.values], np.int64)[exact.codes]


def _offsets(x: Affine, weights: Ints) -> Exact:
    """[rows, positions]: the weighted sums of the offsets of x, [positions, in]."""
    rows, positions = len(weights), len(x.elements)
    if len(x.offset.used) == 1:
        value = Fraction(x.offset.used[0])
        sums = Exact.of(weights.sum(axis=1)).map(lambda total: total * value)
        return Exact(sums.values, sums.codes[:, None]).to((rows, positions))
    kinds, inverse = np.unique(x.offset.codes, axis=0, return_inverse=True)
    own = unit(x.offset.used)
    whole = Exact(x.offset.values, kinds).map(lambda value: value / own)
    sums = Exact.of(_product(weights, whole.numbers().T)).map(lambda total: total * own)
    return sums.laid(lambda codes: codes[:, inverse.reshape(-1)])


def _product(weights: Ints, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`weights @ numbers`, whatever their size; exact in float64 where that holds it."""
    numbers = np.vectorize(int, otypes=[object])(numbers) if numbers.size else numbers
    most = max((abs(number) for number in numbers.ravel().tolist()), default=0)
    if most * int(np.abs(weights).sum(axis=1).max(initial=0)) < 1 << 53:
        return np.asarray(weights.astype(np.float64) @ numbers.astype(np.float64)).astype(np.int64)
    return np.asarray(weights.astype(object) @ numbers)


def _per_position(x: Affine, read: npt.NDArray[np.bool_]) -> Exact | None:
    """[positions]: the scale of all values of each that read anything, if they have one."""
    codes = np.where(read, x.scale.codes, -1).max(axis=1)
    if ((x.scale.codes != codes[:, None]) & read).any():
        return None
    return Exact(x.scale.values, np.where(codes < 0, codes.max(), codes))


def _per_column(x: Affine, read: npt.NDArray[np.bool_]) -> Exact:
    """[in]: the scale of each value, the same at all positions where it reads anything."""
    codes = np.where(read, x.scale.codes, -1)
    most = codes.max(axis=0)
    if ((codes != most) & read).any():
        if len({x.scale.values[code] for code in np.unique(codes[read]).tolist()}) > 1:
            raise InputError("has values that scale differently from place to place")
        most = np.full(len(most), codes.max())
    return Exact(x.scale.values, np.where(most < 0, codes.max(), most))


def _linear(drawing: Drawing, name: str, elements: Ints, weights: Ints) -> Linear:
    """Sums at positions; at a single one, of all elements of the sources."""
    sources, places = drawing.reading(elements)
    bias = np.zeros(len(weights), np.int32)
    if len(elements) > 1:
        return Linear(drawing.name(name), sources, weights, bias, places.astype(np.int32))
    width = sum(len(drawing.ranges(source)) for source in sources)
    whole = np.zeros((len(weights), width), np.int64)
    here = places[0] != NOTHING
    np.add.at(whole.T, places[0][here], weights.T[here])
    return Linear(drawing.name(name), sources, whole, bias)


def _alone(terms: Sequence[Affine], read: npt.NDArray[np.bool_], total: Exact) -> Affine:
    """A sum in which no entry reads more than one element."""
    made = terms[0]
    for term, here in zip(terms[1:], read.T[1:], strict=True):
        scale = chosen(here, term.scale, made.scale)
        made = Affine(np.where(here, term.elements, made.elements), scale, made.offset, made.low, made.high)
    return Affine(made.elements, made.scale, total, made.low, made.high)


def _bare(x: Affine) -> Affine:
    """Without its offset."""
    return Affine(x.elements, x.scale, Exact.of(0).to(x.shape), x.low, x.high)
