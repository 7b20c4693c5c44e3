"""Runs on a text: from the states that the netlist is in when it reads the whole text, from reset on, in one go."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from bridge.aig import Aig
from bridge.analysis.runs import Runs
from bridge.arrays import Flags, Words
from bridge.errors import InputError
from bridge.execution.models import byte_places
from bridge.execution.states import Reading, excerpts
from bridge.execution.words import packed

MOST_UNKNOWN = 6  # latches of unknown reset of which all values are tried


def text_runs(aig: Aig, text: bytes, steps: int, streams: int, seed: int = 0) -> Runs:
    """Runs that follow a text from random positions. `streams` is rounded up to full words.

    A latch of unknown reset starts at 0, as in `bridge.execution`. InputError when the text is too short for a single
    run, or the inputs are not `byte[0..7]`.
    """
    reading = _reading(aig, text, steps, _resets(aig)[0])
    last = len(reading.data) - steps
    positions = np.sort(np.random.default_rng(seed).integers(0, last + 1, -(-streams // 64) * 64))
    return Runs(packed(reading.before(positions)), reading.inputs(excerpts(positions, steps)), positions)


def visited_runs(aig: Aig, text: bytes, steps: int, *, every_reset: bool = False) -> Iterator[Runs]:
    """A run from every position of the text that has `steps` bytes left, some thousand at a time.

    A latch of unknown reset starts at 0, as in `bridge.execution`; with `every_reset`, and at most MOST_UNKNOWN of
    them, at both values. InputError as `text_runs`.
    """
    for start in _resets(aig) if every_reset else _resets(aig)[:1]:
        reading = _reading(aig, text, steps, start)
        for places, states in reading.walk():
            counted = (places >= 0) & (places <= len(text) - steps)
            inputs = [_side_by_side(reading.inputs(places + step)) for step in range(steps)]
            yield Runs(_side_by_side(states), np.stack(inputs), np.where(counted, places, -1).ravel())


def _reading(aig: Aig, text: bytes, steps: int, start: Flags) -> Reading:
    byte_places(aig)
    if len(text) < max(steps, 1):
        raise InputError(f"a text of {len(text)} bytes is too short to follow it for {steps} steps")
    return Reading(aig, np.frombuffer(text, np.uint8), start)


def unknown_resets(aig: Aig) -> int:
    """How many latches have no known reset."""
    return sum(latch.reset is None for latch in aig.latches)


def _resets(aig: Aig) -> list[Flags]:
    """bool[latches]: the states that the netlist may start in, unknown resets at 0 first."""
    values = [(0, 1) if latch.reset is None else (latch.reset,) for latch in aig.latches]
    if unknown_resets(aig) > MOST_UNKNOWN:
        values = [(latch.reset or 0,) for latch in aig.latches]
    return [np.array(state, np.bool_) for state in product(*values)]


def _side_by_side(rows: Words) -> Words:
    """uint64[T, n, W] -> uint64[n, T * W]"""
    return rows.transpose(1, 0, 2).reshape(rows.shape[1], rows.shape[0] * rows.shape[2])
