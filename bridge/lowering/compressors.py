"""One column of a row, reduced with 3:2 compressors; lowest levels first, which keeps the adders shallow."""

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
