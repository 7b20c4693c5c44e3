"""Weighted sums: neurons that compare them (Threshold), and the head that gives them (Logits)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Ints, Ints32
from bridge.cell.blocks.base import INT32, Array, Integers, Reader, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.compiled import compiled
from bridge.errors import InputError
from bridge.readout import Readout

MOST_WEIGHTS = 1 << 28
LARGEST_SUM = 1 << 52  # what keeps products of float64 matrices exact, with a bit to spare
_N = TypeVar("_N", bound=np.generic)
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

    def matrix(self, width: int) -> Integers:
        """int8[out, in]: the weights of all that it reads, of `width` elements, also those that are 0."""
        return self.weights

    def check(self, cell: Surroundings) -> None:
        self.check_columns(cell.read_width(self))
        rows = len(self.weights)
        if rows < 1 or len(self.constants) != rows:
            count = len(self.constants)
            raise InputError(f"block {self.name!r}: {rows} rows of weights, but {count} thresholds or biases")

    def check_columns(self, width: int) -> None:
        """InputError unless the weights are those of so many elements."""
        columns = self.weights.shape[1]
        if columns != width:
            raise InputError(f"block {self.name!r}: weights have {columns} columns, but its sources have {width} bits")

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
    """Bit r fires iff `weights[r] @ elements >= thresholds[r]`. `weights`: int8[out, in]; `thresholds`: int32[out].

    With `taps`, int16 or int32[out, most], weights that are 0 take no room: `weights`, int8[out, most], are those of
    the elements that a row of `taps` lists, in rising order; where there are fewer, -1 follows, with a weight of 0.
    """

    thresholds: Integers
    taps: Integers | None = None

    CONSTANTS: ClassVar[str] = "thresholds"
    COMPARES: ClassVar[bool] = True
    ARRAYS: ClassVar[Mapping[str, Array]] = {
        "weights": _WEIGHTS,
        "thresholds": _CONSTANTS,
        "taps": Array(np.int16, 2, -1, 2**15 - 1, optional=True, wider=(np.int32,), since=3),
    }

    @staticmethod
    def of_lists(
        name: str, sources: tuple[str, ...], rows: Sequence[Mapping[int, int]], thresholds: Integers
    ) -> Threshold:
        """With the weights of each row by the element that they are of, none of them 0."""
        entries = [(row, *entry) for row, own in enumerate(rows) for entry in sorted(own.items())]
        row, element, weight = np.array(entries, np.int64).reshape(-1, 3).T
        weights, taps = in_rows(len(rows), row, element, weight)
        return Threshold(name, sources, weights, thresholds, taps)

    def matrix(self, width: int) -> Integers:
        if self.taps is None:
            return self.weights
        if len(self.weights) * width > MOST_WEIGHTS:
            size = f"{len(self.weights):,} x {width:,}"
            raise InputError(f"block {self.name!r}: {size} weights, those that are 0 among them, are too many for this")
        found = np.zeros((len(self.weights), width), np.int8)
        row, slot = np.nonzero(self.weights)
        found[row, self.taps[row, slot]] = self.weights[row, slot]
        return found

    def with_rows(self, weights: Integers, constants: Integers) -> Self:
        """weights: int8[out, in], which are listed again if those before are."""
        if self.taps is None:
            return super().with_rows(weights, constants)
        row, column = np.nonzero(weights)
        listed, taps = in_rows(len(weights), row, column, weights[row, column])
        return replace(self, weights=listed, thresholds=constants, taps=taps)

    def entries(self, read: Ranges) -> Entries:
        if self.taps is None:
            return super().entries(read)
        row, slot = np.nonzero(self.weights)
        return over_bits(row, self.taps[row, slot].astype(np.int64), self.weights[row, slot].astype(np.int64), read)

    def check_columns(self, width: int) -> None:
        taps = self.taps
        if taps is None:
            super().check_columns(width)
            return
        if taps.shape != self.weights.shape:
            raise InputError(f"block {self.name!r}: weights {self.weights.shape} need as many taps, not {taps.shape}")
        before, after = taps[:, :-1], taps[:, 1:]
        fine = (taps >= -1) & (taps < width) & ((taps >= 0) == (self.weights != 0))
        fine[:, 1:] &= (after == -1) | (before >= 0) & (after > before)
        if not fine.all():
            row = int(fine.all(axis=1).argmin())
            raise InputError(
                f"block {self.name!r}: row {row} of taps must list elements of 0..{width - 1} in rising order, then -1,"
                " with weights of 0 there and nowhere else"
            )

    def check_ranges(self, cell: Surroundings) -> None:
        check_sums(self.name, self.weights, self.constants, cell.read_ranges(self), self.taps)

    def sums(self, values: Values) -> npt.NDArray[np.int64]:
        if self.taps is None:
            return super().sums(values)
        elements = self.read(values)
        kind = np.int32 if elements.dtype == np.uint8 else np.int64  # exact, see `check_sums`
        return listed_sums(self.weights, self.taps, elements.astype(kind)).astype(np.int64)

    def bits(self, values: Values) -> Bits:
        return (self.sums(values) >= self.thresholds).astype(np.uint8)


@dataclass(frozen=True, eq=False, repr=False)
class Logits(Weighted):
    """The head of a text model: integers `weights @ elements + bias`. `weights`: int8[rows, in]; `bias`: int32[rows].

    `symbols`: the bytes that are predicted, in order; `scale`: nats that 1 in a logit is worth.

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


def listed_sums(weights: npt.NDArray[Any], taps: Integers, elements: npt.NDArray[_N]) -> npt.NDArray[_N]:
    """[batch, out], of the dtype of `elements`, [batch, in]: the sums of listed weights."""
    found = np.zeros((len(elements), len(weights)), elements.dtype)
    _add_listed(weights.astype(elements.dtype), taps.astype(np.int32), np.ascontiguousarray(elements), found)
    return found


@compiled
def _add_listed(weights: npt.NDArray[_N], taps: Ints32, elements: npt.NDArray[_N], found: npt.NDArray[_N]) -> None:
    for place in range(len(elements)):
        for row in range(len(taps)):
            total = found[place, row]
            for slot in range(taps.shape[1]):
                if taps[row, slot] >= 0:
                    total += weights[row, slot] * elements[place, taps[row, slot]]
            found[place, row] = total


def in_rows(rows: int, row: Ints, element: Ints, weight: Integers) -> tuple[Integers, Integers]:
    """(`weights`, `taps`) of a Threshold, from [n] each: the weights that are not 0, sorted by row, then element."""
    counts = np.bincount(row, minlength=rows)
    size = rows, max(1, int(counts.max(initial=0)))
    weights, taps = np.zeros(size, np.int8), np.full(size, -1, np.int32)
    slot = np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
    weights[row, slot], taps[row, slot] = weight, element
    return weights, taps


def check_sums(name: str, weights: Integers, constants: Integers, read: Ranges, taps: Integers | None = None) -> None:
    """InputError if a sum of a block, on its way or at its end, may pass LARGEST_SUM; taps: of listed weights."""
    largest = np.maximum(np.abs(read.low), np.abs(read.high)).astype(np.float64)
    sizes = np.abs(weights.astype(np.float64))
    reach = sizes @ largest if taps is None else (sizes * np.append(largest, 0.0)[taps]).sum(axis=1)
    reach += np.abs(constants.astype(np.float64))
    if (reach > LARGEST_SUM).any():
        row = int(reach.argmax())
        raise InputError(f"block {name!r}: row {row} may reach {reach[row]:.3g}; sums must stay within 2**52")
