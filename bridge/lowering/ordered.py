"""Columns of a comparison, of which only the carries are read: their last two carries are ordered.

Four bits of a column carry `high = at least two of them` and `low = all of them`. That takes 8 ANDs, as a full adder
and an AND do, but `low` implies `high`. So in the next column their XOR is `high & !low`, one AND rather than three:

    carry of (high, low, c)       low | high c                               2 ANDs rather than 4
    carries of (high, low, a, b)  low | ab | high (a | b), and low ab        6 rather than 8, ordered again
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from bridge.aig.strash import Graph, adder_gate, and_gate, or_gate
from bridge.arrays import Int
from bridge.compiled import compiled
from bridge.lowering.compressors import Column, Literals, Log, add_lowest, add_pair, carry_of, heap_of, note


class Ordered(NamedTuple):
    """Two bits of a column, of which `low` implies `high`; both are 0 if there are none."""

    high: np.int64
    low: np.int64


@compiled
def carry_column(graph: Graph, log: Log, column: Column, pair: Ordered, hurry: bool, carries: Literals) -> Ordered:
    """Add up a column without its sum bit; its carries are appended, the ordered ones returned.

    pair: bits of the column beside its literals; hurry: the ordered carries only where they are not later than others.
    """
    heap = heap_of(graph, column)
    most = 2 if pair.high else 4
    rest = [np.int64(0) for _ in range(0)]
    for index in range(column.paired):
        a, b = column.literals[2 * index], column.literals[2 * index + 1]
        if 2 * (column.paired - index) + len(heap) <= most:
            rest.append(a)
            rest.append(b)
        else:
            add_pair(graph, log, a, b, heap, carries)
    while len(rest) + len(heap) > most:
        add_lowest(graph, log, heap, carries)
    while len(heap):
        literal = heapq.heappop(heap)[1]
        rest.insert(0 if literal == 1 else len(rest), literal)
    if pair.high:
        return _beside_ordered(graph, log, rest, pair, carries)
    return _last_of_column(graph, log, rest, hurry, carries)


@compiled
def _beside_ordered(graph: Graph, log: Log, rest: Literals, pair: Ordered, carries: Literals) -> Ordered:
    """The carries of an ordered pair and up to two more bits, a constant first."""
    high, low = pair
    a = rest[0] if len(rest) else np.int64(0)
    b = rest[1] if len(rest) > 1 else np.int64(0)
    if len(rest) == 2:
        both = and_gate(graph, a, b)
        first = or_gate(graph, b, high)
        if a != 1:
            first = or_gate(graph, or_gate(graph, low, both), and_gate(graph, high, or_gate(graph, a, b)))
        second = and_gate(graph, low, both)
        note(log, (a, b, high, low), -1, first, second)
        return _ordered(first, second, carries)
    carry = or_gate(graph, low, and_gate(graph, high, a)) if a != 1 else high
    carries.append(carry)
    note(log, (a, high, low, 0), -1, carry, 0)
    return Ordered(np.int64(0), np.int64(0))


@compiled
def _last_of_column(graph: Graph, log: Log, rest: Literals, hurry: bool, carries: Literals) -> Ordered:
    """The carries of up to four bits, a constant first."""
    if len(rest) < 2:
        return Ordered(np.int64(0), np.int64(0))
    a, b = rest[0], rest[1]
    c = rest[2] if len(rest) > 2 else np.int64(0)
    if len(rest) == 4 and hurry and _last_is_late(graph, a, b, c, rest[3]):
        total, carry = adder_gate(graph, a, b, c)
        note(log, (a, b, c, 0), total, carry, 0)
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
        note(log, (a, b, c, d), -1, first, second)
        return _ordered(first, second, carries)
    carry = carry_of(graph, a, b, c)
    carries.append(carry)
    note(log, (a, b, c, 0), -1, carry, 0)
    return Ordered(np.int64(0), np.int64(0))


@compiled
def _last_is_late(graph: Graph, a: Int, b: Int, c: Int, d: Int) -> bool:
    """Whether the last of four bits comes so late that it should not pass the three gates to the first carry."""
    levels = graph.levels
    return bool(levels[d >> 1] + 3 > max(max(levels[a >> 1], levels[b >> 1]) + 5, levels[c >> 1] + 3))


@compiled
def _ordered(high: np.int64, low: np.int64, carries: Literals) -> Ordered:
    """The pair, unless one of them is constant: then it is no pair, but literals like others."""
    if high < 2 or low < 2:
        carries.append(high)
        carries.append(low)
        return Ordered(np.int64(0), np.int64(0))
    return Ordered(high, low)
