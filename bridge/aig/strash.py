"""Structural hashing in compiled code, under `AigBuilder`: gates, and renumbering of what is reachable.

A `Graph` is a set of growing arrays indexed by variable, so that both Python and other compiled code (the lowering of
sums) can add nodes at full speed. Variable 0 is the constant; a combinational input has the fanins (NONE, NONE).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Ands, Flags, Int, Ints, Ints32
from bridge.compiled import compiled

NONE = 0xFFFFFFFF


class Graph(NamedTuple):
    """`fanins`: uint32[capacity, 2]; `levels`: int32[capacity]; `table`: open-addressing hash of variables;
    `used`: int64[1], the variables in use."""

    fanins: Ands
    levels: Ints32
    table: Ints32
    used: Ints


def empty_graph(capacity: int) -> Graph:
    """A graph with only the constant, and room for `capacity` variables."""
    size = 1 << max(4, (2 * capacity - 1).bit_length())
    fanins = np.full((capacity, 2), NONE, np.uint32)
    return Graph(fanins, np.zeros(capacity, np.int32), np.zeros(size, np.int32), np.ones(1, np.int64))


def grown(graph: Graph, capacity: int) -> Graph:
    """The same graph with room for `capacity` variables."""
    larger = empty_graph(capacity)
    count = int(graph.used[0])
    larger.fanins[:count] = graph.fanins[:count]
    larger.levels[:count] = graph.levels[:count]
    larger.used[0] = count
    _rehash(larger)
    return larger


@compiled
def _slot(graph: Graph, high: Int, low: Int) -> np.int64:
    mask = len(graph.table) - 1
    digest = (np.uint64(high) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(low) * np.uint64(0xC2B2AE3D27D4EB4F)) >> 29
    place = np.int64(digest & np.uint64(mask))
    while True:
        variable = graph.table[place]
        if variable == 0 or (graph.fanins[variable, 0] == high and graph.fanins[variable, 1] == low):
            return place
        place = (place + 1) & mask


@compiled
def _rehash(graph: Graph) -> None:
    for variable in range(1, graph.used[0]):
        high, low = graph.fanins[variable]
        if high != NONE:
            graph.table[_slot(graph, high, low)] = variable


@compiled
def and_gate(graph: Graph, a: Int, b: Int) -> np.int64:
    """The literal of `a AND b`: folded, or found, or added. The caller has made sure that there is room."""
    high, low = (a, b) if a >= b else (b, a)
    if low == 0 or high == low ^ 1:
        return np.int64(0)
    if low == 1 or high == low:
        return np.int64(high)
    place = _slot(graph, high, low)
    variable = graph.table[place]
    if variable == 0:
        variable = graph.used[0]
        if variable >= len(graph.fanins):
            raise IndexError("the graph is full; reserve more room")  # rather than write beyond an array
        graph.used[0] += 1
        graph.fanins[variable, 0] = high
        graph.fanins[variable, 1] = low
        graph.levels[variable] = 1 + max(graph.levels[high >> 1], graph.levels[low >> 1])
        graph.table[place] = variable
    return np.int64(2 * variable)


@compiled
def buffer_gate(graph: Graph, a: Int) -> np.int64:
    """A new node `a AND a`. It is not hashed: `and_gate` never asks for equal fanins. The caller has made room."""
    variable = graph.used[0]
    graph.used[0] += 1
    graph.fanins[variable, 0] = a
    graph.fanins[variable, 1] = a
    graph.levels[variable] = graph.levels[a >> 1]
    return np.int64(2 * variable)


@compiled
def or_gate(graph: Graph, a: Int, b: Int) -> np.int64:
    return and_gate(graph, a ^ 1, b ^ 1) ^ 1


@compiled
def _find(graph: Graph, a: Int, b: Int) -> np.int64:
    """The literal of `a AND b` if it is there already, -1 if not."""
    high, low = (a, b) if a >= b else (b, a)
    if low <= 1 or high >> 1 == low >> 1:
        return np.int64(-1)
    variable = graph.table[_slot(graph, high, low)]
    return np.int64(2 * variable) if variable else np.int64(-1)


@compiled
def _find_xor(graph: Graph, a: Int, b: Int) -> np.int64:
    """The literal of `a XOR b` if it is there already, -1 if not."""
    for flip in range(2):
        first = _find(graph, a, b ^ flip)
        if first >= 0:
            second = _find(graph, a ^ 1, b ^ 1 ^ flip)
            if second >= 0:
                odd = _find(graph, first ^ 1, second ^ 1)
                if odd >= 0:
                    return odd ^ flip
    return np.int64(-1)


@compiled
def xor_gate(graph: Graph, a: Int, b: Int) -> np.int64:
    """3 ANDs, or none: XOR and XNOR of two literals are the complement of each other, but grow from other products."""
    flip = 0
    if _find(graph, a, b ^ 1) >= 0 and _find(graph, a ^ 1, b) >= 0:
        flip = 1
    return and_gate(graph, and_gate(graph, a, b ^ flip) ^ 1, and_gate(graph, a ^ 1, b ^ 1 ^ flip) ^ 1) ^ flip


@compiled
def mux_gate(graph: Graph, select: Int, then: Int, other: Int) -> np.int64:
    if then == 1 or then == select:
        return or_gate(graph, select, other)
    if other == 1 or other == select ^ 1:
        return or_gate(graph, select ^ 1, then)
    if then == other:
        return np.int64(then)
    return or_gate(graph, and_gate(graph, select, then), and_gate(graph, select ^ 1, other))


@compiled
def majority_gate(graph: Graph, a: Int, b: Int, c: Int) -> np.int64:
    """4 ANDs, fewer where two of the three have an XOR already; a constant may come anywhere."""
    for _ in range(3):
        odd = _find_xor(graph, a, b)
        if odd >= 0:
            return carry_gate(graph, a, b, c, odd)
        a, b, c = b, c, a
    return or_gate(graph, and_gate(graph, a, b), and_gate(graph, c, or_gate(graph, a, b)))


@compiled
def carry_gate(graph: Graph, a: Int, b: Int, c: Int, odd: Int) -> np.int64:
    """The majority of three, where `odd = a XOR b`: 1 AND if it can use the products of that XOR and of `odd XOR c`."""
    plain = (_find(graph, a, b) < 0) + (_find(graph, odd, c) < 0)
    dual = (_find(graph, a ^ 1, b ^ 1) < 0) + (_find(graph, odd, c ^ 1) < 0)
    flip = np.int64(dual < plain)
    return or_gate(graph, and_gate(graph, a ^ flip, b ^ flip), and_gate(graph, odd, c ^ flip)) ^ flip


@compiled
def adder_gate(graph: Graph, a: Int, b: Int, c: Int) -> tuple[np.int64, np.int64]:
    """(sum, carry) of three bits in 7 ANDs; a constant should be `a`, then 3 ANDs, or 0 for a half adder."""
    if a < 2:
        return xor_gate(graph, b, c) ^ a, (or_gate(graph, b, c) if a else and_gate(graph, b, c))
    odd = xor_gate(graph, a, b)
    total = xor_gate(graph, odd, c)
    return total, carry_gate(graph, a, b, c, odd)


@compiled
def mark_graph(fanins: Ands, roots: Ints, reached: Flags) -> None:
    """Set `reached[variable]` for every variable in the cones of the root literals."""
    for literal in roots:
        reached[literal >> 1] = True
    for variable in range(len(fanins) - 1, 0, -1):
        if reached[variable] and fanins[variable, 0] != NONE:
            reached[fanins[variable, 0] >> 1] = True
            reached[fanins[variable, 1] >> 1] = True


@compiled
def renumber(fanins: Ands, reached: Flags, number: Ints) -> Ands:
    """The reached AND nodes in order; `number` holds the new variable of every input and receives that of the nodes.

    Returns uint32[n, 2], the larger fanin first.
    """
    wanted = 0
    for variable in range(1, len(fanins)):
        wanted += reached[variable] and fanins[variable, 0] != NONE
    following = np.int64(1)
    for variable in number:
        following = max(following, variable + 1)
    ands = np.empty((wanted, 2), np.uint32)
    index = 0
    for variable in range(1, len(fanins)):
        if not reached[variable] or fanins[variable, 0] == NONE:
            continue
        a = 2 * number[fanins[variable, 0] >> 1] + (fanins[variable, 0] & 1)
        b = 2 * number[fanins[variable, 1] >> 1] + (fanins[variable, 1] & 1)
        ands[index, 0] = max(a, b)
        ands[index, 1] = min(a, b)
        number[variable] = following + index
        index += 1
    return ands


@compiled
def compute_levels(ands: Ands, first: int) -> Ints32:
    """int32[first + n]: the level of every variable; constants and inputs are at 0."""
    levels = np.zeros(first + len(ands), np.int32)
    for index in range(len(ands)):
        levels[first + index] = 1 + max(levels[ands[index, 0] >> 1], levels[ands[index, 1] >> 1])
    return levels


@compiled
def strash_all(graph: Graph, ands: Ands, literals: Ints) -> None:
    """Rebuild AND nodes inside `graph`. literals: int64[variables], the new literal of each old variable; the
    inputs are set."""
    first = len(literals) - len(ands)
    for index in range(len(ands)):
        a, b = ands[index]
        literals[first + index] = and_gate(graph, literals[a >> 1] ^ (a & 1), literals[b >> 1] ^ (b & 1))


@compiled
def strash_apart(graph: Graph, ands: Ands, apart: Flags, literals: Ints) -> None:
    """The same with a buffer, which alone is read, behind the nodes that are set in apart: bool[n]."""
    first = len(literals) - len(ands)
    for index in range(len(ands)):
        a, b = ands[index]
        literal = and_gate(graph, literals[a >> 1] ^ (a & 1), literals[b >> 1] ^ (b & 1))
        literals[first + index] = buffer_gate(graph, literal) if apart[index] else literal


@compiled
def _read(own: Ints, stand_in: Ints, literal: Int) -> np.int64:
    variable = literal >> 1
    value: np.int64 = stand_in[variable] if stand_in[variable] >= 0 else own[variable]
    return value ^ (literal & 1)


@compiled
def cut_nodes(graph: Graph, ands: Ands, own: Ints, stand_in: Ints) -> None:
    """As `strash_all`, but who reads a variable with a stand-in (a literal, else -1) reads that.

    own: int64[variables], the new literal of each variable's own function; those of the leaves are set.
    """
    first = len(own) - len(ands)
    for index in range(len(ands)):
        a, b = ands[index]
        own[first + index] = and_gate(graph, _read(own, stand_in, a), _read(own, stand_in, b))
