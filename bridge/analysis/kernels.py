"""Compiled walks over AND nodes: reachability, switches for interventions, and the plain evaluator that replays."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled
from bridge.execution.observe import count_bits


@compiled
def spread(ands, first, masks):
    """masks, uint64[variables, words]: every node adds the masks of its fanins to its own, in order."""
    for index in range(len(ands)):
        a, b = ands[index, 0] >> 1, ands[index, 1] >> 1
        for word in range(masks.shape[1]):
            masks[first + index, word] |= masks[a, word] | masks[b, word]


@compiled
def add_switches(ands, first, places, image):
    """Rebuild the nodes so that a switch, a literal, inverts some of them for all their readers.

    places: int64[variables], the switch of each variable, or -1; image: int64[variables], the new literals of the
    constant and the leaves are set, those of the nodes (behind their switch) are filled in. Returns uint32[n, 2].
    """
    switched = 0
    for index in range(len(ands)):
        switched += places[first + index] >= 0
    leaves = np.int64(0)
    for variable in range(first):
        leaves = max(leaves, image[variable] >> 1)
    for variable in range(len(places)):
        leaves = max(leaves, places[variable] >> 1)
    result = np.empty((len(ands) + 3 * switched, 2), np.uint32)
    used = 0
    for index in range(len(ands)):
        a, b = np.int64(ands[index, 0]), np.int64(ands[index, 1])
        own = 2 * (leaves + 1 + used)
        _put(result, used, image[a >> 1] ^ (a & 1), image[b >> 1] ^ (b & 1))
        used += 1
        switch = places[first + index]
        if switch >= 0:
            _put(result, used, own, switch ^ 1)
            _put(result, used + 1, own ^ 1, switch)
            _put(result, used + 2, own + 2 ^ 1, own + 4 ^ 1)
            own = own + 6 ^ 1
            used += 3
        image[first + index] = own
    return result


@compiled
def _put(result, place, a, b):
    result[place, 0] = max(a, b)
    result[place, 1] = min(a, b)


@compiled
def evaluate(ands, first, values, flips):
    """values, uint8[variables]: the leaves are set, the nodes are filled in; what has a 1 in `flips`, uint8[variables],
    is inverted for whoever reads it. Plain on purpose: it shares nothing with the programs whose witnesses it
    replays."""
    for variable in range(first):
        values[variable] ^= flips[variable]
    for index in range(len(ands)):
        a, b = ands[index]
        values[first + index] = (values[a >> 1] ^ (a & 1)) & (values[b >> 1] ^ (b & 1)) ^ flips[first + index]


@compiled
def spread_back(ands, first, masks):
    """masks, uint64[variables, words]: every node adds its own mask to those of its fanins, from the last on."""
    for index in range(len(ands) - 1, -1, -1):
        a, b = ands[index, 0] >> 1, ands[index, 1] >> 1
        for word in range(masks.shape[1]):
            masks[a, word] |= masks[first + index, word]
            masks[b, word] |= masks[first + index, word]


@compiled
def longest_paths(ands, first, counted, depths):
    """depths, int64[variables]: 0 for sources, -1 elsewhere; filled with the longest path from any source, in those of
    the ANDs that are counted, bool[n]."""
    for index in range(len(ands)):
        before = max(depths[ands[index, 0] >> 1], depths[ands[index, 1] >> 1])
        if before >= 0:
            depths[first + index] = max(depths[first + index], before + counted[index])


@compiled
def count_joint(left, right, counts):
    """counts, int64[n, m]: add how many bits two rows of uint64[n, W] and uint64[m, W] both have set."""
    for one in range(len(left)):
        for other in range(len(right)):
            total = np.int64(0)
            for word in range(left.shape[1]):
                total += count_bits(left[one, word] & right[other, word])
            counts[one, other] += total
