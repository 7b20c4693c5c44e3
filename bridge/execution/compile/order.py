"""Schedule and allocation: from chosen operations to instructions in order, the slots of their rows, complements.

An instruction is the number of its operation, the slots it reads, the slots it writes (see `operations`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Ands, Bits, Flags, Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part
from bridge.execution.compile.cuts import PAD
from bridge.execution.compile.fusion import PLAIN
from bridge.execution.compile.operations import FORMS, LENGTHS, PAIRED, VARIABLES

NEVER = np.iinfo(np.int32).max
_FIRST, _SECOND = VARIABLES[:2]
_HALVES = np.array([0x55, 0x33, 0x0F], np.uint8)


class Graph(NamedTuple):
    """Which operation computes which node. `first`: the first of the nodes `ands`; `leaves`, `tables`: of the `Cuts`,
    whose other arrays would make each call slower; `shapes`: uint8[variables], PLAIN or the cut whose leaves the
    operation reads; `partners`: int32[variables], the node that the same operation computes, or 0; `needed`:
    bool[variables]."""

    ands: Ands
    first: int
    leaves: Ints32
    tables: Bits
    shapes: Bits
    partners: Ints32
    needed: Flags


@compiled_part
def _fanin(graph: Graph, variable: Int, place: Int) -> np.int32:
    """The variable that the operation of a node reads at a place; PAD if it reads only two."""
    shape = graph.shapes[variable]
    if shape != PLAIN:
        return np.int32(graph.leaves[variable, shape, place])
    return np.int32(graph.ands[variable - graph.first, place] >> 1) if place < 2 else PAD


@compiled
def depth_first(graph: Graph, roots: Ints) -> Ints32:
    """int32[operations]: one node of each operation that is needed, fanins first.

    Depth first, the later fanin first, so that a row is used soon after it is made and its slot is soon free again.
    """
    first, partners, needed = graph.first, graph.partners, graph.needed
    seen = np.zeros(len(needed), np.bool_)
    order = np.empty(len(needed) - first, np.int32)
    stack = np.empty(3 * len(needed) + 1, np.int32)
    count = 0
    for root in roots:
        stack[0] = root >> 1
        depth = 1
        while depth:
            variable = stack[depth - 1]
            if variable < first or seen[variable]:
                depth -= 1
                continue
            waiting = depth
            for place in (2, 1, 0):
                fanin = _fanin(graph, variable, place)
                if fanin != PAD and fanin >= first and not seen[fanin]:
                    stack[depth] = fanin
                    depth += 1
            if depth == waiting:
                seen[variable] = True
                seen[partners[variable]] = True
                order[count] = variable
                count += 1
                depth -= 1
    return order[:count]


@compiled
def _last_uses(graph: Graph, order: Ints32, roots: Ints) -> Ints32:
    """int32[variables]: the index of the last operation that reads the row; NEVER for roots."""
    last = np.zeros(len(graph.needed), np.int32)
    for index in range(len(order)):
        for place in range(3):
            fanin = _fanin(graph, order[index], place)
            if fanin != PAD:
                last[fanin] = index
    for root in roots:
        last[root >> 1] = NEVER
    return last


@compiled_part
def _truth_table(graph: Graph, variable: Int, flipped: Flags) -> np.int64:
    """The function of a node over the rows it reads, some of which hold complements."""
    shape = graph.shapes[variable]
    if shape == PLAIN:
        left, right = graph.ands[variable - graph.first]
        table = (_FIRST ^ (255 * (left & 1))) & (_SECOND ^ (255 * (right & 1)))
    else:
        table = np.int64(graph.tables[variable, shape])
    for place in range(3):
        fanin = _fanin(graph, variable, place)
        if fanin != PAD and flipped[fanin]:
            shift, half = 1 << place, _HALVES[place]
            table = (table >> shift) & half | (table & half) << shift
    return np.int64(table)


@compiled_part
def _instruction(graph: Graph, variable: Int, flipped: Flags) -> tuple[Int, Int, Int, Int]:
    """The operation of a node and its needed partner: (number, node that defines the operands, node of the other
    result or 0). Settles which of their rows hold complements."""
    table = _truth_table(graph, variable, flipped)
    flipped[variable] = FORMS[table, 4]
    partner = graph.partners[variable]
    if partner == 0 or not graph.needed[partner]:
        return np.int64(FORMS[table, 0]), table, variable, 0
    other = _truth_table(graph, partner, flipped)
    flipped[partner] = FORMS[other, 4]
    if PAIRED[FORMS[table, 0]]:
        return PAIRED[FORMS[table, 0]], table, variable, partner
    return PAIRED[FORMS[other, 0]], other, partner, variable


@compiled
def emit(graph: Graph, order: Ints32, roots: Ints) -> tuple[Ints32, Ints32, Flags, Int]:
    """(int32 code, int32[variables] slots, bool[variables] rows that hold complements, number of slots).

    The constant, inputs and latches hold the slots `0 .. first - 1`. A slot is free again after the last use of its
    row; roots keep theirs.
    """
    first = graph.first
    last = _last_uses(graph, order, roots)
    flipped = np.zeros(len(last), np.bool_)
    slots = np.zeros(len(last), np.int32)
    slots[:first] = np.arange(first)
    free = np.empty(len(last), np.int32)
    free_count, used, at = 0, first, 0
    code = np.empty(LENGTHS.max() * len(order), np.int32)
    for index in range(len(order)):
        operation, table, main, sum_node = _instruction(graph, order[index], flipped)
        outputs = 2 if sum_node else 1
        inputs = LENGTHS[operation] - 1 - outputs
        code[at] = operation
        for place in range(inputs):
            fanin = _fanin(graph, main, np.int64(FORMS[table, 1 + place]))
            code[at + 1 + place] = slots[fanin]
            if last[fanin] == index and fanin >= first:
                last[fanin] = -1
                free[free_count] = slots[fanin]
                free_count += 1
        at += 1 + inputs
        for result in range(outputs):
            variable = sum_node if outputs == 2 and result == 0 else main
            if free_count:
                free_count -= 1
                slots[variable] = free[free_count]
            else:
                slots[variable] = used
                used += 1
            code[at] = slots[variable]
            at += 1
    return code[:at].copy(), slots, flipped, used


@compiled
def sequence(literals: Ints, first_latch: Int, spare: Int) -> Ints:
    """Order the moves of next values into the latches so that none overwrites what another still reads.

    literals: int64[n], slot literals; latch `i` has the slot `first_latch + i`; `spare`: a slot of no other use, for
    latches that exchange their values. Returns int64[moves, 2]: slot literal, target slot.
    """
    count = len(literals)
    readers = np.zeros(count, np.int64)
    sources = (literals >> 1) - first_latch
    for latch in range(count):
        if 0 <= sources[latch] < count and sources[latch] != latch:
            readers[sources[latch]] += 1
    moves = np.empty((2 * count, 2), np.int64)
    done = np.zeros(count, np.bool_)
    written = 0
    for first in range(2 * count):  # first everything that hangs on nothing, then what is left: separate cycles
        latch = first % count
        if first >= count and not done[latch]:
            moves[written, 0], moves[written, 1] = 2 * (first_latch + latch), spare
            written += 1
            readers[latch] = 0
        opened = latch
        while not done[latch] and readers[latch] == 0:
            source = sources[latch]
            exchanged = first >= count and source == opened and latch != opened
            moves[written, 0] = 2 * spare + (literals[latch] & 1) if exchanged else literals[latch]
            moves[written, 1] = first_latch + latch
            written += 1
            done[latch] = True
            if 0 <= source < count and source != latch:
                readers[source] -= 1
                latch = source
    return moves[:written].copy()
