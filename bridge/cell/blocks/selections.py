"""Functions of a few chosen elements: any of up to six bits (Luts), the largest of a group (Maximum)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.arrays import Bits
from bridge.cell.blocks.base import INT32, Array, Integers, RangesOf, Reader, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.errors import InputError

MAX_INPUTS = 6
_CHOSEN = Array(np.int32, 2, 0, INT32[1])


@dataclass(frozen=True, eq=False, repr=False)
class Luts(Reader):
    """Any functions of up to six bits each. `inputs`: int32[n, k], elements of the sources, all of them bits; `tables`:
    uint64[n], bit `sum of element i << i` of which is the value."""

    inputs: Integers
    tables: Integers

    ARRAYS: ClassVar[Mapping[str, Array]] = {"inputs": _CHOSEN, "tables": Array(np.uint64, 1, 0, 2**64 - 1)}
    INTEGERS: ClassVar[bool] = True

    def width(self, width_of: WidthOf) -> int:
        return len(self.tables)

    def check(self, cell: Surroundings) -> None:
        width, place = cell.read_width(self), f"block {self.name!r}"
        count, inputs = self.inputs.shape
        if not count or count != len(self.tables) or not 1 <= inputs <= MAX_INPUTS:
            raise InputError(f"{place}: needs inputs of shape [n, 1..{MAX_INPUTS}] and n tables, at least one")
        _check_chosen(self.name, self.inputs, width)
        if inputs < MAX_INPUTS and (self.tables >> np.uint64(1 << inputs)).any():
            raise InputError(f"{place}: a table of {inputs} inputs has {1 << inputs} bits")

    def check_ranges(self, cell: Surroundings) -> None:
        if not cell.read_ranges(self).are_bits:
            raise InputError(f"block {self.name!r}: reads more than bits")

    def bits(self, values: Values) -> Bits:
        read = self.read(values)
        address = np.zeros((len(read), len(self.tables)), np.uint64)
        for place, inputs in enumerate(self.inputs.T):
            address |= read[:, inputs].astype(np.uint64) << np.uint64(place)
        return (self.tables >> address & np.uint64(1)).astype(np.uint8)


@dataclass(frozen=True, eq=False, repr=False)
class Maximum(Reader):
    """The largest element of each group. `groups`: int32[n, k], elements of the sources; small groups repeat one."""

    groups: Integers

    ARRAYS: ClassVar[Mapping[str, Array]] = {"groups": _CHOSEN}
    INTEGERS: ClassVar[bool] = True

    def width(self, width_of: WidthOf) -> int:
        return len(self.groups)

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        read = Ranges.joined([ranges_of(source) for source in self.sources])
        return Ranges(read.low[self.groups].max(axis=1), read.high[self.groups].max(axis=1))

    def check(self, cell: Surroundings) -> None:
        width = cell.read_width(self)
        if not self.groups.size:
            raise InputError(f"block {self.name!r}: needs a group or more of an element or more")
        _check_chosen(self.name, self.groups, width)

    def bits(self, values: Values) -> Integers:
        return np.asarray(self.read(values)[:, self.groups].max(axis=2), np.int64)


def _check_chosen(name: str, chosen: Integers, width: int) -> None:
    if chosen.max() >= width:
        raise InputError(f"block {name!r}: chooses element {chosen.max()} of {width}")
