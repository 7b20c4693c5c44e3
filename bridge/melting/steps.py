"""Quantizers of affine tensors: the thresholds of `Levels` in exact rationals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ints
from bridge.cell.blocks import Levels
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing, chosen_affine, constant
from bridge.melting.exact import Exact, Rational
from bridge.melting.sums import weighted

MAX_LEVELS = 1 << 16  # what a row of Levels or Table may have


class Boundary(NamedTuple):
    """Where a step begins: at a value, or just above it."""

    value: Rational
    closed: bool

    def reached(self, value: Rational) -> bool:
        return value >= self.value if self.closed else value > self.value


HALF = Fraction(1, 2)
# From the integer above a boundary to where the rounded value reaches it, and whether that is reached itself.
ROUNDINGS: dict[str, Any] = {
    "HALF_EVEN": lambda to: Boundary(to - HALF, to % 2 == 0),
    "HALF_UP": lambda to: Boundary(to - HALF, to > 0),  # of magnitudes, as all below
    "HALF_DOWN": lambda to: Boundary(to - HALF, to <= 0),
    "FLOOR": lambda to: Boundary(Fraction(to), True),
    "CEIL": lambda to: Boundary(Fraction(to - 1), False),
    "UP": lambda to: Boundary(Fraction(to - 1), False) if to > 0 else Boundary(Fraction(to), True),
    "DOWN": lambda to: Boundary(Fraction(to), True) if to > 0 else Boundary(Fraction(to - 1), False),
}
SAME = {"ROUND": "HALF_EVEN", "ROUND_TO_ZERO": "DOWN", "TRUNC": "DOWN"}


def rounding(mode: str, low: int, high: int) -> list[Boundary]:
    """Where values round to `low` + 1 .. `high`, those outside being clipped; InputError for a mode that is none."""
    named = SAME.get(mode.upper(), mode.upper())
    if named not in ROUNDINGS:
        raise InputError(f"rounding mode {mode!r:.40} is none of {', '.join([*ROUNDINGS, *SAME])}")
    if not 0 <= high - low <= MAX_LEVELS:
        raise InputError(f"quantizes to {low}..{high}; at most {MAX_LEVELS:,} steps are supported")
    return [ROUNDINGS[named](to) for to in range(low + 1, high + 1)]


def stepped(drawing: Drawing, name: str, x: Affine, boundaries: Sequence[Sequence[Boundary]], row: Ints) -> Affine:
    """How many boundaries each value reaches, as integers 0..k. `boundaries`: rows of k each, ascending; `row`: int64,
    the row of each entry, broadcast to the shape of x.

    Where a value falls as its integer rises, its steps are counted from above: the integer of the result falls too.
    """
    kinds, kind = _kinds(drawing, x, row)
    count = len(boundaries[0])
    steps, falls = np.zeros((len(kinds), count), np.int64), np.zeros(len(kinds), bool)
    for place, (line, which, low, high) in enumerate(kinds):
        steps[place] = _thresholds(line, boundaries[which], low, high)
        falls[place] = line[0] < 0
    made = counted(drawing, name, x.elements.reshape(-1), steps, kind)
    down = falls[kind]
    if down.any():
        turned = made.times(Exact.of(-1)).plus(Exact.of(count))
        made = chosen_affine(down, turned, made)
    return made.reshape(*x.shape)


def _kinds(drawing: Drawing, x: Affine, row: Ints) -> tuple[list[tuple[list[Any], int, int, int]], Ints]:
    """Each kind of entry: scale, offset, low and high, its row, and the bounds of its integer; and int64[n], which kind
    each entry of the flattened tensor is."""
    parts, elements = (x.scale, x.offset, x.low, x.high), x.elements.reshape(-1)
    rows = np.broadcast_to(row, x.shape)
    bounds = drawing.bounds.low[elements], drawing.bounds.high[elements]
    keys = np.stack([*(codes.reshape(-1) for codes in (*(part.codes for part in parts), rows)), *bounds], 1)
    found, inverse = np.unique(keys, axis=0, return_inverse=True)
    lines = [[part.values[code] for part, code in zip(parts, codes, strict=False)] for codes in found.tolist()]
    return list(zip(lines, *found.T[4:].tolist(), strict=True)), inverse.reshape(-1)


def _thresholds(line: list[Any], boundaries: Sequence[Boundary], low: int, high: int) -> list[int]:
    """The least integers of low..high+1 whose values reach the boundaries; for a scale below 0, the least that do not
    any more, in order."""
    scale, offset, least, most = line
    found = []
    for boundary in boundaries:
        value, closed = boundary
        always, never = boundary.reached(least), not boundary.reached(most)
        if always or never or math.isinf(value):
            reached = always or (not never and value < 0)
            place = low if reached == (scale > 0) else high + 1
        else:
            exact = (value - offset) / scale
            # Rising: the least n >= exact, or > exact, reaches it; falling: the least n > exact, or >= exact, does not.
            up = math.ceil(exact) if closed == (scale > 0) else math.floor(exact) + 1
            place = min(max(up, low), high + 1)
        found.append(place)
    return sorted(found)


def counted(drawing: Drawing, name: str, elements: Ints, steps: Ints, kind: Ints) -> Affine:
    """How many of its thresholds each element reaches. `steps`: int64[kinds, k]; `kind`: int64 like `elements`."""
    bounds = drawing.bounds
    read = elements != NOTHING
    always = int((steps[kind] <= bounds.low[elements][:, None]).sum(axis=1).min(initial=steps.shape[1]))
    sure = steps.shape[1] - int((steps[kind] > bounds.high[elements][:, None]).sum(axis=1).min(initial=steps.shape[1]))
    fixed = constant(Exact.of((steps[kind] <= bounds.low[elements][:, None]).sum(axis=1)))
    if not read.any() or always >= sure:
        return fixed
    steps = steps[:, always:sure]
    if _same(steps, kind, bounds.low[elements], bounds.high[elements]):
        low = bounds.low[elements]
        return Affine.plain(elements).plus(Exact.of(always - low))
    used, kind_of = _apart(drawing, name, elements, kind)
    made = np.full(len(elements), NOTHING, np.int64)
    homes = drawing.homes(used)
    for home in np.unique(homes[homes >= 0]).tolist():
        start, source = drawing.start(home), drawing.blocks[home].name
        kinds = np.full(len(drawing.ranges(source)), -1)
        here = homes == home
        kinds[used[here] - start] = kind_of[here]
        block = Levels(drawing.name(name), source, shared(steps[_filled(kinds)]))
        made[here] = drawing.add(block).elements[used[here] - start]
    found = Affine.plain(made).plus(Exact.of(always))
    return found if read.all() else chosen_affine(read, found, fixed)


def _same(steps: Ints, kind: Ints, low: Ints, high: Ints) -> bool:
    """Do the levels count the integers from the lowest on, so that they are the integers?"""
    k = steps.shape[1]
    if (high - low != k).any():
        return False
    return bool((steps[kind] == low[:, None] + 1 + np.arange(k)).all())


def _apart(drawing: Drawing, name: str, elements: Ints, kind: Ints) -> tuple[Ints, Ints]:
    """The elements and the kind of each, once no element has two kinds: those are copied by sums of one element."""
    read = elements != NOTHING
    pairs = np.unique(np.stack([elements[read], kind[read]], 1), axis=0)
    if len(np.unique(pairs[:, 0])) == len(pairs):
        return elements, kind
    copies = weighted(drawing, f"{name}.read", Affine.plain(elements[:, None]), np.ones((1, 1), np.int64))
    return np.where(read, copies.elements[0], NOTHING), kind


def _filled(kinds: Ints) -> Ints:
    """Elements that nobody asks about, -1, have the kind of the one before, or of the first that is asked about."""
    asked = np.flatnonzero(kinds >= 0)
    before = np.maximum.accumulate(np.where(kinds >= 0, np.arange(len(kinds)), asked[0]))
    return kinds[before]


def shared(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Rows, of which as many as can be in turn are one."""
    changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
    group = int(np.gcd.reduce([len(rows), *changes.tolist()]))
    return rows[::group]


