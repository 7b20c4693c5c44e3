"""Text out of a cell or a netlist, one byte at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.models import stepper_of
from bridge.execution.stepper import Bytes, Floats

COLDEST, HOTTEST = 1e-6, 1e6
PIECE = 64  # bytes computed at a time: hardly a millisecond
NEWLINE = b"\n"


def generate(
    model: Cell | Aig, prompt: bytes, length: int, *, temperature: float = 1.0, seed: int = 0
) -> Iterator[int]:
    """Yield `length` bytes that follow `prompt`; only symbols of the model occur.

    Each is drawn from the readout's probabilities with the logits divided by `temperature`; 0 takes the most probable
    symbol, the lowest of equals. A model with a code tree draws code bit by code bit, each with its score divided by
    `temperature`; 0 takes the likelier bit each time. An empty prompt stands for one newline, or the lowest symbol
    where newline is none. Models with equal logits give the same text for the same seed. InputError, before anything is
    yielded, for a netlist that is no text model, a negative length, or a temperature that is neither 0 nor in
    COLDEST .. HOTTEST.
    """
    if length < 0:
        raise InputError(f"the number of bytes to generate must not be negative, but is {length}")
    if not (temperature == 0 or COLDEST <= temperature <= HOTTEST):
        raise InputError(f"the temperature must be 0 or lie in {COLDEST} .. {HOTTEST}, not {temperature}")
    stepper = stepper_of(model)
    symbols = stepper.readout.symbols
    start = prompt or (NEWLINE if NEWLINE in symbols else symbols[:1])
    tempered = replace(stepper.readout, scale=stepper.readout.scale / temperature if temperature else 1.0)
    uniforms = _uniforms(length, np.random.default_rng(seed) if temperature else None)
    return _bytes(stepper.write(np.frombuffer(start, np.uint8), tempered.model, uniforms))


def _uniforms(length: int, random: np.random.Generator | None) -> Iterator[Floats]:
    """`length` numbers in [0, 1), first one at a time for a quick start, then in larger pieces; without `random` 0."""
    size = 1
    while length:
        size = min(size, length)
        yield np.zeros(size) if random is None else np.maximum(random.random(size), np.finfo(float).tiny)
        length -= size
        size = min(2 * size, PIECE)


def _bytes(pieces: Iterator[Bytes]) -> Iterator[int]:
    for piece in pieces:
        yield from piece.tolist()
