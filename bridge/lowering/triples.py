"""Full adders shared between rows: three variables that many columns add up are added once.

A full adder replaces three digits of a column by their sum, and puts their carry into the next column. Whatever the
signs of the digits, the sum is the same up to a complement; there are four carries, one for each sign of two digits
against the third (complementing all three complements the carry). With `x = a ^ b` built from `a & b` and `!a & !b`,
the first two carries cost one AND each and the others two:

    maj(a, b, c) = ab | xc     maj(a, b, !c) = !(!a!b | xc)     maj(!a, b, c) = !(a!b | !x!c)     maj(a, !b, c) = ...

so three variables cost 7 ANDs where all rows have the same signs, and 8, 10 or 12 where they do not. Greedy, the triple
that saves most first; sums and carries take part again as new variables.
"""

from __future__ import annotations

import heapq
from typing import TypeAlias

import numpy as np

from bridge.arrays import Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part
from bridge.lowering.columns import Columns, digit_in, empty_table, occurrences_of, put, remove, slot_of
from bridge.lowering.timing import Timing, Triple, adder_time, row_time_with

SHIFT = 21  # bits of a variable in the packed key of a triple
MASK = (1 << SHIFT) - 1
WIDEST = 64  # digits of one column that take part in the search
LEAST = 2
MADE = 5  # variables of an adder: the sum, and a carry for each kind of signs
ALONE = 40  # quarter ANDs of an adder where only XORs of two are shared
COSTS = np.array([0, 56, 72, 96, 120])  # of a shared adder with so many carries: twice its ANDs, it takes most freedom
MOST = 40  # variables in common beyond the triple that count
READ = 3  # columns beside the first that are read whole, see `_in_common`

Heap: TypeAlias = list[tuple[np.int64, np.int64]]
Occurrences: TypeAlias = list[list[np.int64]]


@compiled
def all_triples(columns: Columns, widest: int) -> Ints:
    """The keys of all triples of the first `widest` digits of every column, with repetitions."""
    total = 0
    for size in columns.size:
        n = min(size, widest)
        total += n * (n - 1) * (n - 2) // 6
    keys = np.empty(total, np.int64)
    at = 0
    for column in range(len(columns.size)):
        first = columns.start[column]
        for i in range(first, first + min(columns.size[column], widest)):
            for j in range(first, i):
                for k in range(first, j):
                    keys[at] = _key(columns.digits[i] >> 1, columns.digits[j] >> 1, columns.digits[k] >> 1)
                    at += 1
    return keys


@compiled
def _key(a: Int, b: Int, c: Int) -> np.int64:
    """Three variables in order."""
    if a > b:
        a, b = b, a
    if b > c:
        b, c = c, b
    if a > b:
        a, b = b, a
    return np.int64(a << (2 * SHIFT) | b << SHIFT | c)


@compiled
def _variables(key: Int) -> Triple:
    return key >> (2 * SHIFT), (key >> SHIFT) & MASK, key & MASK


@compiled
def share_triples(
    columns: Columns, variables: int, keys: Ints, counts: Ints, least: int, timing: Timing
) -> tuple[Ints, Ints]:
    """Add once what at least `least` columns add up; (keys, counts): the triples that so many hold at the start.

    Changes the columns. Returns int64[n, 3], the three variables of each adder in order, and int64[n], a mask of the
    carries that are read. Adder `i` defines the variables `variables + MADE * i`, its sum, and the following, its
    carries: see `carry_of`. Rows that would pass their limit of time do not take part; the arrival of new variables is
    noted.
    """
    no_pairs = np.zeros(len(columns.size), np.int64)
    occurrences = occurrences_of(columns, variables)
    heap = [(-_gain(counts[index], 1) - MOST, keys[index]) for index in range(len(keys))]
    heapq.heapify(heap)
    chosen = [(np.int64(0), np.int64(0)) for _ in range(0)]
    matches = np.empty(len(columns.size), np.int64)
    known, common = np.zeros(0, np.int64), np.int64(0)  # dense rows: many triples in turn are in the same columns
    seen = np.zeros(0, np.int32)
    while len(heap):
        claimed, key = heapq.heappop(heap)
        count, carries = _matches(columns, occurrences, key, matches)
        if count < least:
            continue
        homes = matches[:count] >> 3
        if not _same(homes, known):
            if len(seen) < len(occurrences):
                seen = np.zeros(2 * len(occurrences), np.int32)
            known, common = homes, _in_common(columns, homes, seen)
        gain = _gain(count, carries) + common
        if gain < -claimed:
            if gain > 0:
                heapq.heappush(heap, (-gain, key))
            continue
        if len(timing.limit):
            count, carries = _in_time(columns, no_pairs, timing, key, matches[:count])
            if count < least or _gain(count, carries) <= 0:
                continue
            _note_arrival(timing, key, len(occurrences))
        if len(occurrences) + MADE >= MASK:
            break
        chosen.append((key, carries))
        _apply(columns, occurrences, heap, key, matches[:count], least)
        known = known[:0]
    return _adders_of(chosen)


