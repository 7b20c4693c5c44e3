"""Weighted sums that are integers for other blocks: of all that is read, or of windows of it, as a convolution is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.cell.blocks.base import INT32, Array, Integers, RangesOf, Surroundings, Values, WidthOf
from bridge.cell.blocks.weighted import Entries, Summed, check_sums, over_bits
from bridge.cell.ranges import Ranges
from bridge.errors import InputError

MAX_ELEMENTS = 1 << 20


@dataclass(frozen=True, eq=False, repr=False)
class Linear(Summed):
    """`weights @ elements + bias`. `weights`: [rows, in], int8 or the narrowest that holds them; `bias`: [rows], int32
    or int64; `taps`, None or int32[positions, in']: the rows, of in' weights, are applied to each of these selections
    of elements, -1 being a zero, and element `row * positions + position` is the sum."""

    weights: Integers
    bias: Integers
    taps: Integers | None = None

    ARRAYS: ClassVar[Mapping[str, Array]] = {
        "weights": Array(np.int8, 2, -128, 127, wider=(np.int16, np.int32)),
        "bias": Array(np.int32, 1, *INT32, wider=(np.int64,)),
        "taps": Array(np.int32, 2, -1, INT32[1], optional=True),
    }
    INTEGERS: ClassVar[bool] = True

    @property
    def constants(self) -> Integers:
        return np.repeat(self.bias, 1 if self.taps is None else len(self.taps))

    def entries(self, read: Ranges) -> Entries:
        kernel, column = np.nonzero(self.weights)
        weight = self.weights[kernel, column].astype(np.int64)
        if self.taps is None:
            return over_bits(kernel, column, weight, read)
        positions = len(self.taps)
        row = np.add.outer(kernel * positions, np.arange(positions)).ravel()
        element, weight = self.taps[:, column].T.ravel(), np.repeat(weight, positions)
        place, once = np.unique((row * len(read) + element)[element >= 0], return_inverse=True)
        total = np.zeros(len(place), np.int64)
        np.add.at(total, once, weight[element >= 0])  # a window may hold an element twice
        place, total = place[total != 0], total[total != 0]
        return over_bits(place // len(read), place % len(read), total, read)

    def width(self, width_of: WidthOf) -> int:
        return len(self.weights) * (1 if self.taps is None else len(self.taps))

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        read = Ranges.joined([ranges_of(source) for source in self.sources])
        low, high = (self._selected(bound[None]).astype(np.float64) for bound in (read.low, read.high))
        down, up = np.minimum(self.weights, 0).astype(np.float64), np.maximum(self.weights, 0).astype(np.float64)
        return Ranges(*(self._sums(low, *ways, high) for ways in ((up, down), (down, up))))

    def _sums(self, low: Integers, of_low: Integers, of_high: Integers, high: Integers) -> Integers:
        sums = np.clip(low @ of_low.T + high @ of_high.T, -(2.0**53), 2.0**53).astype(np.int64)
        found: Integers = (sums + self.bias).transpose(0, 2, 1).ravel()
        return found

    def check(self, cell: Surroundings) -> None:
        width, place = cell.read_width(self), f"block {self.name!r}"
        rows, columns = self.weights.shape
        if self.taps is not None and (not len(self.taps) or self.taps.max(initial=-1) >= width):
            raise InputError(f"{place}: taps need a position or more, and elements -1..{width - 1}")
        wanted = width if self.taps is None else self.taps.shape[1]
        if columns != wanted:
            raise InputError(f"{place}: weights have {columns} columns, but a sum reads {wanted} elements")
        if rows < 1 or len(self.bias) != rows:
            raise InputError(f"{place}: {rows} rows of weights, but {len(self.bias)} biases")
        if self.width(cell.width) > MAX_ELEMENTS:
            raise InputError(
                f"{place}: gives {self.width(cell.width):,} elements; at most {MAX_ELEMENTS:,} are allowed"
            )

    def check_ranges(self, cell: Surroundings) -> None:
        read = cell.read_ranges(self)
        low, high = (self._selected(bound[None])[0] for bound in (read.low, read.high))
        check_sums(self.name, self.weights, self.bias, Ranges(low.min(axis=0), high.max(axis=0)))

    def bits(self, values: Values) -> Integers:
        read = self._selected(self.read(values)).astype(np.float64)
        sums = (read @ self.weights.T.astype(np.float64)).astype(np.int64) + self.bias
        return sums.transpose(0, 2, 1).reshape(len(sums), -1)

    def _selected(self, elements: Integers) -> Integers:
        """[batch, positions, in'] of [batch, in]."""
        if self.taps is None:
            return elements[:, None, :]
        zero = np.zeros((len(elements), 1), elements.dtype)
        return np.concatenate([elements, zero], axis=1)[:, self.taps]
