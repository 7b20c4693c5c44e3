"""Boosting: trees one after the other, with leaves of two bits, each correcting the sum of those before it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bridge.arrays import Bits, Flags, Floats, Floats32, Ints32
from bridge.boosting.dictionary import CATEGORIES, Dictionary
from bridge.boosting.growth import Growth, Limits, Tree
from bridge.boosting.leaves import fitted, pruned
from bridge.boosting.rows import Rows
from bridge.compiled import compiled

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
            leaf_sums(self._found, self._slopes, self._curves, totals)
            curves = totals[:, 1] + damping
            wanted = tree.values.astype(np.float64) + np.clip(-totals[:, 0] / curves / self.scale, -reach, reach)
            values, _ = fitted(tree.splits, wanted, 0.5 * curves * self.scale**2, tree.shift, price)
            add_values(self._found, values - tree.values, self.scores)
            tree.values = values
            pruned(tree)

    def find(self, tree: Tree, fields: Bits, found: Ints32) -> None:
        """The leaf of every row."""
        masks = [self.dictionary.mask(self.groups[field], subset) for field, subset, _, _ in tree.splits.tolist()]
        splits = tree.splits.copy()
        splits[:, 1] = np.arange(len(splits))
        members = np.array(masks, np.bool_).reshape(-1, CATEGORIES)
        leaves_of(fields, splits, members, found)

    def bits_per_byte(self) -> float:
        """On the rows that it is trained on, as they are weighted."""
        return bits_per_byte(self.rows, self.scores, self.scale)

    def _differentiate(self) -> None:
        gradients(self.scores, self.rows.weights, self.rows.ones, self.scale, self._slopes, self._curves)

    def _add(self, tree: Tree, values: Ints32) -> None:
        self.find(tree, self.rows.fields, self._found)
        add_values(self._found, values, self.scores)


def bits_per_byte(rows: Rows, scores: Ints32, scale: float) -> float:
    """Code length of the rows under integer scores."""
    total = code_length(scores, rows.weights, rows.ones, scale)
    return float(total) / math.log(2) / rows.text


@compiled
def gradients(
    scores: Ints32, weights: Floats32, ones: Floats32, scale: float, slopes: Floats32, curves: Floats32
) -> None:
    """First and second derivatives of the code length in nats by the score in nats, into float32[rows] each."""
    for row in range(len(scores)):
        p = 1.0 / (1.0 + math.exp(-scale * scores[row]))
        slopes[row] = weights[row] * p - ones[row]
        curves[row] = weights[row] * p * (1.0 - p)


@compiled
def code_length(scores: Ints32, weights: Floats32, ones: Floats32, scale: float) -> float:
    """The code length of all rows in nats."""
    total = 0.0
    for row in range(len(scores)):
        z = scale * scores[row]
        total += weights[row] * (max(z, 0.0) + math.log1p(math.exp(-abs(z)))) - ones[row] * z
    return total


@compiled
def leaves_of(fields: Bits, splits: Ints32, members: Flags, found: Ints32) -> None:
    """found: int32[rows], the leaf of every row. splits: int32[n, 4], (field, index into members, then, else), see
    `bridge.cell.Trees`; members: bool[n, CATEGORIES]."""
    for row in range(len(fields)):
        place = 0 if len(splits) else ~0
        while place >= 0:
            split = splits[place]
            place = split[2] if members[split[1], fields[row, split[0]]] else split[3]
        found[row] = ~place


@compiled
def leaf_sums(found: Ints32, slopes: Floats32, curves: Floats32, sums: Floats) -> None:
    """sums: float64[leaves, 2] of zeros: slopes and curves by leaf."""
    for row in range(len(found)):
        sums[found[row], 0] += slopes[row]
        sums[found[row], 1] += curves[row]


@compiled
def add_values(found: Ints32, values: Ints32, scores: Ints32) -> None:
    """scores[row] += values[leaf of the row]."""
    for row in range(len(found)):
        scores[row] += values[found[row]]
