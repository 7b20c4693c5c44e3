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
from bridge.arrays import Ints, Words
from bridge.errors import InputError
from bridge.truth.rewrites import sort
from bridge.truth.walk import ANY, Kept, net_of, walk_through
from bridge.truth.window import INSIDE, ROOM, Whole, find, mark_above, put_above, put_back, take_out

MOST_ANDS = 200_000  # of a netlist: each window looks at all of it
_MOST_LOOKS = 1 << 32  # at a variable, by all windows: larger netlists have fewer windows for an AND
_INSIDE = 1000  # ANDs of a window, at most
_LEAST = 6  # and at least


@dataclass(frozen=True)
class Windows:
    """`share`: windows for every AND of the netlist; `leaves`: of each, at most; `steps`: of its walk, for every AND
    in it; `heat`: of the walk, as for `walked`; `seed`."""

    share: float
    leaves: int
    steps: int
    heat: float
    seed: int


def windowed(aig: Aig, given: Windows, pause: Callable[[], object] = lambda: None) -> Aig:
    """The netlist after walks in all these windows, never larger. `pause`: called every second or so; it may raise.
    InputError for a netlist with latches or points, or too large."""
    if aig.latches or aig.points or len(aig.ands) > MOST_ANDS:
        raise InputError(f"windows take combinational netlists without points of at most {MOST_ANDS:,} ANDs")
    chance = np.array([ANY ^ given.seed], np.uint64)
    whole = _whole(aig)
    for _ in range(min(round(len(aig.ands) * given.share), _MOST_LOOKS // aig.variables)):
        pause()
        changed = _once(aig, whole, given, chance, pause) if len(aig.ands) else None
        if changed is not None:
            aig, whole = changed, _whole(changed)
    return aig


def _once(aig: Aig, whole: Whole, given: Windows, chance: Words, pause: Callable[[], object]) -> Aig | None:
    """The netlist after a walk in one window; None if nothing changed."""
    room = np.zeros(ROOM * given.leaves + 2, np.int64)
    count, inside = find(whole, room, (given.leaves, _INSIDE), chance)
    if inside < _LEAST:
        return None
    fanins = np.zeros((1 + count + inside, 2), np.int64)
    outputs = np.zeros(inside, np.int64)
    outputs = outputs[: take_out(whole, room[:count], fanins, outputs)]
    net = net_of(fanins, count, 2 * outputs, chance)
    before = net.fanins.copy()
    kept = walk_through(net, given.steps * inside, given.heat, pause)
    if np.array_equal(kept.fanins, before) and np.array_equal(kept.outputs, 2 * outputs):
        return None
    net = net._replace(fanins=kept.fanins, outputs=kept.outputs)
    shown = np.flatnonzero(whole.part == INSIDE)[outputs - 1 - count]
    return _put_back(aig, whole, kept, net.order[: sort(net)], shown)


def _put_back(aig: Aig, whole: Whole, kept: Kept, order: Ints, shown: Ints) -> Aig:
    """The netlist with what a walk has kept of the window, in that order. `shown`: variables that the outputs of the
    window are in the netlist."""
    builder = AigBuilder(aig.name, aig.variables + len(kept.fanins))
    literals = np.zeros(aig.variables, np.int64)
    literals[1 : aig.first_and] = builder.inputs(aig.inputs)
    mark_above(whole)
    inner = np.zeros(len(kept.fanins), np.int64)
    put_back(builder.graph, whole, literals, kept.fanins, order, inner)
    literals[shown] = inner[kept.outputs >> 1] ^ (kept.outputs & 1)
    put_above(builder.graph, whole, literals)
    roots = aig.output_literals()
    builder.outputs((output.name for output in aig.outputs), (literals[roots >> 1] ^ (roots & 1)).tolist())
    return builder.build()


def _whole(aig: Aig) -> Whole:
    fanins = np.zeros((aig.variables, 2), np.int64)
    fanins[aig.first_and :] = aig.ands
    read = np.concatenate([fanins[aig.first_and :].ravel(), aig.output_literals()]) >> 1
    readers = np.bincount(read, minlength=aig.variables)
    part, number = np.zeros((2, aig.variables), np.int64)
    return Whole(fanins, aig.first_and, readers, part, number, np.zeros(aig.variables, np.bool_))
