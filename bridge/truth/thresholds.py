"""Netlists of "at least so many of the inputs are 1" (majorities), made of comparators.

A beam search: from the truth table on, every state is what comparators have left of it (`bridge.truth.comparators`),
and of all that another comparator makes of a level's states, those of the fewest rows are the next level. So the first
level in which one signal is left has the smallest netlist: a comparator is 2 ANDs, and each signal but the last is
dropped once, with the AND or the OR that made it. What comes out is a selection network (Knuth, "The Art of Computer
Programming", volume 3, 5.3.4).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.arrays import Bits, Ints
from bridge.truth.comparators import VALUE, all_next, take
from bridge.truth.files import by_ones, symmetric, table_of

MOST_INPUTS = 15


def rebuilt(aig: Aig, beam: int, pause: Callable[[], object] = lambda: None) -> Aig:
    """The netlist that a search with so many states a level finds; the netlist itself where it is as small, and where
    it is not one output that tells whether at least so many of all inputs, at most `MOST_INPUTS`, are 1.

    `pause`: called between two levels; it may raise.
    """
    known = len(aig.outputs) == 1 and 1 < len(aig.inputs) <= MOST_INPUTS and not aig.latches and not aig.points
    table = table_of(aig) if known else np.zeros((1, 2), np.uint8)
    if not _threshold(table):
        return aig
    network = comparators(table[0], beam, pause)
    found = _made(aig, *network, bool(table[0, 0])) if network else aig
    return found if len(found.ands) < len(aig.ands) else aig


def _threshold(table: Bits) -> bool:
    """Does the value change once, with the number of inputs that are 1?"""
    return symmetric(table) and np.count_nonzero(np.diff(by_ones(table)[0])) == 1


def comparators(
    values: Bits, beam: int, pause: Callable[[], object] = lambda: None
) -> tuple[list[tuple[int, int]], int] | None:
    """Pairs of signals, where the AND takes the place of the first and the OR that of the second, and the signal that
    is left; None where no comparator makes fewer rows of any state. `values`: uint8[2**inputs]."""
    inputs = len(values).bit_length() - 1
    states = (np.arange(len(values)) | values.astype(np.int64) << VALUE).astype(np.int32)[None]
    counts, seen, levels = np.array([len(values)]), np.zeros((1 << VALUE) + 1, np.int64), list[Ints]()
    while counts[0] > 2:
        pause()
        steps = all_next(states, counts, inputs, seen)
        if not len(steps):
            return None
        steps = steps[np.argsort(steps[:, 0], kind="stable")]
        room = min(beam, len(steps))
        into = np.empty((room, states.shape[1]), np.int32)
        steps = steps[take(states, counts, steps, into, inputs, seen)]
        levels.append(steps)
        counts = steps[:, 0].copy()
        states = into[: len(steps), : counts.max()].copy()
    place, pairs = 0, list[tuple[int, int]]()
    for steps in reversed(levels):
        _, place, low, high = steps[place].tolist()
        pairs.append((low, high))
    return pairs[::-1], int(states[0, 0] ^ states[0, 1] ^ 1 << VALUE).bit_length() - 1


def _made(aig: Aig, pairs: list[tuple[int, int]], left: int, inverted: bool) -> Aig:
    """The netlist of the comparators, with the names of the one given."""
    builder = AigBuilder(aig.name)
    signals = list(builder.inputs(aig.inputs))
    for low, high in pairs:
        one, two = signals[low], signals[high]
        signals[low], signals[high] = builder.and_(one, two), builder.and_(one ^ 1, two ^ 1) ^ 1
    builder.output(aig.outputs[0].name, signals[left] ^ inverted)
    return builder.build()
