"""How the vector instructions of x86-64 compute each operation, derived from the table of operations.

A micro-instruction is (opcode, destination, first source, second source, immediate). Places 0 .. 2 are the operands of
the operation, `TEMPORARY` and up are temporaries. With AVX-512 one instruction computes any function of three places
into the first of them; so an operand is copied, then overwritten.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bridge.arrays import Bits, Ints
from bridge.execution.compile.operations import OPERATIONS, OUTPUTS

AND, ANDN, OR, XOR, TERNARY, LOAD, STORE = 0xDB, 0xDF, 0xEB, 0xEF, 0x25, 0x6F, 0x7F
COPY = LOAD
TEMPORARY = 3
LONGEST, TEMPORARIES = 8, 8  # instructions and temporaries of one operation, at most


# Columns of the facts on an operation: instructions; temporaries that are the results; whether an operand may stay in
# memory; for every place the last instruction that reads it, or -1.
COUNT, RESULTS, FOLDABLE, LAST = 0, 1, 3, 6


class Micro(NamedTuple):
    """`code`: uint8[operations, LONGEST, 5], instructions; `facts`: int64[operations, columns], see above."""

    code: Bits
    facts: Ints


class _Place:
    """An operand of `Operation.results` that notes instructions of two sources; equal ones only once."""

    def __init__(self, notes: dict[tuple[int, int, int], int], place: int, inverted: bool = False) -> None:
        self.notes, self.place, self.inverted = notes, place, inverted

    def _note(self, opcode: int, other: _Place) -> _Place:
        key = (opcode, self.place, other.place)
        swapped = (opcode, other.place, self.place)
        place = self.notes.get(key) or (self.notes.get(swapped) if opcode != ANDN else None)
        return _Place(self.notes, place or self.notes.setdefault(key, TEMPORARY + len(self.notes)))

    def __and__(self, other: _Place) -> _Place:
        return self._note(ANDN if self.inverted else AND, other)

    def __or__(self, other: _Place) -> _Place:
        return self._note(OR, other)

    def __xor__(self, other: _Place) -> _Place:
        return self._note(XOR, other)

    def __invert__(self) -> _Place:
        return _Place(self.notes, self.place, True)


def _two_sources(number: int) -> tuple[list[tuple[int, ...]], list[int]]:
    notes: dict[tuple[int, int, int], int] = {}
    operation = OPERATIONS[number]
    results = operation.results(*(_Place(notes, place) for place in range(operation.inputs)))
    return [(opcode, to, a, b, 0) for (opcode, a, b), to in notes.items()], [result.place for result in results]


def _three_sources(number: int) -> tuple[list[tuple[int, ...]], list[int]]:
    operation = OPERATIONS[number]
    if operation.inputs < 3:
        return _two_sources(number)
    x, b, c = 0xF0, 0xCC, 0xAA
    if OUTPUTS[number] == 1:
        table = operation.results(x, b, c)[0] & 255
        return [(COPY, TEMPORARY, 0, 0, 0), (TERNARY, TEMPORARY, 1, 2, table)], [TEMPORARY]
    # An adder: what a is, x = a ^ b and b tell, so x may become the carry. No operand is copied, and a is read once.
    carry = operation.results(x ^ b, b, c)[1] & 255
    xors = [(XOR, TEMPORARY, 1, 0, 0), (XOR, TEMPORARY + 1, TEMPORARY, 2, 0)]
    return [*xors, (TERNARY, TEMPORARY, 1, 2, carry)], [TEMPORARY + 1, TEMPORARY]


def _micro(derive: Any) -> Micro:
    code = np.zeros((len(OPERATIONS), LONGEST, 5), np.uint8)
    facts = np.full((len(OPERATIONS), LAST + TEMPORARY + TEMPORARIES), -1, np.int64)
    for number, operation in enumerate(OPERATIONS):
        instructions, results = derive(number)
        code[number, : len(instructions)] = instructions
        facts[number, COUNT] = len(instructions)
        facts[number, RESULTS : RESULTS + OUTPUTS[number]] = results
        for index, (opcode, _, a, b, _) in enumerate(instructions):
            for place in {a} if opcode == COPY else {a, b}:
                facts[number, LAST + place] = index
        for place in range(operation.inputs):
            # Memory may stand only as a second source, may change places with it, or is copied; and is read only once.
            first = [a == place for opcode, _, a, _, _ in instructions if opcode in (ANDN, TERNARY)]
            readers = [place in ((a,) if opcode == COPY else (a, b)) for opcode, _, a, b, _ in instructions]
            facts[number, FOLDABLE + place] = sum(readers) == 1 and not any(first)
    return Micro(code, facts)


AVX2 = _micro(_two_sources)
AVX512 = _micro(_three_sources)
