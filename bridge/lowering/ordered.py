"""Columns of a comparison, of which only the carries are read: their last two carries are ordered.

Four bits of a column carry `high = at least two of them` and `low = all of them`. That takes 8 ANDs, as a full adder
and an AND do, but `low` implies `high`. So in the next column their XOR is `high & !low`, one AND rather than three:

    carry of (high, low, c)       low | high c                               2 ANDs rather than 4
    carries of (high, low, a, b)  low | ab | high (a | b), and low ab        6 rather than 8, ordered again
"""

from __future__ import annotations

import heapq

import numpy as np

from bridge.aig.strash import adder_gate, and_gate, majority_gate, or_gate
from bridge.compiled import compiled
from bridge.lowering.compressors import add_lowest, add_pair, heap_of, note


@compiled
def carry_column(graph, log, where, column, paired, constant, high, low, hurry, carries):
    """Add up a column without its sum bit; its carries are appended, the ordered ones returned as (high, low).

    `low` implies `high`; both are bits of the column beside its literals, and 0 if there are none. `hurry`: only where
    they are not later than without order.
    """
    heap = heap_of(graph, column, paired, constant)
    most = 2 if high else 4
    rest = [np.int64(0) for _ in range(0)]
    for pair in range(paired):
        if 2 * (paired - pair) + len(heap) <= most:
            rest.append(column[2 * pair])
            rest.append(column[2 * pair + 1])
        else:
            add_pair(graph, log, where, column[2 * pair], column[2 * pair + 1], heap, carries)
    while len(rest) + len(heap) > most:
        add_lowest(graph, log, where, heap, carries)
    while len(heap):
        literal = heapq.heappop(heap)[1]
        rest.insert(0 if literal == 1 else len(rest), literal)
    if high:
        return _beside_ordered(graph, log, where, rest, high, low, carries)
    return _last_of_column(graph, log, where, rest, hurry, carries)


@compiled
def _beside_ordered(graph, log, where, rest, high, low, carries):
    """The carries of an ordered pair and up to two more bits, a constant first."""
    a = rest[0] if len(rest) else np.int64(0)
    b = rest[1] if len(rest) > 1 else np.int64(0)
    if len(rest) == 2:
        both = and_gate(graph, a, b)
        first = or_gate(graph, b, high)
        if a != 1:
            first = or_gate(graph, or_gate(graph, low, both), and_gate(graph, high, or_gate(graph, a, b)))
        second = and_gate(graph, low, both)
        note(log, where, (a, b, high, low), -1, first, second)
        return _ordered(first, second, carries)
    carry = or_gate(graph, low, and_gate(graph, high, a)) if a != 1 else high
    carries.append(carry)
    note(log, where, (a, high, low, 0), -1, carry, 0)
    return np.int64(0), np.int64(0)


@compiled
def _last_of_column(graph, log, where, rest, hurry, carries):
    """The carries of up to four bits, a constant first."""
    if len(rest) < 2:
        return np.int64(0), np.int64(0)
    a, b = rest[0], rest[1]
    c = rest[2] if len(rest) > 2 else np.int64(0)
    if len(rest) == 4 and hurry and _last_is_late(graph, a, b, c, rest[3]):
        total, carry = adder_gate(graph, a, b, c)
        note(log, where, (a, b, c, 0), total, carry, 0)
        carries.append(carry)
        a, b, c = total, rest[3], np.int64(0)
    elif len(rest) == 4:
        d = rest[3]
        both, either = and_gate(graph, c, d), or_gate(graph, c, d)
        first = or_gate(graph, b, either)
        if a != 1:
            two = or_gate(graph, and_gate(graph, a, b), both)
            first = or_gate(graph, two, and_gate(graph, or_gate(graph, a, b), either))
        second = and_gate(graph, and_gate(graph, a, b), both)
        note(log, where, (a, b, c, d), -1, first, second)
        return _ordered(first, second, carries)
    if c:
        carries.append(or_gate(graph, b, c) if a == 1 else majority_gate(graph, a, b, c))
    else:
        carries.append(and_gate(graph, a, b))
    note(log, where, (a, b, c, 0), -1, carries[-1], 0)
    return np.int64(0), np.int64(0)


@compiled
def _last_is_late(graph, a, b, c, d):
    """Whether the last of four bits comes so late that it should not pass the three gates to the first carry."""
    levels = graph.levels
    return levels[d >> 1] + 3 > max(max(levels[a >> 1], levels[b >> 1]) + 5, levels[c >> 1] + 3)


@compiled
def _ordered(high, low, carries):
    """The pair, unless one of them is constant: then it is no pair, but literals like others."""
    if high < 2 or low < 2:
        carries.append(high)
        carries.append(low)
        return np.int64(0), np.int64(0)
    return high, low
