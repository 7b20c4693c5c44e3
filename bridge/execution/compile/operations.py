"""The operations of a program: one table for the preparation, the portable machine and the code generator.

An operation reads two or three rows and writes one or two. Rows may hold the complement of their node, so operations
exist only up to complements of the result, and of operands where that costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Flags, Ints

Instructions: TypeAlias = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]  # a stream of them


class Operation(NamedTuple):
    """`inputs`: rows read; `results`: of the operands `x` (anything with `& | ^ ~`) the rows written."""

    name: str
    inputs: int
    results: Callable[..., tuple[Any, ...]]


def _majority(a: Any, b: Any, c: Any) -> Any:
    return ((a ^ b) & (a ^ c)) ^ a


def _majority_not(a: Any, b: Any, c: Any) -> Any:
    # Where a and b agree, the complement of a leaves the decision to c.
    return ((b ^ c) & (a ^ b)) ^ c


OPERATIONS = (
    Operation("AND", 2, lambda a, b: (a & b,)),
    Operation("ANDN", 2, lambda a, b: (~a & b,)),
    Operation("OR", 2, lambda a, b: (a | b,)),
    Operation("XOR", 2, lambda a, b: (a ^ b,)),
    Operation("XOR3", 3, lambda a, b, c: (a ^ b ^ c,)),
    Operation("MUX", 3, lambda a, b, c: (((a ^ b) & c) ^ b,)),  # c ? a : b
    Operation("MUXN", 3, lambda a, b, c: ((~a & c) | (~c & b),)),
    Operation("MAJ", 3, lambda a, b, c: (_majority(a, b, c),)),
    Operation("MAJN", 3, lambda a, b, c: (_majority_not(a, b, c),)),
    Operation("HALF", 2, lambda a, b: (a ^ b, a & b)),
    Operation("HALFN", 2, lambda a, b: (a ^ b, ~a & b)),
    Operation("HALFO", 2, lambda a, b: (a ^ b, a | b)),
    Operation("FULL", 3, lambda a, b, c: (a ^ b ^ c, _majority(a, b, c))),
    Operation("FULLN", 3, lambda a, b, c: (a ^ b ^ c, _majority_not(a, b, c))),
    # An AND of an AND: all there are, up to the order of operands and the complement of the result.
    Operation("AND3", 3, lambda a, b, c: (a & b & c,)),
    Operation("ANDN3", 3, lambda a, b, c: (~a & b & c,)),
    Operation("NORAND", 3, lambda a, b, c: (~(a | b) & c,)),
    Operation("OR3", 3, lambda a, b, c: (a | b | c,)),
    Operation("ANDOR", 3, lambda a, b, c: ((a & b) | c,)),
    Operation("ANDNOR", 3, lambda a, b, c: ((~a & b) | c,)),
    Operation("ORANDN", 3, lambda a, b, c: (~c & (a | b),)),
    Operation("NANDAND", 3, lambda a, b, c: (~(a & b) & c,)),
    Operation("NANDNAND", 3, lambda a, b, c: (~(~a & b) & c,)),
    Operation("ORAND", 3, lambda a, b, c: ((a | b) & c,)),
)
NUMBER = {operation.name: number for number, operation in enumerate(OPERATIONS)}
INPUTS = np.array([operation.inputs for operation in OPERATIONS], np.int64)
OUTPUTS = np.array([len(operation.results(*(0,) * operation.inputs)) for operation in OPERATIONS], np.int64)
END = len(OPERATIONS)  # ends every stream of instructions
LENGTHS = 1 + INPUTS + OUTPUTS  # words of an instruction: the operation, rows read, rows written

# How the second result of a pair is called alone, and what the pair is called.
PAIRED = np.zeros(len(OPERATIONS), np.int64)
for alone, pair in (("AND", "HALF"), ("ANDN", "HALFN"), ("OR", "HALFO"), ("MAJ", "FULL"), ("MAJN", "FULLN")):
    PAIRED[NUMBER[alone]] = NUMBER[pair]

VARIABLES = (0xAA, 0xCC, 0xF0)  # the truth tables of the three leaves of a cut
UNKNOWN = 255


def _forms() -> Bits:
    """uint8[256, 5]: for every truth table an operation that computes it, the leaves that are its operands, and
    whether the result is its complement; UNKNOWN where there is none."""
    forms = np.full((256, 5), UNKNOWN, np.uint8)
    for number, operation in reversed(list(enumerate(OPERATIONS))):
        if OUTPUTS[number] > 1:
            continue
        for leaves in permutations(range(3), operation.inputs):
            table = operation.results(*(VARIABLES[leaf] for leaf in leaves))[0] & 255
            operands = (*leaves, 0)[:3]
            forms[table] = (number, *operands, 0)
            if forms[table ^ 255, 0] == UNKNOWN:
                forms[table ^ 255] = (number, *operands, 1)
    return forms


FORMS = _forms()


class Shapes(NamedTuple):
    """Operations of one shape differ only in what is inverted. `numbers`: int64[n], for every operation the first of
    its shape; `inverted`: bool[n, 4], whether each operand, and then the last result, is inverted in it. The first of
    two results is that of the operands as they are."""

    numbers: Ints
    inverted: Flags


def _shapes() -> Shapes:
    numbers, inverted = np.arange(len(OPERATIONS)), np.zeros((len(OPERATIONS), 4), np.bool_)
    for number, operation in enumerate(OPERATIONS):
        wanted = [table & 255 for table in operation.results(*VARIABLES[: operation.inputs])]
        for base, flips in product(range(number + 1), sorted(product((0, 255), repeat=4), key=sum)):
            plain = OPERATIONS[base]
            if (plain.inputs, OUTPUTS[base]) != (operation.inputs, OUTPUTS[number]):
                continue
            leaves = [leaf ^ flip for leaf, flip in zip(VARIABLES[: plain.inputs], flips, strict=False)]
            found = [*plain.results(*VARIABLES[: plain.inputs])[:-1], plain.results(*leaves)[-1] ^ flips[3]]
            if [table & 255 for table in found] == wanted:
                numbers[number], inverted[number] = base, flips
                break
    return Shapes(numbers, inverted)


SHAPES = _shapes()
