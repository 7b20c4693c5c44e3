"""Compiled sums of weighted bits: columns of literals, reduced with 3:2 compressors.

Weights are made positive first (`-w * x = w * not x - w`); then each binary digit of a weight puts the literal into the
column of that power of two. A column is added lowest levels first, which keeps the adders shallow.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from bridge.strash import adder_gate, and_gate, majority_gate, or_gate, xor_gate

DIGITS = 8  # an int8 weight has a magnitude of at most 2**7
COLUMNS = 40  # int32 constants and 2**16 int8 weights stay below 2**33


@njit(cache=True)
def threshold_rows(graph, literals, weights, thresholds, fired):
    """fired[r] = literal of `weights[r] @ bits >= thresholds[r]`.

    With `k` such that the sum plus `2**k - threshold` always lies in `0 .. 2**(k+1) - 1`, the comparison is bit `k`:
    only carries are built on the way, and since at most one of the last carries is 1, an OR joins them.
    """
    for row in range(len(weights)):
        columns, moved, total = _columns(literals, weights[row])
        least = thresholds[row] - moved
        if least <= 0 or least > total:
            fired[row] = least <= 0
            continue
        top = 0
        while 1 << top < least or 1 << top <= total - least:
            top += 1
        constant = (1 << top) - least
        for place in range(top):
            _add_column(graph, columns[place], constant >> place & 1, False, columns[place + 1])
        literal = np.int64(0)
        for carry in columns[top]:
            literal = or_gate(graph, literal, carry)
        fired[row] = literal


@njit(cache=True)
def sum_rows(graph, literals, weights, bias, widths, bits):
    """bits[r, :widths[r]] = literals of `weights[r] @ bits + bias[r]` modulo `2**widths[r]`, lowest bit first."""
    for row in range(len(weights)):
        columns, moved, _ = _columns(literals, weights[row])
        constant = bias[row] + moved
        for place in range(widths[row]):
            bits[row, place] = _add_column(graph, columns[place], constant >> place & 1, True, columns[place + 1])


@njit(cache=True)
def _columns(literals, weights):
    """(literals by power of two, sum of the negative weights, sum of all magnitudes)."""
    columns = [[np.int64(0) for _ in range(0)] for _ in range(COLUMNS)]
    moved = np.int64(0)
    total = np.int64(0)
    for index in range(len(literals)):
        weight = np.int64(weights[index])
        literal = np.int64(literals[index])
        if weight < 0:
            moved += weight
            weight = -weight
            literal ^= 1
        total += weight
        for place in range(DIGITS):
            if weight >> place & 1:
                columns[place].append(literal)
    return columns, moved, total


@njit(cache=True)
def _add_column(graph, column, constant, want_sum, carries):
    """Add up the literals of a column and a constant bit; the carries are appended, the sum bit is returned.

    Where the sum bit feeds nothing (`want_sum` false), the last adder builds its carry only.
    """
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for literal in column:
        if literal != 0:
            heapq.heappush(heap, (np.int64(graph.levels[literal >> 1]), literal))
    if constant:
        heapq.heappush(heap, (np.int64(-1), np.int64(1)))
    while len(heap) >= 3:
        a = heapq.heappop(heap)[1]
        b = heapq.heappop(heap)[1]
        c = heapq.heappop(heap)[1]
        if len(heap) == 0 and not want_sum:
            carries.append(or_gate(graph, b, c) if a == 1 else majority_gate(graph, a, b, c))
            return np.int64(0)
        total, carry = adder_gate(graph, a, b, c)
        carries.append(carry)
        heapq.heappush(heap, (np.int64(graph.levels[total >> 1]), total))
    if len(heap) == 2:
        a = heap[0][1]
        b = heap[1][1]
        carries.append(and_gate(graph, a, b))
        return xor_gate(graph, a, b) if want_sum else np.int64(0)
    return heap[0][1] if len(heap) == 1 else np.int64(0)
