"""The end of a comparator: do at least `goal` of the last five to seven bits hold?

Adders would count them; sorted pairs and triples need fewer ANDs (sorting networks; Batcher, 1968). With `low = a & b`
and `high = a | b` of two pairs, `some = low | low'` and `most = high high'`, and a sorted triple (t1, t2, t3):

    3 of 5    maj(some, most, e)                                     10 ANDs, 13 with adders
    4 of 5    low low' | e some most                                 10 ANDs, 12
    4 of 6    low low' | high'' (some | most) (low'' | some most)    15 ANDs, 17
    4 of 7    maj(high t1, low' | t3, maj(low, t2, high'))           20 ANDs, 22

and 2 less where the carries below come as a pair. At least k of n is not (at least n + 1 - k of the complements).
"""

from __future__ import annotations

import numpy as np

from bridge.aig.strash import Graph, and_gate, majority_gate, or_gate
from bridge.arrays import Int
from bridge.compiled import compiled, compiled_part


@compiled_part
def ending_cost(bits: Int, goal: Int) -> int:
    """ANDs of `ending` for so many bits, none of them a pair; -1 where it does not apply."""
    if bits == 5 and 2 <= goal <= 4:
        return 10
    if bits == 6 and 3 <= goal <= 4:
        return 15
    return 20 if bits == 7 and goal == 4 else -1


@compiled
def ending(graph: Graph, bits: list[np.int64], high: np.int64, low: np.int64, goal: Int) -> np.int64:
    """The literal of: at least `goal` of the bits hold; high, low: a sorted pair beside them, or 0.

    bits: lowest levels first.
    """
    pairs = [(high, low) for _ in range(np.int64(high > 1))]
    count = len(bits) + 2 * len(pairs)
    flip = np.int64(2 * goal <= count)
    pairs = [(low ^ flip, high ^ flip) if flip else (high, low) for high, low in pairs]
    bits = [bit ^ flip for bit in bits]
    first = 0
    while len(pairs) < 2 + (count == 6):
        a, b = bits[first], bits[first + 1]
        pairs.append((or_gate(graph, a, b), and_gate(graph, a, b)))
        first += 2
    high, low = pairs[0]
    other, least = pairs[1]
    if count == 7:
        return _four_of_seven(graph, high, low, other, least, bits[first:]) ^ flip
    some, most = or_gate(graph, low, least), and_gate(graph, high, other)
    if 2 * goal == count + 1:
        return majority_gate(graph, some, most, bits[first]) ^ flip
    both, all_four = and_gate(graph, some, most), and_gate(graph, low, least)
    if count == 5:
        return or_gate(graph, all_four, and_gate(graph, bits[first], both)) ^ flip
    high, low = pairs[2]
    enough = and_gate(graph, or_gate(graph, low, both), and_gate(graph, high, or_gate(graph, some, most)))
    return or_gate(graph, all_four, enough) ^ flip


@compiled
def _four_of_seven(graph: Graph, high: Int, low: Int, other: Int, least: Int, bits: list[np.int64]) -> np.int64:
    """Of two sorted pairs and three bits."""
    a, b, c = bits
    both, either = and_gate(graph, a, b), or_gate(graph, a, b)
    three, one = and_gate(graph, both, c), or_gate(graph, either, c)
    two = or_gate(graph, both, and_gate(graph, c, either))
    middle = majority_gate(graph, low, two, other)
    return majority_gate(graph, and_gate(graph, high, one), or_gate(graph, least, three), middle)
