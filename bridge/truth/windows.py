"""A netlist of any number of inputs, made smaller window by window: each takes a walk of its own.

A window has few leaves, so its outputs have truth tables, and `bridge.truth.walk` finds smaller netlists of them. What
it finds is put back even where it is only as small: with other nodes to share, later windows find what this one did
not. Windows are looked for from ANDs at random. Nothing is assumed of the leaves or of who reads the outputs, so the
truth tables of a window prove what it became. The same seed does the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.literals import through
from bridge.aig.strash import strash_all
from bridge.arrays import Ints, Words
from bridge.errors import InputError
from bridge.truth.rewrites import sort
from bridge.truth.walk import ANY, net_of, walk_through
from bridge.truth.window import INSIDE, ROOM, Whole, count_readers, find, put_back, take_out

MOST_ANDS = 500_000  # of a netlist: each window looks at all of it
_MOST_LOOKS = 1 << 33  # at a variable, by all windows: larger netlists have fewer windows for an AND
_TOGETHER = 100  # windows, before ANDs of different ones that are equal become one; that takes as long as some ten
LEAST = 6  # ANDs of a window


@dataclass(frozen=True)
class Windows:
    """`share`: windows for every AND of the netlist; `least`: windows in all, at least; `leaves`, `ands`: of each, at
    most; `steps`: of its walk, for every AND in it; `heat`: of the walk, as for `walked`; `seed`."""

    share: float
    least: int
    leaves: int
    ands: int
    steps: int
    heat: float
    seed: int


def windowed(aig: Aig, given: Windows, pause: Callable[[], object] = lambda: None) -> Aig:
    """The netlist after walks in all these windows, never larger. `pause`: called every second or so; it may raise.
    InputError for a netlist with latches or points, or too large."""
    if aig.latches or aig.points or len(aig.ands) > MOST_ANDS:
        raise InputError(f"windows take combinational netlists without points of at most {MOST_ANDS:,} ANDs")
    chance = np.array([ANY ^ given.seed], np.uint64)
    left = min(max(round(len(aig.ands) * given.share), given.least), _MOST_LOOKS // aig.variables)
    while left > 0:
        whole, roots = _whole(aig), aig.output_literals()
        for _ in range(min(left, _TOGETHER)):
            pause()
            if len(whole.fanins) > whole.first:
                whole, roots = _once(whole, roots, given, chance, pause)
        aig = _hashed(aig, whole.fanins, roots)
        left -= _TOGETHER
    return aig


def _once(whole: Whole, roots: Ints, given: Windows, chance: Words, pause: Callable[[], object]) -> tuple[Whole, Ints]:
    """The netlist and its outputs, literals, after a walk in one window."""
    room = np.zeros(ROOM * given.leaves + 2, np.int64)
    count, inside = find(whole, room, (given.leaves, given.ands), chance)
    if inside < LEAST:
        return whole, roots
    fanins = np.zeros((1 + count + inside, 2), np.int64)
    outputs = np.zeros(inside, np.int64)
    outputs = outputs[: take_out(whole, room[:count], fanins, outputs)]
    net = net_of(fanins, count, 2 * outputs, chance)
    before = net.fanins.copy()
    kept = walk_through(net, given.steps * inside, given.heat, pause)
    if np.array_equal(kept.fanins, before) and np.array_equal(kept.outputs, 2 * outputs):
        return whole, roots
    net = net._replace(fanins=kept.fanins, outputs=kept.outputs)
    shown = np.flatnonzero(whole.part == INSIDE)[outputs - 1 - count]
    images = np.zeros(len(whole.fanins), np.int64)
    used = put_back(whole, net, net.order[: sort(net)], shown, images)
    whole, roots = _shorter(whole, used), images[roots >> 1] ^ (roots & 1)
    count_readers(whole, roots)
    return whole, roots


def _shorter(whole: Whole, used: int) -> Whole:
    """With what was written to `spare`, so many variables; what was there is room for what comes next."""
    return Whole(
        fanins=whole.spare[:used],
        spare=whole.fanins,
        first=whole.first,
        readers=whole.readers[:used],
        part=whole.part[:used],
        number=whole.number[:used],
        reached=whole.reached[:used],
    )


def _whole(aig: Aig) -> Whole:
    fanins, spare = np.zeros((2, aig.variables, 2), np.int64)
    fanins[aig.first_and :] = aig.ands
    readers, part, number = np.zeros((3, aig.variables), np.int64)
    whole = Whole(fanins, spare, aig.first_and, readers, part, number, np.zeros(aig.variables, np.bool_))
    count_readers(whole, aig.output_literals())
    return whole


def _hashed(aig: Aig, fanins: Ints, roots: Ints) -> Aig:
    """The netlist of these fanins and outputs with the names of that one; what is equal becomes one, and what nobody
    reads goes."""
    builder = AigBuilder(aig.name, len(fanins))
    literals = np.zeros(len(fanins), np.int64)
    literals[1 : aig.first_and] = builder.inputs(aig.inputs)
    strash_all(builder.graph, fanins[aig.first_and :].astype(np.uint32), literals)
    builder.outputs((output.name for output in aig.outputs), through(literals, roots).tolist())
    return builder.build()
