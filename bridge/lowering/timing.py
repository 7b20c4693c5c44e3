"""When the bits of a row arrive, in levels, as `adders` will add them, and how late they may be for the netlist to be
about as deep as it is without sharing. Sharing is refused where it would be late.

A full adder gives its outputs 4 levels after its first two inputs and 2 after its last one, which should be the latest.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from bridge.aig.graph import Aig
from bridge.aig.names import OLD, element, state
from bridge.arrays import Ands, Int, Ints
from bridge.compiled import compiled
from bridge.lowering.columns import Columns
from bridge.lowering.plan import Ends

STRETCH = {"depth": 1.0, "balanced": 1.2}  # levels, as a multiple of those without sharing
NOBODY = -1

Triple: TypeAlias = tuple[Int, Int, Int]


class Timing(NamedTuple):
    """`arrival`: int64[variables], the level of every variable; `limit`: int64[rows], the level of its output that each
    row may reach, or empty where depth does not matter; `ends`: what is added to the rows, and how far."""

    arrival: Ints
    limit: Ints
    ends: Ends


def deadlines_of(plain: Aig, sources: Mapping[str, Ints], stretch: float) -> Ints:
    """int64[variables + 1]: the level that the bits of every source may have, and last that of the outputs.

    plain: the cell without sharing, whose points are named as `lower` does; state bits are there at 0. sources: the
    variables of each.
    """
    depth = int(plain.levels().max(initial=0))
    latest = _latest_levels(plain.ands, plain.first_and, depth)
    named = {point.name: int(latest[point.variable]) for point in plain.points}
    held = {latch.name for latch in plain.latches}
    deadlines = np.full(sum(map(len, sources.values())) + 1, depth)
    for source, variables in sources.items():
        name = source.removeprefix(OLD)
        for index, variable in enumerate(variables.tolist()):
            bit = element(name, index)
            at_start = source != name or (bit not in named and state(name, index) in held)
            deadlines[variable] = 0 if at_start else named.get(bit, depth)
    return np.ceil(stretch * deadlines).astype(np.int64)


@compiled
def _latest_levels(ands: Ands, first: int, depth: int) -> Ints:
    """int64[variables]: the level that each variable may have for the netlist to have so many levels; `depth` for those
    that no root reads."""
    latest = np.full(first + len(ands), depth, np.int64)
    for index in range(len(ands) - 1, -1, -1):
        for side in range(2):
            variable = ands[index, side] >> 1
            latest[variable] = min(latest[variable], latest[first + index] - 1)
    return latest


@compiled
def adder_time(a: Int, b: Int, c: Int) -> np.int64:
    """The level of sum and carry of an adder of bits that arrive then."""
    late = max(a, b, c)
    early = a + b + c - late - min(a, b, c)
    return np.int64(max(early + 4, late + 2))


@compiled
def row_time(columns: Columns, pairs: Ints, row: Int, timing: Timing) -> Int:
    """The level of the last output bit of a row."""
    return row_time_with(columns, pairs, row, timing, NOBODY, (0, 0, 0))


@compiled
def row_times(columns: Columns, pairs: Ints, timing: Timing) -> Ints:
    """int64[rows]: `row_time` of each."""
    times = np.empty(len(timing.limit), np.int64)
    for row in range(len(times)):
        times[row] = row_time(columns, pairs, row, timing)
    return times


@compiled
def row_time_with(columns: Columns, pairs: Ints, row: Int, timing: Timing, home: Int, inputs: Triple) -> Int:
    """The same if an adder replaced these three variables in the column `home`."""
    a, b, c = inputs
    after = adder_time(timing.arrival[a], timing.arrival[b], timing.arrival[c])
    constant = columns.constant[row] + timing.ends.offset[row]
    top, whole = timing.ends.top[row], timing.ends.whole[row]
    carries = [np.int64(0) for _ in range(0)]
    latest = np.int64(0)
    for place in range(top + (not whole)):
        rest, carries = carries, [np.int64(0) for _ in range(0)]
        column = row * columns.places + place
        if column == home or column - 1 == home:
            rest.append(after)
        first = 2 * pairs[column]
        paired = [np.int64(0) for _ in range(0)]
        for index in range(columns.size[column]):
            variable = columns.digits[columns.start[column] + index] >> 1
            if column != home or (variable != a and variable != b and variable != c):
                (paired if index < first else rest).append(timing.arrival[variable])
        heapq.heapify(rest)
        if place == top:
            return _joined(rest)
        latest = max(latest, _column_time(rest, paired, constant >> place & 1, whole, carries))
    return latest


@compiled
def _joined(heap: list[np.int64]) -> np.int64:
    """The level of the OR of bits."""
    while len(heap) > 1:
        heapq.heappop(heap)
        late = heapq.heappop(heap)
        heapq.heappush(heap, late + 1)
    return heap[0] if len(heap) else np.int64(0)


@compiled
def _column_time(
    heap: list[np.int64], paired: list[np.int64], constant: Int, want_sum: bool, carries: list[np.int64]
) -> np.int64:
    """The level of the sum bit of a column; the levels of its carries are appended. See `compressors.add_column`."""
    if constant:
        heapq.heappush(heap, np.int64(NOBODY))
    for index in range(0, len(paired), 2):
        third = heapq.heappop(heap) if len(heap) else np.int64(NOBODY)
        late = max(paired[index], paired[index + 1])
        after = late + 2 if third == NOBODY else max(late + 4, third + 2)
        carries.append(after)
        heapq.heappush(heap, after)
    while len(heap) >= 3:
        a = heapq.heappop(heap)
        b = heapq.heappop(heap)
        c = heapq.heappop(heap)
        if len(heap) == 0 and not want_sum:
            carries.append(c + 1 if a == NOBODY else max(b + 3, c + 2))
            return np.int64(0)
        carries.append(c + 1 if a == NOBODY else max(b + 4, c + 2))
        heapq.heappush(heap, c + 2 if a == NOBODY else max(b + 4, c + 2))
    if len(heap) == 2:
        a = heapq.heappop(heap)
        b = heapq.heappop(heap)
        carries.append(b + (a != NOBODY))
        return np.int64(b + 2 * (a != NOBODY))
    return max(np.int64(0), heap[0]) if len(heap) else np.int64(0)
