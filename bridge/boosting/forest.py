"""Boosting: trees one after the other, with leaves of two bits, each correcting the sum of those before it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats, Ints32
from bridge.boosting import growth_kernels
from bridge.boosting.dictionary import Dictionary
from bridge.boosting.growth import Growth, Limits, Tree
from bridge.boosting.leaf_kernels import cheapest
from bridge.boosting.rows import Rows

LEVELS = np.array([0, 1, -2, -1])  # in the order of their bits, two's complement
SHIFTS = 6
Saved = tuple[list[Tree], Ints32]


class Forest:
    """Trees over rows; `scale`: what one unit of the integer score is worth, in nats."""

    def __init__(self, rows: Rows, groups: list[int], dictionary: Dictionary, scale: float) -> None:
        self.rows, self.groups, self.dictionary, self.scale = rows, groups, dictionary, scale
        self.trees: list[Tree] = []
        self.scores = np.zeros(len(rows.fields), np.int32)
        self._growth = Growth(rows.fields, groups, dictionary)
        self._slopes = np.empty(len(rows.fields), np.float32)
        self._curves = np.empty(len(rows.fields), np.float32)
        self._found = np.empty(len(rows.fields), np.int32)

    def boost(self, limits: Limits) -> Tree:
        """Add a tree; it has a single leaf when no split pays."""
        self._differentiate()
        tree, totals = self._growth.grow(self._slopes, self._curves, limits)
        curves = totals[:, 1] + limits.damping
        wanted, weights = -totals[:, 0] / curves / self.scale, 0.5 * curves * self.scale**2
        fits = [fitted(tree.splits, wanted, weights, shift, limits.price) for shift in range(SHIFTS)]
        tree.shift = min(range(SHIFTS), key=lambda shift: fits[shift][1])
        tree.values = fits[tree.shift][0]
        pruned(tree)
        self.add(tree)
        return tree

    def add(self, tree: Tree) -> None:
        """Add a tree as it is."""
        self.trees.append(tree)
        self._add(tree, tree.values)

    def drop(self) -> None:
        """Take the last tree away."""
        tree = self.trees.pop()
        self._add(tree, -tree.values)

    def saved(self) -> Saved:
        """The trees with their values, for `restore`."""
        return [replace(tree) for tree in self.trees], self.scores.copy()

    def restore(self, saved: Saved) -> None:
        trees, scores = saved
        self.trees, self.scores = [replace(tree) for tree in trees], scores.copy()

    def refit(self, damping: float, price: float, reach: int = 16) -> None:
        """Give every leaf of every tree, one tree after the other, the value that suits the sum of the others."""
        for tree in self.trees:
            self._differentiate()
            self.find(tree, self.rows.fields, self._found)
            totals = np.zeros((len(tree.values), 2))
            growth_kernels.leaf_sums(self._found, self._slopes, self._curves, totals)
            curves = totals[:, 1] + damping
            wanted = tree.values.astype(np.float64) + np.clip(-totals[:, 0] / curves / self.scale, -reach, reach)
            values, _ = fitted(tree.splits, wanted, 0.5 * curves * self.scale**2, tree.shift, price)
            growth_kernels.add_values(self._found, values - tree.values, self.scores)
            tree.values = values
            pruned(tree)

    def find(self, tree: Tree, fields: npt.NDArray[np.uint8], found: Ints32) -> None:
        """The leaf of every row."""
        masks = [self.dictionary.mask(self.groups[field], subset) for field, subset, _, _ in tree.splits.tolist()]
        splits = tree.splits.copy()
        splits[:, 1] = np.arange(len(splits))
        members = np.array(masks, np.bool_).reshape(-1, growth_kernels.CATEGORIES)
        growth_kernels.leaves_of(fields, splits, members, found)

    def bits_per_byte(self) -> float:
        """On the rows that it is trained on, as they are weighted."""
        return bits_per_byte(self.rows, self.scores, self.scale)

    def _differentiate(self) -> None:
        place = (self.scores, self.rows.weights, self.rows.ones, self.scale)
        growth_kernels.gradients(*place, self._slopes, self._curves)

    def _add(self, tree: Tree, values: Ints32) -> None:
        self.find(tree, self.rows.fields, self._found)
        growth_kernels.add_values(self._found, values, self.scores)


def bits_per_byte(rows: Rows, scores: Ints32, scale: float) -> float:
    """Code length of the rows under integer scores."""
    total = growth_kernels.code_length(scores, rows.weights, rows.ones, scale)
    return float(total) / math.log(2) / rows.text


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


def fitted(
    splits: npt.NDArray[np.int32], wanted: Floats, weights: Floats, shift: int, price: float
) -> tuple[Ints32, float]:
    """(int32[leaves], total): values, multiples of `2**shift`, for the least total of `weights * (value - wanted)**2`
    and `price` for every AND of the multiplexers."""
    levels = LEVELS << shift
    losses = weights[:, None] * (levels - wanted[:, None]) ** 2
    if not len(splits):
        return levels[losses.argmin(axis=1)].astype(np.int32), float(losses.min())
    chosen, total = cheapest(splits, losses, price)
    return levels[chosen].astype(np.int32), float(total)
