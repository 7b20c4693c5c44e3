"""Whole numbers, alone, in rows and in matrices, entry after entry, from their neighbours."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Bits, Int, Ints
from bridge.coding.mixing import LAST, Mixing, code_bit, hashed
from bridge.compiled import compiled
from bridge.compiled.once import compiled_once

_EXACT = 3  # bits below the highest that are told apart by those above them
_RUN = 16  # columns
AHEAD = 8  # bytes, that a decoder takes before their time at most
NUMBER, TEXT, MATRIX, RUN, TOLD = range(5)  # kinds of decisions


@compiled_once
def code_number(m: Mixing, kind: Int, number: Int) -> int:
    """Code any int64 but the least: is it 0, is it negative, how many bits it has, and those below the highest."""
    if code_bit(m, kind, 0, 1, int(number != 0)) == 0:
        return 0
    negative = code_bit(m, kind, 1, 2, int(number < 0))
    size = _code_size(m, kind, -number if negative else number)
    return -size if negative else size


@compiled_once
def _code_size(m: Mixing, kind: Int, size: Int) -> int:
    """Code an int64 from 1 on."""
    length, wanted = 1, 1
    while wanted < 63 and size >> wanted > 0:
        wanted += 1
    while length < 63 and code_bit(m, kind, 1 + length, 2 + length, int(length < wanted)):
        length += 1
    found = 1
    for place in range(length - 2, -1, -1):
        node = (128 << 10) + (length << 10) + found if place >= length - 1 - _EXACT else (length << 10) + place
        found = 2 * found + code_bit(m, kind, LAST, node, size >> place & 1)
    return found


@compiled_once
def code_below(m: Mixing, kind: Int, bits: Int, number: Int) -> int:
    """Code a number of so many bits, the highest first."""
    node = 1
    for place in range(bits - 1, -1, -1):
        node = 2 * node + code_bit(m, kind, bits - 1 - place, node, number >> place & 1)
    return int(node - (1 << bits))


@compiled_once
def bits_below(count: Int) -> int:
    """How many bits hold the numbers below count."""
    bits = 0
    while 1 << bits < count:
        bits += 1
    return bits


@compiled
def code_alone(m: Mixing, number: int, use: int) -> int:
    """Code an int64 but the least, `use` being what it is for."""
    m.contexts[:] = hashed(use, 0, NUMBER)
    return code_number(m, NUMBER, number)


@compiled
def code_bytes(m: Mixing, data: Bits) -> None:
    """Code bytes, by up to six before them; when reading they are filled in."""
    for index in range(len(data)):
        before = 0
        for age in range(7):
            m.contexts[age] = hashed(before, age, TEXT)
            before = before << 8 | (data[index - 1 - age] if index > age else 0)
        data[index] = code_below(m, TEXT, 8, data[index])


@compiled
def code_matrix(m: Mixing, values: Ints) -> None:
    """Code int64[rows, columns], row after row; when reading they are filled in. Of a run of columns it is told first
    whether all are 0, which makes sparse rows quick."""
    for row in range(len(values)):
        _code_row(m, values, row, row)


@compiled
def code_lists(m: Mixing, weights: Ints, taps: Ints, columns: int) -> None:
    """Code a matrix of so many columns, of which each row lists the entries that are not 0 and where they are, int64
    [rows, most] each, as `code_matrix` does; when reading they are filled in, as far as the code goes."""
    near = np.zeros((3, columns), np.int64)  # the row and those over it
    for row in range(len(weights)):
        near[0], near[1], near[2] = near[1].copy(), near[2].copy(), 0
        for slot in range(weights.shape[1]):
            if weights[row, slot] != 0:
                near[2, taps[row, slot]] = weights[row, slot]
        _code_row(m, near, 2, row)
        weights[row], taps[row] = 0, -1
        for slot, column in enumerate(np.flatnonzero(near[2])[: weights.shape[1]]):
            weights[row, slot], taps[row, slot] = near[2, column], column
        if m.coder.reading and m.coder.state[2] > len(m.coder.data) + AHEAD:
            return


@compiled_once
def _code_row(m: Mixing, values: Ints, row: Int, number: Int) -> None:
    """Of a matrix, of which it may be a part: row `number` of all."""
    filled, columns = 0, values.shape[1]
    for start in range(0, columns, _RUN):
        end, some = min(start + _RUN, columns), 0
        for column in range(start, end):
            some |= int(values[row, column] != 0)
        _set_run_contexts(m, values, row, number, start, filled)
        if code_bit(m, RUN, 0, 0, some):
            for column in range(start, end):
                _set_contexts(m, values, row, number, column, filled)
                values[row, column] = code_number(m, MATRIX, values[row, column])
                filled += int(values[row, column] != 0)


@compiled_once
def _set_run_contexts(m: Mixing, values: Ints, row: Int, number: Int, start: Int, filled: Int) -> None:
    over = 0
    for column in range(start, min(start + _RUN, values.shape[1])):
        over += int(_at(values, row - 1, column) != 0)
    m.contexts[:] = hashed(0, 0, RUN)
    m.contexts[1] = hashed(start, 1, RUN)
    m.contexts[2] = hashed(number, 2, RUN)
    m.contexts[3] = hashed(over, 3, RUN)
    m.contexts[4] = hashed(filled, start, RUN + 32)
    m.contexts[5] = hashed(start, over, RUN + 64)


@compiled_once
def _set_contexts(m: Mixing, values: Ints, row: Int, number: Int, column: Int, filled: Int) -> None:
    c = m.contexts
    left, left2 = _at(values, row, column - 1), _at(values, row, column - 2)
    over, over2 = _at(values, row - 1, column), _at(values, row - 2, column)
    c[0] = hashed(0, 0, MATRIX)
    c[1] = hashed(column, 1, MATRIX)
    c[2] = hashed(number, left, MATRIX + 32)
    c[3] = hashed(over * 31 + left, _at(values, row - 1, column - 1) * 31 + _at(values, row - 1, column + 1), MATRIX)
    c[4] = hashed(left * 31 + left2, filled, MATRIX + 64)
    c[5] = hashed(over, over2, MATRIX + 96)
    c[6] = hashed(column, over, MATRIX + 128)


@compiled
def code_told(m: Mixing, values: Ints, told: Ints) -> None:
    """Code int64[n], of each of which int64[n, 2] tells something; when reading they are filled in."""
    for index in range(len(values)):
        before = values[index - 1] if index else 0
        first, second = told[index, 0], told[index, 1]
        m.contexts[:] = hashed(0, 0, TOLD)
        m.contexts[1] = hashed(first, 1, TOLD)
        m.contexts[2] = hashed(second, 2, TOLD)
        m.contexts[3] = hashed(first, second, TOLD + 32)
        m.contexts[4] = hashed(before, 3, TOLD)
        m.contexts[5] = hashed(index, 4, TOLD)
        values[index] = code_number(m, TOLD, values[index])


@compiled_once
def _at(values: Ints, row: Int, column: Int) -> int:
    """An entry; 0 outside."""
    return int(values[row, column]) if row >= 0 and 0 <= column < values.shape[1] else 0
