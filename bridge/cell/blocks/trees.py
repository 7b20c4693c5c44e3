"""Decision trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.arrays import Ints, Ints32
from bridge.cell.blocks.base import INT32, Array, Integers, RangesOf, Reader, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.compiled import compiled
from bridge.errors import InputError

MAX_BITS = 1 << 16


@dataclass(frozen=True, eq=False, repr=False)
class Trees(Reader):
    """Decision trees; they may share subtrees. Tree j gives the elements `j * width .. (j + 1) * width - 1`.

    `splits`: int32[n, 3], (an element of the sources, where it leads if it reaches the threshold, and otherwise): a
    later split, or `~i` for leaf i; `roots`: int32[trees], likewise; `leaves`: [n, width], uint8 where all are 0 or 1,
    else int32; `thresholds`: int32[n] of the splits, None if all are 1, as for bits.
    """

    splits: Integers
    roots: Integers
    leaves: Integers
    thresholds: Integers | None = None

    ARRAYS: ClassVar[Mapping[str, Array]] = {
        "splits": Array(np.int32, 2, *INT32),
        "roots": Array(np.int32, 1, *INT32),
        "leaves": Array(np.uint8, 2, 0, 1, wider=(np.int32,)),
        "thresholds": Array(np.int32, 1, *INT32, optional=True),
    }

    @property
    def integers(self) -> bool:
        return self.thresholds is not None or self.leaves.dtype != np.uint8

    @property
    def leaf_width(self) -> int | None:
        return int(self.leaves.shape[1])

    @property
    def least(self) -> Ints32:
        """int32[n]: what an element must reach at every split."""
        return np.ones(len(self.splits), np.int32) if self.thresholds is None else self.thresholds

    def width(self, width_of: WidthOf) -> int:
        return len(self.roots) * int(self.leaves.shape[1])

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        """Of the leaves that each tree can come to, whatever it asks; of bits always 0..1."""
        if self.leaves.dtype == np.uint8:
            return super().ranges(width, ranges_of)
        low, high = extremes(self.splits, self.leaves.astype(np.int64))
        return Ranges(low[self.roots].ravel(), high[self.roots].ravel())

    def check(self, cell: Surroundings) -> None:
        width = cell.read_width(self)
        splits, leaves, place = self.splits, len(self.leaves), f"block {self.name!r}"
        if splits.shape[1] != 3 or self.leaves.shape[1] < 1 or not len(self.roots):
            raise InputError(f"{place}: needs splits of shape [n, 3], a root or more, and leaves of a bit or more")
        if len(splits) and not 0 <= splits[:, 0].min() <= splits[:, 0].max() < width:
            raise InputError(f"{place}: a split reads a bit outside 0..{width - 1}, its sources")
        ends = [*splits[:, 1:].ravel().tolist(), *self.roots.tolist()]
        if not -leaves <= min(ends) <= max(ends) < max(len(splits), 1) or (not len(splits) and max(ends) >= 0):
            raise InputError(f"{place}: a split or root leads outside {len(splits)} splits and {leaves} leaves")
        inner = splits[:, 1:]
        if ((inner >= 0) & (inner <= np.arange(len(splits))[:, None])).any():
            raise InputError(f"{place}: a split must lead to later ones")
        if len(self.least) != len(splits):
            raise InputError(f"{place}: {len(splits)} splits, but {len(self.least)} thresholds")
        if len(self.roots) * self.leaves.shape[1] > MAX_BITS:
            raise InputError(f"{place}: gives more than {MAX_BITS} bits")

    def bits(self, values: Values) -> Integers:
        found = descend(self.splits, self.least, self.roots, self.leaves, self.read(values))
        return found.astype(np.int64) if self.leaves.dtype != np.uint8 else found


@compiled
def descend(splits: Ints32, least: Ints32, roots: Ints32, leaves: Integers, read: Integers) -> Integers:
    """[batch, trees * width], as the leaves: the leaf that every tree comes to. read: [batch, in]; see `Trees`."""
    width = leaves.shape[1]
    found = np.empty((len(read), len(roots) * width), leaves.dtype)
    for row in range(len(read)):
        for tree in range(len(roots)):
            place = roots[tree]
            while place >= 0:
                place = splits[place, 1] if read[row, splits[place, 0]] >= least[place] else splits[place, 2]
            for bit in range(width):
                found[row, tree * width + bit] = leaves[~place, bit]
    return found


@compiled
def extremes(splits: Ints32, leaves: Ints) -> tuple[Ints, Ints]:
    """int64[splits + leaves, width]: the least and the largest that each leads to; leaf `~i` is at i from the end."""
    low = np.empty((len(splits) + len(leaves), leaves.shape[1]), np.int64)
    low[len(splits) :] = leaves[::-1]
    high = low.copy()
    for split in range(len(splits) - 1, -1, -1):
        for index in range(leaves.shape[1]):
            low[split, index] = min(low[splits[split, 1], index], low[splits[split, 2], index])
            high[split, index] = max(high[splits[split, 1], index], high[splits[split, 2], index])
    return low, high
