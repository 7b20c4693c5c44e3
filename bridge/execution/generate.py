"""Text out of a cell or a netlist, one byte at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.stepper import Logits, State, Stepper, stepper_of
from bridge.readout import Readout

COLDEST, HOTTEST = 1e-6, 1e6
CHUNK = 256  # bytes of the prompt at a time: their logits are held in memory
NEWLINE = b"\n"


def generate(
    model: Cell | Aig, prompt: bytes, length: int, *, temperature: float = 1.0, seed: int = 0
) -> Iterator[int]:
    """Yield `length` bytes that follow `prompt`; only symbols of the model occur.

    Each is drawn from the readout's probabilities with the logits divided by `temperature`; 0 takes the most probable
    symbol, the lowest of equals. An empty prompt stands for one newline, or the lowest symbol where newline is none.
    Models with equal logits give the same text for the same seed. InputError, before anything is yielded, for a
    netlist that is no text model, a negative length, or a temperature that is neither 0 nor in COLDEST .. HOTTEST.
    """
    if length < 0:
        raise InputError(f"the number of bytes to generate must not be negative, but is {length}")
    if not (temperature == 0 or COLDEST <= temperature <= HOTTEST):
        raise InputError(f"the temperature must be 0 or lie in {COLDEST} .. {HOTTEST}, not {temperature}")
    stepper = stepper_of(model)
    symbols = stepper.readout.symbols
    start = prompt or (NEWLINE if NEWLINE in symbols else symbols[:1])
    return _bytes(stepper, start, length, temperature, np.random.default_rng(seed))


def _bytes(
    stepper: Stepper, prompt: bytes, length: int, temperature: float, random: np.random.Generator
) -> Iterator[int]:
    symbols = np.frombuffer(stepper.readout.symbols, np.uint8)
    state, logits = _read(stepper, prompt)
    for left in range(length, 0, -1):
        chosen = _draw(stepper.readout, logits, temperature, random)
        yield int(symbols[chosen])
        if left > 1:
            state, following = stepper.advance(state, symbols[None, chosen : chosen + 1])
            logits = following[0]


def _read(stepper: Stepper, prompt: bytes) -> tuple[State, Logits]:
    """The state and the logits, int64[1, symbols], after the prompt."""
    text = np.frombuffer(prompt, np.uint8)[:, None]
    state = stepper.reset(streams=1)
    for start in range(0, len(text), CHUNK):
        state, logits = stepper.advance(state, text[start : start + CHUNK])
    return state, logits[-1]


def _draw(readout: Readout, logits: Logits, temperature: float, random: np.random.Generator) -> int:
    """The index of a symbol. Every draw takes exactly one number from `random`."""
    if temperature == 0:
        return int(logits[0].argmax())
    tempered = Readout(readout.symbols, readout.scale / temperature)
    cumulative = tempered.probabilities(logits)[0, list(readout.symbols)].cumsum()
    place = np.searchsorted(cumulative, random.random() * cumulative[-1], side="right")
    return min(int(place), len(cumulative) - 1)
