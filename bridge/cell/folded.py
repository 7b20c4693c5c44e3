"""A folded network: one gated recurrent layer of small integers, computed a row after the other from a table.

It is no `Cell`: its logic takes many steps a byte (see `bridge.lowering.folded`). Here stands what it computes, in
plain integers, as a `bridge.cell.predictor.Predictor`. The unit (Cho et al. 2014, with the reset gate behind the
product, as `torch.nn.GRU` has it) reads what it held and the code of the byte:

    r, z = sigmoid(W [h, x]),  n = tanh(W x + r * (W h)),  h' = h + z (n - h),  logits = W [h', x]

h, n and x count in 128ths, r and z in 64ths, what goes into sigmoid and tanh and comes out as logits in 64ths of a nat:
a sum of products of a row, times `scales[row]`, shifted down by `shift`, rounded.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from bridge.arrays import Bits, Floats32, Ints
from bridge.cell.blocks import Values, fill_unseen
from bridge.cell.file import FOLDED
from bridge.cell.ranges import Ranges
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
MOST = 1 << 24  # weights
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
    (reset), 3 j + 1 (update), 3 j + 2 (candidate), then one for every symbol; `biases`, `scales`: int64[rows];
    `record`: JSON-able facts on its training."""

    symbols: bytes
    embedding: Small
    weights: Small
    biases: Ints
    scales: Ints
    shift: int
    record: Mapping[str, Any] = field(default_factory=dict)
    serial, text_model, KIND = False, True, "folded network"

    def __post_init__(self) -> None:
        Readout(self.symbols, 1 / NAT)
        if self.embedding.ndim != 2 or self.weights.ndim != 2:
            raise InputError("an embedding and weights are matrices")
        codes, rows, columns = len(self.symbols), *self.weights.shape
        units = columns - self.embedding.shape[1]
        if not 1 <= units < columns <= COLUMNS or self.embedding.shape[0] != codes or rows != ROWS * units + codes:
            raise InputError(f"weights {self.weights.shape} do not fit an embedding {self.embedding.shape}")
        check_size(rows, columns)
        if self.biases.shape != (rows,) or self.scales.shape != (rows,):
            raise InputError(f"there must be a bias and a scale for each of the {rows} rows")
        within(self.embedding, CODE, "the embedding")
        within(self.weights, WEIGHT, "weights")
        within(self.scales, SCALE, "scales")
        within(self.biases, (-BIAS, BIAS), "biases")
        within(np.array([self.shift]), SHIFTS, "the shift")

    def __repr__(self) -> str:
        codes, symbols = self.embedding.shape[1], len(self.symbols)
        return f"<Folded: {self.units} units, {codes} codes, {symbols} symbols, {self.weights.size:,} weights>"

    @property
    def units(self) -> int:
        return int(self.weights.shape[1] - self.embedding.shape[1])

    @property
    def state_ranges(self) -> Ranges:
        """What is held: -127..127 for every unit."""
        return Ranges(np.full(self.units, 1 - UNIT), np.full(self.units, UNIT - 1))

    @cached_property
    def digest(self) -> str:
        """sha256 over all but the record."""
        digest = hashlib.sha256(json.dumps([FORMAT, *self.symbols, self.shift]).encode())
        for array in self._arrays.values():
            digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    @property
    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {name: getattr(self, name) for name in ("embedding", "weights", "biases", "scales")}

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

    def reset(self, batch: int) -> Ints:
        """int64[batch, units]: the state before any byte."""
        return np.zeros((batch, self.units), np.int64)

    def step(self, state: Ints, data: Bits) -> tuple[Ints, Ints]:
        """The oracle: what is held after a byte each, uint8[batch], and the logits of the next: int64[batch,
        symbols]."""
        values = self.read(state, data)
        return self.following(values), self.ask(values)

    def read(self, state: Ints, data: Bits) -> Values:
        """`codes` of the bytes, int64[batch, codes], and the `state` after them."""
        last, codes = ROWS * self.units, (self.embedding[self.ranks[data]].astype(np.int64) * (UNIT // 8))
        held = self._sums(state, slice(0, self.units), slice(0, last))
        read = self._sums(codes, slice(self.units, None), slice(0, last)) + self.biases[:last]
        gates = (held + read).reshape(len(data), self.units, ROWS)[:, :, :2]
        reset, update = np.moveaxis(sigmoid(self._scaled(gates, 0, 2)), 2, 0)
        inner = self._scaled(held.reshape(len(data), self.units, ROWS)[:, :, 2:], 2, 3)[:, :, 0]
        outer = self._scaled(read.reshape(len(data), self.units, ROWS)[:, :, 2:], 2, 3)[:, :, 0]
        new = tanh(outer + (reset * np.clip(inner, -INNER, INNER - 1) + GATE // 2 >> 6))
        return {"codes": codes, "state": state + (update * (new - state) + GATE // 2 >> 6)}

    def ask(self, values: Values, nodes: Ints | None = None) -> Ints:
        """int64[batch, symbols]: the logits after what was read. nodes: this head has none."""
        last, read = ROWS * self.units, np.concatenate([values["state"], values["codes"]], axis=1)
        sums = self._sums(read, slice(None), slice(last, None))
        return self._rounded((sums + self.biases[last:]) * self.scales[last:])

    def following(self, values: Values) -> Ints:
        """The state after what was read."""
        return values["state"]

    def _sums(self, values: Ints, columns: slice, rows: slice) -> Ints:
        products: Floats32 = values.astype(np.float32) @ self._columns[columns, rows]
        return products.astype(np.int64)

    def _scaled(self, sums: Ints, first: int, end: int) -> Ints:
        """int64[streams, units, end - first], of rows `first`.. of every unit."""
        scales = self.scales[: ROWS * self.units].reshape(self.units, ROWS)
        return self._rounded(sums * scales[:, first:end])

    def _rounded(self, products: Ints) -> Ints:
        return products + (1 << self.shift - 1) >> self.shift

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file; the same network always gives the same bytes."""
        record = dict(self.record)
        facts = {"format": FORMAT, "symbols": list(self.symbols), "shift": self.shift, "record": record}
        write_atomic(path, save(self._arrays, {FOLDED: json.dumps(facts, sort_keys=True)}))

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Folded:
        """InputError if the file is none of these."""
        data = read_bytes(path, "a folded network (.safetensors)", MAX_BYTES)
        try:
            arrays = load(data)
            length = int.from_bytes(data[:8], "little")
            facts = parse_json(parse_json(data[8 : 8 + length])["__metadata__"][FOLDED])
            if facts["format"] != FORMAT:
                raise InputError(f"format {facts['format']!r:.80} is unknown; this version reads format {FORMAT}")
            symbols, shift = bytes([*facts["symbols"]]), index(facts["shift"])
            embedding, weights = (arrays[key].astype(np.int8, casting="safe") for key in ("embedding", "weights"))
            biases, scales = (arrays[key].astype(np.int64, casting="safe") for key in ("biases", "scales"))
            record = facts.get("record")
            known = record if isinstance(record, dict) else {}
            return Folded(symbols, embedding, weights, biases, scales, shift, known)
        except (SafetensorError, ValueError, TypeError, KeyError, InputError) as error:
            raise InputError(f"{path}: is not a folded network: {error}") from error


def is_folded(path: str | os.PathLike[str]) -> bool:
    """Whether a file says that it is one of these; not, where it cannot be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            return FOLDED in (file.metadata() or {})
    except (SafetensorError, OSError, ValueError):
        return False


def within(values: npt.NDArray[Any], limits: tuple[int, int], what: str) -> None:
    """InputError if a value lies outside."""
    if values.size and (values.min() < limits[0] or values.max() > limits[1]):
        found = f"{values.min()!s:.40}..{values.max()!s:.40}"
        raise InputError(f"{what} must be between {limits[0]} and {limits[1]}, not {found}")


def check_size(rows: int, columns: int) -> None:
    """InputError for more weights than a network may have."""
    if rows * columns > MOST:
        raise InputError(f"a folded network has at most {MOST:,} weights, not {rows:,} rows of {columns:,}")
