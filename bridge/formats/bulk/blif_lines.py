"""The covers of a BLIF file, in compiled code."""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.arrays import Int
from bridge.compiled import compiled, compiled_part
from bridge.formats.bulk.gates import (
    AND,
    DEEP,
    ITEMS,
    NOT,
    ONE,
    OR,
    TABLE,
    TABLES,
    ZERO,
    Gates,
    drive,
    emit,
    intern,
)
from bridge.formats.statements import FEWEST_TABLE_INPUTS, MOST_TABLE_INPUTS
from bridge.formats.tables import ALL, COLUMNS

TAB, NEWLINE, SPACE, HASH, DASH, DOT, BACKSLASH = 9, 10, 32, 35, 45, 46, 92
_0, _1 = 48, 49
_NAMES: Final = tuple(b".names")


@compiled_part
def blank(gates: Gates, at: Int, lines: bool) -> Int:
    """The next byte that is no blank, nor in a comment; `lines`: nor ends a line."""
    data = gates.data
    while at < len(data):
        byte = data[at]
        if byte == HASH:
            while at < len(data) and data[at] != NEWLINE:
                at += 1
        elif byte in (SPACE, TAB) or (lines and byte == NEWLINE):
            at += 1
        else:
            break
    return at


@compiled_part
def _signals(gates: Gates, at: Int) -> tuple[Int, Int]:
    """Names up to the end of the line into the stack -> (how many, the byte after them); -1 for others than we read."""
    data, count = gates.data, 0
    while True:
        at = blank(gates, at, False)
        if at == len(data) or data[at] == NEWLINE:
            return np.int64(count), at
        start = at
        if data[at] == BACKSLASH:
            at += 1
            while at < len(data) and (data[at] == SPACE or data[at] == TAB):
                at += 1
            if at == len(data) or data[at] != NEWLINE:
                return np.int64(-1), at
            at += 1
            continue
        while at < len(data) and data[at] > SPACE and data[at] != HASH and data[at] != BACKSLASH:
            at += 1
        if at < len(data) and data[at] == BACKSLASH:
            return np.int64(-1), at
        if count == DEEP:
            return np.int64(-1), at
        gates.stack[count] = intern(gates, start, at)
        if gates.stack[count] == 0:
            return np.int64(-1), at
        count += 1


@compiled_part
def _join(gates: Gates, count: Int, done: bool, operation: Int) -> None:
    """What makes a balanced tree of operands one after the other: after each, and once when all are `done`."""
    while count > 0 and count & 1 == 0 and not done:
        emit(gates, operation)
        count >>= 1
    while done and count & (count - 1):
        emit(gates, operation)
        count &= count - 1


@compiled_part
def _cube(gates: Gates, at: Int, inputs: Int) -> Int:
    """The product of a row of 0, 1 and - -> the byte after it, or -1."""
    factors = 0
    for place in range(inputs):
        byte = gates.data[at + place] if at + place < len(gates.data) else SPACE
        if byte != _0 and byte != _1 and byte != DASH:
            return np.int64(-1)
        if byte != DASH:
            emit(gates, gates.stack[place])
            if byte == _0:
                emit(gates, NOT)
            factors += 1
            _join(gates, factors, False, AND)
    _join(gates, factors, True, AND)
    if factors == 0:
        emit(gates, ONE)
    at += inputs
    return at if inputs == 0 or blank(gates, at, False) > at else np.int64(-1)


@compiled_part
def _inside(gates: Gates, at: Int, inputs: Int) -> tuple[np.uint64, Int]:
    """(the truth table of a row, which inputs it names as bits)."""
    inside, named = ALL, 0
    for place in range(inputs):
        if gates.data[at + place] != DASH:
            inside &= COLUMNS[place] if gates.data[at + place] == _1 else ~COLUMNS[place]
            named |= 1 << place
    return inside, np.int64(named)


@compiled_part
def _emit_table(gates: Gates, inputs: Int, named: Int, table: np.uint64) -> None:
    """A truth table; what no row names is not read."""
    for place in range(inputs):
        emit(gates, gates.stack[place] if named >> place & 1 else ZERO)
    emit(gates, TABLE - gates.counts[TABLES])
    gates.tables[gates.counts[TABLES]] = table
    gates.counts[TABLES] += 1


@compiled_part
def _cover(gates: Gates, at: Int, inputs: Int) -> Int:
    """The rows of a cover -> the first byte after them, or -1."""
    data, rows, phase, start = gates.data, 0, _1, gates.counts[ITEMS]
    small = FEWEST_TABLE_INPUTS <= inputs <= MOST_TABLE_INPUTS
    table, named = np.uint64(0), np.int64(0)
    while True:
        at = blank(gates, at, True)
        if at == len(data) or data[at] == DOT:
            break
        row, at = at, _cube(gates, at, inputs)
        if at < 0:
            return at
        if small:
            inside, names = _inside(gates, row, inputs)
            table, named = table | inside, named | names
        at = blank(gates, at, False)
        if at == len(data) or (data[at] != _0 and data[at] != _1) or (rows and data[at] != phase):
            return np.int64(-1)
        phase = data[at]
        at += 1
        if at < len(data) and data[at] > SPACE and data[at] != HASH:
            return np.int64(-1)
        at = blank(gates, at, False)
        if at < len(data) and data[at] != NEWLINE:
            return np.int64(-1)
        rows += 1
        _join(gates, rows, False, OR)
    _join(gates, rows, True, OR)
    if small and rows > 1:
        gates.counts[ITEMS] = start
        _emit_table(gates, inputs, named, table)
    if rows == 0:
        emit(gates, ZERO)
    elif phase == _0:
        emit(gates, NOT)
    return at


@compiled
def covers(gates: Gates, at: Int) -> tuple[Int, bool]:
    """Read `.names` and what belongs to them -> (where another line begins, True), or (a place, False)."""
    data = gates.data
    while True:
        start = at = blank(gates, at, True)
        for byte in _NAMES:
            if at < len(data) and data[at] == byte:
                at += 1
        if at - start < len(_NAMES) or at == len(data) or data[at] > SPACE:
            return start, True
        count, at = _signals(gates, at)
        if count < 1:
            return start, False
        target = gates.stack[count - 1]
        at = _cover(gates, at, count - 1)
        if at < 0 or not drive(gates, target):
            return start, False
