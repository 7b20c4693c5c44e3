"""How many ANDs of a netlist compute a majority of three nodes: a compiled walk over cuts and their truth tables."""

from __future__ import annotations

from functools import cache

import numpy as np

from bridge.aig.graph import Aig
from bridge.arrays import Ands, Flags, Int, Ints32
from bridge.compiled import compiled

LEAVES = 3
CUTS = 8
NO_LEAF = -1
_MAJORITY = 0b11101000


def count_majorities(aig: Aig) -> int:
    """In either polarity, of any of their inputs; where none of the first cuts of a node shows it, it is missed."""
    return int(_count_tables(aig.ands, aig.first_and, _wanted()))


@cache
def _wanted() -> Flags:
    """bool[256]: the truth tables of a majority of three with any inputs complemented; its complement is among them."""
    wanted = np.zeros(256, np.bool_)
    rows = np.arange(8)
    for flips in range(8):
        wanted[int((_MAJORITY >> (rows ^ flips) & 1) @ (1 << rows))] = True
    return wanted


@compiled
def _merged(a: Ints32, b: Ints32, out: Ints32) -> int:
    """Write the sorted union of two lists of leaves; how many they are, or LEAVES + 1 when they are too many."""
    i = j = count = 0
    while (i < LEAVES and a[i] != NO_LEAF) or (j < LEAVES and b[j] != NO_LEAF):
        left = i < LEAVES and a[i] != NO_LEAF and (j >= LEAVES or b[j] == NO_LEAF or a[i] <= b[j])
        leaf = a[i] if left else b[j]
        if count == LEAVES:
            return LEAVES + 1
        out[count] = leaf
        count += 1
        if i < LEAVES and a[i] == leaf:
            i += 1
        if j < LEAVES and b[j] == leaf:
            j += 1
    for rest in range(count, LEAVES):
        out[rest] = NO_LEAF
    return count


@compiled
def _stretched(table: Int, leaves: Ints32, union: Ints32) -> Int:
    """The truth table over `leaves` as one over their superset `union`."""
    result: Int = 0
    for row in range(1 << LEAVES):
        index = 0
        for place in range(LEAVES):
            for position in range(LEAVES):
                if leaves[position] != NO_LEAF and leaves[position] == union[place] and row >> place & 1:
                    index |= 1 << position
        result |= (table >> index & 1) << row
    return result


@compiled
def _count_tables(ands: Ands, first: int, wanted: Flags) -> int:
    """How many ANDs are, over some cut of at most three nodes, one of the functions wanted: bool[256], by truth table
    over three variables. Only the first few cuts of each fanin are combined, as mappers do."""
    variables = first + len(ands)
    leaves = np.full((variables, CUTS, LEAVES), NO_LEAF, np.int32)
    tables = np.zeros((variables, CUTS), np.int64)
    counts = np.ones(variables, np.int64)
    union = np.empty(LEAVES, np.int32)
    found = 0
    for variable in range(variables):
        # Last comes the cut that is the node itself, 0xAA being the first variable.
        slot = 0
        hit = False
        if variable >= first:
            a, b = ands[variable - first]
            for i in range(counts[a >> 1]):
                for j in range(counts[b >> 1]):
                    if _merged(leaves[a >> 1, i], leaves[b >> 1, j], union) > LEAVES:
                        continue
                    left = _stretched(tables[a >> 1, i], leaves[a >> 1, i], union) ^ (0xFF if a & 1 else 0)
                    right = _stretched(tables[b >> 1, j], leaves[b >> 1, j], union) ^ (0xFF if b & 1 else 0)
                    hit |= wanted[left & right]
                    known = slot == CUTS - 1
                    for k in range(slot):
                        known |= tables[variable, k] == left & right and (leaves[variable, k] == union).all()
                    if not known:
                        leaves[variable, slot] = union
                        tables[variable, slot] = left & right
                        slot += 1
        if variable > 0:
            leaves[variable, slot, 0] = variable
            tables[variable, slot] = 0xAA
        counts[variable] = slot + 1
        found += hit
    return found
