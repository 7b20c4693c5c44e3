"""Compiled sums of weighted bits: the columns of a row, reduced with 3:2 compressors.

A column is added lowest levels first, which keeps the adders shallow. Every adder of a row is noted in a `log`, int64
[n, 7], as (row, place, a, b, c, sum, carry): `a + b + c = sum + 2 * carry`, sum -1 where it feeds nothing. Its first
entry holds the number of entries in use.
"""

from __future__ import annotations

import heapq

import numpy as np

from bridge.compiled import compiled
from bridge.lowering.triples_kernels import MADE
from bridge.strash import adder_gate, and_gate, carry_gate, majority_gate, or_gate, xor_gate


@compiled
def build_adders(graph, adders, thirds, first, actual):
    """Build the shared adders whose inputs are known and that are not built yet; `actual`: literals, -1 unknown.

    adders: see `share_triples`; thirds: which of the three variables of each comes after the XOR of the other two.
    """
    for index in range(len(adders)):
        total = first + MADE * index
        third = thirds[index]
        x = actual[adders[index, (third + 1) % 3]]
        y = actual[adders[index, (third + 2) % 3]]
        z = actual[adders[index, third]]
        if actual[total] >= 0 or x < 0 or y < 0 or z < 0:
            continue
        kinds = adders[index, 3]
        plain = kinds & 1 or kinds >> (1 + third) & 1  # their carries have both literals of the XOR alike
        odd = xor_gate(graph, x, y) if plain else xor_gate(graph, x, y ^ 1) ^ 1
        actual[total] = xor_gate(graph, odd, z)
        for kind in range(4):
            if kinds >> kind & 1:
                a = np.int64(kind == 1 + (third + 1) % 3)
                b = np.int64(kind == 1 + (third + 2) % 3)
                c = np.int64(kind == 1 + third)
                actual[total + 1 + kind] = carry_gate(graph, x ^ a, y ^ b, z ^ c, odd ^ a ^ b)


@compiled
def compare_rows(graph, log, bins, pairs, first, actual, least, total, fired):
    """fired[r] = literal of `row first + r >= least[r]`, where the row is known to lie in 0..total[r].

    With `top` such that the row plus `2**top - least` always lies in `0 .. 2**(top+1) - 1`, the comparison is bit
    `top`: only carries are built on the way, and since at most one of the last carries is 1, an OR joins them.
    """
    for row in range(len(least)):
        if least[row] <= 0 or least[row] > total[row]:
            fired[row] = least[row] <= 0
            continue
        top = top_column(least[row], total[row])
        columns = _columns(bins, first + row, actual)
        constant = bins.constant[first + row] + (1 << top) - least[row]
        for place in range(top):
            paired = pairs[(first + row) * bins.columns + place]
            where = (first + row, place)
            _add_column(graph, log, where, columns[place], paired, constant >> place & 1, False, columns[place + 1])
        fired[row] = _or_all(graph, columns[top], np.int64(constant >> top & 1))


@compiled
def top_column(least, total):
    """The least `top` that puts 0..total plus `2**top - least` into `0 .. 2**(top+1) - 1`; bit `top` tells >= least."""
    top = 0
    while 1 << top < least or 1 << top <= total - least:
        top += 1
    return top


@compiled
def top_columns(least, total):
    """int64[rows]: `top_column` of each; 0 for rows that always or never reach `least`."""
    tops = np.zeros(len(least), np.int64)
    for row in range(len(least)):
        if 0 < least[row] <= total[row]:
            tops[row] = top_column(least[row], total[row])
    return tops


@compiled
def sum_rows(graph, log, bins, pairs, first, actual, bias, widths, bits):
    """bits[r, :widths[r]] = literals of `row first + r + bias[r]` modulo `2**widths[r]`, lowest bit first."""
    for row in range(len(bias)):
        columns = _columns(bins, first + row, actual)
        constant = bins.constant[first + row] + bias[row]
        for place in range(widths[row]):
            paired = pairs[(first + row) * bins.columns + place]
            one = constant >> place & 1
            where = (first + row, place)
            bits[row, place] = _add_column(graph, log, where, columns[place], paired, one, True, columns[place + 1])


@compiled
def _columns(bins, row, actual):
    """The literals of every bin of the row, as literals of the graph."""
    columns = [[np.int64(0) for _ in range(0)] for _ in range(bins.columns + 1)]
    for column in range(bins.columns):
        bin_ = row * bins.columns + column
        for index in range(bins.start[bin_], bins.start[bin_] + bins.size[bin_]):
            literal = bins.items[index]
            columns[column].append(actual[literal >> 1] ^ (literal & 1))
    return columns


@compiled
def _note(log, where, a, b, c, total, carry):
    log[0, 0] += 1
    entry = log[log[0, 0]]
    entry[0], entry[1] = where
    entry[2], entry[3], entry[4], entry[5], entry[6] = a, b, c, total, carry


@compiled
def _push(graph, heap, literal):
    heapq.heappush(heap, (np.int64(graph.levels[literal >> 1]), np.int64(literal)))


@compiled
def _or_all(graph, literals, literal):
    """The OR of these literals and of one more, lowest levels first."""
    heap = [(np.int64(graph.levels[literal >> 1]), np.int64(literal))]
    for other in literals:
        _push(graph, heap, other)
    while len(heap) > 1:
        a = heapq.heappop(heap)[1]
        _push(graph, heap, or_gate(graph, a, heapq.heappop(heap)[1]))
    return heap[0][1]


@compiled
def _add_column(graph, log, where, column, paired, constant, want_sum, carries):
    """Add up the literals of a column and a constant bit; the carries are appended, the sum bit is returned.

    Where the sum bit feeds nothing (`want_sum` false), the last adder builds its carry only.
    """
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for index in range(2 * paired, len(column)):
        if column[index] != 0:
            _push(graph, heap, column[index])
    if constant:
        heapq.heappush(heap, (np.int64(-1), np.int64(1)))
    for pair in range(paired):
        a = column[2 * pair]
        b = column[2 * pair + 1]
        c = heapq.heappop(heap)[1] if len(heap) else np.int64(0)
        if c == 0 and pair == paired - 1 and not want_sum:
            carries.append(and_gate(graph, a, b))
            _note(log, where, a, b, 0, -1, carries[-1])
            return np.int64(0)
        if c < 2 or a < 2 or b < 2:
            a, b, c = min(a, b, c), a + b + c - min(a, b, c) - max(a, b, c), max(a, b, c)
        total, carry = adder_gate(graph, a, b, c)
        carries.append(carry)
        _note(log, where, a, b, c, total, carry)
        if total:
            _push(graph, heap, total)
    while len(heap) >= 3:
        a = heapq.heappop(heap)[1]
        b = heapq.heappop(heap)[1]
        c = heapq.heappop(heap)[1]
        if len(heap) == 0 and not want_sum:
            carries.append(or_gate(graph, b, c) if a == 1 else majority_gate(graph, a, b, c))
            _note(log, where, a, b, c, -1, carries[-1])
            return np.int64(0)
        total, carry = adder_gate(graph, a, b, c)
        carries.append(carry)
        _note(log, where, a, b, c, total, carry)
        _push(graph, heap, total)
    if len(heap) == 2:
        a = heap[0][1]
        b = heap[1][1]
        total = xor_gate(graph, a, b) if want_sum else np.int64(-1)
        carries.append(and_gate(graph, a, b))
        _note(log, where, a, b, 0, total, carries[-1])
        return max(total, 0)
    return heap[0][1] if len(heap) == 1 else np.int64(0)
