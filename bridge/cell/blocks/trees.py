"""Decision trees over bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.arrays import Bits, Ints32
from bridge.cell.blocks.base import INT32, Array, Integers, Reader, Surroundings, Values, WidthOf
from bridge.cell.blocks.tables import BITS
from bridge.compiled import compiled
from bridge.errors import InputError

MAX_BITS = 1 << 16


@dataclass(frozen=True, eq=False, repr=False)
class Trees(Reader):
    """Decision trees over bits; they may share subtrees. Tree j gives the bits `j * bits .. (j + 1) * bits - 1`.

    `splits`: int32[n, 3], (a bit of the sources, where 1 leads, where 0 leads): a later split, or `~i` for leaf i;
    `roots`: int32[trees], likewise; `leaves`: uint8[n, bits] of 0 and 1.
    """

    splits: Integers
    roots: Integers
    leaves: Integers

    ARRAYS: ClassVar[Mapping[str, Array]] = {
        "splits": Array(np.int32, 2, *INT32),
        "roots": Array(np.int32, 1, *INT32),
        "leaves": BITS,
    }

    def width(self, width_of: WidthOf) -> int:
        return len(self.roots) * int(self.leaves.shape[1])

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
        if len(self.roots) * self.leaves.shape[1] > MAX_BITS:
            raise InputError(f"{place}: gives more than {MAX_BITS} bits")

    def bits(self, values: Values) -> Bits:
        return descend(self.splits, self.roots, self.leaves, self.read(values))


@compiled
def descend(splits: Ints32, roots: Ints32, leaves: Bits, bits: Bits) -> Bits:
    """uint8[batch, trees * width]: the leaf that every tree comes to. bits: uint8[batch, in]; see `Trees`."""
    width = leaves.shape[1]
    found = np.empty((len(bits), len(roots) * width), np.uint8)
    for row in range(len(bits)):
        for tree in range(len(roots)):
            place = roots[tree]
            while place >= 0:
                place = splits[place, 1] if bits[row, splits[place, 0]] else splits[place, 2]
            for bit in range(width):
                found[row, tree * width + bit] = leaves[~place, bit]
    return found
