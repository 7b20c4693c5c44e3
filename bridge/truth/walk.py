"""A walk through netlists of the same function: small rewrites of one node at a time, proven by whole truth tables.

A step takes a random AND and asks for which rows of the truth table its value matters to any output (flip it, and see).
On those rows something else may do as well: another node, which then takes its place; the AND of two others, or an AND
of one and an OR of two more, of either polarity. A rewrite that leaves no more ANDs than before is taken, even if it
gains nothing: that is how the walk leaves a dead end. One that adds an AND is taken with a probability that falls
(simulated annealing). The smallest netlist that was met is kept.

Rows are 64 to a word, so functions of few inputs only; every number of a step is one of words. The same seed takes the
same walk everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.arrays import Int, Ints, Words
from bridge.compiled import compiled, compiled_part

_ROOM = 64  # ANDs that may be there at a time beyond those of the smallest netlist
_UPHILL = 8  # how many more ANDs than the smallest netlist a walk may have
_TRIES = 6  # rewrites of a node that are tried before another node is taken
_THIRDS = 4  # second literals for which a third is looked for


class Net(NamedTuple):
    """A netlist that changes. Variables are those of an Aig, but for their order.

    `fanins`: int64[room, 2], literals; `values`: uint64[room, words], the rows of every variable; `outputs`: literals;
    `order`: ANDs in use, fanins first; `readers`: how often each variable is read, 0 for an AND that is free;
    `first`: the first AND; `marks`, `stack`: for whoever walks over it.
    """

    fanins: Ints
    values: Words
    outputs: Ints
    order: Ints
    readers: Ints
    first: int
    marks: Ints
    stack: Ints


class Look(NamedTuple):
    """What a step finds out about one AND. `above`: 1 for what depends on it; `flipped`: values of those if it were
    inverted; `sides`: uint64[2, words], rows that matter where it is 0 and where it is 1; `rest`: rows still to be
    dealt with; `covers`: int64[2, 2 * room], literals that are 1 on all rows of a side; `some`: literals for a third.
    """

    above: Ints
    flipped: Words
    sides: Words
    rest: Words
    covers: Ints
    some: Ints


@compiled_part
def _sort(net: Net) -> int:
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
def _read(net: Net, variable: Int, by: int) -> int:
    """Its fanins are read once more (`by` 1) or once less (-1), and so on below where one was or gets free: how many."""
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
def _evaluate(net: Net, variable: Int) -> None:
    a, b = net.fanins[variable]
    for word in range(net.values.shape[1]):
        left = net.values[a >> 1, word] ^ _mask(a)
        net.values[variable, word] = left & (net.values[b >> 1, word] ^ _mask(b))


@compiled_part
def _look(net: Net, look: Look, place: Int, count: Int) -> None:
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
    for word in range(len(rows)):
        if rows[word] & ~(values[word] ^ inverted):
            return False
    return True


@compiled_part
def _covers(net: Net, look: Look, count: Int, found: Ints) -> int:
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
    start = np.random.randint(found)
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
        one = look.some[np.random.randint(found)]
        for word in range(len(look.rest)):
            look.rest[word] = look.sides[side, word] & ~(net.values[one >> 1, word] ^ _mask(one))
        start = np.random.randint(found)
        for index in range(found):
            two = look.some[(start + index) % found]
            if two != one and _within(look.rest, net.values[two >> 1], _mask(two)):
                return int(one), int(two)
    return -1, -1


@compiled_part
def _replace(net: Net, look: Look, node: Int, literal: int) -> None:
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
    freed = _read(net, node, -1)
    net.fanins[node, 0], net.fanins[node, 1] = a, b
    if _read(net, node, 1) - freed <= most:
        return True
    _read(net, node, -1)
    net.fanins[node, 0], net.fanins[node, 1] = old, other
    _read(net, node, 1)
    return False


@compiled_part
def _rewrite(net: Net, look: Look, node: Int, found: Ints, size: tuple[int, int]) -> bool:
    """Try one rewrite; `found`: literals in `covers`; `size`: ANDs, and how many more there may be."""
    side = np.random.randint(2)
    if not found[side]:
        return False
    first = look.covers[side, np.random.randint(found[side])]
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
            _evaluate(net, new)
    if done and not side:
        _replace(net, look, node, 2 * int(node) + 1)
    return done


@compiled
def _walk(net: Net, look: Look, steps: int, heat: float, seed: int) -> int:
    """So many steps, and the smallest netlist that was met is left; how many ANDs it has."""
    np.random.seed(seed)
    found = np.zeros(2, np.int64)
    best = count = _sort(net)
    for index in range(count):
        _evaluate(net, net.order[index])
    fanins, outputs = net.fanins.copy(), net.outputs.copy()
    for step in range(steps):
        if not count:
            break
        place = np.random.randint(count)
        node = net.order[place]
        _look(net, look, place, count)
        literal = _covers(net, look, count, found)
        changed = literal >= 0
        if changed:
            _replace(net, look, node, literal)
            _read(net, node, -1)
        for _ in range(0 if changed else _TRIES):
            hot = count < best + _UPHILL and np.random.random() < heat * (steps - step) / steps
            changed = _rewrite(net, look, node, found, (count, 1 if hot else 0))
            if changed:
                break
        if changed:
            count = _sort(net)
            for index in range(count):
                if look.above[net.order[index]]:
                    _evaluate(net, net.order[index])
            if count <= best:
                best = count
                fanins[:], outputs[:] = net.fanins, net.outputs
    net.fanins[:], net.outputs[:] = fanins, outputs
    return _sort(net)


def walked(aig: Aig, steps: int, heat: float, seed: int) -> Aig:
    """The smallest netlist that a walk of so many steps meets, of a combinational one of few inputs, without points.

    `heat`: how likely a rewrite that adds an AND is taken in the beginning.
    """
    net = _net(aig)
    room, words = net.values.shape
    look = Look(
        np.zeros(room, np.int64),
        np.zeros((room, words), np.uint64),
        np.zeros((2, words), np.uint64),
        np.zeros(words, np.uint64),
        np.zeros((2, 2 * room), np.int64),
        np.zeros(2 * room, np.int64),
    )
    count = _walk(net, look, steps, heat, seed)
    builder = AigBuilder(aig.name)
    literals = np.zeros(room, np.int64)
    literals[1 : net.first] = builder.inputs(aig.inputs)
    for variable in net.order[:count]:
        a, b = net.fanins[variable]
        literals[variable] = builder.and_(int(literals[a >> 1] ^ (a & 1)), int(literals[b >> 1] ^ (b & 1)))
    builder.outputs((output.name for output in aig.outputs), (literals[net.outputs >> 1] ^ (net.outputs & 1)).tolist())
    return builder.build()


def _net(aig: Aig) -> Net:
    room, first = aig.variables + _ROOM, aig.first_and
    rows = np.arange(max(64, 1 << len(aig.inputs)))  # of less than 64 rows, some stand there several times
    bits = (rows >> np.arange(len(aig.inputs))[:, None] & 1).astype(np.uint8)
    values = np.zeros((room, len(rows) // 64), np.uint64)
    values[1:first] = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    fanins, readers = np.zeros((room, 2), np.int64), np.zeros(room, np.int64)
    fanins[first : aig.variables] = aig.ands
    outputs = np.array([output.literal for output in aig.outputs], np.int64)
    net = Net(fanins, values, outputs, np.zeros(room, np.int64), readers, first, *np.zeros((2, 2 * room), np.int64))
    used = net.order[: _sort(net)]
    np.add.at(readers, np.concatenate([fanins[used].ravel(), outputs]) >> 1, 1)
    return net
