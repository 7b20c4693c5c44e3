"""A weight as powers of two: its binary digits, or signed ones where those are fewer: 7 is 8 - 1 rather than 4 + 2 + 1.

What is added up is `|w| x` of a weight above 0 and `|w| (not x)` of one below. A digit of -1 is the complement of what
a digit of 1 would be, and takes a 1 at its place from the constant of the row. (The signed digits are those of the
non-adjacent form, which has the fewest: G. Reitwiesner, 1960.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell.blocks import Entries


class Digits(NamedTuple):
    """Sorted by row, int64[n] each; and `constant`: int64[rows], what the rows have beside them."""

    row: Ints
    place: Ints
    digit: Ints
    constant: Ints


def digits_of(entries: Entries, live: Flags, signed: Flags) -> Digits:
    """Those of every weight of the rows that are live. signed: bool[rows], where they may be signed."""
    row, variable, weight = (part[live[entries.row]] for part in entries)
    size, negative = np.abs(weight), weight < 0
    plus, minus = _shortest(size, signed[row])
    constant = np.zeros(len(live), np.int64)
    np.subtract.at(constant, row, minus)
    both = plus | minus
    index, place = np.nonzero(both[:, None] >> np.arange(int(both.max(initial=0)).bit_length()) & 1)
    complement = negative[index] ^ (minus[index] >> place & 1).astype(np.bool_)
    return Digits(row[index], place, 2 * variable[index] + complement, constant)


def _shortest(size: Ints, signed: Flags) -> tuple[Ints, Ints]:
    """(the places of digits of 1, of -1) of numbers that are not negative, below 2**60."""
    triple = 3 * size
    shorter = signed & (np.bitwise_count(size ^ triple) < np.bitwise_count(size))
    return np.where(shorter, (triple & ~size) >> 1, size), np.where(shorter, (size & ~triple) >> 1, 0)
