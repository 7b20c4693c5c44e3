"""Small cuts of every node with their truth tables: what shows XORs, multiplexers and adders, however they are built.

A cut of a node is a set of at most 3 variables, its leaves, that decide the node. Truth tables have 8 bits: bit `m` is
the value where leaf `i` (ascending variables) has bit `i` of `m`; a missing leaf makes no difference. Enumeration by
merging the cuts of the fanins is Cong and Ding's (FlowMap, 1994), here with a bounded number of cuts a node.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ands, Bits, Int, Ints32
from bridge.compiled import compiled, compiled_part
from bridge.execution.compile.operations import FORMS, NUMBER

CUTS = 5  # kept per node, the trivial one (the node itself) included; more find hardly any more adders
PAD = np.int32(0x7FFFFFFF)  # a missing leaf
TRIED = 10  # candidates looked at
ITSELF = 0xAA

# How much a truth table tells: 2 for XORs of two or three leaves, 1 for other operations of three, 0 for the rest.
_ODD = 2
_TELLING = 2 * np.isin(FORMS[:, 0], [NUMBER["XOR"], NUMBER["XOR3"]])
_TELLING += np.isin(FORMS[:, 0], [NUMBER[name] for name in ("MUX", "MUXN", "MAJ", "MAJN")])


class Cuts(NamedTuple):
    """Of all variables, the trivial cut first. `leaves`: int32[variables, CUTS, 3], ascending, then PAD; `tables`:
    uint8[variables, CUTS], truth tables; `signatures`: uint32[variables, CUTS], sets of the leaves modulo 32; `counts`:
    uint8[variables], how many there are."""

    leaves: Ints32
    tables: Bits
    signatures: npt.NDArray[np.uint32]
    counts: Bits


def _expansions() -> Bits:
    """uint8[8, 256]: by mask and truth table, the table when its own leaves stand at the places of the mask."""
    tables = np.arange(256)
    result = np.zeros((8, 256), np.uint8)
    for mask in range(8):
        places = [place for place in range(3) if mask >> place & 1]
        for minterm in range(8):
            seen = sum((minterm >> place & 1) << index for index, place in enumerate(places))
            result[mask] |= ((tables >> seen & 1) << minterm).astype(np.uint8)
    return result


_EXPAND = _expansions()


@compiled_part
def _merge(leaves: Ints32, a: Int, i: Int, b: Int, j: Int, tried: Ints32, count: Int) -> tuple[int, int]:
    """tried[count] = the union of two cuts; returns masks of its places in each, or (0, 0) above three leaves."""
    mine = theirs = 0
    left, right = leaves[a, i, 0], leaves[b, j, 0]
    i_next = j_next = 1
    for place in range(3):
        least = min(left, right)
        tried[count, place] = least
        if least == PAD:
            continue
        if left == least:
            mine |= 1 << place
            left = leaves[a, i, i_next] if i_next < 3 else PAD
            i_next += 1
        if right == least:
            theirs |= 1 << place
            right = leaves[b, j, j_next] if j_next < 3 else PAD
            j_next += 1
    if min(left, right) != PAD:
        return 0, 0
    return mine, theirs


@compiled_part
def _too_many(signature: np.uint32) -> bool:
    """More than three bits set?"""
    for _ in range(3):
        signature &= signature - np.uint32(1)
    return bool(signature != 0)


@compiled_part
def _known(tried: Ints32, count: Int) -> bool:
    """Is the last candidate there already?"""
    for index in range(count):
        same = tried[index, 0] == tried[count, 0] and tried[index, 1] == tried[count, 1]
        if same and tried[index, 2] == tried[count, 2]:
            return True
    return False


@compiled_part
def _cross(cuts: Cuts, fanins: tuple[np.int64, np.int64], tried: Ints32, functions: Bits) -> int:
    """Candidates for the cuts of a node out of those of its fanins (literals), the shallowest first; how many."""
    leaves, tables, signatures, counts = cuts
    a, b = fanins[0] >> 1, fanins[1] >> 1
    flip_a, flip_b = np.uint8(255 * (fanins[0] & 1)), np.uint8(255 * (fanins[1] & 1))
    count = 0
    for i in range(counts[a]):
        for j in range(counts[b]):
            if count == TRIED or _too_many(signatures[a, i] | signatures[b, j]):
                continue
            mine, theirs = _merge(leaves, a, i, b, j, tried, count)
            if mine and not _known(tried, count):
                functions[count] = (_EXPAND[mine, tables[a, i]] ^ flip_a) & (_EXPAND[theirs, tables[b, j]] ^ flip_b)
                count += 1
    return count


@compiled_part
def _keep(cuts: Cuts, variable: Int, tried: Ints32, functions: Bits, count: Int) -> None:
    """Store the most telling candidates; of a node that is an XOR of others only those that show it."""
    leaves, tables, signatures, counts = cuts
    telling = 0
    for index in range(count):
        telling = max(telling, _TELLING[functions[index]])
    kept = 1
    for rank in range(telling, -1 if telling < _ODD else _ODD - 1, -1):
        for index in range(count):
            if kept < CUTS and _TELLING[functions[index]] == rank:
                signature = np.uint32(0)
                for place in range(3):
                    leaf = tried[index, place]
                    leaves[variable, kept, place] = leaf
                    if leaf != PAD:
                        signature |= np.uint32(1) << np.uint32(leaf & 31)
                tables[variable, kept] = functions[index]
                signatures[variable, kept] = signature
                kept += 1
    counts[variable] = kept


@compiled
def find_cuts(ands: Ands, first: Int) -> Cuts:
    """Of the constant, inputs and latches, `first` variables, and of the nodes."""
    variables = first + len(ands)
    leaves = np.empty((variables, CUTS, 3), np.int32)
    tables = np.empty((variables, CUTS), np.uint8)
    signatures = np.empty((variables, CUTS), np.uint32)
    counts = np.ones(variables, np.uint8)
    cuts = Cuts(leaves, tables, signatures, counts)
    tried, functions = np.empty((TRIED + 1, 3), np.int32), np.empty(TRIED + 1, np.uint8)
    for variable in range(variables):
        leaves[variable, 0, 0] = variable
        leaves[variable, 0, 1] = leaves[variable, 0, 2] = PAD
        tables[variable, 0] = ITSELF
        signatures[variable, 0] = np.uint32(1) << np.uint32(variable & 31)
        if variable >= first:
            fanins = np.int64(ands[variable - first, 0]), np.int64(ands[variable - first, 1])
            count = _cross(cuts, fanins, tried, functions)
            _keep(cuts, variable, tried, functions, count)
    return cuts
