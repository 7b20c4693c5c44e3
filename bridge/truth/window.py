"""A window of a netlist: some ANDs with few leaves, found from one AND and put back when they have become others;
compiled. See `bridge.truth.windows` for what they are for.

A window grows below an AND, each time by the leaf that brings the fewest new ones (the reconvergence-driven cuts of
Mishchenko and Brayton, "Scalable logic synthesis using a simple circuit structure", 2006), then by all that reads
nothing else. No leaf depends on what is inside, so whatever the window becomes, there are no circles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Flags, Int, Ints, Words
from bridge.compiled import compiled
from bridge.compiled.xorshift import random
from bridge.truth.rewrites import Net

OUTSIDE, INSIDE, LEAF = 0, 1, 2
ROOM = 3
_SELDOM = 8
_FINE = 1 << 10  # parts of a leaf, for choosing at random among leaves that cost about the same


class Whole(NamedTuple):
    """A netlist in which windows are looked for.

    `fanins`: int64[variables, 2], literals; `spare`: as large or larger, for those after the next window; `first`: the
    first AND; `readers`: int64[variables], how often each is read, by outputs as well; `part`: int64[variables], what
    each is to the window; `number`: int64[variables], their variables in it; `reached`: bool[variables], for whoever
    walks over it.
    """

    fanins: Ints
    spare: Ints
    first: int
    readers: Ints
    part: Ints
    number: Ints
    reached: Flags


@compiled
def _take(whole: Whole, leaves: Ints, count: Int, index: Int) -> int:
    """Take a leaf into the window, its fanins for it; how many leaves there are then."""
    variable = leaves[index]
    leaves[index] = leaves[count - 1]
    count -= 1
    whole.part[variable] = INSIDE
    for side in range(2):
        fanin = whole.fanins[variable, side] >> 1
        if fanin and whole.part[fanin] == OUTSIDE:
            whole.part[fanin] = LEAF
            leaves[count] = fanin
            count += 1
    return int(count)


@compiled
def _grow(whole: Whole, leaves: Ints, most: Int, chance: Words) -> tuple[int, int]:
    """From the only leaf that there is: leaves, at most so many, and ANDs inside."""
    count, inside = _take(whole, leaves, 1, 0), 1
    while inside < len(whole.number):
        best, least = -1, np.int64(0)
        for index in range(count):
            variable = leaves[index]
            if variable < whole.first:
                continue
            more = -1
            for side in range(2):
                fanin = whole.fanins[variable, side] >> 1
                more += fanin > 0 and whole.part[fanin] == OUTSIDE
            cost = np.int64(more * _FINE + random(chance, _FINE + _FINE // 2))
            if count + more <= most and (best < 0 or cost < least):
                best, least = index, cost
        if best < 0:
            break
        count = _take(whole, leaves, count, best)
        inside += 1
    return count, inside


@compiled
def mark_above(whole: Whole) -> None:
    """Set `reached` for what is inside, and for what depends on it."""
    whole.reached[: whole.first] = False
    for variable in range(whole.first, len(whole.fanins)):
        a, b = whole.fanins[variable]
        above = whole.reached[a >> 1] or whole.reached[b >> 1]
        whole.reached[variable] = above or whole.part[variable] == INSIDE


@compiled
def _close(whole: Whole, leaves: Ints, count: Int, inside: Int, most: Int) -> tuple[int, int]:
    """Take in the leaves that depend on what is inside; 0, 0 where that needs too many."""
    while True:
        mark_above(whole)
        last = -1
        for index in range(count):
            if whole.reached[leaves[index]] and (last < 0 or leaves[index] > leaves[last]):
                last = index
        if last < 0:
            return int(count), int(inside)
        count = _take(whole, leaves, count, last)
        inside += 1
        if count > most:
            return 0, 0


@compiled
def _widen(whole: Whole, leaves: Ints, inside: Int, most: Int) -> int:
    """Take in what reads nothing else, unless a leaf depends on it; how many ANDs are inside, at most so many."""
    whole.reached[:] = False
    whole.reached[leaves] = True
    for variable in range(len(whole.fanins) - 1, whole.first - 1, -1):
        if whole.reached[variable]:
            whole.reached[whole.fanins[variable, 0] >> 1] = True
            whole.reached[whole.fanins[variable, 1] >> 1] = True
    for variable in range(whole.first, len(whole.fanins)):
        if inside >= most:
            break
        if whole.part[variable] == OUTSIDE and not whole.reached[variable]:
            a, b = whole.fanins[variable]
            if whole.part[a >> 1] != OUTSIDE and whole.part[b >> 1] != OUTSIDE:
                whole.part[variable] = INSIDE
                inside += 1
    return int(inside)


@compiled
def find(whole: Whole, leaves: Ints, bounds: tuple[int, int], chance: Words) -> tuple[int, int]:
    """A window with some AND at random in it: how many leaves and how many ANDs, at most as many as `bounds` say; 0, 0
    if none was found from there. `leaves`: int64[ROOM times that, and two more].

    On the way to few inputs of the netlist there may be many more leaves, so now and then a window grows through them.
    """
    most, ands = bounds
    whole.part[:] = OUTSIDE
    leaves[0] = whole.first + random(chance, len(whole.fanins) - whole.first)
    whole.part[leaves[0]] = LEAF
    wanted = most // 2 + random(chance, most - most // 2 + 1) if random(chance, _SELDOM) else ROOM * most
    count, inside = _grow(whole, leaves, wanted, chance)
    count, inside = _close(whole, leaves, count, inside, most)
    if not 0 < inside <= ands or count > most:
        return 0, 0
    return count, _widen(whole, leaves[:count], inside, ands)


@compiled
def take_out(whole: Whole, leaves: Ints, fanins: Ints, outputs: Ints) -> int:
    """Write the window as a netlist of its own, whose inputs are the leaves: `fanins`: int64[variables of it, 2], zeros
    before, and `outputs`: int64[as many as ANDs], its variables that others read; how many those are."""
    whole.number[0] = 0
    for index in range(len(leaves)):
        whole.number[leaves[index]] = 1 + index
    variable = 1 + len(leaves)
    for outer in range(whole.first, len(whole.fanins)):
        if whole.part[outer] == INSIDE:
            whole.number[outer] = variable
            outputs[variable - 1 - len(leaves)] = whole.readers[outer]
            for side in range(2):
                literal = whole.fanins[outer, side]
                inner = whole.number[literal >> 1]
                fanins[variable, side] = 2 * inner | (literal & 1)
                if inner > len(leaves):
                    outputs[inner - 1 - len(leaves)] -= 1
            variable += 1
    count = 0
    for index in range(variable - 1 - len(leaves)):
        if outputs[index]:
            outputs[count] = 1 + len(leaves) + index
            count += 1
    return count


@compiled
def _image(images: Ints, literal: Int) -> int:
    return int(images[literal >> 1] ^ (literal & 1))


@compiled
def _write(whole: Whole, variable: Int, images: Ints, used: Int) -> int:
    """Write an AND of the netlist after the `used` variables that there are; how many there are then."""
    for side in range(2):
        whole.spare[used, side] = _image(images, whole.fanins[variable, side])
    images[variable] = 2 * used
    return int(used + 1)


@compiled
def put_back(whole: Whole, net: Net, order: Ints, shown: Ints, images: Ints) -> int:
    """Write the netlist to `spare`, with the window as it is in the net now; how many variables it has then.

    What the window does not change comes first, all but what is above it; then the ANDs of the net in this `order`,
    then the rest. `shown`: the variables that the outputs of the net were; `images`: int64[variables], gets their
    literals there, but for what was inside and nobody reads.
    """
    mark_above(whole)
    inner = np.zeros(len(net.fanins), np.int64)
    used = whole.first
    for variable in range(whole.first):
        images[variable] = 2 * variable
    for variable in range(whole.first, len(whole.fanins)):
        if not whole.reached[variable]:
            used = _write(whole, variable, images, used)
    for variable in range(1, len(whole.fanins)):
        if whole.part[variable] == LEAF:
            inner[whole.number[variable]] = images[variable]
    for variable in order:
        for side in range(2):
            whole.spare[used, side] = _image(inner, net.fanins[variable, side])
        inner[variable] = 2 * used
        used += 1
    for index in range(len(shown)):
        images[shown[index]] = _image(inner, net.outputs[index])
    for variable in range(whole.first, len(whole.fanins)):
        if whole.reached[variable] and whole.part[variable] != INSIDE:
            used = _write(whole, variable, images, used)
    return used


@compiled
def count_readers(whole: Whole, roots: Ints) -> None:
    """Set `readers`, where the outputs are these literals."""
    whole.readers[:] = 0
    for variable in range(whole.first, len(whole.fanins)):
        for side in range(2):
            whole.readers[whole.fanins[variable, side] >> 1] += 1
    for literal in roots:
        whole.readers[literal >> 1] += 1
