"""The gates of large Bristol files, in compiled code."""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.aig import AigBuilder
from bridge.aig.strash import Graph, and_gate, xor_gate
from bridge.arrays import Bits, Int, Ints
from bridge.compiled import compiled, compiled_part

_MOST_NUMBERS = 1 << 16  # of a line
_MOST_DIGITS = 10
TAB, NEWLINE, RETURN, SPACE, ZERO, NINE = 9, 10, 13, 32, 48, 57
XOR, AND, INV, EQW, EQ, MAND, OTHER = range(7)
_WORDS: Final = tuple(int.from_bytes(word, "big") for word in (b"XOR", b"AND", b"INV", b"EQW", b"EQ", b"MAND"))


def read_gates(builder: AigBuilder, data: bytes, at: int, values: Ints) -> int:
    """Add the gates that begin at a byte; how many, or -1 where a line is not as it should be.

    values: int64[wires], the literals of wires, -1 for those that are not defined yet; filled in.
    """
    builder.reserve(2 * data.count(b"XOR") + int((values < 0).sum()))
    return int(_gates(builder.graph, np.frombuffer(data, np.uint8), at, values, np.empty(_MOST_NUMBERS, np.int64)))


@compiled
def _gates(graph: Graph, data: Bits, at: Int, values: Ints, numbers: Ints) -> Int:
    gates = np.int64(0)
    while True:
        while at < len(data) and (_blank(data[at]) or data[at] == NEWLINE):
            at += 1
        if at == len(data):
            return gates
        count, at = _numbers(data, at, numbers)
        kind, at = _kind(data, at)
        if at < len(data) and data[at] != NEWLINE:
            return np.int64(-1)
        if kind == OTHER or not _shaped(kind, numbers, count) or not _wired(graph, kind, numbers, values):
            return np.int64(-1)
        gates += 1


@compiled_part
def _blank(byte: Int) -> bool:
    return byte in (SPACE, TAB, RETURN)


@compiled_part
def _numbers(data: Bits, at: Int, numbers: Ints) -> tuple[Int, Int]:
    """(how many numbers follow in the line, the byte after them); -1 for too many, or for those that are too large."""
    count = np.int64(0)
    while at < len(data) and ZERO <= data[at] <= NINE:
        start, number = at, np.int64(0)
        while at < len(data) and ZERO <= data[at] <= NINE and at - start < _MOST_DIGITS:
            number = 10 * number + data[at] - ZERO
            at += 1
        if count == len(numbers) or at == len(data) or not _blank(data[at]):
            return np.int64(-1), at
        numbers[count] = number
        count += 1
        while at < len(data) and _blank(data[at]):
            at += 1
    return count, at


@compiled_part
def _kind(data: Bits, at: Int) -> tuple[Int, Int]:
    """(the word there, the end of the blanks after it)."""
    word = np.int64(0)
    while at < len(data) and data[at] > SPACE and word < 1 << 32:
        word = word << 8 | np.int64(data[at])
        at += 1
    while at < len(data) and _blank(data[at]):
        at += 1
    for kind in range(OTHER):
        if _WORDS[kind] == word:
            return np.int64(kind), at
    return np.int64(OTHER), at


@compiled_part
def _shaped(kind: Int, numbers: Ints, count: Int) -> bool:
    """Whether these are the numbers of inputs and outputs of such a gate, and as many wires."""
    if count < 2 or count != 2 + numbers[0] + numbers[1]:
        return False
    if kind == MAND:
        return bool(numbers[0] == 2 * numbers[1])
    return bool(numbers[1] == 1 and numbers[0] == (2 if kind <= AND else 1))


@compiled
def _wired(graph: Graph, kind: Int, numbers: Ints, values: Ints) -> bool:
    """Add the gate; False if it reads or defines a wire that it must not."""
    inputs, results = numbers[0], numbers[1]
    if kind == EQ:
        if numbers[2] > 1:
            return False
    else:
        for wire in numbers[2 : 2 + inputs]:
            if wire >= len(values) or values[wire] < 0:
                return False
            # Until all are known, no result of this gate may be read.
    for place in range(results):
        wire = numbers[2 + inputs + place]
        if wire >= len(values) or values[wire] >= 0 or graph.used[0] + 3 > len(graph.fanins):
            return False
        a, b = numbers[2 + place], numbers[2 + place + (results if inputs > results else 0)]
        if kind == EQ:
            values[wire] = a
        elif kind == INV:
            values[wire] = values[a] ^ 1
        elif kind == EQW:
            values[wire] = values[a]
        elif kind == XOR:
            values[wire] = xor_gate(graph, values[a], values[b])
        else:
            values[wire] = and_gate(graph, values[a], values[b])
    return True
