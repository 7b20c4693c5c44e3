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

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.arrays import Floats, Ints, Words
from bridge.compiled import compiled
from bridge.compiled.xorshift import random
from bridge.errors import InputError
from bridge.truth.rewrites import Look, Net, covers, evaluate, look_at, read, replaced, rewrite, sort

MOST_INPUTS = 16
_MOST_BITS = 1 << 30  # of all variables
_TOGETHER, _WORDS = 2000, 1 << 28  # steps between two pauses, and words of all variables in all of them, at most
_FINE = 1 << 20  # parts of a heat of 1
_ROOM = 64  # ANDs that may be there at a time beyond those of the netlist
_UPHILL = 8  # how many more ANDs than the smallest netlist a walk may have
ANY = 0x9E3779B97F4A7C15  # for a random state, which may be any number but 0
_TRIES = 6  # rewrites of a node that are tried before another node is taken


class Kept(NamedTuple):
    """The smallest netlist that was met: its fanins, its outputs, and int64[1], how many ANDs it has."""

    fanins: Ints
    outputs: Ints
    size: Ints


@compiled
def _keep(net: Net, kept: Kept, count: int) -> None:
    """Also what is only as small: a walk goes on from where it is."""
    if count <= kept.size[0]:
        kept.fanins[:], kept.outputs[:], kept.size[0] = net.fanins, net.outputs, count


@compiled
def _step(net: Net, look: Look, kept: Kept, count: int, heat: float) -> int:
    """Look at a random AND and rewrite it, if that can be done; how many ANDs there are then."""
    found = look.found
    place = random(net.chance, count)
    node = net.order[place]
    look_at(net, look, place, count)
    literal = covers(net, look, count, found)
    changed = literal >= 0
    if changed:
        replaced(net, look, node, literal)
        read(net, node, -1)
    for _ in range(0 if changed else _TRIES):
        hot = count < kept.size[0] + _UPHILL and random(net.chance, _FINE) < heat * _FINE
        changed = rewrite(net, look, node, found, (count, 1 if hot else 0))
        if changed:
            break
    if not changed:
        return count
    count = sort(net)
    for index in range(count):
        if look.above[net.order[index]]:
            evaluate(net, net.order[index])
    return count


@compiled
def _walk(net: Net, look: Look, kept: Kept, heats: Floats) -> None:
    """A step for each of the heats, from where the net is."""
    count = sort(net)
    for index in range(count):
        evaluate(net, net.order[index])
    for heat in heats:
        if not count:
            break
        count = _step(net, look, kept, count, heat)
        _keep(net, kept, count)


def walked(aig: Aig, steps: int, heat: float, seed: int, pause: Callable[[], object] = lambda: None) -> Aig:
    """The smallest netlist that a walk of so many steps meets.

    `heat`: how likely a rewrite that adds an AND is taken in the beginning; it falls to 0. `pause`: called every
    second or so; it may raise. InputError for a netlist with latches or points, or too large.
    """
    net = _net(aig, seed)
    kept = walk_through(net, steps, heat, pause)
    return _made(aig, net._replace(fanins=kept.fanins, outputs=kept.outputs))


def walk_through(net: Net, steps: int, heat: float, pause: Callable[[], object]) -> Kept:
    """Walk so many steps from the net, which changes. `heat`, `pause`: as of `walked`."""
    look, kept = _look_of(net), Kept(net.fanins.copy(), net.outputs.copy(), np.array([sort(net)]))
    together = max(1, min(_TOGETHER, _WORDS // net.values.size))
    for start in range(0, steps, together):
        pause()
        gone = np.arange(start, min(start + together, steps)) / max(1, steps - 1)
        _walk(net, look, kept, heat * (1 - gone))
    return kept


def _made(aig: Aig, net: Net) -> Aig:
    """The net as a netlist with the names of that one."""
    builder = AigBuilder(aig.name)
    literals = np.zeros(len(net.fanins), np.int64)
    literals[1 : net.first] = builder.inputs(aig.inputs)
    for variable in net.order[: sort(net)]:
        a, b = net.fanins[variable]
        literals[variable] = builder.and_(int(literals[a >> 1] ^ (a & 1)), int(literals[b >> 1] ^ (b & 1)))
    outputs = literals[net.outputs >> 1] ^ (net.outputs & 1)
    builder.outputs((output.name for output in aig.outputs), outputs.tolist())
    return builder.build()


def _look_of(net: Net) -> Look:
    room, words = net.values.shape
    return Look(
        above=np.zeros(room, np.int64),
        flipped=np.zeros((room, words), np.uint64),
        sides=np.zeros((2, words), np.uint64),
        rest=np.zeros(words, np.uint64),
        covers=np.zeros((2, 2 * room), np.int64),
        found=np.zeros(2, np.int64),
        some=np.zeros(2 * room, np.int64),
    )


def _net(aig: Aig, seed: int) -> Net:
    if aig.latches or aig.points or len(aig.inputs) > MOST_INPUTS:
        raise InputError(f"a walk takes combinational netlists without points of at most {MOST_INPUTS} inputs")
    fanins = np.zeros((aig.variables, 2), np.int64)
    fanins[aig.first_and :] = aig.ands
    return net_of(fanins, len(aig.inputs), aig.output_literals(), np.array([ANY ^ seed], np.uint64))


def net_of(fanins: Ints, inputs: int, outputs: Ints, chance: Words) -> Net:
    """The net of such a netlist; `fanins`: int64[variables, 2]; `outputs`: literals; `chance`: the random state.
    InputError for one that is too large."""
    room, first = len(fanins) + _ROOM, 1 + inputs
    rows = np.arange(max(64, 1 << inputs))  # of less than 64 rows, some stand there several times
    if room * len(rows) > _MOST_BITS:
        raise InputError(f"a walk takes at most {_MOST_BITS // len(rows):,} ANDs of {inputs} inputs")
    bits = (rows >> np.arange(inputs)[:, None] & 1).astype(np.uint8)
    values = np.zeros((room, len(rows) // 64), np.uint64)
    values[1:first] = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    fanins, readers = np.pad(fanins, ((0, _ROOM), (0, 0))), np.zeros(room, np.int64)
    order, marks, stack = np.zeros((3, 2 * room), np.int64)
    net = Net(fanins, values, outputs.copy(), order, readers, first, marks=marks, stack=stack, chance=chance)
    used = net.order[: sort(net)]
    np.add.at(readers, np.concatenate([fanins[used].ravel(), outputs]) >> 1, 1)
    return net
