"""Which operation computes which node: adders and other pairs first, then whatever cut of a node saves most."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ands, Bits, Flags, Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part
from bridge.execution.compile.cuts import PAD, Cuts
from bridge.execution.compile.operations import FORMS, NUMBER

_KINDS = np.ascontiguousarray(FORMS[:, 0])
_XOR, _XOR3, _MUX, _MUXN = (NUMBER[name] for name in ("XOR", "XOR3", "MUX", "MUXN"))
_MAJ, _MAJN = NUMBER["MAJ"], NUMBER["MAJN"]
_AND3, _ORAND = NUMBER["AND3"], NUMBER["ORAND"]  # ANDs of ANDs
PLAIN = 0  # the shape of a node that stays an AND; other shapes are numbers of cuts


@compiled_part
def _place(table: Ints, keys: Ints32, key: Ints32) -> np.int64:
    """Where the key (three variables) is or would be in an open-addressing table of rows of `keys`, + 1; 0 is free."""
    mask = len(table) - 1
    mixed = np.uint64(key[0]) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(key[1]) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed = (mixed ^ np.uint64(key[2]) * np.uint64(0x165667B19E3779F9)) >> np.uint64(29)
    place = np.int64(mixed & np.uint64(mask))
    while table[place]:
        row = table[place] - 1
        if keys[row, 0] == key[0] and keys[row, 1] == key[1] and keys[row, 2] == key[2]:
            break
        place = (place + 1) & mask
    return place


@compiled
def _empty_table(entries: Int) -> Ints:
    size = 16
    while size < 2 * entries:
        size *= 2
    return np.zeros(size, np.int64)


@compiled
def pair_full_adders(cuts: Cuts, shapes: Bits, partners: Ints32) -> None:
    """Join every majority with an unpaired XOR of the same three leaves."""
    leaves, tables, counts = cuts.leaves, cuts.tables, cuts.counts
    keys = leaves.reshape(-1, 3)
    width = leaves.shape[1]
    odd = 0
    for variable in range(len(counts)):
        for cut in range(1, counts[variable]):
            odd += _KINDS[tables[variable, cut]] == _XOR3
    table = _empty_table(odd)
    for variable in range(len(counts)):
        for cut in range(1, counts[variable]):
            if _KINDS[tables[variable, cut]] == _XOR3:
                table[_place(table, keys, leaves[variable, cut])] = variable * width + cut + 1
    for variable in range(len(counts)):
        for cut in range(1, counts[variable]):
            kind = _KINDS[tables[variable, cut]]
            if kind in (_MAJ, _MAJN) and partners[variable] == 0:
                found = table[_place(table, keys, leaves[variable, cut])] - 1
                if found >= 0 and partners[found // width] == 0:
                    other = found // width
                    partners[variable], partners[other] = other, variable
                    shapes[variable], shapes[other] = cut, found % width


@compiled_part
def _best_cut(cuts: Cuts, variable: Int, fanins_needed: bool, needed: Flags) -> int:
    """An XOR of two; of three, if the XOR inside is not needed anyway; else what else hides a node that is not."""
    leaves, tables, counts = cuts.leaves, cuts.tables, cuts.counts
    best = PLAIN
    for cut in range(1, counts[variable]):
        kind = _KINDS[tables[variable, cut]]
        if kind == _XOR:
            best = cut
            if needed[leaves[variable, cut, 0]] and needed[leaves[variable, cut, 1]]:
                return cut
    for cut in range(1, counts[variable]):
        kind = _KINDS[tables[variable, cut]]
        if kind == _XOR3 or (best == PLAIN and not fanins_needed and kind >= _MUX and kind <= _MAJN):
            return cut
    return best


@compiled_part
def _and_of_three(cuts: Cuts, variable: Int, fanins: tuple[Int, Int], needed: Flags, readers: Ints32) -> int:
    """An AND of an AND that nobody else reads."""
    for cut in range(1, cuts.counts[variable]):
        if _AND3 <= _KINDS[cuts.tables[variable, cut]] <= _ORAND:
            leaves = cuts.leaves[variable, cut]
            for fanin in fanins:
                alone = readers[fanin] == 1 and not needed[fanin]
                if alone and leaves[0] != fanin and leaves[1] != fanin and leaves[2] != fanin:
                    return cut
    return PLAIN


@compiled_part
def _count_readers(ands: Ands, readers: Ints32) -> None:
    for node in range(len(ands)):
        readers[ands[node, 0] >> 1] += 1
        readers[ands[node, 1] >> 1] += 1


@compiled
def choose(ands: Ands, first: Int, roots: Ints, cuts: Cuts, shapes: Bits, partners: Ints32) -> Flags:
    """Decide the shape of every node that the roots need, from the last to the first: bool[variables] needed."""
    leaves, counts = cuts.leaves, cuts.counts
    needed, readers = np.zeros(len(counts), np.bool_), np.zeros(len(counts), np.int32)
    _count_readers(ands, readers)
    for root in roots:
        needed[root >> 1] = True
    for variable in range(len(counts) - 1, first - 1, -1):
        if not needed[variable]:
            continue
        left, right = ands[variable - first, 0] >> 1, ands[variable - first, 1] >> 1
        if partners[variable] == 0:
            shapes[variable] = _best_cut(cuts, variable, needed[left] and needed[right], needed)
            if shapes[variable] == PLAIN:
                shapes[variable] = _and_of_three(cuts, variable, (left, right), needed, readers)
        if shapes[variable] == PLAIN:
            needed[left] = needed[right] = True
        else:
            for place in range(3):
                leaf = leaves[variable, shapes[variable], place]
                if leaf != PAD:
                    needed[leaf] = True
    return needed


@compiled
def pair_half_adders(ands: Ands, first: Int, needed: Flags, cuts: Cuts, shapes: Bits, partners: Ints32) -> None:
    """Join every XOR of two with an AND of the same variables."""
    leaves, tables, counts = cuts.leaves, cuts.tables, cuts.counts
    keys = leaves.reshape(-1, 3)
    width = leaves.shape[1]
    table = _empty_table(np.int64(np.sum(needed)))
    for variable in range(first, len(counts)):
        if needed[variable] and partners[variable] == 0 and shapes[variable] != PLAIN:
            cut = shapes[variable]
            if _KINDS[tables[variable, cut]] == _XOR:
                table[_place(table, keys, leaves[variable, cut])] = variable * width + cut + 1
    key = np.full(3, PAD, np.int32)
    for variable in range(first, len(counts)):
        if needed[variable] and shapes[variable] == PLAIN:
            left, right = ands[variable - first, 0] >> 1, ands[variable - first, 1] >> 1
            key[0], key[1] = min(left, right), max(left, right)
            other = (table[_place(table, keys, key)] - 1) // width
            if other >= 0 and partners[other] == 0:
                partners[variable], partners[other] = other, variable
