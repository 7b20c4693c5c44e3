"""Columns of digits: what a row adds up at one place, and in which columns each variable occurs.

A digit is `2 * variable + complement`; a variable is a bit of the cell, or what a shared adder gives.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Int, Ints
from bridge.compiled import compiled

EMPTY = -1
GONE = -2


class Columns(NamedTuple):
    """`digits[start[c] : start[c] + size[c]]`: the digits of column `c = row * places + place`, no variable twice;
    `table`: the set of all (variable, column, complement); `constant[row]`: what a row has beside its digits."""

    digits: Ints
    start: Ints
    size: Ints
    table: Ints
    constant: Ints
    places: int


def copied(columns: Columns) -> Columns:
    """The same, for compiled code to change."""
    digits, table = columns.digits.copy(), columns.table.copy()
    return columns._replace(digits=digits, table=table, size=columns.size.copy(), constant=columns.constant.copy())


@compiled
def columns_of(rows: Ints, places: Ints, digits: Ints, height: int, width: int) -> Columns:
    """The columns of `height` rows of `width` places; each keeps the order of its digits."""
    room = np.zeros(height, np.int64)
    for row in rows:
        room[row] += 1
    start = np.empty(height * width, np.int64)
    total = 0
    for row in range(height):
        for place in range(width):
            start[row * width + place] = total
            total += room[row]
    table = empty_table(8 * len(rows))
    size, constant = np.zeros(height * width, np.int64), np.zeros(height, np.int64)
    columns = Columns(np.empty(total, np.int64), start, size, table, constant, width)
    for index in range(len(rows)):
        put(columns, rows[index] * width + places[index], digits[index])
    return columns


@compiled
def empty_table(least: Int) -> Ints:
    """int64[n] of EMPTY, n a power of two and at least that."""
    size = 64
    while size < least:
        size *= 2
    return np.full(size, EMPTY, np.int64)


@compiled
def slot_of(table: Ints, key: Int, shift: Int) -> np.int64:
    """Where a table has the entry that is `key` without its lowest `shift` bits, or would have it."""
    mask = len(table) - 1
    spread = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)
    slot = np.int64(spread & np.uint64(mask))
    while table[slot] != EMPTY and table[slot] >> shift != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def _slot(columns: Columns, column: Int, variable: Int) -> np.int64:
    return slot_of(columns.table, variable * len(columns.size) + column, 1)


@compiled
def digit_in(columns: Columns, column: Int, variable: Int) -> np.int64:
    """The digit of that variable in the column, or -1."""
    found = columns.table[_slot(columns, column, variable)]
    return np.int64(-1) if found == EMPTY else 2 * variable + (found & 1)


@compiled
def remove(columns: Columns, column: Int, digit: Int) -> None:
    """Take a digit out of its column; the others keep their order."""
    first = columns.start[column]
    last = first + columns.size[column] - 1
    for index in range(first, last + 1):
        if columns.digits[index] == digit:
            for later in range(index, last):
                columns.digits[later] = columns.digits[later + 1]
            break
    columns.size[column] -= 1
    forget(columns, column, digit >> 1)


@compiled
def forget(columns: Columns, column: Int, variable: Int) -> None:
    """Take a variable out of the table, but not out of its column."""
    columns.table[_slot(columns, column, variable)] = GONE


@compiled
def put(columns: Columns, column: Int, digit: Int) -> None:
    """Add a digit to a column; twice the same digit is that digit one place up; a complement makes a constant 1."""
    while True:
        there = digit_in(columns, column, digit >> 1)
        if there < 0:
            break
        remove(columns, column, there)
        if there != digit:
            columns.constant[column // columns.places] += 1 << (column % columns.places)
            return
        if column % columns.places == columns.places - 1:
            return
        column += 1
    columns.digits[columns.start[column] + columns.size[column]] = digit
    columns.size[column] += 1
    key = (digit >> 1) * len(columns.size) + column
    columns.table[_slot(columns, column, digit >> 1)] = key << 1 | (digit & 1)


@compiled
def occurrences_of(columns: Columns, variables: int) -> list[list[np.int64]]:
    """The columns of every variable."""
    occurrences = [[np.int64(0) for _ in range(0)] for _ in range(variables)]
    for column in range(len(columns.size)):
        for index in range(columns.start[column], columns.start[column] + columns.size[column]):
            occurrences[columns.digits[index] >> 1].append(np.int64(column))
    return occurrences
