"""Cuts of at most four leaves of every gate of an XOR-AND graph, with the truth tables over them.

Kept are those whose ANDs, with what stands behind their leaves, shared by all who read it (area flow), are fewest. The
gate's own fanins always come first, the gate itself last.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.aig.cuts import PAD, joined
from bridge.aig.xag.forms import LEAVES, TABLES
from bridge.arrays import Ands, Bits, Flags, Floats, Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part

CUTS = 10
Tables: TypeAlias = npt.NDArray[np.uint16]


class Cuts(NamedTuple):
    """`leaves`: int32[variables, CUTS, LEAVES], ascending, then PAD; `tables`: uint16[variables, CUTS]; `counts`:
    uint8[variables]."""

    leaves: Ints32
    tables: Tables
    counts: Bits


def empty_cuts(variables: int) -> Cuts:
    leaves = np.full((variables, CUTS, LEAVES), PAD, np.int32)
    return Cuts(leaves, np.zeros((variables, CUTS), np.uint16), np.zeros(variables, np.uint8))


@compiled_part
def _swapped(table: Int, place: Int) -> np.int64:
    """The table with the variables `place` and `place + 1` exchanged."""
    if place == 0:
        return np.int64((table & 0x9999) | (table & 0x2222) << 1 | (table & 0x4444) >> 1)
    if place == 1:
        return np.int64((table & 0xC3C3) | (table & 0x0C0C) << 2 | (table & 0x3030) >> 2)
    return np.int64((table & 0xF00F) | (table & 0x00F0) << 4 | (table & 0x0F00) >> 4)


@compiled_part
def _stretched(cuts: Cuts, cut: tuple[np.int64, np.int64], union: Ints32) -> np.int64:
    """The table of a cut over a superset of its leaves."""
    table = np.int64(cuts.tables[cut[0], cut[1]])
    own = 0
    for place in range(LEAVES):
        if own < LEAVES and union[place] == cuts.leaves[cut[0], cut[1], own]:
            own += 1
        else:  # a variable that makes no difference comes down from the top
            for step in range(LEAVES - 2, place - 1, -1):
                table = _swapped(table, step)
    return table


@compiled_part
def _insert(cuts: Cuts, variable: Int, union: Ints32, table: Int, cost: float, costs: Floats) -> None:
    """Keep a cut, sorted by cost behind the first one, unless it is there or too dear."""
    count = np.int64(cuts.counts[variable])
    for index in range(count):
        same = True
        for place in range(LEAVES):
            same &= cuts.leaves[variable, index, place] == union[place]
        if same:
            return
    at = count
    while at > 1 and costs[at - 1] > cost:
        at -= 1
    if at >= CUTS - 1:
        return
    last = count if count < CUTS - 2 else np.int64(CUTS - 2)
    for index in range(last, at, -1):
        costs[index] = costs[index - 1]
        cuts.tables[variable, index] = cuts.tables[variable, index - 1]
        for place in range(LEAVES):
            cuts.leaves[variable, index, place] = cuts.leaves[variable, index - 1, place]
    costs[at] = cost
    cuts.tables[variable, at] = table
    for place in range(LEAVES):
        cuts.leaves[variable, at, place] = union[place]
    cuts.counts[variable] = last + 1


@compiled_part
def _itself(cuts: Cuts, variable: Int) -> None:
    count = cuts.counts[variable]
    cuts.leaves[variable, count, 0] = variable
    for place in range(1, LEAVES):
        cuts.leaves[variable, count, place] = PAD
    cuts.tables[variable, count] = 0xAAAA
    cuts.counts[variable] = count + 1


@compiled
def find_cuts(fanins: Ands, odd: Flags, readers: Ints, price: Ints, cuts: Cuts) -> None:
    """Fill in the cuts of all variables. readers: int64[variables]; price: int64[TABLES], of every function."""
    variables = len(readers)
    first = variables - len(odd)
    flow, costs = np.zeros(variables, np.float64), np.zeros(CUTS, np.float64)
    union = np.empty(LEAVES, np.int32)
    for variable in range(1, variables):
        if variable >= first:
            a, b = np.int64(fanins[variable - first, 0]), np.int64(fanins[variable - first, 1])
            left, right = a >> 1, b >> 1
            # The last cut of each fanin is itself: it comes first here.
            for i in range(cuts.counts[left] - 1, -1, -1):
                for j in range(cuts.counts[right] - 1, -1, -1):
                    one, other = (left, np.int64(i)), (right, np.int64(j))
                    if not joined(cuts.leaves, one, other, union):
                        continue
                    table = _stretched(cuts, one, union) ^ (TABLES - 1) * (a & 1)
                    second = _stretched(cuts, other, union) ^ (TABLES - 1) * (b & 1)
                    table = table ^ second if odd[variable - first] else table & second
                    cost = np.float64(price[table])
                    for place in range(LEAVES):
                        if union[place] != PAD:
                            cost += flow[union[place]]
                    _insert(cuts, variable, union, table, cost, costs)
            best = costs[0]
            for index in range(1, cuts.counts[variable]):
                best = min(best, costs[index])
            flow[variable] = best / max(readers[variable], 1)
        _itself(cuts, variable)
