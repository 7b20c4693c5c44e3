"""Netlists of "at least so many of the inputs are 1" (majorities), found by playing games: see `bridge.truth.games`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.arrays import Bits, Int, Ints, Words
from bridge.truth.files import by_ones, symmetric, table_of
from bridge.truth.games import CHOICES, NEVER, NOT_ENDED, RARE, SLOTS, STEPS, Game, adapt, play_round
from bridge.truth.tally import LITERAL, MOST, ROOM, VARIABLES, Tally, ones
from bridge.truth.walk import ANY

MOST_INPUTS = 13
RARITIES = (-1.0, NEVER, -3.0, NEVER)  # what adders are beside comparators, in one match after the other


class _Best(NamedTuple):
    """The netlist of the best game: its fanins, as of a Tally, how many variables, the literal and its ANDs."""

    fanins: Ints
    variables: Int
    literal: Int
    ands: Int


def played(aig: Aig, rounds: int, matches: int, seed: int, pause: Callable[[], object] = lambda: None) -> Aig:
    """The smallest netlist that so many matches of `rounds` rounds, each of as many games, find; the netlist itself
    where it is as small, and where it is not one output that tells whether at least so many of all inputs, at most
    `MOST_INPUTS`, are 1.

    `pause`: called between two rounds; it may raise.
    """
    known = len(aig.outputs) == 1 and len(aig.inputs) <= MOST_INPUTS and not aig.latches and not aig.points
    least, inverted = _threshold(table_of(aig)) if known else (0, False)
    if not least:
        return aig
    run, size = np.array([ANY ^ seed, rounds], np.uint64), (len(aig.inputs), least)
    found = [_match(size, rounds, RARITIES[k % len(RARITIES)], run, pause) for k in range(matches)]
    best = min(found, key=lambda each: each.ands)
    return aig if best.ands >= len(aig.ands) else _made(aig, best, inverted)


def _threshold(table: Bits) -> tuple[int, bool]:
    """(how many inputs must be 1, whether the output is 0 then); 0 where the function is another one."""
    values = by_ones(table)[0] if symmetric(table) else np.zeros(1, np.uint8)
    changes = np.flatnonzero(np.diff(values))
    return (int(changes[0]) + 1, bool(values[0])) if len(changes) == 1 else (0, False)


def _match(size: tuple[int, int], rounds: int, rarity: float, run: Words, pause: Callable[[], object]) -> _Best:
    """The best of so many rounds, each of which begins with the policy that the best ones before have made."""
    start = _start(*size, rarity)
    places, games, best = (_copy(start), _copy(start)), (_game(), _game()), _game()
    policy = np.zeros(SLOTS + 1)
    policy[RARE] = rarity
    found = _Best(start.fanins, 0, 0, NOT_ENDED)
    for _ in range(rounds):
        pause()
        play_round(start, places, games, policy.copy(), run)
        ands = games[0].score[0]
        if ands < found.ands:
            netlist = places[0]
            found = _Best(netlist.fanins.copy(), netlist.counts[VARIABLES], netlist.signals[0, LITERAL], ands)
        if ands <= best.score[0]:
            for kept, played_now in zip(best, games[0], strict=True):
                kept[:] = played_now
        adapt(best, policy)
    return found


def _start(inputs: int, least: int, rarity: float) -> Tally:
    """Signals that are the inputs, over all rows; for comparators alone over row 0 and those at the threshold, of one
    number of ones and the next: what OR and AND make of those tells the others."""
    rows = np.arange(1 << inputs)
    if rarity <= NEVER:
        many = np.bitwise_count(rows)
        rows = rows[(rows == 0) | (many == least) | (many == least - 1)]
    rows = np.pad(rows, (0, -len(rows) % 64))
    bits = (rows >> np.arange(inputs)[:, None] & 1).astype(np.uint8)
    values = np.zeros((ROOM, len(rows) // 64), np.uint64)
    values[1 : 1 + inputs] = _words(bits)
    signals = np.zeros((MOST, 3), np.int64)
    for k in range(inputs):
        signals[k] = 2 * (1 + k), 1, ones(values[1 + k])
    sums = _words((bits.sum(0) == np.arange(inputs + 1)[:, None]).astype(np.uint8))
    counts = np.array([1 + inputs, inputs, least, inputs + 1])
    return Tally(np.zeros((ROOM, 2), np.int64), values, signals, sums, counts, 1 + inputs)


def _words(bits: Bits) -> Words:
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


def _copy(tally: Tally) -> Tally:
    fanins, values, signals, sums, counts, first = tally
    return Tally(fanins.copy(), values.copy(), signals.copy(), sums.copy(), counts.copy(), first)


def _game() -> Game:
    counts, chosen = np.zeros((2, STEPS), np.int64)
    marks, stack = np.zeros((2, 2 * ROOM), np.int64)
    choices, pairs = np.zeros((STEPS, CHOICES, 5), np.int64), np.zeros((MOST, MOST), np.int64)
    return Game(choices, counts, chosen, np.array([NOT_ENDED, 0]), pairs, marks, stack)


def _made(aig: Aig, best: _Best, inverted: bool) -> Aig:
    """That netlist with the names of the one given."""
    builder, inputs = AigBuilder(aig.name), len(aig.inputs)
    literals = np.zeros(best.variables, np.int64)
    literals[1 : 1 + inputs] = builder.inputs(aig.inputs)
    for variable in range(1 + inputs, best.variables):
        a, b = best.fanins[variable]
        both = builder.and_(int(literals[a >> 1] ^ (a & 1)), int(literals[b >> 1] ^ (b & 1)))
        literals[variable] = both ^ int(a & b & 1)
    top = literals[best.literal >> 1] ^ (best.literal & 1) ^ inverted
    builder.output(aig.outputs[0].name, int(top))
    return builder.build()
