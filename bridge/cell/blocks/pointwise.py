"""Functions of one integer, element by element: monotone steps (Levels), and any at all (Table).

Rows of them may serve several elements: with `rows` rows, element j of `width` has row `j // (width // rows)`, so that
the elements of a channel, which stand together, share one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from bridge.arrays import Ints
from bridge.cell.blocks.base import INT32, Array, Block, Integers, RangesOf, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.errors import InputError

_NUMBERS = Array(np.int32, 2, *INT32, wider=(np.int64,))
MAX_ENTRIES = 1 << 16  # of a row


@dataclass(frozen=True, eq=False, repr=False)
class Pointwise(Block):
    """A function of every element of `source`."""

    source: str
    INTEGERS: ClassVar[bool] = True

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    @abstractmethod
    def rows(self) -> Integers:
        """int[rows, entries]: what makes the functions."""

    def row_of(self, width: int) -> Ints:
        """int64[width]: which row each element has."""
        return np.arange(width) // (width // len(self.rows))

    def width(self, width_of: WidthOf) -> int:
        return width_of(self.source)

    def check(self, cell: Surroundings) -> None:
        width, (rows, entries) = cell.read_width(self), self.rows.shape
        if rows < 1 or width % rows or not 1 <= entries <= MAX_ENTRIES:
            shape = f"[rows, 1..{MAX_ENTRIES}], where rows divide {width}, the elements of {self.source!r}"
            raise InputError(f"block {self.name!r}: needs numbers of shape {shape}, not {list(self.rows.shape)}")


@dataclass(frozen=True, eq=False, repr=False)
class Levels(Pointwise):
    """How many of its thresholds an element reaches. `thresholds`: int32[rows, k] or int64, sorted when it is made."""

    thresholds: Integers

    ARRAYS: ClassVar[Mapping[str, Array]] = {"thresholds": _NUMBERS}

    @property
    def rows(self) -> Integers:
        return self.thresholds

    @property
    def compared_with(self) -> Integers | None:
        return self.thresholds

    def normalised(self) -> Self:
        made = super().normalised()
        rows = np.sort(made.thresholds, axis=1)
        return made if np.array_equal(rows, made.thresholds) else replace(made, thresholds=rows).normalised()

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        return Ranges(np.zeros(width, np.int64), np.full(width, self.thresholds.shape[1]))

    def bits(self, values: Values) -> Integers:
        read = values[self.source]
        thresholds = self.thresholds[self.row_of(read.shape[1])]
        reached = np.zeros(read.shape, np.int64)
        for threshold in thresholds.T:
            reached += read >= threshold
        return reached


@dataclass(frozen=True, eq=False, repr=False)
class Table(Pointwise):
    """Any function: `values[row, element - low]`. `values`: int32[rows, size] or int64; `low`: the element that the
    first column belongs to. Elements must lie in low .. low + size - 1."""

    values: Integers
    low: int = 0

    ARRAYS: ClassVar[Mapping[str, Array]] = {"values": _NUMBERS}

    @property
    def rows(self) -> Integers:
        return self.values

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        rows = self.row_of(width)
        return Ranges(*(bound[rows].astype(np.int64) for bound in (self.values.min(axis=1), self.values.max(axis=1))))

    def check(self, cell: Surroundings) -> None:
        super().check(cell)
        if not isinstance(self.low, int) or isinstance(self.low, bool):
            raise InputError(f"block {self.name!r}: low must be a whole number, not {self.low!r:.80}")

    def check_ranges(self, cell: Surroundings) -> None:
        read, high = cell.ranges(self.source), self.low + self.values.shape[1] - 1
        if read.low.min() < self.low or read.high.max() > high:
            span = f"{read.low.min()}..{read.high.max()}"
            raise InputError(f"block {self.name!r}: has values for {self.low}..{high}, but reads {span}")

    def bits(self, values: Values) -> Integers:
        read = values[self.source].astype(np.int64)
        return self.values[self.row_of(read.shape[1]), read - self.low].astype(np.int64)
