"""XORs shared between adders: two literals have one XOR up to a complement, whatever their signs, so that adders that
begin with the same two variables share it."""

from __future__ import annotations

import heapq

import numpy as np

from bridge.compiled import compiled
from bridge.lowering.columns import EMPTY, Bins, forget, literal_in, occurrences_of, put
from bridge.lowering.timing_kernels import row_time
from bridge.lowering.triples import LEAST, MASK, SHIFT, WIDEST


@compiled
def with_adders(bins, adders):
    """The bins, and after them one of three literals for every shared adder."""
    count = len(bins.size) + len(adders)
    size = np.concatenate((bins.size, np.full(len(adders), 3, np.int64)))
    start = np.cumsum(size) - size
    items = np.empty(size.sum(), np.int64)
    slots = 64
    while slots < 4 * len(items):
        slots *= 2
    result = Bins(items, start, np.zeros(count, np.int64), np.full(slots, EMPTY, np.int64), bins.constant, bins.columns)
    for bin_ in range(len(bins.size)):
        for index in range(bins.size[bin_]):
            put(result, bin_, bins.items[bins.start[bin_] + index])
    for index in range(len(adders)):
        for place in range(3):
            put(result, len(bins.size) + index, 2 * adders[index, place])
    return result


@compiled
def all_pairs(bins):
    """The keys of all pairs of variables in the first literals of every bin, with repetitions."""
    total = 0
    for bin_ in range(len(bins.size)):
        n = min(bins.size[bin_], WIDEST)
        total += n * (n - 1) // 2
    keys = np.empty(total, np.int64)
    at = 0
    for bin_ in range(len(bins.size)):
        first = bins.start[bin_]
        for i in range(first, first + min(bins.size[bin_], WIDEST)):
            for j in range(first, i):
                low = min(bins.items[i], bins.items[j]) >> 1
                high = max(bins.items[i], bins.items[j]) >> 1
                keys[at] = low << SHIFT | high
                at += 1
    return keys


@compiled
def pair_up(bins, variables, keys, counts, single, timing):
    """Reorder every bin so that pairs of variables found in many bins come first; how many pairs each bin has.

    (keys, counts): the pairs that occur in at least LEAST bins. Bins from `single` on get one pair at most. A pair that
    would be late in its bin is left alone there.
    """
    occurrences = occurrences_of(bins, variables)
    heap = [(-counts[index], keys[index]) for index in range(len(keys))]
    heapq.heapify(heap)
    pairs = np.zeros(len(bins.size), np.int64)
    found = np.empty(len(bins.size), np.int64)
    while len(heap):
        claimed, key = heapq.heappop(heap)
        a, b = key >> SHIFT, key & MASK
        count = 0
        for bin_ in occurrences[a] if len(occurrences[a]) < len(occurrences[b]) else occurrences[b]:
            if bin_ >= single and pairs[bin_]:
                continue
            if literal_in(bins, bin_, a) >= 0 and literal_in(bins, bin_, b) >= 0:
                found[count] = bin_
                count += 1
        if count < -claimed:
            if count >= LEAST:
                heapq.heappush(heap, (np.int64(-count), key))
            continue
        for bin_ in found[:count]:
            _move_to_front(bins, bin_, literal_in(bins, bin_, a), 2 * pairs[bin_])
            _move_to_front(bins, bin_, literal_in(bins, bin_, b), 2 * pairs[bin_] + 1)
            pairs[bin_] += 1
            if len(timing.limit) and _late(bins, pairs, bin_, single, timing):
                pairs[bin_] -= 1
                continue
            forget(bins, bin_, a)
            forget(bins, bin_, b)
    return pairs


@compiled
def _late(bins, pairs, bin_, single, timing):
    """Whether the first two literals of an adder are not its earliest, or the pairs of a row make it pass its limit."""
    if bin_ < single:
        return row_time(bins, pairs, bin_ // bins.columns, timing) > timing.limit[bin_ // bins.columns]
    first = bins.start[bin_]
    third = timing.arrival[bins.items[first + 2] >> 1]
    return max(timing.arrival[bins.items[first] >> 1], timing.arrival[bins.items[first + 1] >> 1]) > third


@compiled
def _move_to_front(bins, bin_, literal, position):
    """Put the literal at that position of its bin."""
    first = bins.start[bin_]
    for index in range(first + position, first + bins.size[bin_]):
        if bins.items[index] == literal:
            bins.items[index] = bins.items[first + position]
            bins.items[first + position] = literal
            break
