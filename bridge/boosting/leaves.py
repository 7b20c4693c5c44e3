"""Leaf values for the least of code length and gates together, in compiled code.

A tree becomes one multiplexer tree per bit of its leaves, and constants make multiplexers small: no AND where both ends
are constant (equal, or the question itself), one where one end is, else three. So what a leaf value costs depends on
its neighbours; dynamic programming from the leaves up finds the best.
"""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled

BITS = 2
LEVELS = 1 << BITS  # in the order of their bits: 0, 1, -2, -1 in two's complement
VARIES = 2  # what a bit of a subtree can be: 0, 1, or not constant
STATES = 3**BITS


@compiled
def cheapest(splits, losses, price):
    """int64[leaves], the level of each leaf, and the least total. splits: int32[n, 4] as in `Tree`, parents first, at
    least one; losses: float64[leaves, LEVELS]; price: of an AND, in the unit of the losses."""
    joined, ands = _joins()
    best = np.full((len(splits), STATES), np.inf)
    ways = np.zeros((len(splits), STATES), np.int64)
    for index in range(len(splits) - 1, -1, -1):
        then, other = _ends(splits, losses, best, index)
        for a in range(STATES):
            for b in range(STATES):
                total = then[a] + other[b] + price * ands[a, b]
                state = joined[a, b]
                if total < best[index, state]:
                    best[index, state] = total
                    ways[index, state] = a * STATES + b
    states = np.zeros(len(splits), np.int64)
    states[0] = np.argmin(best[0])
    levels = np.zeros(len(losses), np.int64)
    for index in range(len(splits)):
        way = ways[index, states[index]]
        for side in range(2):
            end, state = splits[index, 2 + side], way % STATES if side else way // STATES
            if end >= 0:
                states[end] = state
            else:
                levels[~end] = _level(state)
    return levels, best[0, states[0]]


@compiled
def _joins():
    """(state of a split, its ANDs) by the states of its two ends, int64[STATES, STATES] each."""
    joined, ands = np.zeros((STATES, STATES), np.int64), np.zeros((STATES, STATES), np.int64)
    for a in range(STATES):
        for b in range(STATES):
            place, x, y = 1, a, b
            for _ in range(BITS):
                one, two = x % 3, y % 3
                joined[a, b] += place * (one if one == two else VARIES)
                if one == VARIES or two == VARIES:
                    ands[a, b] += 3 if one == two else 1
                place, x, y = 3 * place, x // 3, y // 3
    return joined, ands


@compiled
def _ends(splits, losses, best, index):
    """float64[STATES] for both ends of a split."""
    found = np.full((2, STATES), np.inf)
    for side in range(2):
        end = splits[index, 2 + side]
        if end >= 0:
            found[side] = best[end]
        else:
            for level in range(LEVELS):
                found[side, _state(level)] = losses[~end, level]
    return found


@compiled
def _state(level):
    """Of a constant."""
    state, place = 0, 1
    for bit in range(BITS):
        state += place * (level >> bit & 1)
        place *= 3
    return state


@compiled
def _level(state):
    """Of a state without a bit that varies."""
    level = 0
    for bit in range(BITS):
        level |= (state % 3) << bit
        state //= 3
    return level
