"""Netlists of threshold functions of equal weights (majorities), found by playing games: see `bridge.truth.games`."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig, AigBuilder, default_names
from bridge.arrays import Ints, Words
from bridge.truth.games import CHOICES, SLOTS, STEPS, Game, adapt, play_round
from bridge.truth.tally import LITERAL, MOST, ROOM, VARIABLES, Tally, ones
from bridge.truth.walk import ANY


def played(inputs: int, least: int, games: int, seed: int, name: str = "") -> Aig:
    """A netlist of "at least so many of the inputs are 1", the smallest of games**2 games; 0 < `least` <= `inputs`.

    Each of `games` rounds has as many games; its best one steers those that follow. With inputs i0, i1, ..., output o0.
    """
    start = _start(inputs, least)
    places = (_room_of(start), _room_of(start))
    best, rounds = _game(), (_game(), _game())
    policy, run = np.zeros(SLOTS), np.array([ANY ^ seed, games], np.uint64)
    found: tuple[Ints, int, int] | None = None
    for _ in range(games):
        play_round(start, places, rounds, policy.copy(), run)
        if rounds[0].score[0] <= best.score[0]:
            if rounds[0].score[0] < best.score[0]:
                found = (places[0].fanins.copy(), places[0].counts[VARIABLES], places[0].signals[0, LITERAL])
            for mine, theirs in zip(best, rounds[0], strict=True):
                mine[:] = theirs
        adapt(best, policy)
    assert found is not None
    return _made(inputs, found, name)


def _start(inputs: int, least: int) -> Tally:
    rows = np.arange(max(64, 1 << inputs))
    bits = (rows >> np.arange(inputs)[:, None] & 1).astype(np.uint8)
    values = np.zeros((ROOM, len(rows) // 64), np.uint64)
    values[1 : 1 + inputs] = _words(bits)
    signals = np.zeros((MOST, 3), np.int64)
    for k in range(inputs):
        signals[k] = 2 * (1 + k), 1, ones(values[1 + k])
    sums = _words((bits.sum(0) == np.arange(inputs + 1)[:, None]).astype(np.uint8))
    counts = np.array([1 + inputs, inputs, least, inputs + 1])
    return Tally(np.zeros((ROOM, 2), np.int64), values, signals, sums, counts, 1 + inputs)


def _words(bits: np.ndarray) -> Words:
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


def _room_of(start: Tally) -> Tally:
    return start._replace(**{k: v.copy() for k, v in start._asdict().items() if k != "first"})


def _game() -> Game:
    counts, chosen = np.zeros((2, STEPS), np.int64)
    marks, stack = np.zeros((2, 2 * ROOM), np.int64)
    pairs = np.zeros((MOST, MOST), np.int64)
    choices = np.zeros((STEPS, CHOICES, 5), np.int64)
    return Game(choices, counts, chosen, np.array([1 << 20, 0]), pairs, marks, stack)


def _made(inputs: int, found: tuple[Ints, int, int], name: str) -> Aig:
    fanins, variables, literal = found
    builder = AigBuilder(name)
    literals = np.zeros(variables, np.int64)
    literals[1 : 1 + inputs] = builder.inputs(default_names("i", inputs))
    for variable in range(1 + inputs, variables):
        a, b = fanins[variable]
        both = builder.and_(int(literals[a >> 1] ^ (a & 1)), int(literals[b >> 1] ^ (b & 1)))
        literals[variable] = both ^ (a & b & 1)
    builder.output("o0", int(literals[literal >> 1] ^ (literal & 1)))
    return builder.build()
