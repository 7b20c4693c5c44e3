"""Integers in the place of scores: factors and biases of few digits, with which every comparison stays as it is.

A score is `scale * n + offset`, n an integer between bounds. Two scores are compared for every two such integers, which
cuts the rectangle of all `(n, m)` in two; the corners of the hulls of both parts decide for all of it. So what factors
f, g and biases b, c must do is a few inequalities, `f n + b >= g m + c` or the like. Among the multiples of the scales,
rounded, those are sought that meet them all, and then one factor after the other is moved to one of fewer signed digits
(`bridge.lowering.digits`) nearby, with which all are still met: each digit is a number to be added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ints
from bridge.melting.exact import unit

MOST_PAIRS = 1 << 22  # of integers that are compared
LARGEST = 1 << 34  # integers: products with factors and biases stay below 2**62
MOST_BITS = 24  # of factors
MORE_BITS = 2  # than the fewest that will do
TRIES = 128  # multiples for every number of bits
MOVED = 6  # of these, the cheapest ones
NEAR = 512  # factors on each side that are looked at
MOST_GAP = 1 << 20  # of the largest scale: between values of two scores, or one and 0
LARGEST_BIAS = 1 << 58


@dataclass(frozen=True, eq=False)
class Lines:
    """Values `scale[i] * n[i] + offset[i]` for integers `low[i] <= n[i] <= high[i]`, by rows."""

    scale: list[Fraction]
    offset: list[Fraction]
    low: list[int]
    high: list[int]

    def turned(self) -> Lines:
        """With scales above 0: where one is below, of the negative integer."""
        rows = zip(self.scale, self.offset, self.low, self.high, strict=True)
        found = [(s, o, a, b) if s > 0 else (-s, o, -b, -a) for s, o, a, b in rows]
        scale, offset, low, high = map(list, zip(*found, strict=True))
        return Lines(scale, offset, low, high)

    def nearer(self) -> Lines:
        """With every comparison, but no gap between values, or from these to 0, of more than MOST_GAP: masks of scores
        are as far from others as floats reach. All that is around 0 stays there."""
        most = max(map(abs, self.scale)) * MOST_GAP
        rows = zip(self.scale, self.offset, self.low, self.high, strict=True)
        ends = [sorted((s * low + o, s * high + o)) for s, o, low, high in rows]
        reached, closed, found = min(Fraction(0), *(low for low, _ in ends)), Fraction(0), dict[int, Fraction]()
        for (low, high), line in sorted(zip([*ends, [Fraction(0)] * 2], range(len(ends) + 1), strict=True)):
            closed += max(low - reached - most, Fraction(0))
            reached, found[line] = max(reached, high), closed
        origin = found.pop(len(ends))
        return replace(self, offset=[o - found[line] + origin for line, o in enumerate(self.offset)])


class Corners(NamedTuple):
    """What factors f and biases b of lines that rise must do: `sign * (f[one] n + b[one] - f[other] m - b[other]) >=
    least`. int64[k] each."""

    one: Ints
    n: Ints
    other: Ints
    m: Ints
    sign: Ints
    least: Ints


def fewest_digits(lines: Lines) -> tuple[list[int], list[int]] | None:
    """A factor, of the sign of the scale, and a bias for each line; None if there are too many comparisons, or if no
    factors of MOST_BITS keep them."""
    corners = corners_of(lines)
    if corners is None:
        return None
    most, best = MOST_BITS, None
    for bits in range(1, MOST_BITS + 1):
        found = sorted(_kept(lines, corners, bits), key=lambda each: _cost(lines, each[0]))
        if found and most == MOST_BITS:
            most = bits + MORE_BITS
        for each in found[:MOVED]:
            made = _moved(corners, _middles(lines), *each)
            cost = _cost(lines, made[0])
            if best is None or cost < best[0]:
                best = cost, *made
        if bits == most:
            break
    if best is None:
        return None
    signs = [1 if scale > 0 else -1 for scale in lines.scale]
    return [sign * factor for sign, factor in zip(signs, best[1].tolist(), strict=True)], best[2].tolist()


def kept(corners: Corners, factors: Ints, biases: Ints) -> bool:
    """Is every comparison that of the lines? factors, of lines that rise, and biases: int64[lines]."""
    above = factors[corners.one] * corners.n + biases[corners.one]
    below = factors[corners.other] * corners.m + biases[corners.other]
    return bool((corners.sign * (above - below) >= corners.least).all())


def corners_of(lines: Lines) -> Corners | None:
    """What decides for all comparisons; None if there are too many, or too large ones."""
    spans = [high - low + 1 for low, high in zip(lines.low, lines.high, strict=True)]
    if sum(spans) * (len(spans) - 1) > MOST_PAIRS or max(map(abs, (*lines.low, *lines.high))) > LARGEST:
        return None
    rising = lines.turned()
    parts = [part for a, b in combinations(range(len(spans)), 2) for part in _between(rising, a, b)]
    nothing = tuple(np.zeros(0, np.int64) for _ in Corners._fields)  # one line alone has no corners
    return Corners(*(np.concatenate(part) for part in zip(nothing, *parts, strict=True)))


def _between(lines: Lines, a: int, b: int) -> Iterator[tuple[Ints, ...]]:
    """The corners of two lines: first above second, below it, and equal, which is both no less and no more."""
    n = np.arange(lines.low[a], lines.high[a] + 1)
    reached, passed = _least(lines, a, b)
    above, below, equal = reached > lines.low[b], passed <= lines.high[b], np.flatnonzero(reached < passed)
    ends = equal[[0, -1]] if len(equal) else equal
    for x, m, sign, least in (
        (*_hull(n[above], reached[above] - 1, 1), 1, 1),
        (*_hull(n[below], passed[below], -1), -1, 1),
        (n[ends], reached[ends], 1, 0),
        (n[ends], reached[ends], -1, 0),
    ):
        yield tuple(np.broadcast_to(np.asarray(part, np.int64), len(x)) for part in (a, x, b, m, sign, least))


def _least(lines: Lines, a: int, b: int) -> Ints:
    """int64[2, integers of a]: for each, the least integers of b whose value reaches, and passes, that of a."""
    own = unit([lines.scale[a], lines.scale[b], lines.offset[a], lines.offset[b]])
    slope, step = int(lines.scale[a] / own), int(lines.scale[b] / own)
    shift = int((lines.offset[a] - lines.offset[b]) / own)
    wide = max(abs(slope), 1) * max(abs(lines.low[a]), abs(lines.high[a]), 1) + abs(shift) + step >= 1 << 62
    numbers: npt.NDArray[Any] = np.arange(lines.low[a], lines.high[a] + 1).astype(object if wide else np.int64)
    value = numbers * slope + shift
    found = np.stack([-(-value // step), value // step + 1])
    return np.asarray(np.clip(found, lines.low[b], lines.high[b] + 1), np.int64)


def _hull(x: Ints, y: Ints, sign: int) -> tuple[Ints, Ints]:
    """The points, in order of x, that are corners of their upper hull, or with -1 of their lower one."""
    while len(x) > 2:
        before, after = np.diff(x)[:-1] * np.diff(y)[1:], np.diff(x)[1:] * np.diff(y)[:-1]
        corner = np.concatenate([[True], sign * (before - after) < 0, [True]])
        if corner.all():
            break
        x, y = x[corner], y[corner]
    return x, y


def _kept(lines: Lines, corners: Corners, bits: int) -> list[tuple[Ints, Ints]]:
    """Multiples of lines that keep every comparison: factors, the largest of so many bits, and biases, which are
    rounded alone or keep where the line is 0."""
    rising = lines.turned()
    largest = max(rising.scale)
    scale = np.array([float(each / largest) for each in rising.scale])
    offset = np.array([float(each / largest) for each in rising.offset])
    moves = np.array([_float(o / s) for o, s in zip(rising.offset, rising.scale, strict=True)])
    found: dict[bytes, tuple[Ints, Ints]] = {}
    for times in np.geomspace(1 << bits - 1, 1 << bits, TRIES, endpoint=False).tolist():
        factors = np.maximum(1, np.rint(scale * times)).astype(np.int64)
        for biases in (np.rint(factors * moves), np.rint(offset * times)):
            if np.abs(biases).max() >= LARGEST_BIAS:
                continue
            whole = biases.astype(np.int64)
            if kept(corners, factors, whole):
                found[factors.tobytes()] = factors, whole
    return list(found.values())


def _float(number: Fraction) -> float:
    """The number; one that is too large for a bias is another such."""
    return float(min(max(number, Fraction(-LARGEST_BIAS)), Fraction(LARGEST_BIAS)))


def _cost(lines: Lines, factors: Ints) -> int:
    """About the bits that are added up."""
    widths = [(high - low).bit_length() + 1 for low, high in zip(lines.low, lines.high, strict=True)]
    return int((_digits(factors) * widths).sum())


def _digits(numbers: Ints) -> Ints:
    """How many signed digits each needs."""
    counted: Ints = np.bitwise_count(numbers ^ 3 * numbers).astype(np.int64)
    return counted


def _middles(lines: Lines) -> Ints:
    """int64[rows]: the middle of what each integer can be, of lines that rise."""
    rising = lines.turned()
    return (np.array(rising.low, np.int64) + np.array(rising.high, np.int64)) // 2


def _moved(corners: Corners, middles: Ints, factors: Ints, biases: Ints) -> tuple[Ints, Ints]:
    """Factor after factor becomes one of fewer digits, with all others as they are, until none does; the score in the
    middle stays as near to what it is as it can."""
    factors, biases, fewer = factors.copy(), biases.copy(), True
    while fewer:
        fewer = False
        for line in range(len(factors)):
            near = np.arange(max(1, int(factors[line]) - NEAR), int(factors[line]) + NEAR + 1)
            low, high = _biases(corners, factors, biases, line, near)
            digits = np.where(low <= high, _digits(near), MOST_BITS)
            chosen = int(np.lexsort((np.abs(near - factors[line]), digits))[0])
            if digits[chosen] < _digits(factors[line : line + 1])[0]:
                wanted = biases[line] + (factors[line] - near[chosen]) * middles[line]
                biases[line] = min(max(wanted, low[chosen]), high[chosen])
                factors[line], fewer = near[chosen], True
    return factors, biases


def _biases(corners: Corners, factors: Ints, biases: Ints, line: int, near: Ints) -> tuple[Ints, Ints]:
    """The least and the largest bias that the line may have with each of these factors."""
    low, high = np.full(len(near), -(1 << 60)), np.full(len(near), 1 << 60)
    for mine, own, other, its, side in (
        (corners.one, corners.n, corners.other, corners.m, 1),
        (corners.other, corners.m, corners.one, corners.n, -1),
    ):
        here = mine == line
        rest = factors[other[here]] * its[here] + biases[other[here]]
        sign, least = corners.sign[here] * side, corners.least[here]
        ends = (rest + sign * least)[:, None] - own[here][:, None] * near
        low = np.maximum(low, ends[sign > 0].max(axis=0, initial=-(1 << 60)))
        high = np.minimum(high, ends[sign < 0].min(axis=0, initial=1 << 60))
    return low, high
