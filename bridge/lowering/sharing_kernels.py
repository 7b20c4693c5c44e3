"""Full adders shared between rows: a triple of literals that many columns add up is added once.

A bin is one column of one row. A full adder replaces three literals of a bin by their sum, and puts their carry into
the next bin. It is self-dual: complementing all three inputs complements both outputs, so a triple and its complement
share one adder. Greedy, the triple that occurs in most bins first; sums and carries take part again as new literals.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.compiled import compiled

SHIFT = 21  # bits of a literal in the packed key of a triple
MASK = (1 << SHIFT) - 1
WIDEST = 64  # literals of one bin that take part in the search, the most frequent ones first
EMPTY = -1
GONE = -2


class Bins(NamedTuple):
    """`items[start[b] : start[b] + size[b]]`: the literals of bin `b = row * columns + column`; `table`: the set of all
    (literal, bin); `constant[row]`: what pairs of a literal and its complement added."""

    items: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    table: npt.NDArray[np.int64]
    constant: npt.NDArray[np.int64]
    columns: int


@compiled
def make_bins(rows, literals, places, row_count, columns):
    """Bins of the digits (row, literal, place); a bin keeps their order."""
    digits = np.zeros(row_count, np.int64)
    for row in rows:
        digits[row] += 1
    start = np.empty(row_count * columns, np.int64)
    total = 0
    for row in range(row_count):
        for column in range(columns):
            start[row * columns + column] = total
            total += digits[row]
    size = 64
    while size < 8 * len(rows):
        size *= 2
    bins = Bins(
        np.empty(total, np.int64),
        start,
        np.zeros(row_count * columns, np.int64),
        np.full(size, EMPTY, np.int64),
        np.zeros(row_count, np.int64),
        columns,
    )
    for index in range(len(rows)):
        _put(bins, rows[index] * columns + places[index], literals[index])
    return bins


@compiled
def _place(table, key):
    mask = len(table) - 1
    place = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)
    place = np.int64(place & np.uint64(mask))
    while table[place] != EMPTY and table[place] != key:
        place = (place + 1) & mask
    return place


@compiled
def _has(bins, bin_, literal):
    key = literal * len(bins.size) + bin_
    return bins.table[_place(bins.table, key)] == key


@compiled
def _remove(bins, bin_, literal):
    first = bins.start[bin_]
    last = first + bins.size[bin_] - 1
    for index in range(first, last + 1):
        if bins.items[index] == literal:
            for later in range(index, last):
                bins.items[later] = bins.items[later + 1]
            break
    bins.size[bin_] -= 1
    key = literal * len(bins.size) + bin_
    bins.table[_place(bins.table, key)] = GONE


@compiled
def _put(bins, bin_, literal):
    """Add a literal to a bin; twice the same literal is that literal one column up; a complement makes a constant 1."""
    while True:
        if _has(bins, bin_, literal):
            _remove(bins, bin_, literal)
            if bin_ % bins.columns == bins.columns - 1:
                return
            bin_ += 1
            continue
        if _has(bins, bin_, literal ^ 1):
            _remove(bins, bin_, literal ^ 1)
            bins.constant[bin_ // bins.columns] += 1 << (bin_ % bins.columns)
            return
        bins.items[bins.start[bin_] + bins.size[bin_]] = literal
        bins.size[bin_] += 1
        key = literal * len(bins.size) + bin_
        bins.table[_place(bins.table, key)] = key
        return


@compiled
def _key(a, b, c):
    """The triple in order; of the two dual ones the one whose smallest literal is plain."""
    if a > b:
        a, b = b, a
    if b > c:
        b, c = c, b
    if a > b:
        a, b = b, a
    flip = a & 1
    return ((a ^ flip) << (2 * SHIFT)) | ((b ^ flip) << SHIFT) | (c ^ flip)


@compiled
def all_triples(bins):
    """The keys of all triples of the first literals of every bin, with repetitions."""
    total = 0
    for bin_ in range(len(bins.size)):
        n = min(bins.size[bin_], WIDEST)
        total += n * (n - 1) * (n - 2) // 6
    keys = np.empty(total, np.int64)
    at = 0
    for bin_ in range(len(bins.size)):
        first = bins.start[bin_]
        for i in range(first, first + min(bins.size[bin_], WIDEST)):
            for j in range(first, i):
                for k in range(first, j):
                    keys[at] = _key(bins.items[i], bins.items[j], bins.items[k])
                    at += 1
    return keys


@compiled
def _push_frequent(heap, keys, least):
    """Push (-count, key) for every key that occurs at least `least` times."""
    mask = 63
    while mask < 2 * len(keys):
        mask = 2 * mask + 1
    slots = np.full(mask + 1, EMPTY, np.int64)
    counts = np.zeros(mask + 1, np.int64)
    for key in keys:
        place = _place(slots, key)
        slots[place] = key
        counts[place] += 1
    for place in range(mask + 1):
        if counts[place] >= least:
            heapq.heappush(heap, (-counts[place], slots[place]))


@compiled
def _matches(bins, occurrences, key, found):
    """Bins that hold the triple (2 * bin) or its dual (2 * bin + 1), into `found`; returns how many."""
    a = key >> (2 * SHIFT)
    b = (key >> SHIFT) & MASK
    c = key & MASK
    rarest = a
    for literal in (b, c):
        if len(occurrences[literal >> 1]) < len(occurrences[rarest >> 1]):
            rarest = literal
    count = 0
    previous = np.int64(-1)
    for bin_ in occurrences[rarest >> 1]:
        if bin_ == previous:
            continue
        previous = bin_
        for flip in range(2):
            if _has(bins, bin_, a ^ flip) and _has(bins, bin_, b ^ flip) and _has(bins, bin_, c ^ flip):
                found[count] = 2 * bin_ + flip
                count += 1
    return count


@compiled
def share_triples(bins, variables, keys, counts, least):
    """Replace triples that occur in at least `least` bins; (keys, counts): those that do so at the start.

    Returns int64[n, 3]: the literals of the shared adders in order; adder `i` defines the variables
    `variables + 2 * i` (sum) and `variables + 2 * i + 1` (carry).
    """
    occurrences = _occurrences(bins, variables)
    heap = _heap(keys, counts)
    adders = [(np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    found = np.empty(2 * len(bins.size), np.int64)
    while len(heap):
        claimed, key = heapq.heappop(heap)
        count = _matches(bins, occurrences, key, found)
        if count < -claimed:
            if count >= least:
                heapq.heappush(heap, (np.int64(-count), key))
            continue
        if len(occurrences) + 2 >= MASK // 2:
            break
        adders.append((key >> (2 * SHIFT), (key >> SHIFT) & MASK, key & MASK))
        _apply(bins, occurrences, heap, key, found[:count], least)
    result = np.empty((len(adders), 3), np.int64)
    for index in range(len(adders)):
        result[index, 0], result[index, 1], result[index, 2] = adders[index]
    return result


@compiled
def _apply(bins, occurrences, heap, key, found, least):
    total = np.int64(2 * len(occurrences))
    carry = total + 2
    occurrences.append([np.int64(0) for _ in range(0)])
    occurrences.append([np.int64(0) for _ in range(0)])
    for match in found:
        bin_, flip = match >> 1, match & 1
        _remove(bins, bin_, (key >> (2 * SHIFT)) ^ flip)
        _remove(bins, bin_, ((key >> SHIFT) & MASK) ^ flip)
        _remove(bins, bin_, (key & MASK) ^ flip)
    for match in found:
        bin_, flip = match >> 1, match & 1
        _put(bins, bin_, total ^ flip)
        occurrences[total >> 1].append(bin_)
        if bin_ % bins.columns < bins.columns - 1:
            _put(bins, bin_ + 1, carry ^ flip)
            occurrences[carry >> 1].append(bin_ + 1)
    for literal in (total, carry):
        _push_frequent(heap, _triples_with(bins, occurrences[literal >> 1], literal), least)


@compiled
def _triples_with(bins, homes, literal):
    total = 0
    for bin_ in homes:
        n = min(bins.size[bin_], WIDEST)
        total += n * n // 2
    keys = np.empty(total, np.int64)
    at = 0
    for bin_ in homes:
        own = literal if _has(bins, bin_, literal) else literal ^ 1
        if not _has(bins, bin_, own):
            continue
        first = bins.start[bin_]
        last = first + bins.size[bin_]
        for i in range(max(first, last - WIDEST), last):
            for j in range(max(first, last - WIDEST), i):
                if bins.items[i] != own and bins.items[j] != own:
                    keys[at] = _key(bins.items[i], bins.items[j], own)
                    at += 1
    return keys[:at]


@compiled
def _occurrences(bins, variables):
    """The bins of every variable."""
    occurrences = [[np.int64(0) for _ in range(0)] for _ in range(variables)]
    for bin_ in range(len(bins.size)):
        for index in range(bins.start[bin_], bins.start[bin_] + bins.size[bin_]):
            occurrences[bins.items[index] >> 1].append(np.int64(bin_))
    return occurrences


@compiled
def _heap(keys, counts):
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for index in range(len(keys)):
        heap.append((-counts[index], keys[index]))
    heapq.heapify(heap)
    return heap


@compiled
def pair_up(bins, variables, keys, counts, least):
    """Reorder every bin so that pairs of variables found in many bins come first; how many pairs each bin has.

    Whatever their signs, two literals have one XOR up to a complement, so adders that start with a common pair share
    that XOR. (keys, counts): the pairs that occur in at least `least` bins.
    """
    occurrences = _occurrences(bins, variables)
    heap = _heap(keys, counts)
    pairs = np.zeros(len(bins.size), np.int64)
    found = np.empty(len(bins.size), np.int64)
    while len(heap):
        claimed, key = heapq.heappop(heap)
        a, b = key >> SHIFT, key & MASK
        count = 0
        for bin_ in occurrences[a] if len(occurrences[a]) < len(occurrences[b]) else occurrences[b]:
            if _free(bins, bin_, a) >= 0 and _free(bins, bin_, b) >= 0:
                found[count] = bin_
                count += 1
        if count < -claimed:
            if count >= least:
                heapq.heappush(heap, (np.int64(-count), key))
            continue
        for bin_ in found[:count]:
            _move_to_front(bins, bin_, _free(bins, bin_, a), 2 * pairs[bin_])
            _move_to_front(bins, bin_, _free(bins, bin_, b), 2 * pairs[bin_] + 1)
            pairs[bin_] += 1
    return pairs


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
def _free(bins, bin_, variable):
    """The literal of that variable in the bin that no pair has taken, or -1."""
    for literal in (2 * variable, 2 * variable + 1):
        if _has(bins, bin_, literal):
            return literal
    return -1


@compiled
def _move_to_front(bins, bin_, literal, position):
    """Put the literal at that position of its bin, and take it out of the set of free literals."""
    first = bins.start[bin_]
    for index in range(first + position, first + bins.size[bin_]):
        if bins.items[index] == literal:
            bins.items[index] = bins.items[first + position]
            bins.items[first + position] = literal
            break
    bins.table[_place(bins.table, literal * len(bins.size) + bin_)] = GONE
