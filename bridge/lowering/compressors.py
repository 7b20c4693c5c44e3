"""One column of a row, reduced with full adders (3:2 compressors); lowest levels first, which keeps the adders shallow.

In a comparison only the carries are read, and the last two of a column are ordered.
Four bits of a column carry `high = at least two of them` and `low = all of them`. That takes 8 ANDs, as a full adder
and an AND do, but `low` implies `high`. So in the next column their XOR is `high & !low`, one AND rather than three:

    carry of (high, low, c)       low | high c                               2 ANDs rather than 4
    carries of (high, low, a, b)  low | ab | high (a | b), and low ab        6 rather than 8, ordered again
"""

from __future__ import annotations

import heapq
from typing import NamedTuple, TypeAlias

import numpy as np

from bridge.aig.strash import Graph, adder_gate, and_gate, majority_gate, or_gate, xor_gate
from bridge.arrays import Int, Ints
from bridge.compiled import compiled

STEP = 9  # numbers of an entry of a log

Literals: TypeAlias = list[np.int64]
Heap: TypeAlias = list[tuple[np.int64, np.int64]]  # (level, literal)


class Log(NamedTuple):
    """Where the adders of a column are noted. `steps`: int64[n, STEP] of (row, place, a, b, c, d, sum, high, low):
    `a + b + c + d = sum + 2 * (high + low)`, sum -1 where it was not built; d and low are 0 in a full adder. The first
    entry holds the number of entries in use."""

    steps: Ints
    row: Int
    place: Int


class Column(NamedTuple):
    """What is added up at one place: literals, the first `2 * paired` of them in pairs, and the constant bit `one`."""

    literals: Literals
    paired: Int
    one: Int


class Ordered(NamedTuple):
    """Two bits of a column, of which `low` implies `high`; both are 0 if there are none."""

    high: np.int64
    low: np.int64


@compiled
def note(log: Log, bits: tuple[Int, Int, Int, Int], total: Int, high: Int, low: Int) -> None:
    """Note one adder."""
    log.steps[0, 0] += 1
    entry = log.steps[log.steps[0, 0]]
    entry[0], entry[1] = log.row, log.place
    entry[2], entry[3], entry[4], entry[5] = bits
    entry[6], entry[7], entry[8] = total, high, low


@compiled
def push(graph: Graph, heap: Heap, literal: Int) -> None:
    heapq.heappush(heap, (np.int64(graph.levels[literal >> 1]), np.int64(literal)))


@compiled
def heap_of(graph: Graph, column: Column) -> Heap:
    """The literals of a column behind its pairs, and the constant, lowest levels first."""
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for index in range(2 * column.paired, len(column.literals)):
        if column.literals[index] != 0:
            push(graph, heap, column.literals[index])
    if column.one:
        heapq.heappush(heap, (np.int64(-1), np.int64(1)))
    return heap


@compiled
def or_all(graph: Graph, literals: Literals, literal: Int) -> np.int64:
    """The OR of these literals and of one more, lowest levels first."""
    heap = [(np.int64(graph.levels[literal >> 1]), np.int64(literal))]
    for other in literals:
        push(graph, heap, other)
    while len(heap) > 1:
        a = heapq.heappop(heap)[1]
        push(graph, heap, or_gate(graph, a, heapq.heappop(heap)[1]))
    return heap[0][1]


@compiled
def add_pair(graph: Graph, log: Log, a: np.int64, b: np.int64, heap: Heap, carries: Literals) -> None:
    """Add two literals and the lowest one of the heap; the sum goes there."""
    c = heapq.heappop(heap)[1] if len(heap) else np.int64(0)
    if c < 2 or a < 2 or b < 2:
        a, b, c = min(a, b, c), a + b + c - min(a, b, c) - max(a, b, c), max(a, b, c)
    total, carry = adder_gate(graph, a, b, c)
    carries.append(carry)
    note(log, (a, b, c, 0), total, carry, 0)
    if total:
        push(graph, heap, total)


@compiled
def add_lowest(graph: Graph, log: Log, heap: Heap, carries: Literals) -> None:
    """Add the three lowest literals of the heap; the sum goes there."""
    a = heapq.heappop(heap)[1]
    b = heapq.heappop(heap)[1]
    c = heapq.heappop(heap)[1]
    total, carry = adder_gate(graph, a, b, c)
    carries.append(carry)
    note(log, (a, b, c, 0), total, carry, 0)
    push(graph, heap, total)


@compiled
def add_column(graph: Graph, log: Log, column: Column, want_sum: bool, carries: Literals) -> np.int64:
    """Add up a column; the carries are appended, the sum bit is returned.

    Where the sum bit feeds nothing (`want_sum` false), the last adder builds its carry only.
    """
    heap = heap_of(graph, column)
    for pair in range(column.paired):
        a, b = column.literals[2 * pair], column.literals[2 * pair + 1]
        if len(heap) == 0 and pair == column.paired - 1 and not want_sum:
            push(graph, heap, a)
            push(graph, heap, b)
        else:
            add_pair(graph, log, a, b, heap, carries)
    while len(heap) > 3 or (len(heap) == 3 and want_sum):
        add_lowest(graph, log, heap, carries)
    if len(heap) < 2:
        return heap[0][1] if len(heap) else np.int64(0)
    a = heapq.heappop(heap)[1]
    b = heapq.heappop(heap)[1]
    c = heapq.heappop(heap)[1] if len(heap) else np.int64(0)
    carry = carry_of(graph, a, b, c)
    carries.append(carry)
    total = xor_gate(graph, a, b) if want_sum else np.int64(-1)
    note(log, (a, b, c, 0), total, carry, 0)
    return max(total, np.int64(0))


@compiled
def carry_of(graph: Graph, a: Int, b: Int, c: Int) -> np.int64:
    """The carry of two or, unless c is 0, three bits, a constant first."""
    if c == 0:
        return and_gate(graph, a, b)
    return or_gate(graph, b, c) if a == 1 else majority_gate(graph, a, b, c)


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
