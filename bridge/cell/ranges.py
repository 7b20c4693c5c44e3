"""What the elements of a vector can be, and the bits that hold them: the one place that knows how integers are coded.

An element is held in the fewest bits that hold its range, the lowest first: none for 0..0, plain binary from 0 up,
two's complement where it can be negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bridge.aig import names
from bridge.arrays import Bits, Flags, Ints

LARGEST = 1 << 31  # that an element given from outside may be, up or down


@dataclass(frozen=True, eq=False)
class Ranges:
    """`low`, `high`: int64[elements], the bounds of each, both included."""

    low: Ints
    high: Ints

    def __len__(self) -> int:
        return len(self.low)

    @classmethod
    def of_bits(cls, count: int) -> Ranges:
        return cls(np.zeros(count, np.int64), np.ones(count, np.int64))

    @classmethod
    def joined(cls, parts: Sequence[Ranges]) -> Ranges:
        """Side by side."""
        empty = np.zeros(0, np.int64)
        return cls(*(np.concatenate([empty, *(getattr(part, key) for part in parts)]) for key in ("low", "high")))

    def of(self, elements: Sequence[int]) -> Ranges:
        """Those of some elements."""
        return Ranges(self.low[list(elements)], self.high[list(elements)])

    def with_zero(self) -> Ranges:
        """The same elements where each may also be 0, as all state is at first."""
        return Ranges(np.minimum(self.low, 0), np.maximum(self.high, 0))

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """The least and the largest that each element can be."""
        return list(zip(self.low.tolist(), self.high.tolist(), strict=True))

    @property
    def are_bits(self) -> bool:
        return bool((self.low >= 0).all() and (self.high <= 1).all())

    @property
    def full(self) -> bool:
        """Do all combinations of the bits spell something?"""
        return bool((self.high - self.low + 1 == 1 << self.widths).all())

    @property
    def plain(self) -> Flags:
        """bool[elements]: is it a bit, 0..1, and so has no place in its name?"""
        bits: Flags = (self.low == 0) & (self.high == 1)
        return bits

    @cached_property
    def widths(self) -> Ints:
        """int64[elements]: the bits that hold each."""
        largest = np.where(self.low < 0, np.maximum(self.high, -self.low - 1), self.high)
        sign: Ints = (self.low < 0).astype(np.int64)
        return sign + np.frexp(largest)[1]  # exact: all are below 2**53

    @property
    def bits(self) -> int:
        """Of all elements together."""
        return int(self.widths.sum())

    @cached_property
    def owners(self) -> Ints:
        """int64[bits]: the element that each bit belongs to."""
        return np.repeat(np.arange(len(self)), self.widths)

    @cached_property
    def places(self) -> Ints:
        """int64[bits]: which bit of its element it is."""
        return np.arange(self.bits) - np.repeat(np.cumsum(self.widths) - self.widths, self.widths)

    @cached_property
    def worth(self) -> Ints:
        """int64[bits]: what an element gains from each; the last one of two's complement takes away."""
        negative = (self.places == self.widths[self.owners] - 1) & (self.low[self.owners] < 0)
        return np.where(negative, -1, 1) << self.places

    def named(self, element: Callable[[int], str]) -> list[str]:
        """The names of all bits, given those of the elements."""
        found = []
        for index, (width, plain) in enumerate(zip(self.widths.tolist(), self.plain.tolist(), strict=True)):
            name = element(index)
            found += [name] if plain else [names.bit(name, place) for place in range(width)]
        return found

    def apart(self, bits: Ints) -> list[Ints]:
        """What stands for all bits, int64[bits], element by element."""
        return np.split(bits, np.cumsum(self.widths)[:-1])

    def spelled(self) -> Ints:
        """int64[2**bits, elements]: what all combinations of the bits stand for, inside the ranges or not, the first
        bit being the lowest of their number."""
        index = np.arange(1 << self.bits)
        return self.decode((index[:, None] >> np.arange(self.bits) & 1).astype(np.uint8))

    def encode(self, values: Ints) -> Bits:
        """[n, elements] -> uint8[n, bits]."""
        bits: Bits = (values.astype(np.int64)[:, self.owners] >> self.places & 1).astype(np.uint8)
        return bits

    def decode(self, bits: Bits) -> Ints:
        """uint8[n, bits] -> int64[n, elements], inside the ranges or not."""
        owns = self.owners[:, None] == np.arange(len(self))
        values: Ints = (bits * self.worth) @ owns
        return values


def bits_of(low: int, high: int) -> int:
    """How many bits hold low..high."""
    return high.bit_length() if low >= 0 else 1 + max(high, -low - 1).bit_length()
