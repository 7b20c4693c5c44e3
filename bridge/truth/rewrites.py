"""Rewrites of one node of a netlist, by whole truth tables; compiled. See `bridge.truth.walk` for what they are for.

Rows of the truth tables are 64 to a word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Int, Ints, Words
from bridge.compiled import compiled_part
from bridge.compiled.xorshift import random

_THIRDS = 4  # second literals for which a third is looked for


class Net(NamedTuple):
    """A netlist that changes. Variables are those of an Aig, but for their order.

    `fanins`: int64[room, 2], literals; `values`: uint64[room, words], the rows of every variable; `outputs`: literals;
    `order`: ANDs in use, fanins first; `readers`: how often each variable is read, 0 for an AND that is free;
    `first`: the first AND; `marks`, `stack`: for whoever walks over it; `chance`: uint64[1], the random state.
    """

    fanins: Ints
    values: Words
    outputs: Ints
    order: Ints
    readers: Ints
    first: int
    marks: Ints
    stack: Ints
    chance: Words


class Look(NamedTuple):
    """What a step finds out about one AND. `above`: 1 for what depends on it; `flipped`: values of those if it were
    inverted; `sides`: uint64[2, words], rows that matter where it is 0 and where it is 1; `rest`: rows still to be
    dealt with; `covers`: int64[2, 2 * room], literals that are 1 on all rows of a side, and how many were `found`;
    `some`: literals for a third.
    """

    above: Ints
    flipped: Words
    sides: Words
    rest: Words
    covers: Ints
    found: Ints
    some: Ints


@compiled_part
def sort(net: Net) -> int:
    """Find the order anew, and how many ANDs are in use."""
    count = 0
    net.marks[:] = 0
    for output in net.outputs:
        top = 0
        net.stack[0] = output >> 1
        while top >= 0:
            variable = net.stack[top]
            if variable < net.first or net.marks[variable] == 2:
                top -= 1
            elif net.marks[variable] == 1:
                top -= 1
                net.marks[variable] = 2
                net.order[count] = variable
                count += 1
            else:
                net.marks[variable] = 1
                for side in range(2):
                    fanin = net.fanins[variable, side] >> 1
                    if fanin >= net.first and net.marks[fanin] == 0:
                        top += 1
                        net.stack[top] = fanin
    return count


@compiled_part
def read(net: Net, variable: Int, by: int) -> int:
    """Its fanins are read once more (`by` 1) or less (-1), and so on below those that were free or get so: how many."""
    top, changed = 0, 0
    net.stack[0] = variable
    while top >= 0:
        node = net.stack[top]
        top -= 1
        for side in range(2):
            fanin = net.fanins[node, side] >> 1
            before = net.readers[fanin]
            net.readers[fanin] = before + by
            if fanin >= net.first and min(before, before + by) == 0:
                changed += 1
                top += 1
                net.stack[top] = fanin
    return changed


@compiled_part
def _mask(literal: Int) -> np.uint64:
    """All ones for an inverted literal."""
    return np.uint64(0) - np.uint64(literal & 1)


@compiled_part
def evaluate(net: Net, variable: Int) -> None:
    a, b = net.fanins[variable]
    for word in range(net.values.shape[1]):
        left = net.values[a >> 1, word] ^ _mask(a)
        net.values[variable, word] = left & (net.values[b >> 1, word] ^ _mask(b))


@compiled_part
def look_at(net: Net, look: Look, place: Int, count: Int) -> None:
    """Which rows matter for the AND at that place of the order?"""
    words, node = net.values.shape[1], net.order[place]
    look.above[:] = 0
    look.above[node] = 1
    for word in range(words):
        look.flipped[node, word] = ~net.values[node, word]
        look.rest[word] = np.uint64(0)
    for index in range(place + 1, count):
        variable = net.order[index]
        a, b = net.fanins[variable]
        if look.above[a >> 1] or look.above[b >> 1]:
            look.above[variable] = 1
            left = look.flipped[a >> 1] if look.above[a >> 1] else net.values[a >> 1]
            right = look.flipped[b >> 1] if look.above[b >> 1] else net.values[b >> 1]
            for word in range(words):
                look.flipped[variable, word] = (left[word] ^ _mask(a)) & (right[word] ^ _mask(b))
    for output in net.outputs:
        if look.above[output >> 1]:
            for word in range(words):
                look.rest[word] |= look.flipped[output >> 1, word] ^ net.values[output >> 1, word]
    for word in range(words):
        look.sides[0, word] = look.rest[word] & ~net.values[node, word]
        look.sides[1, word] = look.rest[word] & net.values[node, word]


@compiled_part
def _within(rows: Words, values: Words, inverted: np.uint64) -> bool:
    """Is a literal 1 on all these rows?"""
    for word in range(len(rows)):  # noqa: SIM110  # compiled
        if rows[word] & ~(values[word] ^ inverted):
            return False
    return True


@compiled_part
def covers(net: Net, look: Look, count: Int, found: Ints) -> int:
    """Fill `covers`, with int64[2] `found` literals; a literal that can stand for the node itself, or -1."""
    zeros, ones = look.sides[0], look.sides[1]
    found[:] = 0
    for index in range(-net.first, count):
        variable = net.order[index] if index >= 0 else index + net.first
        if look.above[variable]:
            continue
        for inverted in range(2):
            mask = _mask(inverted)
            one = _within(ones, net.values[variable], mask)
            zero = _within(zeros, net.values[variable], mask)
            other = _within(zeros, net.values[variable], ~mask) if one else False
            if one and other:
                return 2 * int(variable) + inverted
            if one and variable:
                look.covers[1, found[1]] = 2 * variable + inverted
                found[1] += 1
            if zero and variable:
                look.covers[0, found[0]] = 2 * variable + inverted
                found[0] += 1
    return -1


@compiled_part
def _second(net: Net, look: Look, side: Int, found: Int, first: Int) -> int:
    """A literal that is 1 on the rows of that side and 0 on the rest, from a random place on; -1 if there is none."""
    start = random(net.chance, found)
    for index in range(found):
        literal = look.covers[side, (start + index) % found]
        if literal != first and _within(look.rest, net.values[literal >> 1], ~_mask(literal)):
            return int(literal)
    return -1


@compiled_part
def _thirds(net: Net, look: Look, side: Int, count: Int) -> tuple[int, int]:
    """Two literals that are both 0 on the rest, and on every row of that side one of them is 1; -1, -1 if not found."""
    found = 0
    for index in range(1 - net.first, count):
        variable = net.order[index] if index >= 0 else index + net.first
        if not look.above[variable]:
            for inverted in range(2):
                if _within(look.rest, net.values[variable], ~_mask(inverted)):
                    look.some[found] = 2 * variable + inverted
                    found += 1
    for _ in range(_THIRDS if found else 0):
        one = look.some[random(net.chance, found)]
        for word in range(len(look.rest)):
            look.rest[word] = look.sides[side, word] & ~(net.values[one >> 1, word] ^ _mask(one))
        start = random(net.chance, found)
        for index in range(found):
            two = look.some[(start + index) % found]
            if two != one and _within(look.rest, net.values[two >> 1], _mask(two)):
                return int(one), int(two)
    return -1, -1


@compiled_part
def replaced(net: Net, look: Look, node: Int, literal: int) -> None:
    """Have all readers of the node read the literal; with its own, invert them."""
    for variable in range(net.first, len(net.fanins)):
        if look.above[variable] and net.readers[variable]:
            for side in range(2):
                if net.fanins[variable, side] >> 1 == node:
                    net.fanins[variable, side] = literal ^ (net.fanins[variable, side] & 1)
                    net.readers[literal >> 1] += 1
                    net.readers[node] -= 1
    for index in range(len(net.outputs)):
        if net.outputs[index] >> 1 == node:
            net.outputs[index] = literal ^ (net.outputs[index] & 1)
            net.readers[literal >> 1] += 1
            net.readers[node] -= 1


@compiled_part
def _set(net: Net, node: Int, a: Int, b: Int, most: int) -> bool:
    """Give the node these fanins, unless that leaves more than so many ANDs more."""
    old, other = net.fanins[node]
    freed = read(net, node, -1)
    net.fanins[node, 0], net.fanins[node, 1] = a, b
    if read(net, node, 1) - freed <= most:
        return True
    read(net, node, -1)
    net.fanins[node, 0], net.fanins[node, 1] = old, other
    read(net, node, 1)
    return False


@compiled_part
def rewrite(net: Net, look: Look, node: Int, found: Ints, size: tuple[int, int]) -> bool:
    """Try one rewrite; `found`: literals in `covers`; `size`: ANDs, and how many more there may be."""
    side = random(net.chance, 2)
    if not found[side]:
        return False
    first = look.covers[side, random(net.chance, found[side])]
    for word in range(len(look.rest)):
        look.rest[word] = look.sides[1 - side, word] & (net.values[first >> 1, word] ^ _mask(first))
    second = _second(net, look, side, found[side], first)
    if second >= 0:
        a, b = net.fanins[node]
        if side and ((a == first and b == second) or (a == second and b == first)):
            return False
        done = _set(net, node, first, second, 0)
    else:
        one, two = _thirds(net, look, side, size[0])
        if one < 0:
            return False
        new = len(net.fanins) - 1
        while net.readers[new]:
            new -= 1
        net.fanins[new, 0], net.fanins[new, 1] = one ^ 1, two ^ 1
        done = _set(net, node, first, 2 * new + 1, size[1])
        if done:
            evaluate(net, new)
    if done and not side:
        replaced(net, look, node, 2 * int(node) + 1)
    return done