def settled(drawing: Drawing, name: str, x: Affine) -> Affine:
    """The same values without a clip that waits: their integers are clipped. InputError where a bound of the clip lies
    between the values of two integers."""
    if not x.bent:
        return x
    kinds, kind = _kinds(drawing, x, np.zeros((), np.int64))
    start, end = np.array([_ends(line, low, high) for line, _, low, high in kinds], np.int64).reshape(-1, 2).T
    least, most = np.array([bounds for _, _, *bounds in kinds], np.int64).reshape(-1, 2).T
    if ((start == least) & (end == most)).all():
        return replace(x, low=Exact.of(-math.inf).to(x.shape), high=Exact.of(math.inf).to(x.shape))
    reach = np.arange(1, int((end - start).max(initial=0)) + 1)
    if len(reach) > MAX_LEVELS:
        raise InputError(f"clips integers to more than {MAX_LEVELS:,} values, and does not quantize them")
    steps = np.where(reach <= (end - start)[:, None], start[:, None] + reach, most[:, None] + 1)
    whole = counted(drawing, name, x.elements.reshape(-1), steps, kind).plus(Exact.of(start[kind]))
    return whole.reshape(*x.shape).times(x.scale).plus(x.offset)


def _ends(line: list[Any], low: int, high: int) -> tuple[int, int]:
    """The integers, in low..high, that those outside a clip are taken for."""
    scale, offset, least, most = line
    first, last = sorted(_integer(bound, scale, offset) for bound in (least, most))
    start, end = max(first, low), min(last, high)
    if start > end:  # all of them are outside, on one side
        start = end = last if last < low else first
    return int(start), int(end)


def _integer(bound: Rational, scale: Fraction, offset: Fraction) -> Rational:
    if math.isinf(bound):
        return bound if scale > 0 else -bound
    exact = (Fraction(bound) - offset) / scale
    if exact.denominator != 1:
        raise InputError("clips values between two of its steps, and does not quantize them")
    return exact
