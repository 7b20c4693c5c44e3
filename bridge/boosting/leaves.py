"""The values of leaves, for the least of code length and gates together.

A tree becomes one multiplexer tree per bit of its leaves, and constants make multiplexers small: no AND where both ends
are constant (equal, or the question itself), one where one end is, else three. So what a leaf value costs depends on
its neighbours; dynamic programming from the leaves up finds the best.
"""

from __future__ import annotations

import numpy as np

from bridge.arrays import Floats, Ints, Ints32
from bridge.boosting.growth import Tree
from bridge.compiled import compiled

BITS = 2
LEVELS = np.array([0, 1, -2, -1])  # in the order of their bits, two's complement
VARIES = 2  # what a bit of a subtree can be: 0, 1, or not constant
STATES = 3**BITS


def fitted(splits: Ints32, wanted: Floats, weights: Floats, shift: int, price: float) -> tuple[Ints32, float]:
    """(int32[leaves], total): values, multiples of `2**shift`, for the least total of `weights * (value - wanted)**2`
    and `price` for every AND of the multiplexers."""
    levels = LEVELS << shift
    losses = weights[:, None] * (levels - wanted[:, None]) ** 2
    if not len(splits):
        return levels[losses.argmin(axis=1)].astype(np.int32), float(losses.min())
    chosen, total = cheapest(splits, losses, price)
    return levels[chosen].astype(np.int32), float(total)


def pruned(tree: Tree) -> None:
    """Drop splits whose two ways are leaves of equal value, again and again."""
    values: list[int] = []
    splits: list[list[int]] = []
    known: dict[int, int | None] = {}  # split -> the value that it always gives
    for index in range(len(tree.splits) - 1, -1, -1):
        ends = [int(tree.values[~end]) if end < 0 else known[end] for end in tree.splits[index, 2:].tolist()]
        known[index] = ends[0] if ends[0] == ends[1] else None

    def copy(end: int) -> int:
        value = int(tree.values[~end]) if end < 0 else known[end]
        if value is not None:
            values.append(value)
            return ~(len(values) - 1)
        splits.append([*tree.splits[end, :2].tolist(), end, end])
        return len(splits) - 1

    copy(0 if len(tree.splits) else ~0)
    done = 0
    while done < len(splits):
        old = splits[done][2]
        splits[done][2:] = [copy(end) for end in tree.splits[old, 2:].tolist()]
        done += 1
    tree.splits, tree.values = np.array(splits, np.int32).reshape(-1, 4), np.array(values, np.int32)


@compiled
def cheapest(splits: Ints32, losses: Floats, price: float) -> tuple[Ints, float]:
    """int64[leaves], the level of each leaf, and the least total. splits: int32[n, 4] as in `Tree`, parents first, at
    least one; losses: float64[leaves, levels]; price: of an AND, in the unit of the losses."""
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
def _joins() -> tuple[Ints, Ints]:
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
def _ends(splits: Ints32, losses: Floats, best: Floats, index: int) -> Floats:
    """float64[STATES] for both ends of a split."""
    found = np.full((2, STATES), np.inf)
    for side in range(2):
        end = splits[index, 2 + side]
        if end >= 0:
            found[side] = best[end]
        else:
            for level in range(1 << BITS):
                found[side, _state(level)] = losses[~end, level]
    return found


@compiled
def _state(level: int) -> int:
    """Of a constant."""
    state, place = 0, 1
    for bit in range(BITS):
        state += place * (level >> bit & 1)
        place *= 3
    return state


@compiled
def _level(state: int) -> int:
    """Of a state without a bit that varies."""
    level = 0
    for bit in range(BITS):
        level |= (state % 3) << bit
        state //= 3
    return level
