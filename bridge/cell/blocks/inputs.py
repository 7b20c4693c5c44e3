"""What a cell is given from outside besides bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from bridge.aig import names
from bridge.arrays import Floats
from bridge.cell.blocks.base import INT32, Array, Block, Integers, RangesOf, Surroundings, Values, WidthOf
from bridge.cell.encoder import Encoder, whole_numbers
from bridge.cell.ranges import LARGEST, Ranges
from bridge.errors import InputError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_BOUNDS = Array(np.int64, 1, -LARGEST, LARGEST)
_LEVELS = replace(_BOUNDS, optional=True)


@dataclass(frozen=True, eq=False, repr=False)
class Input(Block):
    """A vector of integers from outside. `low`, `high`: int64[n], what each of them can be, both included. The others
    (`features`, `thresholds`, `missing`, `single`, `columns`) are the encoder that makes them of raw features, if there
    is one; see `bridge.cell.encoder`."""

    low: Integers
    high: Integers
    features: Integers | None = None
    thresholds: Floats | None = None
    missing: Integers | None = None
    single: bool = False
    columns: int | None = None

    ARRAYS: ClassVar[Mapping[str, Array]] = {
        "low": _BOUNDS,
        "high": _BOUNDS,
        "features": Array(np.int32, 1, 0, INT32[1], optional=True),
        "thresholds": Array(np.float64, 2, 0, 0, optional=True),
        "missing": _LEVELS,
    }
    INTEGERS: ClassVar[bool] = True

    @classmethod
    def encoded(cls, name: str, encoder: Encoder) -> Input:
        """What an encoder gives."""
        rest = encoder.features, encoder.thresholds, encoder.missing, encoder.single, encoder.columns
        return cls(name, encoder.low, encoder.high, *rest)

    @property
    def encoder(self) -> Encoder | None:
        """From raw features to these elements; None for one that is given them as they are."""
        if self.features is None or self.thresholds is None:
            return None
        return Encoder(self.low, self.features, self.thresholds, self.missing, self.single, self.columns)

    @property
    def signals(self) -> list[str]:
        """The inputs of a netlist that are its bits."""
        return Ranges(self.low, self.high).named(partial(names.element, self.name))

    def told(self) -> dict[str, Any]:
        """All of it as JSON, for those who have no tensors."""
        own = {"name": self.name, "low": self.low.tolist(), "high": self.high.tolist()}
        return own | (self.encoder.facts() if self.encoder else {})

    @classmethod
    def heard(cls, told: Mapping[str, Any]) -> Input:
        """Undo `told`. KeyError, TypeError, ValueError or OverflowError for what is none."""
        if not _NAME.fullmatch(told["name"]):
            raise ValueError(f"{told['name']!r:.80} is no name of an input")
        made = cls(told["name"], whole_numbers(told["low"]), whole_numbers(told["high"]))
        if "thresholds" in told:
            made = replace(cls.encoded(made.name, Encoder.parsed(told)), high=made.high)
        try:
            made = made.normalised()
            made.check()
        except InputError as error:
            raise ValueError(str(error)) from error
        return made

    def width(self, width_of: WidthOf) -> int:
        return len(self.low)

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        return Ranges(self.low, self.high)

    def check(self, cell: Surroundings | None = None) -> None:
        if not len(self.low) or len(self.low) != len(self.high) or (self.low > self.high).any():
            raise InputError(f"block {self.name!r}: needs a low and a high for each element, low not above high")
        encoder = self.encoder
        parts = self.features is None, self.thresholds is None, encoder is None and self.columns is None
        if len(set(parts)) > 1 or type(self.single) is not bool:
            raise InputError(f"block {self.name!r}: an encoder needs both features and thresholds")
        if encoder and (problem := encoder.problem() or encoder.exceeds(self.high)):
            raise InputError(f"block {self.name!r}: its encoder {problem}")

    def bits(self, values: Values) -> Integers:
        return values[self.name]

    def given(self, values: object) -> Integers:
        """int64[batch, n]: what is given, once it is what it can be; InputError with the first element that is not."""
        array = np.asarray(values)
        if array.dtype.kind not in "iub" or array.ndim != 2 or array.shape[1] != len(self.low):
            wanted = f"integers of shape [batch, {len(self.low)}]"
            raise InputError(f"input {self.name!r} must be {wanted}, not {array.dtype}{list(array.shape)}")
        outside = (array < self.low) | (array > self.high)
        if outside.any():
            row, j = np.argwhere(outside)[0]
            span = f"{self.low[j]}..{self.high[j]}"
            raise InputError(f"input {self.name!r}: element {j} of row {row} is {array[row, j]}, outside {span}")
        return array.astype(np.int64)
