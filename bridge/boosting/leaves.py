"""The values of leaves, 0 and one more for each tree, for the least of code length and gates together.

So a tree is one bit, and becomes a tree of multiplexers, which constants make small: no AND where both ends are
constant (equal, or the question itself), one where one end is, else three. Or it becomes neurons: a conjunction for
every largest part of the tree that is constantly 1 (or 0: then their disjunction is the complement), built along the
tree: an AND for every end of a split that is no constant 0, and another to join a conjunction to the disjunction. What
a leaf costs depends on its neighbours; dynamic programming from the leaves up finds the best leaves for each value that
there might be. (Leaves that little is known of get 0; two values of any offset save more of the text that is trained
on, and less of others.)
"""

from __future__ import annotations

from itertools import product

import numpy as np

from bridge.arrays import Floats, Ints, Ints32
from bridge.boosting.growth import Limits, Tree
from bridge.compiled import compiled

VALUES = tuple(sign << shift for shift in range(7) for sign in (1, -1))  # one digit each: another digit is an adder
ADDER = 6  # ANDs that one more bit takes in a sum
STATES = 3
VARIES = 2  # what a subtree can be: 0, 1, or not constant
# ANDs of joining two ends by what they are, int64[ways to do it, STATES, STATES].
MULTIPLEXERS = np.array([[[0, 0, 1], [0, 0, 1], [1, 1, 3]]])
CONJUNCTIONS = np.array([[[0, 2, 1], [2, 0, 3], [1, 3, 2]], [[0, 2, 3], [2, 0, 1], [3, 1, 2]]])


def fitted(
    splits: Ints32, wanted: Floats, weights: Floats, limits: Limits, joins: Ints = MULTIPLEXERS
) -> tuple[Ints32, float]:
    """(int32[leaves], total): 0 or one of VALUES, for the least total of `weights * (value - wanted)**2` and the price
    of the ANDs: those of the cheapest of joins and ADDER, none if all values are 0."""
    losses = np.stack([weights * wanted**2, np.empty_like(wanted)], axis=1)
    values, best = np.zeros(len(wanted), np.int32), float(losses[:, 0].sum())
    if not len(splits):
        return values, best
    for value, ands in product(VALUES, joins):
        losses[:, 1] = weights * (value - wanted) ** 2
        chosen, total = cheapest(splits, losses, limits.price * ands)
        if chosen.any() and total + limits.price * ADDER < best:
            values, best = (value * chosen).astype(np.int32), float(total + limits.price * ADDER)
    return values, best


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
