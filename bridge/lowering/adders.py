"""Gates for what was planned: shared adders, then row by row, column by column from the lowest one on.

A row that compares is known to lie in `0 .. total`. With `top` such that the row plus `2**top - threshold` always lies
in `0 .. 2**(top+1) - 1`, the comparison is bit `top`: only carries are built on the way, and since at most one of the
last carries is 1, an OR joins them.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from bridge.aig.strash import Graph, carry_gate, xor_gate
from bridge.arrays import Int, Ints
from bridge.compiled import compiled
from bridge.lowering.columns import Columns
from bridge.lowering.compressors import STEP, Column, Literals, Log, Ordered, add_column, carry_column, heap_of, or_all
from bridge.lowering.endings import ending, ending_cost
from bridge.lowering.plan import FULL, PLAIN, SHALLOW, SMALL, Plan, Shared
from bridge.lowering.sense import cheaper_sense
from bridge.lowering.triples import MADE


class Sums(NamedTuple):
    """Rows that were built. `bits`: int64[rows, places], the literals that are read of each sum, lowest first, or at 0
    that of the comparison; `complemented`: int64[rows], 1 where the complements of all literals were added, for the
    complement of the result; `steps`: int64[n, STEP], the adders of single rows in order, see `Log`. `parts`: int64[n,
    3], `answers`: int64[n, 5], of rows that are gates, see `Trace`; none where adders were built only."""

    bits: Ints
    complemented: Ints
    steps: Ints
    parts: Ints
    answers: Ints


@compiled
def add_shared(graph: Graph, shared: Shared, literals: Ints) -> None:
    """Build the shared adders whose inputs are known and that are not built yet. literals: of every variable, -1 where
    unknown; those of the adders are filled in."""
    for index in range(len(shared.inputs)):
        total = shared.first + MADE * index
        third = shared.third[index]
        x = literals[shared.inputs[index, (third + 1) % 3]]
        y = literals[shared.inputs[index, (third + 2) % 3]]
        z = literals[shared.inputs[index, third]]
        if literals[total] >= 0 or x < 0 or y < 0 or z < 0:
            continue
        carries = shared.carries[index]
        plain = carries & 1 or carries >> (1 + third) & 1  # these have both literals of the XOR alike
        odd = xor_gate(graph, x, y) if plain else xor_gate(graph, x, y ^ 1) ^ 1
        literals[total] = xor_gate(graph, odd, z)
        for kind in range(4):
            if carries >> kind & 1:
                a = np.int64(kind == 1 + (third + 1) % 3)
                b = np.int64(kind == 1 + (third + 2) % 3)
                c = np.int64(kind == 1 + third)
                literals[total + 1 + kind] = carry_gate(graph, x ^ a, y ^ b, z ^ c, odd ^ a ^ b)


@compiled
def add_rows(graph: Graph, plan: Plan, literals: Ints, first: int, count: int) -> Sums:
    """Build rows `first .. first + count - 1`. literals: of every variable. The caller has made room in the graph."""
    left, ends = plan.left, plan.ends
    bits, complemented = np.zeros((count, left.places), np.int64), np.zeros(count, np.int64)
    most = 3 * left.places * count
    for size in left.size[first * left.places : (first + count) * left.places]:
        most += size
    steps = np.zeros((1 + most, STEP), np.int64)
    for index in range(count):
        row = first + index
        constant, top, whole = left.constant[row] + ends.offset[row], ends.top[row], ends.whole[row]
        start = ends.start[row]
        flip = np.int64(0)
        if plan.style == SMALL:
            flip, constant = cheaper_sense(left, row, constant, top, whole)
        complemented[index] = flip
        columns = _literals_of(left, row, literals, flip)
        if whole:
            for place in range(top):
                log = Log(steps, row, place)
                column = Column(columns[place], plan.pairs[row * left.places + place], constant >> place & 1)
                bit = add_column(graph, log, column, place >= start, columns[place + 1]) ^ flip
                if place >= start:
                    bits[index, place - start] = bit
        else:
            bits[index, 0] = _compare(graph, plan, steps, row, columns, constant) ^ flip
    none = np.zeros((0, 5), np.int64)
    return Sums(bits, complemented, steps[1 : 1 + steps[0, 0]], none[:, :3], none)


@compiled
def _literals_of(left: Columns, row: Int, literals: Ints, flip: Int) -> list[Literals]:
    """The literals of every column of a row; flip: 1 to complement them."""
    columns = [[np.int64(0) for _ in range(0)] for _ in range(left.places + 1)]
    for place in range(left.places):
        column = row * left.places + place
        for index in range(left.start[column], left.start[column] + left.size[column]):
            digit = left.digits[index]
            columns[place].append(literals[digit >> 1] ^ (digit & 1) ^ flip)
    return columns


@compiled
def _compare(graph: Graph, plan: Plan, steps: Ints, row: Int, columns: list[Literals], constant: Int) -> np.int64:
    """The literal of bit `top` of a row."""
    top = plan.ends.top[row]
    pair = Ordered(np.int64(0), np.int64(0))
    for place in range(top):
        column = Column(columns[place], plan.pairs[row * plan.left.places + place], constant >> place & 1)
        carries = columns[place + 1]
        if plan.style in (SMALL, SHALLOW) and place == top - 2 and _ends(column.literals, columns[place + 1 :]):
            goal = 4 - (constant >> place & 3)
            bits = len(column.literals) + 2 * (pair.high > 0)
            if ending_cost(bits, goal) >= 0 and (plan.style == SMALL or bits == 5):
                columns[top].append(ending(graph, _by_level(graph, column), pair.high, pair.low, goal))
                pair = Ordered(np.int64(0), np.int64(0))
                break
        log = Log(steps, row, place)
        if plan.style in (PLAIN, FULL):
            add_column(graph, log, column, plan.ends.whole[row], carries)
        else:
            pair = carry_column(graph, log, column, pair, plan.style == SHALLOW, carries)
    if pair.high:
        columns[top].append(pair.high)  # `low` would make two of them
    return or_all(graph, columns[top], np.int64(constant >> top & 1))


@compiled
def _ends(column: Literals, later: list[Literals]) -> bool:
    """Whether a column is the last one with literals, and none of those is constant."""
    for others in later:
        if len(others):
            return False
    return len(column) == 0 or bool(min(column) > 1)


@compiled
def _by_level(graph: Graph, column: Column) -> Literals:
    """The literals of a column: its pairs, then the others, lowest levels first."""
    heap = heap_of(graph, Column(column.literals, column.paired, np.int64(0)))
    return column.literals[: 2 * column.paired] + [heapq.heappop(heap)[1] for _ in range(len(heap))]
