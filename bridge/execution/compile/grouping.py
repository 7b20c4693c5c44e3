"""The order for an interpreter: operations of one shape in a row, so that the processor guesses right what comes next.

List scheduling: of the operations that wait for nothing all of one shape, the longest ready first, then the shape of
which most are ready. Only a window of operations is looked at, so that a row is still used soon after it is made:
short for long rows, of which few fit in the nearest cache; long for short ones, which cost less than a wrong guess.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Flags, Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part
from bridge.execution.compile.operations import INPUTS, LENGTHS, OUTPUTS, SHAPES, Instructions

LONG_ROWS, SHORT_ROWS = 64, 1024  # operations in the window
NONE = -1
_KINDS = len(LENGTHS)
_SHAPES = SHAPES.numbers


class Values(NamedTuple):
    """Instructions on values, each made once: number `first + 2 * i + r` is result `r` of operation `i`, those below
    `first` are there from the start. `kinds`: uint8[n]; `reads`: int32[n, 3], NONE where only two are read."""

    kinds: Bits
    reads: Ints32
    first: Int


class Queues(NamedTuple):
    """Operations that wait for nothing, one queue a shape. `heads`, `tails`: int32[kinds]; `counts`: int64[kinds];
    `following`: int32[n], the next in the same queue."""

    heads: Ints32
    tails: Ints32
    counts: Ints
    following: Ints32


class Readers(NamedTuple):
    """Who waits for whom. `waits`: uint8[n], operands that are not there yet; `first`: int32[n], a place in
    `Values.reads` that waits for the operation, or NONE; `following`: int32[3 n], another one."""

    waits: Bits
    first: Ints32
    following: Ints32


@compiled
def grouped(
    code: Instructions, first: Int, slots: Int, operations: Int, live: Ints, window: Int
) -> tuple[Ints32, Ints32, Int]:
    """(int32 code; int32[slots], where each slot's last row is now; the number of slots), in the grouped order.

    first: slots that are never written; live: slots that are read after the last operation. END is not written.
    """
    values, holds = _values(code, first, slots, operations)
    order = _schedule(values, window)
    last = np.full(first + 2 * operations, NONE, np.int32)
    for turn in range(operations):
        for place in range(3):
            last[max(0, values.reads[order[turn], place])] = turn
    for slot in live:
        last[holds[slot]] = operations
    last[:first] = operations
    written, places, used = _allocate(values, order, last)
    return written, places[holds], used


@compiled
def _values(code: Instructions, first: Int, slots: Int, operations: Int) -> tuple[Values, Ints32]:
    """The instructions, and the value in every slot at the end."""
    kinds, reads = np.empty(operations, np.uint8), np.full((operations, 3), NONE, np.int32)
    holds = np.zeros(slots, np.int32)
    for slot in range(first):
        holds[slot] = slot
    at = 0
    for index in range(operations):
        kind = np.int64(code[at])
        kinds[index] = kind
        results = at + 1 + INPUTS[kind]
        for place in range(INPUTS[kind]):
            reads[index, place] = holds[code[at + 1 + place]]
        for result in range(OUTPUTS[kind]):
            holds[code[results + result]] = first + 2 * index + result
        at += LENGTHS[kind]
    return Values(kinds, reads, first), holds


@compiled_part
def _push(queues: Queues, shape: Int, index: Int) -> None:
    if queues.counts[shape]:
        queues.following[queues.tails[shape]] = index
    else:
        queues.heads[shape] = index
    queues.tails[shape] = index
    queues.counts[shape] += 1


@compiled_part
def _pop(queues: Queues, shape: Int) -> Int:
    index = np.int64(queues.heads[shape])
    queues.heads[shape] = queues.following[index]
    queues.counts[shape] -= 1
    return index


@compiled_part
def _admit(values: Values, readers: Readers, queues: Queues, done: Flags, index: Int) -> None:
    """One more operation may be chosen, once its operands are there."""
    for place in range(3):
        maker = (values.reads[index, place] - values.first) >> 1
        if maker >= 0 and not done[maker]:
            readers.waits[index] += 1
            readers.following[3 * index + place] = readers.first[maker]
            readers.first[maker] = 3 * index + place
    if readers.waits[index] == 0:
        _push(queues, _SHAPES[values.kinds[index]], index)


@compiled
def _schedule(values: Values, window: Int) -> Ints32:
    """int32[n]: the operations in their new order."""
    count = len(values.kinds)
    order, done = np.empty(count, np.int32), np.zeros(count, np.bool_)
    readers = Readers(np.zeros(count, np.uint8), np.full(count, NONE, np.int32), np.empty(3 * count, np.int32))
    ends = np.zeros((2, _KINDS), np.int32)
    queues = Queues(ends[0], ends[1], np.zeros(_KINDS, np.int64), np.empty(count, np.int32))
    oldest = admitted = shape = 0
    for turn in range(count):
        while done[oldest]:
            oldest += 1
        while admitted < min(count, oldest + window):
            _admit(values, readers, queues, done, admitted)
            admitted += 1
        if queues.counts[shape] == 0:
            shape = int(np.argmax(queues.counts))
        index = _pop(queues, shape)
        order[turn], done[index] = index, True
        reader = np.int64(readers.first[index])
        while reader != NONE:
            waiting = reader // 3
            readers.waits[waiting] -= 1
            if readers.waits[waiting] == 0:
                _push(queues, _SHAPES[values.kinds[waiting]], waiting)
            reader = np.int64(readers.following[reader])
    return order


@compiled
def _allocate(values: Values, order: Ints32, last: Ints32) -> tuple[Ints32, Ints32, Int]:
    """(int32 code, int32[values] slots, number of slots). last: int32[values], the turn after which a slot is free."""
    first = values.first
    slots, free = np.zeros(len(last), np.int32), np.empty(len(last), np.int32)
    slots[:first] = np.arange(first)
    code = np.empty(LENGTHS.max() * len(order), np.int32)
    free_count, used, at = 0, first, 0
    for turn in range(len(order)):
        index = np.int64(order[turn])
        kind = values.kinds[index]
        code[at] = kind
        at += 1
        for place in range(INPUTS[kind]):
            value = values.reads[index, place]
            code[at + place] = slots[value]
            if last[value] == turn:
                last[value] = NONE
                free[free_count] = slots[value]
                free_count += 1
        at += INPUTS[kind]
        for result in range(OUTPUTS[kind]):
            if free_count:
                free_count -= 1
                slot = np.int64(free[free_count])
            else:
                slot, used = np.int64(used), used + 1
            slots[first + 2 * index + result] = code[at + result] = slot
        at += OUTPUTS[kind]
    return code[:at].copy(), slots, used
