"""From raw features to what an `Input` is given.

Every element is a step function of one feature. That holds quantizers of any rounding, signs, ranks among the
thresholds of trees, thermometers and categories, and it is exact: numbers are only compared, nothing is computed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.cell.blocks.base import Integers
from bridge.compiled import compiled
from bridge.errors import InputError

MAX_THRESHOLDS = 1 << 26
_SPOKEN = {math.inf: "Infinity", -math.inf: "-Infinity"}  # JSON has no such numbers


@dataclass(frozen=True, eq=False)
class Encoder:
    """Element j is `low[j]` plus how many of its thresholds feature `features[j]` reaches (is at least).

    `low`: int64[n]; `features`: int32[n], which feature each element reads; `thresholds`: float64[rows, k], each row
    ascending, NaN at the end of rows that have fewer; element j has row `j // (n // rows)`. `missing`: int64[n], the
    elements of a feature that is NaN, at least `low`, None if none may be; a first threshold of -inf keeps `low` for
    them alone. `single`: features are rounded to float32 first. `columns`: how many features there are, read or not;
    None if that is not known.
    """

    low: Integers
    features: Integers
    thresholds: Floats
    missing: Integers | None = None
    single: bool = False
    columns: int | None = None

    @property
    def high(self) -> Ints:
        """int64[n]: the most that each element can be, `low` being the least, missing values included."""
        reached = self.low + self._counts[self.rows]
        return reached if self.missing is None else np.maximum(reached, self.missing)

    @property
    def _counts(self) -> Ints:
        """int64[rows]: thresholds that each row has."""
        counts: Ints = (~np.isnan(self.thresholds)).sum(axis=1)
        return counts

    @property
    def rows(self) -> Ints:
        """int64[n]: which row of thresholds each element has."""
        return np.arange(len(self.low)) // (len(self.low) // len(self.thresholds))

    @property
    def steps(self) -> list[Floats]:
        """The thresholds of each row, without NaNs."""
        return [row[:count] for row, count in zip(self.thresholds, self._counts.tolist(), strict=True)]

    @property
    def needed(self) -> int:
        """How many features there must be, at least where `columns` does not say."""
        return int(self.features.max()) + 1 if self.columns is None else self.columns

    def problem(self) -> str | None:
        """What is wrong with it, if anything is."""
        n, rows = len(self.low), len(self.thresholds)
        if not n or not rows or n % rows or len(self.features) != n or self.features.min(initial=0) < 0:
            return f"needs a feature for each of {n} elements, and rows of thresholds that divide them"
        if self.columns is not None and (type(self.columns) is not int or self.columns <= self.features.max()):
            return f"reads feature {self.features.max()}, which is none of its columns ({self.columns!r:.40})"
        if self.missing is not None and len(self.missing) != n:
            return f"needs a level for each of {n} elements that are missing"
        with np.errstate(invalid="ignore"):
            falls = np.diff(self.thresholds, axis=1) < 0
        gaps = np.isnan(self.thresholds[:, :-1]) & ~np.isnan(self.thresholds[:, 1:])
        return "thresholds must ascend in each row, NaN last" if (falls | gaps).any() else None

    def exceeds(self, high: Integers) -> str | None:
        """What is wrong if its elements must lie in `low` .. `high`."""
        below = self.missing is not None and bool((self.missing < self.low).any())
        return "gives more than low and high allow" if below or (self.high > high).any() else None

    def encode(self, raw: Any) -> Ints:
        """int64[batch, n] of float[batch, features]; InputError for what is no such array, and for values that are
        missing where none may be."""
        table = np.asarray(raw)
        fits = table.ndim == 2 and table.shape[1] >= self.needed and self.columns in (None, table.shape[1])
        if not fits or table.dtype.kind not in "iubf":
            raise InputError(f"raw data must be numbers [rows, {self.needed}], not {table.dtype}{list(table.shape)}")
        with np.errstate(over="ignore"):
            table = table.astype(np.float32 if self.single else np.float64, copy=False)
        table = np.ascontiguousarray(table, np.float64)
        thresholds = self.thresholds.astype(np.float64)  # a copy: compiled code tells frozen arrays from others
        found: Ints = self.low + _reached(table, self.features.astype(np.int64), self.rows, thresholds, self._counts)
        if np.isnan(table).any() and (absent := np.isnan(table[:, self.features])).any():
            if self.missing is None:
                row, j = np.argwhere(absent)[0].tolist()
                raise InputError(f"raw data: feature {self.features[j]} of row {row} is missing, and none may be")
            found = np.where(absent, self.missing, found)
        return found

    def facts(self) -> dict[str, Any]:
        """As JSON, where what is infinite is "Infinity" or "-Infinity"; rows of thresholds without their NaNs."""
        told = [[each if math.isfinite(each) else _SPOKEN[each] for each in row.tolist()] for row in self.steps]
        missing = None if self.missing is None else self.missing.tolist()
        own = {"low": self.low.tolist(), "features": self.features.tolist(), "thresholds": told}
        return own | {"missing": missing, "single": self.single, "columns": self.columns}

    @classmethod
    def parsed(cls, facts: Mapping[str, Any]) -> Encoder:
        """Undo `facts`. KeyError, TypeError, ValueError or OverflowError for what is none."""
        rows = [_numbers(row) for row in facts["thresholds"]]
        longest = max(map(len, rows), default=0)
        if len(rows) * longest > MAX_THRESHOLDS:
            raise ValueError(f"an encoder has at most {MAX_THRESHOLDS:,} thresholds, the longest row counting for all")
        thresholds = np.full((len(rows), longest), np.nan)
        for row, values in zip(thresholds, rows, strict=True):
            row[: len(values)] = values
        missing = None if facts["missing"] is None else whole_numbers(facts["missing"])
        if type(facts["single"]) is not bool:
            raise ValueError("single must be true or false")
        low, features = whole_numbers(facts["low"]), whole_numbers(facts["features"])
        made = cls(low, features, thresholds, missing, facts["single"], facts["columns"])
        if problem := made.problem():
            raise ValueError(f"an encoder {problem}")
        return made


@compiled
def _reached(table: Floats, features: Ints, rows: Ints, thresholds: Floats, counts: Ints) -> Ints:
    """int64[batch, n]: how many of its thresholds each element reaches, by halving; of NaN none."""
    found = np.empty((len(table), len(features)), np.int64)
    for row in range(len(table)):
        for element in range(len(features)):
            value, steps = table[row, features[element]], thresholds[rows[element]]
            least, most = 0, counts[rows[element]]
            while least < most:
                middle = (least + most) >> 1
                if value >= steps[middle]:
                    least = middle + 1
                else:
                    most = middle
            found[row, element] = least
    return found


def whole_numbers(values: Any) -> Ints:
    """int64[n] of a list in JSON. TypeError, ValueError or OverflowError for what is none."""
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise ValueError(f"{values!r:.40} is no list of integers")
    return np.array(values, np.int64)


def _numbers(values: Any) -> list[float]:
    infinite = {word: number for number, word in _SPOKEN.items()}
    if not isinstance(values, list):
        raise ValueError(f"{values!r:.40} is no list of numbers")
    found = [infinite[value] if isinstance(value, str) else value for value in values]
    if not all(type(value) in (int, float) for value in found):
        raise ValueError(f"{values!r:.40} is no list of numbers")
    return [float(value) for value in found]
