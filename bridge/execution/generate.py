"""Text out of a cell or a netlist, one byte at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Floats
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.models import stepper_of
from bridge.execution.stepper import Turn

COLDEST, HOTTEST = 1e-6, 1e6
PIECE = 64  # bytes computed at a time: hardly a millisecond
NEWLINE = b"\n"


def generate(
    model: Cell | Aig, prompt: bytes, length: int, *, temperature: float = 1.0, seed: int = 0
) -> Iterator[int]:
    """Yield `length` bytes that follow `prompt`; only symbols of the model occur.

    Each is drawn from the readout's probabilities with the logits divided by `temperature`; 0 takes the most probable
    symbol, the lowest of equals. A model with a code tree draws code bit by code bit, each with its score divided by
    `temperature`; 0 takes the likelier bit each time (`Readout.greedy`). An empty prompt stands for one newline,
    or the lowest symbol where newline is none. Models with equal logits give the same text for the same seed.
    InputError, before anything is yielded, for a netlist that is no text model, a negative length, or a temperature
    that is neither 0 nor in COLDEST .. HOTTEST.
    """
    if length < 0:
        raise InputError(f"the number of bytes to generate must not be negative, but is {length}")
    conversation = Conversation(model, temperature=temperature, seed=seed)
    conversation.read(prompt)
    return conversation.write(length)


class Conversation:
    """Reading and writing by turns, with one state that remembers all of it. Arguments and errors as of `generate`."""

    def __init__(self, model: Cell | Aig, *, temperature: float = 1.0, seed: int = 0) -> None:
        if not (temperature == 0 or COLDEST <= temperature <= HOTTEST):
            raise InputError(f"the temperature must be 0 or lie in {COLDEST} .. {HOTTEST}, not {temperature}")
        stepper = stepper_of(model, alone=True)
        self._readout = stepper.readout
        self._random = np.random.default_rng(seed) if temperature else None
        self._unread, self._wanted, self._begun = b"", 1, False
        tempered = replace(self._readout, scale=self._readout.scale / temperature if temperature else 1.0)
        self._pieces = stepper.write(tempered.model, self._turns())

    def read(self, text: bytes) -> None:
        """Text that comes next, whoever wrote it."""
        self._unread += text

    def write(self, length: int, end: int | None = None) -> Iterator[int]:
        """Yield `length` bytes that follow, or up to the first byte `end`; take them all."""
        if not (self._begun or self._unread):
            self._unread = NEWLINE if NEWLINE in self._readout.symbols else self._readout.symbols[:1]
        self._begun, self._wanted = True, 1  # one at a time for a quick start, then in larger pieces
        while length:
            self._wanted = min(self._wanted, length)
            piece = next(self._pieces).tolist()
            yield from piece
            if piece[-1] == end:
                return
            length -= len(piece)
            self._wanted = min(2 * self._wanted, PIECE) if end is None else 1

    def _turns(self) -> Iterator[Turn]:
        while True:
            text, self._unread = self._unread, b""
            yield np.frombuffer(text, np.uint8), self._numbers(self._wanted)

    def _numbers(self, size: int) -> Floats:
        """In (0, 1); all 0 at temperature 0."""
        if self._random is None:
            return np.zeros(size)
        return np.maximum(self._random.random(size), np.finfo(float).tiny)
