"""Compiled walks that find structure in a netlist: majorities of three, and which block a node serves."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled

LEAVES = 3
CUTS = 8
NO_LEAF = -1


@compiled
def _merged(a, b, out):
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
def _stretched(table, leaves, union):
    """The truth table over `leaves` as one over their superset `union`."""
    result = 0
    for row in range(1 << LEAVES):
        index = 0
        for place in range(LEAVES):
            for position in range(LEAVES):
                if leaves[position] != NO_LEAF and leaves[position] == union[place] and row >> place & 1:
                    index |= 1 << position
        result |= (table >> index & 1) << row
    return result


@compiled
def count_tables(ands, first, wanted):
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


@compiled
def claim(ands, first, stops, roots, block, owner):
    """Give the nodes under these root literals, up to the next stops, to a block unless they have one already.

    stops: bool[variables]; owner: int64[variables], -1 for nodes of no block.
    """
    wanted = np.zeros(len(owner), np.bool_)
    for root in roots:
        wanted[root >> 1] = True
    starts = wanted.copy()
    for variable in range(len(owner) - 1, first - 1, -1):
        if not wanted[variable] or (stops[variable] and not starts[variable]):
            continue
        if owner[variable] == -1:
            owner[variable] = block
        wanted[ands[variable - first, 0] >> 1] = True
        wanted[ands[variable - first, 1] >> 1] = True
