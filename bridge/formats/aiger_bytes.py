"""The compiled loops that read and write the bytes of AIGER files, and sort the ANDs of ASCII ones.

What reads returns (position, problem): the byte where it stopped, and one of the codes below.
"""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ands, Bits, Int, Ints
from bridge.compiled import compiled, compiled_part

OK, TRUNCATED, NOT_A_NUMBER, TOO_LARGE, TOO_MANY, TOO_FEW, DELTA = range(7)
LARGEST = 1 << 60

_ZERO, _NINE, _SPACE, _TAB, _NEWLINE = 48, 57, 32, 9, 10


@compiled
def parse_rows(data: Bits, position: Int, least: Int, values: Ints, starts: Ints) -> tuple[Int, Int]:
    """Read len(values) lines of `least` to values.shape[1] numbers; what a line lacks becomes -1.

    data: uint8[n]; values: int64[rows, most]; starts: int64[rows], receives the byte where each line begins. Blanks
    stand between numbers, and may stand around them; the end of the data ends a line.
    """
    most = values.shape[1]
    for row in range(len(values)):
        starts[row] = position
        for column in range(most):
            values[row, column] = -1
        column = 0
        if position == len(data):
            return position, TRUNCATED
        while True:
            while position < len(data) and (data[position] == _SPACE or data[position] == _TAB):
                position += 1
            if position == len(data) or data[position] == _NEWLINE:
                break
            begin = position
            value = np.int64(0)
            while position < len(data) and _ZERO <= data[position] <= _NINE:
                value = 10 * value + (data[position] - _ZERO)
                if value > LARGEST:
                    return position, TOO_LARGE
                position += 1
            blank = position == len(data) or data[position] in (_NEWLINE, _SPACE, _TAB)
            if position == begin or not blank:
                return position, NOT_A_NUMBER
            if column == most:
                return begin, TOO_MANY
            values[row, column] = value
            column += 1
        if column < least:
            return position, TRUNCATED if position == len(data) else TOO_FEW
        position = min(position + 1, len(data))
    return position, OK


@compiled_part
def _decode_number(data: Bits, position: Int, longest: Int) -> tuple[Int, Int]:
    """(number, the byte after it); the number is `-TRUNCATED`, or `-TOO_LARGE` from `longest` bits on."""
    value = np.int64(0)
    for shift in range(0, longest, 7):
        if position == len(data):
            return -TRUNCATED, position
        byte = np.int64(data[position])
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
    return -TOO_LARGE, position


@compiled
def decode_literals(data: Bits, position: Int, literals: Ints) -> tuple[Int, Int]:
    """Literals as ABC writes them under `aig2`: the first as it is, then differences with the sign as lowest bit.

    literals: int64[n]
    """
    for index in range(len(literals)):
        begin = position
        value, position = _decode_number(data, position, 42)
        if value < 0:
            return begin, -value
        if index > 0:
            value = literals[index - 1] + (-(value >> 1) if value & 1 else value >> 1)
        if value < 0:
            return begin, DELTA
        literals[index] = value
    return position, OK


@compiled
def decode_deltas(data: Bits, position: Int, first: Int, ands: Ands) -> tuple[Int, Int]:
    """The AND section of a binary file. ands: uint32[n, 2]; `first`: the variable of its first row."""
    for index in range(len(ands)):
        above = np.int64(2 * (first + index))
        for side in range(2):
            begin = position
            delta, position = _decode_number(data, position, 35)
            if delta == -TRUNCATED:
                return begin, TRUNCATED
            if not 0 <= delta <= above or (side == 0 and delta == 0):
                return begin, DELTA
            above -= delta
            ands[index, side] = above
    return position, OK


@compiled
def encode_deltas(first: Int, ands: Ands, out: Bits) -> Int:
    """Undo `decode_deltas` into out: uint8[at least 10 * n]; the bytes used."""
    position = 0
    for index in range(len(ands)):
        above = np.int64(2 * (first + index))
        for side in range(2):
            delta = above - np.int64(ands[index, side])
            above = np.int64(ands[index, side])
            while delta > 127:
                out[position] = 128 | (delta & 127)
                position += 1
                delta >>= 7
            out[position] = delta
            position += 1
    return position


@compiled
def format_ands(first: Int, ands: Ands, out: Bits) -> Int:
    """Lines `lhs rhs0 rhs1` into out: uint8[at least 33 * n]; the bytes used."""
    position = 0
    digits = np.empty(20, np.uint8)
    for index in range(len(ands)):
        for column in range(3):
            value = np.int64(2 * (first + index)) if column == 0 else np.int64(ands[index, column - 1])
            count = 0
            while True:
                digits[count] = _ZERO + value % 10
                value //= 10
                count += 1
                if value == 0:
                    break
            for place in range(count - 1, -1, -1):
                out[position] = digits[place]
                position += 1
            out[position] = _NEWLINE if column == 2 else _SPACE
            position += 1
    return position


@compiled
def topological_order(fanins: Ints) -> tuple[Ints, Int]:
    """fanins: int64[n, 2], each the index of another row, or negative for a leaf.

    Returns (order: int64[n], -1), fanins first and otherwise as given; or (order, a row on a cycle).
    """
    count = len(fanins)
    order = np.empty(count, np.int64)
    done = 0
    state = np.zeros(count, np.uint8)  # fanins visited so far; 3 when the row is in the order
    stack = np.empty(count, np.int64)
    for root in range(count):
        if state[root] == 3:
            continue
        stack[0] = root
        height = 1
        while height > 0:
            row = stack[height - 1]
            if state[row] == 2:
                state[row] = 3
                order[done] = row
                done += 1
                height -= 1
                continue
            below = fanins[row, state[row]]
            state[row] += 1
            if below < 0 or state[below] == 3:
                continue
            if state[below] != 0:
                return order, below
            stack[height] = below
            height += 1
    return order, -1
