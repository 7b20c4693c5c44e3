"""Text out of a cell or a netlist, one byte at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import overload

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Floats
from bridge.cell.predictor import Predictor
from bridge.errors import InputError
from bridge.execution.models import stepper_of
from bridge.execution.positions import check_positions

COLDEST, HOTTEST = 1e-6, 1e6
PIECE = 64  # bytes computed at a time: hardly a millisecond
NEWLINE = b"\n"


@overload
def generate(
    model: Predictor | Aig, prompt: bytes, length: int, *, temperature: float = 1.0, seed: int = 0
) -> Iterator[int]: ...
@overload
def generate(model: Predictor | Aig, prompt: str, length: int, *, temperature: float = 1.0, seed: int = 0) -> str: ...
def generate(
    model: Predictor | Aig, prompt: bytes | str, length: int, *, temperature: float = 1.0, seed: int = 0
) -> Iterator[int] | str:
    """Yield `length` bytes that follow `prompt`; only symbols of the model occur. After a text, they are a text.

    Each is drawn from the readout's probabilities with the logits divided by `temperature`; 0 takes the most probable
    symbol, the lowest of equals. A model with a code tree draws code bit by code bit, each with its score divided by
    `temperature`; 0 takes the likelier bit each time (`Readout.greedy`). An empty prompt stands for one newline,
    or the lowest symbol where newline is none. Models with equal logits give the same text for the same seed.
    A text is read and given as UTF-8; bytes that are none, as at a character that `length` cuts, become U+FFFD.
    InputError, before anything is yielded, for a netlist that is no text model, a negative length, or a temperature
    that is neither 0 nor in COLDEST .. HOTTEST, and where something is done at a position that is not read.
    """
    if isinstance(prompt, str):
        read = prompt.encode("utf-8", "replace")  # a lone surrogate is read as a question mark
        return bytes(generate(model, read, length, temperature=temperature, seed=seed)).decode("utf-8", "replace")
    if length < 0:
        raise InputError(f"the number of bytes to generate must not be negative, but is {length}")
    conversation = Conversation(model, temperature=temperature, seed=seed)
    if isinstance(model, Aig):
        check_positions(model, max(1, len(prompt)) + length - 1)
    conversation.read(prompt)
    return conversation.write(length)


class Conversation:
    """Reading and writing by turns, with one state that remembers all of it. Arguments and errors as of `generate`."""

    def __init__(self, model: Predictor | Aig, *, temperature: float = 1.0, seed: int = 0) -> None:
        if not (temperature == 0 or COLDEST <= temperature <= HOTTEST):
            raise InputError(f"the temperature must be 0 or lie in {COLDEST} .. {HOTTEST}, not {temperature}")
        self._stepper = stepper_of(model, alone=True)
        self._stream = self._stepper.open()
        self._random = np.random.default_rng(seed) if temperature else None
        readout = self._stepper.readout
        self._tempered = replace(readout, scale=readout.scale / temperature if temperature else 1.0)
        self._unread = b""

    def read(self, text: bytes | str) -> None:
        """Text that comes next, whoever wrote it."""
        self._unread += text.encode("utf-8", "replace") if isinstance(text, str) else text

    def write(self, length: int, end: int | None = None) -> Iterator[int]:
        """Yield `length` bytes that follow, or up to the first byte `end`; take them all."""
        if not self._unread:
            self._unread = NEWLINE if NEWLINE in self._tempered.symbols else self._tempered.symbols[:1]
        size = 1  # one at a time for a quick start, then in larger pieces
        while length:
            piece = self._next(min(size, length))
            yield from piece
            if piece[-1] == end:
                return
            length -= len(piece)
            size = min(2 * size, PIECE) if end is None else 1

    def _next(self, size: int) -> bytes:
        """So many bytes; the last of them is still to be read."""
        unread = np.frombuffer(self._unread, np.uint8)
        self._stream = self._stepper.read(self._stream, unread[:-1])
        self._stream, written = self._stepper.write(self._stream, self._tempered, unread[-1], self._uniforms(size))
        self._unread = written.tobytes()[-1:]
        return written.tobytes()

    def _uniforms(self, size: int) -> Floats:
        """In (0, 1); all 0 at temperature 0."""
        if self._random is None:
            return np.zeros(size)
        return np.maximum(self._random.random(size), np.finfo(float).tiny)
