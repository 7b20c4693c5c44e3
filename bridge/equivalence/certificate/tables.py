"""Parts of a netlist that read few leaves, compared with what they should compute on every value of those."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.aig import Aig
from bridge.aig.cone import cone_of
from bridge.aig.literals import variable_of
from bridge.arrays import Flags, Ints
from bridge.execution import compile_literals, run

AT_ONCE = 1 << 14  # patterns simulated together


def reads_only(aig: Aig, literals: Ints, leaves: list[int]) -> bool:
    """Do the cones of the literals end in these variables and the constant only?"""
    reached = cone_of(aig, variable_of(literals))
    reached[[0, *leaves]] = False
    return not reached[: aig.first_and].any()


def agrees(aig: Aig, literals: Ints, values: Mapping[int, Flags], expected: Flags) -> bool:
    """Are the literals bool[n, literals] `expected`, when leaves take the n values given for each, by variable?

    All leaves that are not mentioned are 0.
    """
    program = compile_literals(aig, literals)
    for start in range(0, len(expected), AT_ONCE):
        part = expected[start : start + AT_ONCE]
        patterns = np.zeros((1, aig.first_and - 1, -(-len(part) // 64)), np.uint64)
        for variable, column in values.items():
            octets = np.packbits(column[start : start + AT_ONCE], bitorder="little")
            patterns[0, variable - 1].view(np.uint8)[: len(octets)] = octets
        words = run(program, patterns, program.reset_state(patterns.shape[2]))[0][0]
        found = np.unpackbits(words.view(np.uint8), axis=1, count=len(part), bitorder="little")
        if (found.T.astype(bool) != part).any():
            return False
    return True
