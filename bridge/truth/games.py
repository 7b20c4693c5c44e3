"""Many ways to come to a threshold function, played like games, the later ones by what the best ones did; compiled.

Nested rollout policy adaptation (Rosin, "Nested rollout policy adaptation for Monte Carlo tree search", 2011): a game
takes random steps until one signal is left (`bridge.truth.tally`), and its score are the ANDs below that. Every kind of
step has a weight, which grows where the best game so far took it; the best games of many such rounds steer the rounds
that follow. Steps whose signals look alike are one: a signal looks like its weight and the number of rows in which it
is 1, a pair as well like the number of rows in which both are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Floats, Int, Ints, Words
from bridge.compiled import compiled, compiled_part
from bridge.compiled.xorshift import random
from bridge.truth.tally import (
    ADD,
    COMPARE,
    LITERAL,
    ONES,
    ROOM,
    SIGNALS,
    UNFOLD,
    VARIABLES,
    WEIGHT,
    Tally,
    common,
    take_step,
)

STEPS, CHOICES = 64, 512  # of a game; between which a step is chosen
SLOTS = 1 << 15  # weights of a policy; what shares one by chance is taken for the same
RARE = SLOTS  # the last weight: what is added to those of all steps that are no comparators
NEVER = -100.0
_FINE = 1 << 30
NOT_ENDED = 1 << 20  # the score of a game that ends nowhere


class Game(NamedTuple):
    """What could be chosen, and what was. `choices`: int64[STEPS, CHOICES, 5]: slot, kind, places; `counts`:
    int64[STEPS], how many; `chosen`: int64[STEPS]; `score`: int64[2]: ANDs and steps; `pairs`: int64[MOST, MOST], how
    many rows two signals have in common; `marks`, `stack`: int64[2 * ROOM], for a walk over the netlist."""

    choices: Ints
    counts: Ints
    chosen: Ints
    score: Ints
    pairs: Ints
    marks: Ints
    stack: Ints


@compiled_part
def _mixed(number: Int) -> int:
    """Scattered as splitmix64 does (Steele, Lea, Flood 2014); not negative."""
    state = np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int((state ^ (state >> np.uint64(31))) >> np.uint64(16))


@compiled_part
def _offer(game: Game, step: Int, kind: Int, look: Int, places: tuple[int, int, int]) -> None:
    """Offer a step unless one that looks alike was."""
    slot, count = (_mixed(look) + kind) & (SLOTS - 1), game.counts[step]
    for index in range(count):
        if game.choices[step, index, 0] == slot:
            return
    if count < CHOICES:
        game.choices[step, count, 0], game.choices[step, count, 1] = slot, kind
        for index in range(3):
            game.choices[step, count, 2 + index] = places[index]
        game.counts[step] += 1


@compiled_part
def _offer_all(game: Game, step: Int, tally: Tally, adders: bool) -> None:
    """Offer the steps that there are, adders where `adders` says so."""
    signals, count, pairs = tally.signals, tally.counts[SIGNALS], game.pairs
    game.counts[step] = 0
    for i in range(count):
        for j in range(i):
            w, v = signals[i, WEIGHT], signals[j, WEIGHT]
            if w == v:
                pairs[i, j] = both = common(tally, signals[i, LITERAL], signals[j, LITERAL])
                if both != signals[i, ONES] and both != signals[j, ONES]:
                    look = w + _mixed(_mixed(signals[i, ONES]) + _mixed(signals[j, ONES]) + 3 * both)
                    _offer(game, step, COMPARE, look, (i, j, -1))
            elif w == 2 * v or v == 2 * w:
                look = w + _mixed(5 * signals[i, ONES] + v) + _mixed(5 * signals[j, ONES] + w)
                _offer(game, step, UNFOLD, look, (i, j, -1))
    for i in range(count if adders else 0):
        for j in range(i):
            for k in range(j if signals[j, WEIGHT] == signals[i, WEIGHT] else 0):
                if signals[k, WEIGHT] == signals[i, WEIGHT]:
                    alike = _mixed(signals[i, ONES]) + _mixed(signals[j, ONES]) + _mixed(signals[k, ONES])
                    look = 7 * signals[i, WEIGHT] + _mixed(alike + 3 * (pairs[i, j] + pairs[i, k] + pairs[j, k]))
                    _offer(game, step, ADD, look, (i, j, k))


@compiled_part
def _appeal(game: Game, step: Int, index: Int, policy: Floats) -> float:
    rare = 0.0 if game.choices[step, index, 1] == COMPARE else policy[RARE]
    return float(np.exp(policy[game.choices[step, index, 0]] + rare))


@compiled_part
def _choose(game: Game, step: Int, policy: Floats, chance: Words) -> int:
    total = 0.0
    for index in range(game.counts[step]):
        total += _appeal(game, step, index, policy)
    left = total * random(chance, _FINE) / _FINE
    for index in range(game.counts[step]):
        left -= _appeal(game, step, index, policy)
        if left < 0:
            return index
    return int(game.counts[step]) - 1


@compiled_part
def _below(game: Game, tally: Tally, literal: Int) -> int:
    """How many ANDs the literal needs."""
    marks, stack = game.marks, game.stack
    marks[:] = 0
    top, count = 0, 0
    stack[0] = literal >> 1
    while top >= 0:
        variable = stack[top]
        top -= 1
        if variable >= tally.first and not marks[variable]:
            marks[variable] = 1
            count += 1
            for side in range(2):
                top += 1
                stack[top] = tally.fanins[variable, side] >> 1
    return count


@compiled
def _play(start: Tally, tally: Tally, game: Game, policy: Floats, chance: Words) -> None:
    """Play one game from the start; `tally` is what it ends with."""
    tally.counts[:], tally.signals[:], tally.sums[:] = start.counts, start.signals, start.sums
    step = 0
    while tally.counts[SIGNALS] > 1 and step < STEPS and tally.counts[VARIABLES] < ROOM - 6:
        _offer_all(game, step, tally, policy[RARE] > NEVER)
        if not game.counts[step] or tally.counts[SIGNALS] == len(tally.signals):
            break
        index = _choose(game, step, policy, chance)
        game.chosen[step] = index
        _, kind, a, b, c = game.choices[step, index]
        take_step(tally, kind, (a, b, c))
        step += 1
    ended = tally.counts[SIGNALS] == 1
    game.score[0] = _below(game, tally, tally.signals[0, LITERAL]) if ended else NOT_ENDED
    game.score[1] = step


@compiled_part
def _adapt(game: Game, policy: Floats) -> None:
    """Make more likely what was chosen in the game."""
    for step in range(game.score[1]):
        total = 0.0
        for index in range(game.counts[step]):
            total += _appeal(game, step, index, policy)
        chosen = game.choices[step, game.chosen[step], 0]
        for index in range(game.counts[step]):
            slot = game.choices[step, index, 0]
            policy[slot] -= _appeal(game, step, index, policy) / total
        policy[chosen] += 1


@compiled
def play_round(start: Tally, places: tuple[Tally, Tally], games: tuple[Game, Game], policy: Floats, run: Words) -> None:
    """Play run[1] games from the start, each with the policy that those before have made; the best one and the netlist
    of it are left in the first places. `run`: uint64[2], the random state and that number."""
    best, tally, kept, game = games[0], places[1], places[0], games[1]
    best.score[0] = NOT_ENDED
    for _ in range(run[1]):
        _play(start, tally, game, policy, run[:1])
        if game.score[0] <= best.score[0]:
            if game.score[0] < best.score[0]:
                kept.fanins[:], kept.signals[:], kept.counts[:] = tally.fanins, tally.signals, tally.counts
            best.score[:], best.counts[:], best.chosen[:] = game.score, game.counts, game.chosen
            for step in range(game.score[1]):
                for index in range(game.counts[step]):
                    best.choices[step, index] = game.choices[step, index]
        _adapt(best, policy)


@compiled
def adapt(game: Game, policy: Floats) -> None:
    """Make more likely what was chosen in the game."""
    _adapt(game, policy)