@compiled
def _same(a: Ints, b: Ints) -> bool:
    """numpy's own brings all of linear algebra with it, half a second at each start."""
    index = 0
    while index < min(len(a), len(b)) and a[index] == b[index]:
        index += 1
    return index == len(a) == len(b)


@compiled
def _adders_of(chosen: Heap) -> tuple[Ints, Ints]:
    """What `share_triples` returns, from (key, carries) of each adder."""
    inputs, masks = np.empty((len(chosen), 3), np.int64), np.empty(len(chosen), np.int64)
    for index in range(len(chosen)):
        key, masks[index] = chosen[index]
        inputs[index, 0], inputs[index, 1], inputs[index, 2] = _variables(key)
    return inputs, masks


@compiled
def _note_arrival(timing: Timing, key: Int, first: int) -> None:
    """When the variables `first ..` of the adder of a triple are there."""
    a, b, c = _variables(key)
    timing.arrival[first : first + MADE] = adder_time(timing.arrival[a], timing.arrival[b], timing.arrival[c])


@compiled
def _in_time(columns: Columns, no_pairs: Ints, timing: Timing, key: Int, matches: Ints) -> tuple[int, np.int64]:
    """Keep the matches whose rows stay within their limit; (how many, a mask of their carries)."""
    kept = 0
    carries = np.int64(0)
    for match in matches:
        row = (match >> 3) // columns.places
        if row_time_with(columns, no_pairs, row, timing, match >> 3, _variables(key)) <= timing.limit[row]:
            matches[kept] = match
            carries |= 1 << carry_of(match & 7)[0]
            kept += 1
    return kept, carries


@compiled
def _in_common(columns: Columns, homes: Ints, seen: Ints32) -> np.int64:
    """How many more variables all these columns have in common, of MOST: they can be added to the sum of the triple.

    seen: int32, zeros, for every variable; zeros again afterwards. The first columns are read from end to end, which is
    faster than looking up what most of them have; what is left then is looked up in the others.
    """
    for level in range(min(len(homes), 1 + READ)):
        for variable in _variables_of(columns, homes[level]):
            if seen[variable] == level:
                seen[variable] += 1
    common = -3
    for variable in _variables_of(columns, homes[0]):
        if seen[variable] == min(len(homes), 1 + READ) and _everywhere(columns, homes[1 + READ :], variable):
            common += 1
            if common == MOST:
                break  # wide columns of dense rows have hundreds
    for variable in _variables_of(columns, homes[0]):
        seen[variable] = 0
    return np.int64(common)


@compiled
def _variables_of(columns: Columns, column: Int) -> Ints:
    return columns.digits[columns.start[column] : columns.start[column] + columns.size[column]] >> 1


@compiled_part
def _everywhere(columns: Columns, homes: Ints, variable: Int) -> bool:
    index = 0
    while index < len(homes) and digit_in(columns, homes[index], variable) >= 0:
        index += 1
    return index == len(homes)


