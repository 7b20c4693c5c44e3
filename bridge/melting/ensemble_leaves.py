"""Leaves of trees become whole numbers, and how far that can lead off is known.

All are counted in one unit. What a tree adds may be moved up or down as a whole, since the sum of all moves is one
constant of the score: so each tree is moved to where its leaves lie closest to whole numbers, and then so that its
least leaf is 0. All of this is exact, in fractions; the bound is what the worst leaf of every tree is off, summed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.errors import InputError
from bridge.melting.ensemble import Ensemble

LEAF_BITS = 8
MOST_BITS = 31
_ROUNDING = Fraction(1, 1 << 52)  # how far a float may be from the fraction that it stands for


@dataclass(frozen=True, eq=False)
class Whole:
    """`unit`: what 1 is worth; `leaves`: int64[leaves, width] of each tree, the least of each column 0; `constants`: of
    the scores; `bounds`: how much each score, counted as the library does, can be off."""

    unit: Fraction
    leaves: tuple[Ints, ...]
    constants: tuple[int, ...]
    bounds: tuple[Fraction, ...]

    @property
    def worth(self) -> float:
        """The unit as a float."""
        return float(self.unit)

    @property
    def bound(self) -> float:
        """The largest of the bounds, not less."""
        return rounded_up(max(self.bounds))

    @property
    def class_bound(self) -> float:
        """Of the best two scores: one that is ahead by more is ahead in whole numbers too."""
        return rounded_up(sum(sorted(self.bounds)[-2:], Fraction(0)))


def whole_leaves(ensemble: Ensemble, bits: int = LEAF_BITS) -> Whole:
    """bits: that the widest tree may need; InputError unless 1..31."""
    if isinstance(bits, bool) or not isinstance(bits, int) or not 1 <= bits <= MOST_BITS:
        raise InputError(f"leaf_bits must be a whole number of 1..{MOST_BITS}, not {bits!r:.80}")
    unit = common_unit(ensemble, (1 << bits) - 1) or _power_of_two(ensemble, bits)
    constants = [Fraction(float(number)) for number in ensemble.base]
    bounds = [Fraction(0)] * len(constants)
    leaves = []
    for tree in ensemble.trees:
        columns = []
        for index, column in enumerate(tree.leaves.T, tree.score):
            numbers, move, off = whole_column(column, unit)
            constants[index] += move
            bounds[index] += off
            columns.append(numbers)
        leaves.append(np.stack(columns, axis=1))
    rounded = [round(constant / unit) for constant in constants]
    both = zip(bounds, constants, rounded, strict=True)
    total = [(bound + abs(constant - number * unit)) / ensemble.divisor for bound, constant, number in both]
    return Whole(unit, tuple(leaves), tuple(rounded), tuple(total))


def common_unit(ensemble: Ensemble, most: int) -> Fraction | None:
    """1/n, n <= most, if every leaf is a multiple of that up to the rounding of floats: of shares in small samples."""
    denominator = 1
    for value in np.unique(np.concatenate([tree.leaves.ravel() for tree in ensemble.trees])).tolist():
        exact = Fraction(value)
        share = exact.limit_denominator(most)
        denominator = math.lcm(denominator, share.denominator)
        if denominator > most or abs(exact - share) > _ROUNDING * max(abs(exact), Fraction(1)):
            return None
    spread = max(float(np.ptp(tree.leaves, axis=0).max()) for tree in ensemble.trees)
    return Fraction(1, denominator) if spread * denominator <= most else None


def _power_of_two(ensemble: Ensemble, bits: int) -> Fraction:
    """The least power of two in which the widest tree needs so many bits."""
    columns = [column for tree in ensemble.trees for column in tree.leaves.T]
    spread = max(Fraction(float(column.max())) - Fraction(float(column.min())) for column in columns) or Fraction(1)
    place = spread.numerator.bit_length() - spread.denominator.bit_length() - bits
    unit = Fraction(1 << max(place, 0), 1 << max(-place, 0))
    while spread > unit * ((1 << bits) - 1):
        unit *= 2
    return unit


def whole_column(column: Floats, unit: Fraction) -> tuple[Ints, Fraction, Fraction]:
    """int64[leaves] from 0 up, what 0 stands for, and how much the worst leaf is off."""
    exact = [Fraction(value) / unit for value in column.tolist()]
    parts = sorted({value - math.floor(value) for value in exact})
    gaps = [after - before for before, after in zip(parts, [*parts[1:], parts[0] + 1], strict=True)]
    gap: Fraction = max(gaps)  # on the circle of what is left of whole numbers, all lie outside of it
    middle = parts[gaps.index(gap)] + (1 + gap) / 2
    numbers = [round(value - middle) for value in exact]
    least = min(numbers)
    found = np.array([number - least for number in numbers], np.int64)
    return found, (least + middle) * unit, (1 - gap) / 2 * unit


def rounded_up(number: Fraction) -> float:
    """The nearest float that is not less."""
    near = float(number)
    return near if Fraction(near) >= number else math.nextafter(near, math.inf)
