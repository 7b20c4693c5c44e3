"""Weighted sums: neurons that compare them (Threshold), and the head that gives them (Logits)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Ints
from bridge.cell.blocks.base import INT32, Array, Integers, Reader, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.readout import Readout

LARGEST_SUM = 1 << 52  # what keeps products of float64 matrices exact, with a bit to spare
_WEIGHTS = Array(np.int8, 2, -128, 127)
_CONSTANTS = Array(np.int32, 1, *INT32)


class Entries(NamedTuple):
    """The weights of bits, those that are not 0, sorted by row, then bit: int64[n] each."""

    row: Ints
    bit: Ints
    weight: Ints


@dataclass(frozen=True, eq=False, repr=False)
class Summed(Reader):
    """A block of weighted sums over its sources. `COMPARES`: whether they must reach its constants, or are added to
    them."""

    COMPARES: ClassVar[bool] = False

    @property
    @abstractmethod
    def constants(self) -> Integers:
        """int[rows]: what each sum must reach, or is added to."""

    @abstractmethod
    def entries(self, read: Ranges) -> Entries:
        """The sums as sums over the bits that hold what is read."""


def over_bits(row: Ints, element: Ints, weight: Ints, read: Ranges) -> Entries:
    """The entries of weights of elements, int64[n] each, sorted by row, then element."""
    width, first = read.widths[element], (np.cumsum(read.widths) - read.widths)[element]
    owner = np.repeat(np.arange(len(element)), width)
    bit = np.arange(len(owner)) + (first - np.cumsum(width) + width)[owner]
    return Entries(row[owner], bit, weight[owner] * read.worth[bit])


@dataclass(frozen=True, eq=False, repr=False)
class Weighted(Summed):
    """Sums of all that is read, by rows. `weights`: int8[out, in]; `CONSTANTS`: the field with a number for each."""

    weights: Integers

    CONSTANTS: ClassVar[str]
    NEURAL: ClassVar[bool] = True

    @property
    def constants(self) -> Integers:
        """int32[out]: thresholds or biases."""
        numbers: Integers = getattr(self, self.CONSTANTS)
        return numbers

    def entries(self, read: Ranges) -> Entries:
        row, column = np.nonzero(self.weights)
        return over_bits(row, column, self.weights[row, column].astype(np.int64), read)

    def with_rows(self, weights: Integers, constants: Integers) -> Self:
        """The same block with other numbers."""
        rows: dict[str, Any] = {"weights": weights, self.CONSTANTS: constants}
        return replace(self, **rows)

    def check(self, cell: Surroundings) -> None:
        width = cell.read_width(self)
        rows, columns = self.weights.shape
        if columns != width:
            raise InputError(f"block {self.name!r}: weights have {columns} columns, but its sources have {width} bits")
        if rows < 1 or len(self.constants) != rows:
            count = len(self.constants)
            raise InputError(f"block {self.name!r}: {rows} rows of weights, but {count} thresholds or biases")

    def check_ranges(self, cell: Surroundings) -> None:
        check_sums(self.name, self.weights, self.constants, cell.read_ranges(self))

    def width(self, width_of: WidthOf) -> int:
        return int(self.weights.shape[0])

    def sums(self, values: Values) -> npt.NDArray[np.int64]:
        """int64[batch, out]: `weights @ elements`."""
        elements = self.read(values)
        if elements.dtype != np.uint8:  # exact, see `check_sums`
            return (elements.astype(np.float64) @ self.weights.T.astype(np.float64)).astype(np.int64)
        sums: npt.NDArray[np.float32] = elements.astype(np.float32) @ self._float_weights
        return sums.astype(np.int64)

    @cached_property
    def _float_weights(self) -> npt.NDArray[np.float32]:
        # Exact for bits: at most 2**16 of them times 2**7 stay below 2**24.
        return np.ascontiguousarray(self.weights.T, np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class Threshold(Weighted):
    """Bit r fires iff `weights[r] @ elements >= thresholds[r]`. `weights`: int8[out, in]; `thresholds`: int32[out]."""

    thresholds: Integers

    CONSTANTS: ClassVar[str] = "thresholds"
    COMPARES: ClassVar[bool] = True
    ARRAYS: ClassVar[Mapping[str, Array]] = {"weights": _WEIGHTS, "thresholds": _CONSTANTS}

    def bits(self, values: Values) -> Bits:
        return (self.sums(values) >= self.thresholds).astype(np.uint8)


@dataclass(frozen=True, eq=False, repr=False)
class Logits(Weighted):
    """The head of a text model: integers `weights @ elements + bias`. `weights`: int8[rows, in]; `bias`: int32[rows].

    A row per symbol; with a `code`, int16[nodes, 2] (see `bridge.readout.codetree`), a row per node; in a serial cell
    one row.
    """

    bias: Integers
    scale: float
    symbols: bytes
    code: Integers | None = None

    CONSTANTS: ClassVar[str] = "bias"
    HEAD: ClassVar[bool] = True
    ARRAYS: ClassVar[Mapping[str, Array]] = {
        "weights": _WEIGHTS,
        "bias": _CONSTANTS,
        "code": Array(np.int16, 2, -256, 255, optional=True),
    }

    def check(self, cell: Surroundings) -> None:
        super().check(cell)
        Readout(self.symbols, self.scale)

    def normalised(self) -> Self:
        return replace(super().normalised(), scale=float(self.scale), symbols=bytes(self.symbols))

    def bits(self, values: Values) -> npt.NDArray[np.int64]:
        numbers: npt.NDArray[np.int64] = self.sums(values) + self.bias
        return numbers

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"symbols": list(self.symbols)}

    @classmethod
    def parsed(cls, facts: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(facts["symbols"], list):
            raise InputError(f"block {facts['name']!r}: symbols must be a list of byte values")
        try:
            symbols, scale = bytes(facts["symbols"]), float(facts["scale"])
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"block {facts['name']!r}: {error}") from error
        return {**super().parsed(facts), "symbols": symbols, "scale": scale}


def check_sums(name: str, weights: Integers, constants: Integers, read: Ranges) -> None:
    """InputError if a sum of a block, on its way or at its end, may pass LARGEST_SUM."""
    largest = np.maximum(np.abs(read.low), np.abs(read.high)).astype(np.float64)
    reach = np.abs(weights.astype(np.float64)) @ largest + np.abs(constants.astype(np.float64))
    if (reach > LARGEST_SUM).any():
        row = int(reach.argmax())
        raise InputError(f"block {name!r}: row {row} may reach {reach[row]:.3g}; sums must stay within 2**52")
