"""Compiled walks over AND nodes: what has a path to what, and how long the longest is."""

from __future__ import annotations

from bridge.arrays import Ands, Flags, Int, Ints, Words
from bridge.compiled import compiled


@compiled
def spread(ands: Ands, first: Int, masks: Words) -> None:
    """masks, uint64[variables, words]: every node adds the masks of its fanins to its own, in order."""
    for index in range(len(ands)):
        a, b = ands[index, 0] >> 1, ands[index, 1] >> 1
        for word in range(masks.shape[1]):
            masks[first + index, word] |= masks[a, word] | masks[b, word]


@compiled
def spread_back(ands: Ands, first: Int, masks: Words) -> None:
    """masks, uint64[variables, words]: every node adds its own mask to those of its fanins, from the last on."""
    for index in range(len(ands) - 1, -1, -1):
        a, b = ands[index, 0] >> 1, ands[index, 1] >> 1
        for word in range(masks.shape[1]):
            masks[a, word] |= masks[first + index, word]
            masks[b, word] |= masks[first + index, word]


@compiled
def longest_paths(ands: Ands, first: Int, counted: Flags, depths: Ints) -> None:
    """depths, int64[variables]: 0 for sources, -1 elsewhere; filled with the longest path from any source, in those of
    the ANDs that are counted, bool[n]."""
    for index in range(len(ands)):
        before = max(depths[ands[index, 0] >> 1], depths[ands[index, 1] >> 1])
        if before >= 0:
            depths[first + index] = max(depths[first + index], before + counted[index])
