"""One tree, grown best-first: the split that saves most code length beyond the price of its gates comes next.

The rows are weighted and distinct: `fields`, uint8[rows, fields], one category each. A split asks whether the row's
category of a field lies in a subset of the dictionary that the fields of one group share.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Flags, Floats32, Int, Ints, Ints32
from bridge.boosting.dictionary import CATEGORIES, Dictionary, Listed
from bridge.compiled import compiled

LEAST = 1e-3  # curvature below which nothing is known


class Limits(NamedTuple):
    """`price`: nats that an AND must save; `split`: ANDs of a split; `leaves`: at most so many a tree; `damping`: added
    to every leaf's curvature; `reach`: the largest leaf value, in nats; `sample`: rows that a tree is grown on, at
    most; `rate`: the part of what leaves want that they get."""

    price: float
    split: float
    leaves: int
    damping: float
    reach: float
    sample: int = 1 << 21
    rate: float = 1.0


class Split(NamedTuple):
    """`net`: what it gains beyond the price of its gates, `gain`: without; `subset`: of the field's group, -1 for a new
    one; `cost`: ANDs that the subset adds."""

    net: float
    gain: float
    field: int
    subset: int
    cost: float


NO_SPLIT = Split(-math.inf, 0.0, 0, -1, 0.0)


@dataclass(eq=False)
class Tree:
    """`splits`: int32[n, 4], (field, subset of its group, then, else), `~i` for leaf i; `values`: int32[leaves],
    0 and one more, in units of the score."""

    splits: Ints32
    values: Ints32

    @property
    def value(self) -> np.int32:
        """The one that is not 0, if there is one."""
        value: np.int32 = self.values[np.abs(self.values).argmax()]
        return value


@dataclass(eq=False)
class _Leaf:
    order: Ints32
    sums: Floats32
    parent: int
    side: int
    total: tuple[float, float] = (0.0, 0.0)
    split: Split = NO_SPLIT
    found: Flags | None = None


class Growth:
    """Grows trees on the same rows. fields: uint8[rows, fields]; groups: the group of each field."""

    def __init__(self, fields: Bits, groups: Ints, dictionary: Dictionary) -> None:
        self._fields, self._dictionary = fields, dictionary
        self._groups = groups
        self._order = np.empty(len(fields), np.int32)
        self._spare = np.empty(len(fields), np.int32)

    def grow(self, slopes: Floats32, curves: Floats32, limits: Limits) -> tuple[Tree, Ints32]:
        """A tree without values, and int32[rows], the leaf of every row."""
        self._order[:] = np.arange(len(self._order))
        leaves = [_Leaf(self._order, self._histogram(slopes, curves, self._order), -1, 0)]
        splits: list[list[int]] = []
        heap: list[tuple[float, int]] = []
        self._look(leaves, 0, heap, limits)
        while heap and len(leaves) < limits.leaves:
            _, index = heapq.heappop(heap)
            leaf = leaves[index]
            field = leaf.split.field
            group = int(self._groups[field])
            assert leaf.found is not None
            subset = self._dictionary.use(group, leaf.split.subset, leaf.found)
            if subset < 0:
                continue
            node = len(splits)
            splits.append([field, subset, ~index, ~len(leaves)])
            if leaf.parent >= 0:
                splits[leaf.parent][2 + leaf.side] = node
            self._divide(leaves, index, node, slopes, curves, self._dictionary.mask(group, subset))
            self._look(leaves, index, heap, limits)
            self._look(leaves, len(leaves) - 1, heap, limits)
        table = np.array(splits, np.int32).reshape(-1, 4)
        found = np.empty(len(self._order), np.int32)
        for index, leaf in enumerate(leaves):
            found[leaf.order] = index
        return Tree(table, np.zeros(len(leaves), np.int32)), found

    def _histogram(self, slopes: Floats32, curves: Floats32, order: Ints32) -> Floats32:
        sums = np.zeros((self._fields.shape[1], CATEGORIES, 2), np.float32)
        histogram(self._fields, slopes, curves, order, sums)
        return sums

    def _look(self, leaves: list[_Leaf], index: int, heap: list[tuple[float, int]], limits: Limits) -> None:
        """Find the best split of a leaf."""
        leaf = leaves[index]
        leaf.total = tuple(leaf.sums[0].astype(np.float64).sum(axis=0).tolist())
        leaf.found = np.zeros(CATEGORIES, np.bool_)
        leaf.split = best_split(leaf.sums, leaf.total, self._groups, self._dictionary.listed, limits, leaf.found)
        if leaf.split.net > 0:
            heapq.heappush(heap, (-leaf.split.net, index))

    def _divide(
        self,
        leaves: list[_Leaf],
        index: int,
        node: int,
        slopes: Floats32,
        curves: Floats32,
        mask: Flags,
    ) -> None:
        """Leaf `index` keeps the members, a new last leaf takes the others."""
        leaf = leaves[index]
        kept = partition(self._fields, leaf.split.field, mask, leaf.order, self._spare)
        first, second = leaf.order[:kept], leaf.order[kept:]
        small = self._histogram(slopes, curves, first if kept <= len(second) else second)
        large = leaf.sums
        large -= small
        sums = (small, large) if kept <= len(second) else (large, small)
        leaves[index] = _Leaf(first, sums[0], node, 0)
        leaves.append(_Leaf(second, sums[1], node, 1))


@compiled
def histogram(fields: Bits, slopes: Floats32, curves: Floats32, order: Ints32, sums: Floats32) -> None:
    """sums: float32[fields, CATEGORIES, 2] of zeros: slopes and curves of the rows in `order` by field and category."""
    for place in range(len(order)):
        row = order[place]
        a, b = slopes[row], curves[row]
        for field in range(fields.shape[1]):
            entry = sums[field, fields[row, field]]
            entry[0] += a
            entry[1] += b


@compiled
def partition(fields: Bits, field: Int, member: Flags, order: Ints32, spare: Ints32) -> int:
    """Put the rows whose category is a member first, keeping their order; how many they are."""
    kept, others = 0, 0
    for place in range(len(order)):
        row = order[place]
        if member[fields[row, field]]:
            order[kept] = row
            kept += 1
        else:
            spare[others] = row
            others += 1
    order[kept:] = spare[:others]
    return kept


@compiled
def best_split(
    sums: Floats32, total: tuple[float, float], groups: Ints, book: Listed, limits: Limits, found: Flags
) -> Split:
    """The split with the largest net gain.

    sums: float32[fields, CATEGORIES, 2], see `histogram`; total: (slope, curve) of the rows; groups: int64[fields],
    whose subsets a field uses; found: bool[CATEGORIES], receives a new subset.
    """
    best = Split(-math.inf, 0.0, 0, -1, 0.0)
    members, costs, counts, fresh = book
    listed = np.empty(CATEGORIES, np.int64)
    for field in range(len(groups)):
        group = groups[field]
        some = 0
        for category in range(CATEGORIES):
            if sums[field, category, 1] > LEAST:
                listed[some] = category
                some += 1
        if some < 2:
            continue
        slopes, curves = _of_subsets(sums[field], listed[:some], members[group], counts[group])
        for subset in range(counts[group]):
            if min(curves[subset], total[1] - curves[subset]) < LEAST:
                continue
            gain = _divided(slopes[subset], curves[subset], total, limits)
            net = gain - limits.price * (limits.split + costs[group, subset])
            if net > best.net:
                best = Split(net, gain, field, subset, np.float64(costs[group, subset]))
        if fresh[group] >= 0 and counts[group] < members.shape[2] and some > 2:
            order, cut, gain = _best_cut(sums[field], listed[:some], total, limits)
            smaller = min(cut, some - cut)
            cost = fresh[group] * (min(smaller, 6) + 0.2 * max(smaller - 6, 0))
            net = gain - limits.price * (limits.split + cost)
            if cut > 0 and net > best.net:
                best = Split(net, gain, field, -1, cost)
                found[:] = False
                found[listed[order[:cut]]] = True
    return best


@compiled
def _divided(slope: float, curve: float, total: tuple[float, float], limits: Limits) -> float:
    """What is gained when a part with these sums is told from the rest."""
    rest = gain_of(total[0] - slope, total[1] - curve, limits)
    return gain_of(slope, curve, limits) + rest - gain_of(total[0], total[1], limits)


@compiled
def gain_of(slope: float, curve: float, limits: Limits) -> float:
    """What the best leaf value, within the limits, saves by the second-order model."""
    value = max(min(-slope / (curve + limits.damping), limits.reach), -limits.reach)
    return -(slope * value + 0.5 * (curve + limits.damping) * value * value)


@compiled
def _best_cut(sums: Floats32, listed: Ints, total: tuple[float, float], limits: Limits) -> tuple[Ints, int, float]:
    """(order of the listed categories by the leaf value they want, how many of them to take, gain): the best subset
    of all, for a model of second order (Fisher, 1958)."""
    ratios = np.empty(len(listed))
    for index in range(len(listed)):
        ratios[index] = sums[listed[index], 0] / (sums[listed[index], 1] + limits.damping)
    order = np.argsort(ratios)
    slope, curve, top, cut = 0.0, 0.0, 0.0, 0
    for index in range(len(listed) - 1):
        slope += sums[listed[order[index]], 0]
        curve += sums[listed[order[index]], 1]
        gain = _divided(slope, curve, total, limits)
        if gain > top:
            top, cut = gain, index + 1
    return order, cut, top


@compiled
def _of_subsets(sums: Floats32, listed: Ints, members: Floats32, count: Int) -> tuple[Floats32, Floats32]:
    """(slopes, curves), float32[count]: sums over the categories of every subset."""
    slopes, curves = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for category in listed:
        a, b = sums[category, 0], sums[category, 1]
        column = members[category, :count]
        for subset in range(count):
            slopes[subset] += a * column[subset]
            curves[subset] += b * column[subset]
    return slopes, curves
