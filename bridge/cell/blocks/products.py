"""Products of two integers, element by element: what gates of recurrent networks, attention and masks multiply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.cell.blocks.base import Block, Integers, RangesOf, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.errors import InputError

MAX_BITS = 18  # that hold a pair of factors: what the certificate tries in full


@dataclass(frozen=True, eq=False, repr=False)
class Product(Block):
    """`left * right`, element by element; the bits that hold a pair of factors are at most MAX_BITS."""

    left: str
    right: str
    INTEGERS: ClassVar[bool] = True

    @property
    def reads(self) -> tuple[str, ...]:
        return self.left, self.right

    def width(self, width_of: WidthOf) -> int:
        return width_of(self.left)

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        left, right = ranges_of(self.left), ranges_of(self.right)
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        return Ranges(np.min(corners, axis=0), np.max(corners, axis=0))

    def check(self, cell: Surroundings) -> None:
        cell.read_width(self)
        if cell.width(self.left) != cell.width(self.right):
            raise InputError(f"block {self.name!r}: left {self.left!r} and right {self.right!r} differ in width")

    def check_ranges(self, cell: Surroundings) -> None:
        bits = cell.ranges(self.left).widths + cell.ranges(self.right).widths
        if bits.max() > MAX_BITS:
            j = int(bits.argmax())
            raise InputError(
                f"block {self.name!r}: the factors of element {j} have {bits[j]} bits; at most {MAX_BITS} are allowed"
            )

    def bits(self, values: Values) -> Integers:
        product: Integers = values[self.left].astype(np.int64) * values[self.right]
        return product
