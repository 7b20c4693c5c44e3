"""What the bulk readers fill: names, and the gates that drive them, as arrays; and the Aig of those.

A name is a number from 1, found by hashing its bytes where they stand in the file. Each driver is a stretch of postfix
code: numbers of names, and below them the operators here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Ands, Bits, Int, Ints, Ints32, Words
from bridge.compiled import compiled, compiled_part
from bridge.formats.tables import Tables, build_table

# Binary operators that bind tighter come later. TABLE and what is below it are truth tables, the first one, the second
# and so on, of all operands before it.
NOT, OR, XOR, AND, ZERO, ONE, TABLE = range(-1, -8, -1)
UNDRIVEN, CLOCK, DEEP = -1, -2, 500
NAMES, DRIVERS, ITEMS, ANDS, TABLES = range(5)
# How many names may hash alike before the bytes of a file count as chosen for that.
_MOST_PROBES = 200


class Gates(NamedTuple):
    """`spans`: int64[names, 2], where each name begins and ends in `data`; `slots`: their hash table; `marks`:
    uint8[names], for the reader; `driver`: int32[names], -1 for none; `targets`: int32[drivers], the names; `firsts`:
    int64[drivers + 1], where the code of each begins in `code`; `tables`: uint64[tables]; `stack`: for the reader;
    `counts`: of names (with 0, which is none), drivers, items of code, ANDs made, and tables."""

    data: Bits
    spans: Ints
    slots: Ints32
    marks: Bits
    driver: Ints32
    targets: Ints32
    firsts: Ints
    code: Ints32
    tables: Words
    stack: Ints32
    counts: Ints


def empty_gates(data: bytes, names: int, items: int) -> Gates:
    """Room for so many names and drivers, and items of code; only what is used of it takes memory."""
    room = names + 2
    return Gates(
        data=np.frombuffer(data, np.uint8),
        spans=np.empty((room, 2), np.int64),
        slots=np.zeros(1 << (3 * room // 2).bit_length(), np.int32),
        marks=np.zeros(room, np.uint8),
        driver=np.full(room, -1, np.int32),
        targets=np.empty(room, np.int32),
        firsts=np.zeros(room + 1, np.int64),
        code=np.empty(items, np.int32),
        tables=np.empty(room, np.uint64),
        stack=np.empty(DEEP, np.int32),
        counts=np.array([1, 0, 0, 0, 0]),
    )


@compiled_part
def slot_of(gates: Gates, text: Bits, start: Int, end: Int) -> Int:
    """The slot of the name in text[start:end], or that where it belongs; -1 for too many names that hash alike."""
    data, slots, spans = gates.data, gates.slots, gates.spans
    digest = np.uint64(14695981039346656037)
    for at in range(start, end):
        digest = (digest ^ np.uint64(text[at])) * np.uint64(1099511628211)
    mask = len(slots) - 1
    place: Int = np.int64((digest ^ (digest >> np.uint64(29))) & np.uint64(mask))
    for _ in range(_MOST_PROBES):
        if slots[place] == 0:
            return place
        begin = spans[slots[place], 0]
        if spans[slots[place], 1] - begin == end - start:
            alike = 0
            while alike < end - start and data[begin + alike] == text[start + alike]:
                alike += 1
            if alike == end - start:
                return place
        place = (place + 1) & mask
    return np.int64(-1)


@compiled_part
def intern(gates: Gates, start: Int, end: Int) -> Int:
    """The number of the name that stands there; 0 when there are too many."""
    place = slot_of(gates, gates.data, start, end)
    if place < 0:
        return np.int64(0)
    if gates.slots[place] == 0:
        number = gates.counts[NAMES]
        if number == len(gates.marks):
            return np.int64(0)
        gates.spans[number, 0] = start
        gates.spans[number, 1] = end
        gates.slots[place] = number
        gates.counts[NAMES] = number + 1
    return np.int64(gates.slots[place])


@compiled_part
def nameless(gates: Gates) -> Int:
    """A number for what has no name; 0 when there are too many."""
    number = gates.counts[NAMES]
    if number == len(gates.marks):
        return np.int64(0)
    gates.spans[number] = 0
    gates.counts[NAMES] = number + 1
    return np.int64(number)


@compiled_part
def emit(gates: Gates, item: Int) -> None:
    """Append to the code of the next driver."""
    gates.code[gates.counts[ITEMS]] = item
    gates.counts[ITEMS] += 1


@compiled_part
def drive(gates: Gates, target: Int) -> bool:
    """The code since the last driver is that of this name; False when it has one already."""
    number = gates.counts[DRIVERS]
    if target == 0 or gates.driver[target] >= 0:
        return False
    gates.driver[target] = number
    gates.targets[number] = target
    gates.firsts[number + 1] = gates.counts[ITEMS]
    gates.counts[DRIVERS] = number + 1
    return True


@compiled_part
def _and(gates: Gates, ands: Ands, first: Int, a: Int, b: Int) -> Int:
    count = gates.counts[ANDS]
    ands[count, 0] = max(a, b)
    ands[count, 1] = min(a, b)
    gates.counts[ANDS] = count + 1
    return np.int64(2 * (first + count))


@compiled_part
def _table(gates: Gates, tables: Tables, item: Int, ands: Ands, first: Int, inputs: Ints) -> Int:
    """The literal of a truth table."""
    for place in range(len(tables.inputs)):
        tables.inputs[place] = inputs[place]
    literal, made = build_table(tables, gates.tables[TABLE - item], ands, first, gates.counts[ANDS])
    gates.counts[ANDS] = made
    return literal


@compiled_part
def _value(gates: Gates, tables: Tables, number: Int, literals: Ints, ands: Ands, first: Int, stack: Ints) -> Int:
    """The literal of a driver; -1 if something that it reads has none."""
    filled = 0
    for at in range(gates.firsts[number], gates.firsts[number + 1]):
        item = gates.code[at]
        if item > 0:
            if literals[item] < 0:
                return np.int64(-1)
            stack[filled] = literals[item]
            filled += 1
        elif item == NOT:
            stack[filled - 1] ^= 1
        elif item in (ZERO, ONE):
            stack[filled] = np.int64(item == ONE)
            filled += 1
        elif item <= TABLE:
            stack[0] = _table(gates, tables, item, ands, first, stack)
            filled = 1
        else:
            filled -= 1
            a, b = stack[filled - 1], stack[filled]
            if item == XOR:
                both = _and(gates, ands, first, a, b)
                a, b = both, _and(gates, ands, first, a ^ 1, b ^ 1)
            flip = np.int64(item != AND)
            stack[filled - 1] = _and(gates, ands, first, a ^ flip, b ^ flip) ^ np.int64(item == OR)
    return np.int64(stack[0])


@compiled
def evaluate(gates: Gates, tables: Tables, order: Ints32, literals: Ints, first: Int, ands: Ands, stack: Ints) -> bool:
    """Drive these names, but those that they read first; False where something has no value or depends on itself.

    literals: int64[names], those of the leaves and -1 for others, which receive theirs; first: the variable of the
    first AND; ands: uint32[n, 2] with room for all, receives them; stack: int64, as long as the longest code and the
    inputs of a table.
    """
    driver, firsts = gates.driver, gates.firsts
    known = np.full(len(order), -1, np.int64)  # the place in its code up to which an opened driver has all it reads
    opened = np.empty(len(order), np.int32)
    for root in order:
        if literals[root] >= 0:
            continue
        opened[0], height, known[driver[root]] = root, 1, firsts[driver[root]]
        while height > 0:
            number = driver[opened[height - 1]]
            at, end = known[number], firsts[number + 1]
            while at < end and (gates.code[at] < 0 or literals[gates.code[at]] >= 0):
                at += 1
            known[number] = at
            if at < end:
                below = gates.code[at]
                if driver[below] < 0 or known[driver[below]] >= 0:
                    return False
                opened[height], known[driver[below]] = below, firsts[driver[below]]
                height += 1
                continue
            value = _value(gates, tables, number, literals, ands, first, stack)
            if value < 0:
                return False
            literals[opened[height - 1]] = value
            height -= 1
    return True
