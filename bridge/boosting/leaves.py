"""The values of leaves, two for each tree, for the least of code length and gates together.

With two values a tree is one bit, and becomes a tree of multiplexers, which constants make small: no AND where both
ends are constant (equal, or the question itself), one where one end is, else three. Or it becomes neurons: a
conjunction for every largest part of the tree that is constantly 1 (or 0: then their disjunction is the complement). So
what a leaf costs depends on its neighbours; dynamic programming from the leaves up finds the best leaves for two
values, and the best values for the leaves that have each are their means: in turns, until nothing changes.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from bridge.arrays import Floats, Ints, Ints32
from bridge.boosting.growth import Limits, Tree
from bridge.compiled import compiled

STEPS = np.array([1, 2, 4, 8, 16, 32, 64])  # between the two values of a tree: every further digit is an adder
STARTS = (-1.0, 1.0), (0.0, 2.0), (-2.0, 0.0)  # of the two values, in standard deviations
ROUNDS = 8
ADDER = 6  # ANDs that one more bit takes in a sum
STATES = 3
VARIES = 2  # what a subtree can be: 0, 1, or not constant
PATH = 4  # ANDs of a conjunction, common parts shared, and of its place in the disjunction
# ANDs of joining two ends by what they are, int64[ways to do it, STATES, STATES].
MULTIPLEXERS = np.array([[[0, 0, 1], [0, 0, 1], [1, 1, 3]]])
CONJUNCTIONS = PATH * np.array([[[0, 1, 0], [1, 0, 1], [0, 1, 0]], [[0, 1, 1], [1, 0, 0], [1, 0, 0]]])


def fitted(
    splits: Ints32, wanted: Floats, weights: Floats, limits: Limits, joins: Ints = MULTIPLEXERS
) -> tuple[Ints32, float]:
    """(int32[leaves], total): values, two different ones at most, for the least total that is found of `weights *
    (value - wanted)**2` and the price of the ANDs: none if all are equal, else those of the cheapest of joins and
    ADDER."""
    mean = np.average(wanted, weights=weights)
    spread = float(np.sqrt(np.average((wanted - mean) ** 2, weights=weights)))
    values = np.full(len(wanted), round(mean), np.int32)
    best = float((weights * (values - wanted) ** 2).sum())
    if not len(splits):
        return values, best
    for ands, start in product(joins, STARTS):
        levels = _whole(*(spread * place for place in start))
        for _ in range(ROUNDS):
            chosen, total = cheapest(splits, weights[:, None] * (levels - wanted[:, None]) ** 2, limits.price * ands)
            total += limits.price * ADDER
            if total < best:
                values, best = levels[chosen].astype(np.int32), float(total)
            if chosen.min() == chosen.max():
                break
            again = _whole(*(np.average(wanted[chosen == side], weights=weights[chosen == side]) for side in (0, 1)))
            if (again == levels).all():
                break
            levels = again
    return values, best


def _whole(low: float, high: float) -> Ints:
    """int64[2]: whole numbers that are one of STEPS apart, where the two are."""
    step = STEPS[np.abs(np.log(STEPS / max(high - low, 1e-3))).argmin()]
    low = round((low + high - step) / 2)
    return np.array([low, low + step])


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
def cheapest(splits: Ints32, losses: Floats, prices: Floats) -> tuple[Ints, float]:
    """int64[leaves], 0 or 1, and the least total. splits: int32[n, 4] as in `Tree`, parents first, at least one;
    losses: float64[leaves, 2]; prices: float64[STATES, STATES], of joining two ends, in the unit of the losses."""
    best = np.full((len(splits), STATES), np.inf)
    ways = np.zeros((len(splits), STATES), np.int64)
    ends = np.empty((2, STATES))
    for index in range(len(splits) - 1, -1, -1):
        for side in range(2):
            end = splits[index, 2 + side]
            if end >= 0:
                ends[side] = best[end]
            else:
                ends[side, :2], ends[side, VARIES] = losses[~end], np.inf
        for a in range(STATES):
            for b in range(STATES):
                total = ends[0, a] + ends[1, b] + prices[a, b]
                state = a if a == b else VARIES
                if total < best[index, state]:
                    best[index, state] = total
                    ways[index, state] = a * STATES + b
    states = np.zeros(len(splits), np.int64)
    states[0] = np.argmin(best[0])
    chosen = np.zeros(len(losses), np.int64)
    for index in range(len(splits)):
        way = ways[index, states[index]]
        for side in range(2):
            end, state = splits[index, 2 + side], way % STATES if side else way // STATES
            if end >= 0:
                states[end] = state
            else:
                chosen[~end] = state
    return chosen, best[0, states[0]]
