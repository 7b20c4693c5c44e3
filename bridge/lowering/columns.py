"""Bins of literals: one column of one row of a sum, and where each variable occurs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.compiled import compiled

EMPTY = -1
GONE = -2


class Bins(NamedTuple):
    """`items[start[b] : start[b] + size[b]]`: the literals of bin `b = row * columns + column`, no variable twice;
    `table`: the set of all (variable, bin, sign); `constant[row]`: what pairs of a literal and its complement added."""

    items: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    table: npt.NDArray[np.int64]
    constant: npt.NDArray[np.int64]
    columns: int


@compiled
def make_bins(rows, literals, places, row_count, columns):
    """Bins of the digits (row, literal, place); a bin keeps their order."""
    digits = np.zeros(row_count, np.int64)
    for row in rows:
        digits[row] += 1
    start = np.empty(row_count * columns, np.int64)
    total = 0
    for row in range(row_count):
        for column in range(columns):
            start[row * columns + column] = total
            total += digits[row]
    size = 64
    while size < 8 * len(rows):
        size *= 2
    bins = Bins(
        np.empty(total, np.int64),
        start,
        np.zeros(row_count * columns, np.int64),
        np.full(size, EMPTY, np.int64),
        np.zeros(row_count, np.int64),
        columns,
    )
    for index in range(len(rows)):
        put(bins, rows[index] * columns + places[index], literals[index])
    return bins


@compiled
def place_of(table, key):
    """Where a table of keys has the key, or would have it."""
    mask = len(table) - 1
    place = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)
    place = np.int64(place & np.uint64(mask))
    while table[place] != EMPTY and table[place] != key:
        place = (place + 1) & mask
    return place


@compiled
def _slot(bins, bin_, variable):
    key = variable * len(bins.size) + bin_
    mask = len(bins.table) - 1
    place = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)
    place = np.int64(place & np.uint64(mask))
    while bins.table[place] != EMPTY and bins.table[place] >> 1 != key:
        place = (place + 1) & mask
    return place


@compiled
def literal_in(bins, bin_, variable):
    """The literal of that variable in the bin, or -1."""
    found = bins.table[_slot(bins, bin_, variable)]
    return np.int64(-1) if found == EMPTY else 2 * variable + (found & 1)


@compiled
def remove(bins, bin_, literal):
    """Take a literal out of its bin; the others keep their order."""
    first = bins.start[bin_]
    last = first + bins.size[bin_] - 1
    for index in range(first, last + 1):
        if bins.items[index] == literal:
            for later in range(index, last):
                bins.items[later] = bins.items[later + 1]
            break
    bins.size[bin_] -= 1
    forget(bins, bin_, literal >> 1)


@compiled
def forget(bins, bin_, variable):
    """Take a variable out of the table, but not out of its bin."""
    bins.table[_slot(bins, bin_, variable)] = GONE


@compiled
def put(bins, bin_, literal):
    """Add a literal to a bin; twice the same literal is that literal one column up; a complement makes a constant 1."""
    while True:
        there = literal_in(bins, bin_, literal >> 1)
        if there < 0:
            break
        remove(bins, bin_, there)
        if there != literal:
            bins.constant[bin_ // bins.columns] += 1 << (bin_ % bins.columns)
            return
        if bin_ % bins.columns == bins.columns - 1:
            return
        bin_ += 1
    bins.items[bins.start[bin_] + bins.size[bin_]] = literal
    bins.size[bin_] += 1
    key = ((literal >> 1) * len(bins.size) + bin_) << 1 | (literal & 1)
    bins.table[_slot(bins, bin_, literal >> 1)] = key


@compiled
def occurrences_of(bins, variables):
    """The bins of every variable."""
    occurrences = [[np.int64(0) for _ in range(0)] for _ in range(variables)]
    for bin_ in range(len(bins.size)):
        for index in range(bins.start[bin_], bins.start[bin_] + bins.size[bin_]):
            occurrences[bins.items[index] >> 1].append(np.int64(bin_))
    return occurrences
