"""One column of a row, reduced with 3:2 compressors.

A column is added lowest levels first, which keeps the adders shallow. Every adder of a row is noted in a `log`, int64
[n, 9], as (row, place, a, b, c, d, sum, high, low): `a + b + c + d = sum + 2 * (high + low)`, sum -1 where it was not
built; d and low are 0 in a full adder. The first entry holds the number of entries in use.
"""

from __future__ import annotations

import heapq

import numpy as np

from bridge.aig.strash import adder_gate, and_gate, majority_gate, or_gate, xor_gate
from bridge.compiled import compiled


@compiled
def columns_of(bins, row, actual, turned):
    """The literals of every bin of the row, as literals of the graph; `turned`: 1 to complement them."""
    columns = [[np.int64(0) for _ in range(0)] for _ in range(bins.columns + 1)]
    for column in range(bins.columns):
        bin_ = row * bins.columns + column
        for index in range(bins.start[bin_], bins.start[bin_] + bins.size[bin_]):
            literal = bins.items[index]
            columns[column].append(actual[literal >> 1] ^ (literal & 1) ^ turned)
    return columns


@compiled
def note(log, where, bits, total, high, low):
    log[0, 0] += 1
    entry = log[log[0, 0]]
    entry[0], entry[1] = where
    entry[2], entry[3], entry[4], entry[5] = bits
    entry[6], entry[7], entry[8] = total, high, low


@compiled
def push(graph, heap, literal):
    heapq.heappush(heap, (np.int64(graph.levels[literal >> 1]), np.int64(literal)))


@compiled
def heap_of(graph, column, paired, constant):
    """The literals of a column behind its pairs, and the constant, lowest levels first."""
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for index in range(2 * paired, len(column)):
        if column[index] != 0:
            push(graph, heap, column[index])
    if constant:
        heapq.heappush(heap, (np.int64(-1), np.int64(1)))
    return heap


@compiled
def by_level(graph, column, paired):
    """The literals of a column: its pairs, then the others, lowest levels first."""
    heap = heap_of(graph, column, paired, 0)
    return column[: 2 * paired] + [heapq.heappop(heap)[1] for _ in range(len(heap))]


@compiled
def or_all(graph, literals, literal):
    """The OR of these literals and of one more, lowest levels first."""
    heap = [(np.int64(graph.levels[literal >> 1]), np.int64(literal))]
    for other in literals:
        push(graph, heap, other)
    while len(heap) > 1:
        a = heapq.heappop(heap)[1]
        push(graph, heap, or_gate(graph, a, heapq.heappop(heap)[1]))
    return heap[0][1]


@compiled
def add_pair(graph, log, where, a, b, heap, carries):
    """Add two literals and the lowest one of the heap; the sum goes there."""
    c = heapq.heappop(heap)[1] if len(heap) else np.int64(0)
    if c < 2 or a < 2 or b < 2:
        a, b, c = min(a, b, c), a + b + c - min(a, b, c) - max(a, b, c), max(a, b, c)
    total, carry = adder_gate(graph, a, b, c)
    carries.append(carry)
    note(log, where, (a, b, c, 0), total, carry, 0)
    if total:
        push(graph, heap, total)


@compiled
def add_lowest(graph, log, where, heap, carries):
    """Add the three lowest literals of the heap; the sum goes there."""
    a = heapq.heappop(heap)[1]
    b = heapq.heappop(heap)[1]
    c = heapq.heappop(heap)[1]
    total, carry = adder_gate(graph, a, b, c)
    carries.append(carry)
    note(log, where, (a, b, c, 0), total, carry, 0)
    push(graph, heap, total)


@compiled
def add_column(graph, log, where, column, paired, constant, want_sum, carries):
    """Add up the literals of a column and a constant bit; the carries are appended, the sum bit is returned.

    Where the sum bit feeds nothing (`want_sum` false), the last adder builds its carry only.
    """
    heap = heap_of(graph, column, paired, constant)
    for pair in range(paired):
        a, b = column[2 * pair], column[2 * pair + 1]
        if len(heap) == 0 and pair == paired - 1 and not want_sum:
            push(graph, heap, a)
            push(graph, heap, b)
        else:
            add_pair(graph, log, where, a, b, heap, carries)
    while len(heap) > 3 or (len(heap) == 3 and want_sum):
        add_lowest(graph, log, where, heap, carries)
    if len(heap) < 2:
        return heap[0][1] if len(heap) else np.int64(0)
    a = heapq.heappop(heap)[1]
    b = heapq.heappop(heap)[1]
    c = heapq.heappop(heap)[1] if len(heap) else np.int64(0)
    if c:
        carries.append(or_gate(graph, b, c) if a == 1 else majority_gate(graph, a, b, c))
    else:
        carries.append(and_gate(graph, a, b))
    total = xor_gate(graph, a, b) if want_sum else np.int64(-1)
    note(log, where, (a, b, c, 0), total, carries[-1], 0)
    return max(total, 0)