@compiled
def _gain(count: Int, carries: Int) -> np.int64:
    read: Int = 0
    for kind in range(4):
        read += carries >> kind & 1
    return np.int64(ALONE * count - COSTS[read])


@compiled_part
def carry_of(flips: Int) -> tuple[Int, np.int64]:
    """(which carry, whether complemented) for digits with these three sign bits."""
    dual = flips == 3 or flips >= 5
    kind = flips ^ 7 if dual else flips
    return (3 if kind == 4 else kind), np.int64(dual)


@compiled
def _matches(columns: Columns, occurrences: Occurrences, key: Int, matches: Ints) -> tuple[int, np.int64]:
    """Columns that hold the three variables, as `8 * column + signs`, into `matches`; (how many, a mask of their
    carries)."""
    a, b, c = _variables(key)
    rarest = a
    for variable in (b, c):
        if len(occurrences[variable]) < len(occurrences[rarest]):
            rarest = variable
    homes = occurrences[rarest]
    count = 0
    carries = np.int64(0)
    kept = 0
    for index in range(len(homes)):
        column = homes[index]
        there = digit_in(columns, column, rarest)
        if there < 0:
            continue
        homes[kept] = column
        kept += 1
        x = there if rarest == a else digit_in(columns, column, a)
        y = x if x < 0 else there if rarest == b else digit_in(columns, column, b)
        z = y if y < 0 else there if rarest == c else digit_in(columns, column, c)
        if z < 0:
            continue
        flips = (x & 1) | (y & 1) << 1 | (z & 1) << 2
        matches[count] = 8 * column + flips
        carries |= 1 << carry_of(flips)[0]
        count += 1
    while len(homes) > kept:
        homes.pop()
    return count, carries


@compiled
def _apply(columns: Columns, occurrences: Occurrences, heap: Heap, key: Int, matches: Ints, least: int) -> None:
    first = len(occurrences)
    for _ in range(MADE):
        occurrences.append([np.int64(0) for _ in range(0)])
    a, b, c = _variables(key)
    for match in matches:
        remove(columns, match >> 3, 2 * a + (match & 1))
        remove(columns, match >> 3, 2 * b + (match >> 1 & 1))
        remove(columns, match >> 3, 2 * c + (match >> 2 & 1))
    for match in matches:
        column, flips = match >> 3, match & 7
        put(columns, column, 2 * first + ((flips ^ flips >> 1 ^ flips >> 2) & 1))
        occurrences[first].append(column)
        if column % columns.places < columns.places - 1:
            kind, dual = carry_of(flips)
            put(columns, column + 1, 2 * (first + 1 + kind) + dual)
            occurrences[first + 1 + kind].append(column + 1)
    for variable in range(first, first + MADE):
        if len(occurrences[variable]) >= least:
            _push_frequent(heap, _triples_with(columns, occurrences[variable], variable), least)


@compiled
def _triples_with(columns: Columns, homes: list[np.int64], variable: Int) -> Ints:
    """The keys of all triples of that variable in these columns, with repetitions."""
    total = 0
    for column in homes:
        n = min(columns.size[column], WIDEST)
        total += n * n // 2
    keys = np.empty(total, np.int64)
    at = 0
    for column in homes:
        first = columns.start[column]
        last = first + columns.size[column]
        for i in range(max(first, last - WIDEST), last):
            for j in range(max(first, last - WIDEST), i):
                if columns.digits[i] >> 1 != variable and columns.digits[j] >> 1 != variable:
                    keys[at] = _key(columns.digits[i] >> 1, columns.digits[j] >> 1, variable)
                    at += 1
    return keys[:at]


@compiled
def _push_frequent(heap: Heap, keys: Ints, least: int) -> None:
    """Push (-gain, key) for every key that occurs at least `least` times."""
    slots = empty_table(2 * len(keys))
    counts = np.zeros(len(slots), np.int64)
    for key in keys:
        home = slot_of(slots, key, 0)
        slots[home] = key
        counts[home] += 1
    for slot in range(len(slots)):
        if counts[slot] >= least:
            heapq.heappush(heap, (-_gain(counts[slot], 1) - MOST, slots[slot]))
