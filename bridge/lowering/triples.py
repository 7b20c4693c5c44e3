"""Full adders shared between rows: three variables that many columns add up are added once.

A full adder replaces three literals of a bin by their sum, and puts their carry into the next bin. Whatever the signs
of the literals, the sum is the same up to a complement; there are four carries, one for each sign of two literals
against the third (complementing all three complements the carry). With `x = a ^ b` built from `a & b` and `!a & !b`,
the first two carries cost one AND each and the others two:

    maj(a, b, c) = ab | xc     maj(a, b, !c) = !(!a!b | xc)     maj(!a, b, c) = !(a!b | !x!c)     maj(a, !b, c) = ...

so three variables cost 7 ANDs where all rows have the same signs, and 8, 10 or 12 where they do not. Greedy, the triple
that saves most first; sums and carries take part again as new variables.
"""

from __future__ import annotations

import heapq

import numpy as np

from bridge.compiled import compiled
from bridge.lowering.columns import EMPTY, literal_in, occurrences_of, place_of, put, remove
from bridge.lowering.timing_kernels import adder_time, row_time_with

SHIFT = 21  # bits of a variable in the packed key of a triple
MASK = (1 << SHIFT) - 1
WIDEST = 64  # literals of one bin that take part in the search
LEAST = 2
MADE = 5  # variables of an adder: the sum, and a carry for each kind of signs
ALONE = 40  # quarter ANDs of an adder where only XORs of two are shared
COSTS = np.array([0, 56, 72, 96, 120])  # of a shared adder with so many carries: twice its ANDs, it takes most freedom
MOST = 40  # variables in common beyond the triple that count


@compiled
def all_triples(bins, widest):
    """The keys of all triples of the first `widest` literals of every bin, with repetitions."""
    total = 0
    for bin_ in range(len(bins.size)):
        n = min(bins.size[bin_], widest)
        total += n * (n - 1) * (n - 2) // 6
    keys = np.empty(total, np.int64)
    at = 0
    for bin_ in range(len(bins.size)):
        first = bins.start[bin_]
        for i in range(first, first + min(bins.size[bin_], widest)):
            for j in range(first, i):
                for k in range(first, j):
                    keys[at] = _key(bins.items[i] >> 1, bins.items[j] >> 1, bins.items[k] >> 1)
                    at += 1
    return keys


@compiled
def _key(a, b, c):
    """Three variables in order."""
    if a > b:
        a, b = b, a
    if b > c:
        b, c = c, b
    if a > b:
        a, b = b, a
    return a << (2 * SHIFT) | b << SHIFT | c


@compiled
def share_triples(bins, variables, keys, counts, least, timing):
    """Add once what at least `least` bins add up; (keys, counts): the triples that so many hold at the start.

    Returns int64[n, 4]: the three variables of each adder in order, and a mask of the carries that are read. Adder `i`
    defines the variables `variables + MADE * i`, its sum, and the following, its carries: see `carry_of`. Rows that
    would pass their limit of time do not take part; the arrival of new variables is noted.
    """
    alone = np.zeros(len(bins.size), np.int64)
    occurrences = occurrences_of(bins, variables)
    heap = [(-_gain(counts[index], 1) - MOST, keys[index]) for index in range(len(keys))]
    heapq.heapify(heap)
    adders = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    found = np.empty(len(bins.size), np.int64)
    while len(heap):
        claimed, key = heapq.heappop(heap)
        count, kinds = _matches(bins, occurrences, key, found)
        if count < least:
            continue
        gain = _gain(count, kinds) + _in_common(bins, found[:count])
        if gain < -claimed:
            if gain > 0:
                heapq.heappush(heap, (-gain, key))
            continue
        if len(timing.limit):
            count, kinds = _in_time(bins, alone, timing, key, found, count)
            if count < least or _gain(count, kinds) <= 0:
                continue
            timing.arrival[len(occurrences) : len(occurrences) + MADE] = _time(timing, key)
        if len(occurrences) + MADE >= MASK:
            break
        adders.append((key >> (2 * SHIFT), (key >> SHIFT) & MASK, key & MASK, kinds))
        _apply(bins, occurrences, heap, key, found[:count], least)
    result = np.empty((len(adders), 4), np.int64)
    for index in range(len(adders)):
        for column in range(4):
            result[index, column] = adders[index][column]
    return result


@compiled
def _time(timing, key):
    """The level of an adder of this triple."""
    arrival = timing.arrival
    return adder_time(arrival[key >> (2 * SHIFT)], arrival[(key >> SHIFT) & MASK], arrival[key & MASK])


