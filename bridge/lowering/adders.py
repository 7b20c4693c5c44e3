"""Compiled sums of weighted bits: shared adders, then row by row; every adder of a row is noted in a `log`, see
`columns_kernels`."""

from __future__ import annotations

import numpy as np

from bridge.aig.strash import carry_gate, xor_gate
from bridge.compiled import compiled
from bridge.lowering.compressors import add_column, by_level, columns_of, or_all
from bridge.lowering.endings import ending, ending_cost
from bridge.lowering.ordered import carry_column
from bridge.lowering.sense import comparison_sense, sum_sense
from bridge.lowering.triples import MADE

PLAIN, SMALL, SHALLOW = range(3)


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
def compare_rows(graph, log, bins, pairs, first, actual, least, total, style, turned, fired):
    """fired[r] = literal of `row first + r >= least[r]`, where the row is known to lie in 0..total[r].

    With `top` such that the row plus `2**top - least` always lies in `0 .. 2**(top+1) - 1`, the comparison is bit
    `top`: only carries are built on the way, and since at most one of the last carries is 1, an OR joins them.
    style: PLAIN takes full adders only; SHALLOW ordered carries and endings where they are not later; SMALL everywhere,
    and also the cheaper of two senses, which is noted in `turned`.
    """
    for row in range(len(least)):
        if least[row] <= 0 or least[row] > total[row]:
            fired[row] = least[row] <= 0
            continue
        top = top_column(least[row], total[row])
        constant = bins.constant[first + row] + (1 << top) - least[row]
        flip = np.int64(0)
        if style == SMALL:
            flip, constant = comparison_sense(bins, first + row, constant, top)
        turned[first + row] = flip
        columns = columns_of(bins, first + row, actual, flip)
        high = low = np.int64(0)
        for place in range(top):
            paired, one = pairs[(first + row) * bins.columns + place], constant >> place & 1
            where = (first + row, place)
            column, carries = columns[place], columns[place + 1]
            if style != PLAIN and place == top - 2 and _ends(column, columns[place + 1 :]):
                goal = 4 - (constant >> place & 3)
                bits = len(column) + 2 * (high > 0)
                if ending_cost(bits, goal) >= 0 and (style == SMALL or bits == 5):
                    columns[top].append(ending(graph, by_level(graph, column, paired), high, low, goal))
                    high = np.int64(0)
                    break
            if style == PLAIN:
                add_column(graph, log, where, column, paired, one, False, carries)
            else:
                pair = high, low, style == SHALLOW
                high, low = carry_column(graph, log, where, column, paired, one, *pair, carries)
        if high:
            columns[top].append(high)  # `low` would make two of them
        fired[row] = or_all(graph, columns[top], np.int64(constant >> top & 1)) ^ flip


@compiled
def _ends(column, later):
    """Whether a column is the last one with literals, and none of those is constant."""
    for others in later:
        if len(others):
            return False
    return len(column) == 0 or min(column) > 1


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
def sum_rows(graph, log, bins, pairs, first, actual, bias, widths, style, turned, bits):
    """bits[r, :widths[r]] = literals of `row first + r + bias[r]` modulo `2**widths[r]`, lowest bit first; `style`,
    `turned`: see `compare_rows`."""
    for row in range(len(bias)):
        constant = bins.constant[first + row] + bias[row]
        flip = np.int64(0)
        if style == SMALL:
            flip, constant = sum_sense(bins, first + row, constant, widths[row])
        turned[first + row] = flip
        columns = columns_of(bins, first + row, actual, flip)
        for place in range(widths[row]):
            paired, one = pairs[(first + row) * bins.columns + place], constant >> place & 1
            where = (first + row, place)
            bit = add_column(graph, log, where, columns[place], paired, one, True, columns[place + 1])
            bits[row, place] = bit ^ flip
