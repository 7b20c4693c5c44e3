"""Which node of one netlist reads the same as a node of another, in compiled code: most of a sweep is only that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Ands, Int, Ints, Ints32
from bridge.compiled import compiled

NOWHERE = -1


class Nodes(NamedTuple):
    """`ands`: of a netlist, whose first node has the variable `first`; `table`: int32, an open hash table of variables,
    0 where there is none, of some length for those that are only asked about."""

    ands: Ands
    first: int
    table: Ints32


def nodes_of(aig: Aig, *, found: bool) -> Nodes:
    """found: are they to be found by their fanins?"""
    nodes = Nodes(aig.ands, aig.first_and, np.zeros(1 << (3 * len(aig.ands)).bit_length() if found else 1, np.int32))
    if found:
        _fill(nodes)
    return nodes


@compiled
def _slot(nodes: Nodes, high: Int, low: Int) -> np.int64:
    mask = len(nodes.table) - 1
    digest = (np.uint64(high) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(low) * np.uint64(0xC2B2AE3D27D4EB4F)) >> 29
    place = np.int64(digest & np.uint64(mask))
    while nodes.table[place] != 0:
        row = nodes.table[place] - nodes.first
        if nodes.ands[row, 0] == high and nodes.ands[row, 1] == low:
            break
        place = (place + 1) & mask
    return place


@compiled
def _fill(nodes: Nodes) -> None:
    for row in range(len(nodes.ands)):
        nodes.table[_slot(nodes, nodes.ands[row, 0], nodes.ands[row, 1])] = nodes.first + row


@compiled
def follow(variable: Int, theirs: Nodes, ours: Nodes, image: Ints, past: bool) -> Int:
    """From this variable on, give nodes of theirs the literals of ours that read the same, or fold to the same: up to
    the first that has none, which is returned, or if `past`, to the end.

    image: int64[variables], the literals of ours for those of theirs so far, receives more; NOWHERE for none.
    """
    while variable - theirs.first < len(theirs.ands):
        one, other = (
            np.int64(theirs.ands[variable - theirs.first, 0]),
            np.int64(theirs.ands[variable - theirs.first, 1]),
        )
        a, b = image[one >> 1], image[other >> 1]
        found = np.int64(NOWHERE)
        if a != NOWHERE and b != NOWHERE:
            a, b = a ^ (one & 1), b ^ (other & 1)
            high, low = max(a, b), min(a, b)
            if low == 0 or high == low ^ 1:
                found = np.int64(0)
            elif low == 1 or high == low:
                found = high
            else:
                there = np.int64(ours.table[_slot(ours, high, low)])
                found = 2 * there if there else found
        image[variable] = found
        if found == NOWHERE and not past:
            break
        variable += 1
    return variable
