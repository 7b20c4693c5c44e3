"""XORs shared between adders: two digits have one XOR up to a complement, whatever their signs, so that adders that
begin with the same two variables share it."""

from __future__ import annotations

import heapq

import numpy as np

from bridge.arrays import Int, Ints
from bridge.compiled import compiled
from bridge.lowering.columns import Columns, columns_of, digit_in, forget, in_order, occurrences_of
from bridge.lowering.timing import Timing, row_time
from bridge.lowering.triples import LEAST, MASK, SHIFT, WIDEST

XOR = 3  # ANDs that a pair saves with every column but one; less 1 where its products are those of other signs


def with_adders(columns: Columns, inputs: Ints) -> Columns:
    """The columns, and after them one of three digits for every shared adder, int64[n, 3]."""
    column, digit = in_order(columns)
    column = np.concatenate([column, len(columns.size) + np.repeat(np.arange(len(inputs)), 3)])
    room = np.concatenate([columns.size, np.full(len(inputs), 3)])
    return columns_of(column, np.concatenate([digit, 2 * inputs.ravel()]), room, columns.constant, columns.places)


@compiled
def all_pairs(columns: Columns) -> Ints:
    """The keys of all pairs of variables in the first digits of every column, with repetitions."""
    total = 0
    for size in columns.size:
        n = min(size, WIDEST)
        total += n * (n - 1) // 2
    keys = np.empty(total, np.int64)
    at = 0
    for column in range(len(columns.size)):
        first = columns.start[column]
        for i in range(first, first + min(columns.size[column], WIDEST)):
            for j in range(first, i):
                low = min(columns.digits[i], columns.digits[j]) >> 1
                high = max(columns.digits[i], columns.digits[j]) >> 1
                keys[at] = low << SHIFT | high
                at += 1
    return keys


@compiled
def pair_up(columns: Columns, variables: int, keys: Ints, counts: Ints, single: int, timing: Timing) -> Ints:
    """Reorder every column so that pairs of variables found in many columns come first; how many pairs each has.

    (keys, counts): the pairs that occur in at least LEAST columns. Columns from `single` on get one pair at most. A
    pair that would be late in its column is left alone there.
    """
    occurrences = occurrences_of(columns, variables)
    heap = [(-XOR * (counts[index] - 1), keys[index]) for index in range(len(keys))]
    heapq.heapify(heap)
    pairs = np.zeros(len(columns.size), np.int64)
    homes = np.empty(len(columns.size), np.int64)
    alike = np.zeros(2, np.int64)  # homes in which both signs are the same, and in which they are not
    while len(heap):
        claimed, key = heapq.heappop(heap)
        a, b = key >> SHIFT, key & MASK
        count, alike[:] = 0, 0
        for home in occurrences[a] if len(occurrences[a]) < len(occurrences[b]) else occurrences[b]:
            if home >= single and pairs[home]:
                continue
            x, y = digit_in(columns, home, a), digit_in(columns, home, b)
            if x >= 0 and y >= 0:
                homes[count] = home
                count += 1
                if home < single:
                    alike[(x ^ y) & 1] += 1
        gain = XOR * (count - 1) - min(alike[0], alike[1])
        if gain < -claimed:
            if count >= LEAST:
                heapq.heappush(heap, (np.int64(-gain), key))
            continue
        for column in homes[:count]:
            _move_to_front(columns, column, digit_in(columns, column, a), 2 * pairs[column])
            _move_to_front(columns, column, digit_in(columns, column, b), 2 * pairs[column] + 1)
            pairs[column] += 1
            if len(timing.limit) and _late(columns, pairs, column, single, timing):
                pairs[column] -= 1
                continue
            forget(columns, column, a)
            forget(columns, column, b)
    return pairs


@compiled
def _late(columns: Columns, pairs: Ints, column: Int, single: int, timing: Timing) -> bool:
    """Whether the first two digits of an adder are not its earliest, or the pairs of a row make it pass its limit."""
    if column < single:
        row = column // columns.places
        return bool(row_time(columns, pairs, row, timing) > timing.limit[row])
    first = columns.start[column]
    third = timing.arrival[columns.digits[first + 2] >> 1]
    early = max(timing.arrival[columns.digits[first] >> 1], timing.arrival[columns.digits[first + 1] >> 1])
    return bool(early > third)


@compiled
def _move_to_front(columns: Columns, column: Int, digit: Int, position: Int) -> None:
    """Put the digit at that position of its column."""
    first = columns.start[column]
    for index in range(first + position, first + columns.size[column]):
        if columns.digits[index] == digit:
            columns.digits[index] = columns.digits[first + position]
            columns.digits[first + position] = digit
            break
