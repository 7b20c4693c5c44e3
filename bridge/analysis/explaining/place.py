"""Where a prediction is made: what was read last, and the states on the way, from a run over the whole text or row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.latches import reset_to_one
from bridge.arrays import Bits
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run
from bridge.execution.models import byte_places
from bridge.execution.rows import Rows, row_values
from bridge.execution.states import Reading
from bridge.execution.words import packed, unpacked

EVERY = 128  # steps between two states that are kept
CONTEXT = 32  # bytes shown


@dataclass(frozen=True, eq=False)
class Place:
    """`at`: which byte or row is asked about; `inputs`: uint8[K, inputs], what the last K steps read, K at least 1;
    `states`: uint8[K, latches], before each of them; `first`: which step the first of them is, from 0; `truth`: the
    byte that comes, -1 where there is none; `context`: what was read, for people."""

    at: int
    inputs: Bits
    states: Bits
    first: int
    truth: int = -1
    context: str = ""


class TextPlaces:
    """The places of a text. InputError where the netlist reads more than bytes."""

    def __init__(self, aig: Aig, text: bytes) -> None:
        byte_places(aig)
        self.aig, self.text = aig, text
        if len(text) < 2:
            raise InputError(f"a text of {len(text)} bytes has nothing to predict; at least 2 are needed")
        self._reading = Reading(aig, np.frombuffer(text, np.uint8), reset_to_one(aig))
        before = self._reading.before(np.arange(0, len(text), EVERY))
        self._kept = np.packbits(before.T, axis=1)
        self._program = compile_program(aig, 2 * np.arange(aig.first_latch, aig.first_and))

    def at(self, position: int, horizon: int) -> Place:
        """Where byte `position` is predicted; InputError unless a byte precedes it."""
        if not 1 <= position < len(self.text):
            last = len(self.text) - 1
            raise InputError(f"byte {position} of a text of {last + 1} bytes is not predicted; ask about 1 .. {last}")
        first = max(0, position - horizon)
        start = first // EVERY * EVERY
        state = np.unpackbits(self._kept[start // EVERY], count=len(self.aig.latches))
        inputs = self._reading.inputs(np.arange(start, position)[:, None])
        states, _ = run(self._program, inputs, packed(state[:, None]))
        skipped = first - start
        context = self.text[max(0, position - CONTEXT) : position].decode("latin-1")
        return Place(
            position,
            unpacked(inputs[skipped:], 1)[:, :, 0],
            unpacked(states[skipped:], 1)[:, :, 0],
            first,
            self.text[position],
            context,
        )


class RowPlaces:
    """Rows of numbers, or of sequences of them, of which the last step is asked about. x: see `bridge.run`."""

    def __init__(self, aig: Aig, x: Rows) -> None:
        self.aig, self._x = aig, {name: np.asarray(x[name]) for name in x} if isinstance(x, Mapping) else np.asarray(x)
        arrays = list(self._x.values()) if isinstance(self._x, dict) else [self._x]
        if not arrays or any(array.ndim < (1 if array.dtype.kind in "iu" else 2) or not len(array) for array in arrays):
            raise InputError("rows must be numbers of shape [rows, elements] or [rows, steps, elements], one at least")
        self._rows = len(arrays[0])

    def at(self, row: int, horizon: int) -> Place:
        """InputError when there is no such row."""
        if not 0 <= row < self._rows:
            raise InputError(f"there is no row {row}; ask about 0 .. {self._rows - 1}")
        part, x = slice(row, row + 1), self._x
        some = {name: array[part] for name, array in x.items()} if isinstance(x, dict) else x[part]
        values = row_values(self.aig, some, 2 * np.arange(1, self.aig.first_and))[0]
        count = len(self.aig.inputs)  # 0 where no input has two values
        inputs, states = np.split(values.reshape(math.prod(values.shape[:-1]), values.shape[-1]), [count], axis=1)
        first = max(0, len(inputs) - horizon)
        return Place(row, inputs[first:], states[first:], first)
