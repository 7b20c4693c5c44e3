"""When the bits of a row arrive, in levels, as `kernels` will add them; sharing is refused where it would be late.

A full adder gives its outputs 4 levels after its first two inputs and 2 after its last one, which should be the latest.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.compiled import compiled

NOBODY = -1


class Timing(NamedTuple):
    """`arrival`: int64[variables], the level of every variable; `limit`: int64[rows], the level of its output that each
    row may reach, or empty where depth does not matter; `top`: the columns of each row that are added; `offset`: what
    is added to its constant; `whole`: whether its sum bits are read, else only the carries into column `top`."""

    arrival: npt.NDArray[np.int64]
    limit: npt.NDArray[np.int64]
    top: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    whole: npt.NDArray[np.bool_]


@compiled
def adder_time(a, b, c):
    """The level of sum and carry of an adder of bits that arrive then."""
    late = max(a, b, c)
    early = a + b + c - late - min(a, b, c)
    return max(early + 4, late + 2)


@compiled
def row_time(bins, pairs, row, timing):
    """The level of the last output bit of a row."""
    return row_time_with(bins, pairs, row, timing, NOBODY, 0, 0, 0)


@compiled
def row_times(bins, pairs, timing):
    """int64[rows]: `row_time` of each."""
    times = np.empty(len(timing.limit), np.int64)
    for row in range(len(times)):
        times[row] = row_time(bins, pairs, row, timing)
    return times


@compiled
def row_time_with(bins, pairs, row, timing, home, a, b, c):
    """The same if an adder replaced these three variables in the bin `home`."""
    after = adder_time(timing.arrival[a], timing.arrival[b], timing.arrival[c])
    constant = bins.constant[row] + timing.offset[row]
    carries = [np.int64(0) for _ in range(0)]
    latest = np.int64(0)
    for place in range(timing.top[row] + (not timing.whole[row])):
        column, carries = carries, [np.int64(0) for _ in range(0)]
        bin_ = row * bins.columns + place
        if bin_ == home or bin_ - 1 == home:
            column.append(after)
        first = 2 * pairs[bin_]
        paired = [np.int64(0) for _ in range(0)]
        for index in range(bins.size[bin_]):
            variable = bins.items[bins.start[bin_] + index] >> 1
            if bin_ != home or (variable != a and variable != b and variable != c):
                (paired if index < first else column).append(timing.arrival[variable])
        heapq.heapify(column)
        if place == timing.top[row]:
            return _joined(column)
        one = constant >> place & 1
        latest = max(latest, _column_time(column, paired, one, timing.whole[row], carries))
    return latest


@compiled
def _joined(heap):
    """The level of the OR of bits."""
    while len(heap) > 1:
        heapq.heappop(heap)
        late = heapq.heappop(heap)
        heapq.heappush(heap, late + 1)
    return heap[0] if len(heap) else np.int64(0)


@compiled
def _column_time(heap, paired, constant, want_sum, carries):
    """The level of the sum bit of a column; the levels of its carries are appended. See `kernels._add_column`."""
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
        return b + 2 * (a != NOBODY)
    return max(np.int64(0), heap[0]) if len(heap) else np.int64(0)


@compiled
def latest_levels(ands, first, depth):
    """int64[variables]: the level that each variable may have for the netlist to have so many levels; `depth` for those
    that no root reads."""
    latest = np.full(first + len(ands), depth, np.int64)
    for index in range(len(ands) - 1, -1, -1):
        for side in range(2):
            variable = ands[index, side] >> 1
            latest[variable] = min(latest[variable], latest[first + index] - 1)
    return latest
