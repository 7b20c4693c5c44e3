"""A program for the page: operations in the order in which they are computed, each told by how far back its operands
are.

Every value has a place of its own: first the constant 0, the inputs and the latches, then the results of the
operations. The page makes WebAssembly of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.arrays import Ints
from bridge.execution.compile.operations import END, INPUTS, LENGTHS
from bridge.execution.compile.program import compile_literals


@dataclass(frozen=True, eq=False)
class Packed:
    """`code`: a byte for each operation (its number in `OPERATIONS`), then how far back its first operands are, then
    the second, then the third ones, each kind as LEB128 with all first bytes before all others, which gzip makes a
    tenth smaller; `operations`: how many; `literals`: int64[n], what was asked for, twice the place of its value, and
    1 more for its complement."""

    code: bytes
    operations: int
    literals: Ints


def pack_program(aig: Aig, literals: npt.ArrayLike) -> Packed:
    """One step in which these literals are computed; what none of them needs is left out."""
    program = compile_literals(aig, literals)
    place = {slot: slot for slot in range(aig.first_and)}
    operations, back = bytearray(), ([], [], [])  # type: tuple[bytearray, tuple[list[int], ...]]
    code, at, following = program.code.tolist(), 0, aig.first_and
    while (number := code[at]) != END:
        reads, end = at + 1 + int(INPUTS[number]), at + int(LENGTHS[number])
        operations.append(number)
        for distances, slot in zip(back, code[at + 1 : reads], strict=False):
            distances.append(following - place[slot])
        for slot in code[reads:end]:
            place[slot] = following
            following += 1
        at = end
    found = [2 * place[literal >> 1] + (literal & 1) for literal in program.outputs.tolist()]
    packed = bytes(operations) + b"".join(map(_leb128, back))
    return Packed(packed, len(operations), np.array(found, np.int64))


def _leb128(numbers: Iterable[int]) -> bytes:
    """Seven bits a byte, the lowest first; all but the last byte of a number have the highest bit set. The first bytes
    of all numbers, then the others."""
    first, others = bytearray(), bytearray()
    for number in numbers:
        part = first
        while number > 127:
            part.append(number & 127 | 128)
            number, part = number >> 7, others
        part.append(number)
    return bytes(first + others)
