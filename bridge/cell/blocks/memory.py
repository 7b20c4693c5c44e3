"""What a cell remembers: shift registers (Delay) and gated values (Latch). At first all of them are 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.cell.blocks.base import OLD, Block, Integers, RangesOf, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.errors import InputError

MAX_STEPS = 4096


@dataclass(frozen=True, eq=False, repr=False)
class Delay(Block):
    """Shift register: the values of `source` 1, 2, ... `steps` steps ago, the most recent first."""

    source: str
    steps: int

    STATEFUL: ClassVar[bool] = True
    AT_START: ClassVar[bool] = True
    NEURAL: ClassVar[bool] = True

    @property
    def keeps(self) -> tuple[str, ...]:
        return (self.source,)

    def width(self, width_of: WidthOf) -> int:
        return self.steps * width_of(self.source)

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        return Ranges.joined([ranges_of(self.source).with_zero()] * self.steps)

    def check(self, cell: Surroundings) -> None:
        if not isinstance(self.steps, int) or not 1 <= self.steps <= MAX_STEPS:
            raise InputError(f"block {self.name!r}: steps must be 1..{MAX_STEPS}, not {self.steps!r}")
        if not isinstance(self.source, str) or not cell.gives_bits(self.source):
            raise InputError(f"block {self.name!r} delays {self.source!r}, which is not a block with bits")
        cell.width(self.name)

    def bits(self, values: Values) -> Integers:
        return values[OLD + self.name]

    def next_state(self, values: Values) -> Integers:
        new, held = values[self.source], values[OLD + self.name]
        return np.concatenate([new, held[:, : held.shape[1] - new.shape[1]]], axis=1)


@dataclass(frozen=True, eq=False, repr=False)
class Latch(Block):
    """Gated memory: `s' = select ? value : s`, element by element, those of `select` being bits; the block's values are
    the new ones."""

    select: str
    value: str

    STATEFUL: ClassVar[bool] = True
    HAS_OLD: ClassVar[bool] = True
    NEURAL: ClassVar[bool] = True

    @property
    def reads(self) -> tuple[str, ...]:
        return self.select, self.value

    @property
    def keeps(self) -> tuple[str, ...]:
        return self.reads

    def width(self, width_of: WidthOf) -> int:
        return width_of(self.value)

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        return ranges_of(self.value).with_zero()

    def check(self, cell: Surroundings) -> None:
        for source in self.reads:
            cell.check_source(self, source)
        if cell.width(self.select) != cell.width(self.value):
            raise InputError(f"block {self.name!r}: select {self.select!r} and value {self.value!r} differ in width")

    def check_ranges(self, cell: Surroundings) -> None:
        if not cell.ranges(self.select).are_bits:
            raise InputError(f"block {self.name!r}: select {self.select!r} must be of bits")

    def bits(self, values: Values) -> Integers:
        chosen: Integers = np.where(values[self.select].astype(bool), values[self.value], values[OLD + self.name])
        return chosen

    def next_state(self, values: Values) -> Integers:
        return values[self.name]
