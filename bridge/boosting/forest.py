"""Boosting: a forest for every code node, whose trees, one after the other, correct the sum of those before them."""

from __future__ import annotations

import math

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
FITS = 3  # of the values of a tree


class Forest:
    """The score of one code node: `bias`, and a value of every tree.

    rows: those that ask about the node; groups: of their fields, whose subsets are in the dictionary; joins: what the
    joints of a tree cost, see `leaves`.
    """

    def __init__(self, rows: Rows, groups: list[int], book: Dictionary, joins: Ints = MULTIPLEXERS) -> None:
        self.rows, self.book, self.joins = rows, book, joins
        self.bias, self.trees = 0, list[Tree]()
        self.scores = np.zeros(len(rows.fields), np.int32)
        self._groups = groups
        self._length: float | None = None  # of the code, as long as the scores are the same
        self._slopes, self._curves = np.empty((2, len(rows.fields)), np.float32)
        ones, zeros = float(rows.ones.sum()), float((rows.weights - rows.ones).sum())
        self.shift(round(math.log((ones + 0.5) / (max(zeros, 0.0) + 0.5)) / SCALE))

    def boost(self, limits: Limits) -> bool:
        """Add a tree if one pays."""
        tree = self._seen(limits.sample)._grown(limits)
        if len(tree.splits):
            self.add(tree)
        return bool(len(tree.splits))

    def _seen(self, most: int) -> Forest:
        """The forest on about so many of its rows, a fresh sample of them, or itself where there are no more."""
        if len(self.scores) <= most:
            return self
        self._differentiate(self.scores)
        places, stands_for = drawn(self._slopes, self._curves, most, len(self.trees))
        weights, ones = self.rows.weights[places] * stands_for, self.rows.ones[places] * stands_for
        rows = Rows(self.rows.fields[places], weights, ones, self.rows.text)
        part = Forest(rows, self._groups, self.book, self.joins)
        part.scores = self.scores[places]
        return part

    def _grown(self, limits: Limits) -> Tree:
        """The next tree, which has no splits if none pays."""
        self._differentiate(self.scores)
        growth = Growth(self.rows.fields, np.array(self._groups, np.int64), self.book)
        tree, found = growth.grow(self._slopes, self._curves, limits)
        self._fit(tree, found, limits)
        pruned(tree)
        return tree

    def add(self, tree: Tree) -> None:
        """Add a tree as it is."""
        splits, members = tree.splits.copy(), np.zeros((len(tree.splits), CATEGORIES), np.bool_)
        for place, (field, subset) in enumerate(tree.splits[:, :2].tolist()):
            splits[place, 1], members[place] = place, self.book.mask(self._groups[field], subset)
        add_values(self.rows.fields, splits, members, tree.values, self.scores)
        self._length = None
        self.trees.append(tree)

    def shift(self, units: int) -> None:
        """Add to the bias."""
        self.bias += units
        self.scores += np.int32(units)
        self._length = None

    def center(self, damping: float) -> None:
        """Give the bias that suits the trees."""
        self._differentiate(self.scores)
        self.shift(round(-float(self._slopes.sum()) / (float(self._curves.sum()) + damping) / SCALE))

    def saved(self) -> Saved:
        """The bias and the trees, for `restore`."""
        return self.bias, list(self.trees), self.scores.copy()

    def restore(self, saved: Saved) -> None:
        self.bias, trees, scores = saved
        self.trees, self.scores, self._length = list(trees), scores.copy(), None

    def loss(self) -> float:
        """Code length of the rows in nats."""
        if self._length is None:
            self._length = float(code_length(self.scores, self.rows.weights, self.rows.ones, SCALE))
        return self._length

    def _fit(self, tree: Tree, found: Ints32, limits: Limits) -> None:
        """Give a tree its values: a part of what the leaves want, but a unit at least. What they want is found in
        steps, as the code length is no parabola.

        found: int32[rows], the leaf of every row.
        """
        near = np.zeros(len(tree.values), np.int32)
        for _ in range(FITS):
            self._differentiate(self.scores + near[found])
            totals = np.zeros((len(near), 2))
            leaf_sums(found, self._slopes, self._curves, totals)
            wanted, weights = _targets(totals, near, limits)
            near = np.rint(wanted).astype(np.int32)
        less = np.maximum(limits.rate * np.abs(wanted), np.minimum(np.abs(wanted), 1))
        tree.values, _ = fitted(tree.splits, np.copysign(less, wanted), weights, limits, self.joins)

    def _differentiate(self, scores: Ints32) -> None:
        gradients(scores, self.rows.weights, self.rows.ones, SCALE, self._slopes, self._curves)


def _targets(totals: Floats, near: Ints32, limits: Limits) -> tuple[Floats, Floats]:
    """(values, weights) of leaves whose slope and curvature are float64[leaves, 2] near these values: about
    `weights * (v - values)**2` is what a value v, in units of the score, loses, what damps it included."""
    curves = totals[:, 1] + limits.damping
    values = (totals[:, 1] * near - totals[:, 0] / SCALE) / curves
    return np.clip(values, -limits.reach / SCALE, limits.reach / SCALE), 0.5 * curves * SCALE**2


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
def add_values(fields: Bits, splits: Ints32, members: Flags, values: Ints32, scores: Ints32) -> None:
    """scores[row] += the value of the leaf that it comes to. splits: int32[n, 4], (field, index into members, then,
    else), see `Tree`; members: bool[n, CATEGORIES]."""
    for row in range(len(fields)):
        place = 0 if len(splits) else ~0
        while place >= 0:
            split = splits[place]
            place = split[2] if members[split[1], fields[row, split[0]]] else split[3]
        scores[row] += values[~place]


@compiled
def leaf_sums(found: Ints32, slopes: Floats32, curves: Floats32, sums: Floats) -> None:
    """sums: float64[leaves, 2] of zeros: slopes and curves by leaf."""
    for row in range(len(found)):
        sums[found[row], 0] += slopes[row]
        sums[found[row], 1] += curves[row]
