"""States that a text model really is in: random patterns almost never meet them, and faults may show there alone."""

from __future__ import annotations

from functools import cache

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import BYTE
from bridge.arrays import Words
from bridge.corpus import read_text
from bridge.errors import InputError
from bridge.execution import compile_program, run
from bridge.execution.states import drive, excerpts
from bridge.execution.words import random_words

_STREAMS = 64
_STEPS = 48


def text_patterns(aig: Aig) -> Words | None:
    """uint64[inputs + latches, steps]: bytes of the Python documentation, and the states reached on it from the reset,
    a step in every word, a stream in every bit. None for what does not read bytes, or where there is no such text.

    Inputs other than the byte are random, and so is where a latch of unknown reset starts.
    """
    text = _text()
    if text is None or not aig.latches or not set(BYTE) <= set(aig.inputs):
        return None
    starts = np.linspace(0, len(text) - _STEPS, _STREAMS, dtype=np.int64)
    random = np.random.default_rng(0)
    inputs = random_words(random, _STEPS, len(aig.inputs), 1)
    drive(aig, inputs, {"byte": text[excerpts(starts, _STEPS)].astype(np.int64)})
    program = compile_program(aig, 2 * np.arange(aig.first_latch, aig.first_and))
    start = program.reset_state(1)
    unknown = [index for index, latch in enumerate(aig.latches) if latch.reset is None]
    start[unknown] = random_words(random, len(unknown), 1)
    states, _ = run(program, inputs, start)
    patterns: Words = np.concatenate([inputs, states], axis=1)[:, :, 0].T
    return patterns


@cache
def _text() -> np.ndarray[tuple[int], np.dtype[np.uint8]] | None:
    try:
        return np.frombuffer(read_text("pydoc"), np.uint8)
    except InputError:
        return None
