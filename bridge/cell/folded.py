"""A folded network: one gated recurrent layer of small integers, computed a row after the other from a table.

It is no `Cell`: its logic takes many steps a byte (see `bridge.lowering.folded`). Here stands what it computes, in
plain integers. The unit (Cho et al. 2014, with the reset gate behind the product, as `torch.nn.GRU` has it) reads what
it held and the code of the byte:

    r, z = sigmoid(W [h, x]),  n = tanh(W x + r * (W h)),  h' = h + z (n - h),  logits = W [h', x]

h, n and x count in 128ths, r and z in 64ths, what goes into sigmoid and tanh and comes out as logits in 64ths of a nat:
a sum of products of a row, times `scales[row]`, shifted down by `shift`, rounded.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bridge.arrays import Bits, Floats32, Ints
from bridge.cell.blocks import fill_unseen
from bridge.errors import InputError
from bridge.files import parse_json, read_bytes, write_atomic
from bridge.readout import Readout

Small: TypeAlias = npt.NDArray[np.int8]
FORMAT = 1
CODE, WEIGHT, SCALE = (-8, 7), (-3, 3), (0, 1023)  # least and most of an embedding's numbers, of weights, of scales
UNIT, GATE, NAT = 128, 64, 64  # what 1 is in the state, in a gate, in a logit
ROWS = 3  # of a unit: reset, update, candidate
SHIFTS = (1, 24)
MAX_BYTES = 1 << 26
BIAS, COLUMNS = 1 << 20, 1 << 14  # the most of either: 32-bit floats hold all sums exactly
REACH = 256  # arguments of tanh are -256..255, which is 4 nats; what lies beyond counts as the nearest of them
INNER = 1024  # what reset gates multiply is -1024..1023


def tanh_table() -> Ints:
    """int64[512]: tanh of (i - 256) / 64 nats, i = 0.., in 128ths, never -1 or 1."""
    values: Ints = np.rint((UNIT - 1) * np.tanh(np.arange(-REACH, REACH) / NAT)).astype(np.int64)
    return values


def tanh(drive: Ints) -> Ints:
    """In 128ths, of what counts in 64ths."""
    return tanh_table()[np.clip(drive, -REACH, REACH - 1) + REACH]


def sigmoid(drive: Ints) -> Ints:
    """In 64ths, 0..64, of what counts in 64ths: (1 + tanh(x / 2)) / 2."""
    return tanh(drive >> 1) + UNIT + 2 >> 2


@dataclass(frozen=True, eq=False)
class Folded:
    """`embedding`: int8[symbols, codes], in 8ths; `weights`: int8[rows, units + codes], the rows of unit j being 3 j
    (reset), 3 j + 1 (update), 3 j + 2 (candidate), then one for every symbol; `biases`, `scales`: int64[rows]."""

    symbols: bytes
    embedding: Small
    weights: Small
    biases: Ints
    scales: Ints
    shift: int

    def __post_init__(self) -> None:
        Readout(self.symbols, 1 / NAT)
        if self.embedding.ndim != 2 or self.weights.ndim != 2:
            raise InputError("an embedding and weights are matrices")
        codes, rows, columns = len(self.symbols), *self.weights.shape
        units = columns - self.embedding.shape[1]
        if not 1 <= units < columns <= COLUMNS or self.embedding.shape[0] != codes or rows != ROWS * units + codes:
            raise InputError(f"weights {self.weights.shape} do not fit an embedding {self.embedding.shape}")
        if self.biases.shape != (rows,) or self.scales.shape != (rows,):
            raise InputError(f"there must be a bias and a scale for each of the {rows} rows")
        within(self.embedding, CODE, "the embedding")
        within(self.weights, WEIGHT, "weights")
        within(self.scales, SCALE, "scales")
        within(self.biases, (-BIAS, BIAS), "biases")
        within(np.array([self.shift]), SHIFTS, "the shift")

    @property
    def units(self) -> int:
        return int(self.weights.shape[1] - self.embedding.shape[1])

    @property
    def most(self) -> int:
        """What the sum of no row exceeds, in absolute value, whatever is read."""
        return int((np.abs(self.weights.astype(np.int64)).sum(axis=1) * UNIT + np.abs(self.biases)).max())

    @property
    def readout(self) -> Readout:
        return Readout(self.symbols, 1 / NAT)

    @cached_property
    def ranks(self) -> Bits:
        """uint8[256]: the symbol as which each byte is read."""
        return fill_unseen(np.arange(len(self.symbols), dtype=np.uint8)[:, None], self.symbols)[:, 0]

    @cached_property
    def _columns(self) -> Floats32:
        """The weights, a row in each column; as all sums stay below 2^24, products of floats are exact."""
        return np.ascontiguousarray(self.weights.T, np.float32)

    def reset(self, streams: int) -> Ints:
        """int64[streams, units]: the state before any byte."""
        return np.zeros((streams, self.units), np.int64)

    def step(self, state: Ints, data: Bits) -> tuple[Ints, Ints]:
        """What is held after a byte each, uint8[streams], and the logits of the next: int64[streams, symbols]."""
        last, codes = ROWS * self.units, (self.embedding[self.ranks[data]].astype(np.int64) * (UNIT // 8))
        held = self._sums(state, slice(0, self.units), slice(0, last))
        read = self._sums(codes, slice(self.units, None), slice(0, last)) + self.biases[:last]
        gates = (held + read).reshape(len(data), self.units, ROWS)[:, :, :2]
        reset, update = np.moveaxis(sigmoid(self._scaled(gates, 0, 2)), 2, 0)
        inner = self._scaled(held.reshape(len(data), self.units, ROWS)[:, :, 2:], 2, 3)[:, :, 0]
        outer = self._scaled(read.reshape(len(data), self.units, ROWS)[:, :, 2:], 2, 3)[:, :, 0]
        new = tanh(outer + (reset * np.clip(inner, -INNER, INNER - 1) + GATE // 2 >> 6))
        state = state + (update * (new - state) + GATE // 2 >> 6)
        sums = self._sums(np.concatenate([state, codes], axis=1), slice(None), slice(last, None))
        return state, self._rounded((sums + self.biases[last:]) * self.scales[last:])

    def _sums(self, values: Ints, columns: slice, rows: slice) -> Ints:
        products: Floats32 = values.astype(np.float32) @ self._columns[columns, rows]
        return products.astype(np.int64)

    def _scaled(self, sums: Ints, first: int, end: int) -> Ints:
        """int64[streams, units, end - first], of rows `first`.. of every unit."""
        scales = self.scales[: ROWS * self.units].reshape(self.units, ROWS)
        return self._rounded(sums * scales[:, first:end])

    def _rounded(self, products: Ints) -> Ints:
        return products + (1 << self.shift - 1) >> self.shift

    def save(self, path: str | os.PathLike[str], record: dict[str, Any] | None = None) -> None:
        """Write a file; the same network always gives the same bytes."""
        facts = {"format": FORMAT, "symbols": list(self.symbols), "shift": self.shift, "record": record or {}}
        arrays: dict[str, npt.NDArray[Any]] = {name: getattr(self, name) for name in ("embedding", "weights")}
        arrays |= {"biases": self.biases, "scales": self.scales}
        write_atomic(path, save(arrays, {"folded": json.dumps(facts, sort_keys=True)}))

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Folded:
        """InputError if the file is none of these."""
        data = read_bytes(path, "a folded network (.safetensors)", MAX_BYTES)
        try:
            arrays = load(data)
            length = int.from_bytes(data[:8], "little")
            facts = parse_json(parse_json(data[8 : 8 + length])["__metadata__"]["folded"])
            if facts["format"] != FORMAT:
                raise InputError(f"format {facts['format']!r:.80} is unknown; this version reads format {FORMAT}")
            symbols, shift = bytes([*facts["symbols"]]), index(facts["shift"])
            embedding, weights = (arrays[key].astype(np.int8, casting="safe") for key in ("embedding", "weights"))
            biases, scales = (arrays[key].astype(np.int64, casting="safe") for key in ("biases", "scales"))
            return Folded(symbols, embedding, weights, biases, scales, shift)
        except (SafetensorError, ValueError, TypeError, KeyError, InputError) as error:
            raise InputError(f"{path}: is not a folded network: {error}") from error


def within(values: npt.NDArray[Any], limits: tuple[int, int], what: str) -> None:
    """InputError if a value lies outside."""
    if values.size and (values.min() < limits[0] or values.max() > limits[1]):
        raise InputError(f"{what} must be between {limits[0]} and {limits[1]}, not {values.min()}..{values.max()}")
