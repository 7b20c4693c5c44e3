"""One tree, grown best-first: the split that saves most code length beyond the price of its gates comes next."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats32
from bridge.boosting import growth_kernels
from bridge.boosting.dictionary import Dictionary
from bridge.boosting.growth_kernels import CATEGORIES


@dataclass(frozen=True)
class Limits:
    """`price`: nats that an AND must save; `split`: ANDs of a split; `leaves`: at most so many a tree; `damping`: added
    to every leaf's curvature; `reach`: the largest step of a leaf value, in nats."""

    price: float
    split: float
    leaves: int
    damping: float
    reach: float


@dataclass(eq=False)
class Tree:
    """`splits`: int32[n, 4], (field, subset of its group, then, else), `~i` for leaf i; `values`: int32[leaves], in
    units of the score; `shift`: the values are multiples of `2**shift`."""

    splits: npt.NDArray[np.int32]
    values: npt.NDArray[np.int32]
    shift: int = 0


@dataclass(eq=False)
class _Leaf:
    order: npt.NDArray[np.int32]
    sums: Floats32
    parent: int
    side: int
    total: tuple[float, float] = (0.0, 0.0)
    split: tuple[float, float, int, int, float] = (0.0, 0.0, 0, 0, 0.0)
    found: npt.NDArray[np.bool_] | None = None


class Growth:
    """Grows trees on the same rows. fields: uint8[rows, fields]; groups: the group of each field."""

    def __init__(self, fields: npt.NDArray[np.uint8], groups: list[int], dictionary: Dictionary) -> None:
        self._fields, self._dictionary = fields, dictionary
        self._groups = np.array(groups, np.int64)
        self._order = np.empty(len(fields), np.int32)
        self._spare = np.empty(len(fields), np.int32)

    def grow(self, slopes: Floats32, curves: Floats32, limits: Limits) -> tuple[Tree, npt.NDArray[np.float64]]:
        """A tree without values, and float64[leaves, 2], the slope and curvature of each leaf."""
        self._order[:] = np.arange(len(self._order))
        leaves = [_Leaf(self._order, self._histogram(slopes, curves, self._order), -1, 0)]
        splits: list[list[int]] = []
        heap: list[tuple[float, int]] = []
        self._look(leaves, 0, heap, limits)
        while heap and len(leaves) < limits.leaves:
            _, index = heapq.heappop(heap)
            leaf = leaves[index]
            _, _, field, subset, _ = leaf.split
            group, found = int(self._groups[field]), leaf.found
            assert found is not None
            subset = self._dictionary.use(group, subset, found)
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
        totals = np.array([leaf.total for leaf in leaves])
        return Tree(table, np.zeros(len(leaves), np.int32)), totals

    def _histogram(self, slopes: Floats32, curves: Floats32, order: npt.NDArray[np.int32]) -> Floats32:
        sums = np.zeros((self._fields.shape[1], CATEGORIES, 2), np.float32)
        growth_kernels.histogram(self._fields, slopes, curves, order, sums)
        return sums

    def _look(self, leaves: list[_Leaf], index: int, heap: list[tuple[float, int]], limits: Limits) -> None:
        """Find the best split of a leaf."""
        leaf, book = leaves[index], self._dictionary
        leaf.total = tuple(leaf.sums[0].astype(np.float64).sum(axis=0).tolist())
        leaf.found = np.zeros(CATEGORIES, np.bool_)
        model = (limits.price, limits.split, limits.damping, limits.reach)
        leaf.split = growth_kernels.best_split(
            *(leaf.sums, leaf.total, self._groups, book.members, book.costs, book.counts, book.fresh, model),
            leaf.found,
        )
        if leaf.split[0] > 0:
            heapq.heappush(heap, (-leaf.split[0], index))

    def _divide(
        self,
        leaves: list[_Leaf],
        index: int,
        node: int,
        slopes: Floats32,
        curves: Floats32,
        mask: npt.NDArray[np.bool_],
    ) -> None:
        """Leaf `index` keeps the members, a new last leaf takes the others."""
        leaf = leaves[index]
        kept = growth_kernels.partition(self._fields, leaf.split[2], mask, leaf.order, self._spare)
        first, second = leaf.order[:kept], leaf.order[kept:]
        small = self._histogram(slopes, curves, first if kept <= len(second) else second)
        large = leaf.sums
        large -= small
        sums = (small, large) if kept <= len(second) else (large, small)
        leaves[index] = _Leaf(first, sums[0], node, 0)
        leaves.append(_Leaf(second, sums[1], node, 1))
