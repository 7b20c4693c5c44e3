"""Cuts of at most three leaves of every gate, with their truth tables: what an adder is, whatever its gates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.aig import Aig
from bridge.aig.cuts import PAD, joined
from bridge.arrays import Ands, Bits, Int, Ints32
from bridge.compiled import compiled, compiled_part

LEAVES, CUTS = 3, 24


class Cuts(NamedTuple):
    """`leaves`: int32[variables, CUTS, LEAVES], ascending, then PAD; `tables`: uint8[variables, CUTS], bit `i` for the
    leaves that `i` writes in binary; `counts`: uint8[variables]. The first one of each is the variable itself."""

    leaves: Ints32
    tables: Bits
    counts: Bits


def cuts_of(form: Aig) -> Cuts:
    """Those of all variables; where a gate has more than CUTS, the ones found last are left out."""
    shape = (form.variables, CUTS)
    cuts = Cuts(np.full((*shape, LEAVES), PAD, np.int32), np.zeros(shape, np.uint8), np.zeros(shape[0], np.uint8))
    _find(form.ands, cuts)
    return cuts


@compiled_part
def _stretched(cuts: Cuts, cut: tuple[np.int64, np.int64], union: Ints32) -> np.int64:
    """The table of a cut over a superset of its leaves."""
    table, result = np.int64(cuts.tables[cut[0], cut[1]]), np.int64(0)
    for row in range(1 << LEAVES):
        index, own = np.int64(0), np.int64(0)
        for place in range(LEAVES):
            if own < LEAVES and union[place] != PAD and union[place] == cuts.leaves[cut[0], cut[1], own]:
                index |= (row >> place & 1) << own
                own += 1
        result |= (table >> index & 1) << row
    return result


@compiled_part
def _insert(cuts: Cuts, variable: Int, union: Ints32, table: Int) -> None:
    """Add a cut, unless it is there, or there is no room."""
    count = np.int64(cuts.counts[variable])
    for index in range(count):
        same = True
        for place in range(LEAVES):
            same &= cuts.leaves[variable, index, place] == union[place]
        if same:
            return
    if count < CUTS:
        cuts.tables[variable, count] = table
        for place in range(LEAVES):
            cuts.leaves[variable, count, place] = union[place]
        cuts.counts[variable] = count + 1


@compiled
def _find(ands: Ands, cuts: Cuts) -> None:
    first = len(cuts.counts) - len(ands)
    union = np.empty(LEAVES, np.int32)
    cuts.counts[0] = 1  # the constant, without leaves
    for variable in range(1, len(cuts.counts)):
        cuts.leaves[variable, 0, 0], cuts.tables[variable, 0] = variable, 0xAA
        cuts.counts[variable] = 1
        if variable < first:
            continue
        a, b = np.int64(ands[variable - first, 0]), np.int64(ands[variable - first, 1])
        left, right = a >> 1, b >> 1
        for i in range(cuts.counts[left]):
            for j in range(cuts.counts[right]):
                one, other = (left, np.int64(i)), (right, np.int64(j))
                if joined(cuts.leaves, one, other, union):
                    table = _stretched(cuts, one, union) ^ 0xFF * (a & 1)
                    second = _stretched(cuts, other, union) ^ 0xFF * (b & 1)
                    _insert(cuts, variable, union, table & second)
