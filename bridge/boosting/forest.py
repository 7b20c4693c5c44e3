"""Boosting: a forest for every code node, whose trees, one after the other, correct the sum of those before them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bridge.arrays import Bits, Flags, Floats, Floats32, Ints, Ints32
from bridge.boosting.dictionary import CATEGORIES, Dictionary
from bridge.boosting.growth import Growth, Limits, Tree
from bridge.boosting.leaves import MULTIPLEXERS, fitted, pruned
from bridge.boosting.rows import Rows
from bridge.boosting.sampling import drawn
from bridge.compiled import compiled

Saved = tuple[int, list[Tree], Ints32]
SCALE = 1 / 16  # nats that a unit of the score is worth


class Forest:
    """The score of one code node: `bias`, and a value of every tree.

    rows: those that ask about the node; groups: of their fields, whose subsets are in the dictionary, which the
    forests of other nodes share; joins: what the joints of a tree cost, see `leaves`.
    """

    def __init__(self, rows: Rows, groups: list[int], dictionary: Dictionary, joins: Ints = MULTIPLEXERS) -> None:
        self.rows, self.dictionary, self.joins = rows, dictionary, joins
        self.bias, self.trees = 0, list[Tree]()
        self.scores = np.zeros(len(rows.fields), np.int32)
        self._groups = np.array(groups, np.int64)
        self._slopes, self._curves = np.empty((2, len(rows.fields)), np.float32)
        self._found = np.empty(len(rows.fields), np.int32)
        ones, zeros = float(rows.ones.sum()), float((rows.weights - rows.ones).sum())
        self.shift(round(math.log((ones + 0.5) / (max(zeros, 0.0) + 0.5)) / SCALE))

    def boost(self, limits: Limits) -> bool:
        """Add a tree if one pays."""
        self._differentiate()
        seen = drawn(self.rows.fields, self._slopes, self._curves, limits.sample, len(self.trees))
        tree = Growth(seen.fields, self._groups, self.dictionary).grow(seen.slopes, seen.curves, limits)
        wanted, weights = _targets(self._totals(tree), limits)
        tree.values, _ = fitted(tree.splits, wanted, weights, limits, self.joins)
        pruned(tree)
        if len(tree.splits):
            self.add(tree)
        return bool(len(tree.splits))

    def add(self, tree: Tree) -> None:
        """Add a tree as it is."""
        self.trees.append(tree)
        self.find(tree, self.rows.fields, self._found)
        add_values(self._found, tree.values, self.scores)

    def shift(self, units: int) -> None:
        """Add to the bias."""
        self.bias += units
        self.scores += np.int32(units)

    def saved(self) -> Saved:
        """The bias and the trees with their values, for `restore`."""
        return self.bias, [replace(tree) for tree in self.trees], self.scores.copy()

    def restore(self, saved: Saved) -> None:
        self.bias, trees, scores = saved
        self.trees, self.scores = [replace(tree) for tree in trees], scores.copy()

    def refit(self, limits: Limits) -> None:
        """Give every leaf of every tree, one tree after the other, the value that suits the sum of the others; drop the
        trees that no longer pay."""
        for tree in self.trees:
            self._differentiate()
            wanted, weights = _targets(self._totals(tree), limits)
            values, _ = fitted(tree.splits, tree.values + wanted, weights, limits, self.joins)
            add_values(self._found, values - tree.values, self.scores)
            tree.values = values
            pruned(tree)
        self.bias += sum(int(tree.values[0]) for tree in self.trees if not len(tree.splits))  # all that is left of them
        self.trees = [tree for tree in self.trees if len(tree.splits)]
        self._differentiate()
        self.shift(round(-float(self._slopes.sum()) / (float(self._curves.sum()) + limits.damping) / SCALE))

    def find(self, tree: Tree, fields: Bits, found: Ints32) -> None:
        """The leaf of every row."""
        asked, subsets, *_ = tree.splits.T
        members = self.dictionary.members[self._groups[asked], :, subsets].astype(np.bool_).reshape(-1, CATEGORIES)
        splits = tree.splits.copy()
        splits[:, 1] = np.arange(len(splits))
        leaves_of(fields, splits, members, found)

    def _totals(self, tree: Tree) -> Floats:
        """float64[leaves, 2], slope and curvature; puts the leaf of every row into `_found`."""
        totals = np.zeros((len(tree.values), 2))
        self.find(tree, self.rows.fields, self._found)
        leaf_sums(self._found, self._slopes, self._curves, totals)
        return totals

    def loss(self) -> float:
        """Code length of the rows in nats."""
        return float(code_length(self.scores, self.rows.weights, self.rows.ones, SCALE))

    def _differentiate(self) -> None:
        gradients(self.scores, self.rows.weights, self.rows.ones, SCALE, self._slopes, self._curves)


def _targets(totals: Floats, limits: Limits) -> tuple[Floats, Floats]:
    """(values, weights) of leaves whose slope and curvature are float64[leaves, 2]: `weights * (v - values)**2` is what
    a value v, in units of the score, loses."""
    curves = totals[:, 1] + limits.damping
    return np.clip(-totals[:, 0] / curves, -limits.reach, limits.reach) / SCALE, 0.5 * curves * SCALE**2


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