@compiled
def _in_time(bins, alone, timing, key, found, count):
    """Keep the matches whose rows stay within their limit; (how many, a mask of their carries)."""
    kept = 0
    kinds = np.int64(0)
    for match in found[:count]:
        row = (match >> 3) // bins.columns
        three = (key >> (2 * SHIFT), (key >> SHIFT) & MASK, key & MASK)
        if row_time_with(bins, alone, row, timing, match >> 3, *three) <= timing.limit[row]:
            found[kept] = match
            kinds |= 1 << carry_of(match & 7)[0]
            kept += 1
    return kept, kinds


@compiled
def _in_common(bins, found):
    """How many more variables all these bins have in common: they can be added to the sum of the triple."""
    first = found[0] >> 3
    common = -3
    for index in range(bins.start[first], bins.start[first] + bins.size[first]):
        variable = bins.items[index] >> 1
        everywhere = 1
        for other in found[1:]:
            if literal_in(bins, other >> 3, variable) < 0:
                everywhere = 0
                break
        common += everywhere
    return np.int64(min(MOST, common))


@compiled
def _gain(count, kinds):
    cost = 0
    for kind in range(4):
        cost += kinds >> kind & 1
    return ALONE * count - COSTS[cost]


@compiled
def carry_of(flips):
    """(which carry, whether complemented) for literals with these three sign bits."""
    dual = flips == 3 or flips >= 5
    kind = flips ^ 7 if dual else flips
    return (3 if kind == 4 else kind), np.int64(dual)


@compiled
def _matches(bins, occurrences, key, found):
    """Bins that hold the three variables, as `8 * bin + signs`, into `found`; (how many, a mask of their carries)."""
    a = key >> (2 * SHIFT)
    b = (key >> SHIFT) & MASK
    c = key & MASK
    rarest = a
    for variable in (b, c):
        if len(occurrences[variable]) < len(occurrences[rarest]):
            rarest = variable
    homes = occurrences[rarest]
    count = 0
    kinds = np.int64(0)
    kept = 0
    for index in range(len(homes)):
        bin_ = homes[index]
        if literal_in(bins, bin_, rarest) < 0:
            continue
        homes[kept] = bin_
        kept += 1
        x = literal_in(bins, bin_, a)
        if x < 0:
            continue
        y = literal_in(bins, bin_, b)
        if y < 0:
            continue
        z = literal_in(bins, bin_, c)
        if z < 0:
            continue
        flips = (x & 1) | (y & 1) << 1 | (z & 1) << 2
        found[count] = 8 * bin_ + flips
        kinds |= 1 << carry_of(flips)[0]
        count += 1
    while len(homes) > kept:
        homes.pop()
    return count, kinds


@compiled
def _apply(bins, occurrences, heap, key, found, least):
    first = len(occurrences)
    for _ in range(MADE):
        occurrences.append([np.int64(0) for _ in range(0)])
    for match in found:
        remove(bins, match >> 3, 2 * (key >> (2 * SHIFT)) + (match & 1))
        remove(bins, match >> 3, 2 * ((key >> SHIFT) & MASK) + (match >> 1 & 1))
        remove(bins, match >> 3, 2 * (key & MASK) + (match >> 2 & 1))
    for match in found:
        bin_, flips = match >> 3, match & 7
        put(bins, bin_, 2 * first + ((flips ^ flips >> 1 ^ flips >> 2) & 1))
        occurrences[first].append(bin_)
        if bin_ % bins.columns < bins.columns - 1:
            kind, dual = carry_of(flips)
            put(bins, bin_ + 1, 2 * (first + 1 + kind) + dual)
            occurrences[first + 1 + kind].append(bin_ + 1)
    for variable in range(first, first + MADE):
        if len(occurrences[variable]) >= least:
            _push_frequent(heap, _triples_with(bins, occurrences[variable], variable), least)


@compiled
def _triples_with(bins, homes, variable):
    total = 0
    for bin_ in homes:
        n = min(bins.size[bin_], WIDEST)
        total += n * n // 2
    keys = np.empty(total, np.int64)
    at = 0
    for bin_ in homes:
        first = bins.start[bin_]
        last = first + bins.size[bin_]
        for i in range(max(first, last - WIDEST), last):
            for j in range(max(first, last - WIDEST), i):
                if bins.items[i] >> 1 != variable and bins.items[j] >> 1 != variable:
                    keys[at] = _key(bins.items[i] >> 1, bins.items[j] >> 1, variable)
                    at += 1
    return keys[:at]


@compiled
def _push_frequent(heap, keys, least):
    """Push (-gain, key) for every key that occurs at least `least` times."""
    mask = 63
    while mask < 2 * len(keys):
        mask = 2 * mask + 1
    slots = np.full(mask + 1, EMPTY, np.int64)
    counts = np.zeros(mask + 1, np.int64)
    for key in keys:
        place = place_of(slots, key)
        slots[place] = key
        counts[place] += 1
    for place in range(mask + 1):
        if counts[place] >= least:
            heapq.heappush(heap, (-_gain(counts[place], 1) - MOST, slots[place]))
