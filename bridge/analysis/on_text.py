"""Runs on a text: from the states that the netlist is in when it reads the whole text, from reset on, in one go.

A single stream uses one bit of every word, so the text is cut into segments that are read side by side: first as if
each began at reset, then again those of which the one before ends elsewhere than assumed, until all fit together. What
fits together is the run from reset. Most netlists forget, and few rounds do; one that never forgets costs a single
stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from bridge.aig import Aig, Output
from bridge.analysis.runs import ALL, Runs
from bridge.arrays import Bits, Ints, Words
from bridge.errors import InputError
from bridge.execution import Program, compile_program, run
from bridge.execution.machines import streams
from bridge.execution.models import byte_places

SEGMENT = 1024
STREAMS, AT_ONCE = 512, 16  # segments run side by side, and how many of their steps are shown at a time
MOST_UNKNOWN = 6  # latches of unknown reset of which all values are tried


@dataclass(frozen=True, eq=False)
class _Reading:
    """A netlist that reads a text. `start`: uint64[latches], 0 or all ones, the state before the first byte."""

    data: Bits
    places: Ints
    program: Program
    start: Words

    @property
    def starts(self) -> Ints:
        """Where the segments begin."""
        return np.arange(0, len(self.data), SEGMENT)

    def packed(self, rows: Ints) -> Words:
        """int64[T, S] positions -> uint64[T, 8, W]: the bytes there; anything outside the text."""
        words: Words = streams.pack_bytes(self.data[np.clip(rows, 0, len(self.data) - 1)], self.places)
        return words

    def entered(self) -> Words:
        """uint64[latches, W]: the states in which the segments begin, one a stream."""
        flags = np.repeat(self.start[:, None] != 0, len(self.starts), axis=1)
        ends, todo = np.zeros_like(flags), np.arange(len(self.starts))
        while len(todo):
            ends[:, todo] = self._read(todo, flags[:, todo])
            expected = np.concatenate([flags[:, :1], ends[:, :-1]], axis=1)
            todo = np.flatnonzero((expected != flags).any(axis=0))
            flags = expected
        return _packed(flags)

    def _read(self, segments: Ints, states: np.ndarray) -> np.ndarray:
        """bool[latches, segments], the states before -> after them. The last segment may be short; nobody asks."""
        after = []
        for start in range(0, len(segments), STREAMS):
            some = slice(start, start + STREAMS)
            rows = _filled(self.starts[segments[some]]) + np.arange(min(SEGMENT, len(self.data)))[:, None]
            state = run(self.program, self.packed(rows), _packed(states[:, some]))[1]
            after.append(_flags(state, len(segments[some])))
        return np.concatenate(after, axis=1)


def text_runs(aig: Aig, text: bytes, steps: int, streams: int, seed: int = 0) -> Runs:
    """Runs that follow a text from random positions. `streams` is rounded up to full words.

    A latch of unknown reset starts at 0, as in `bridge.execution`. InputError when the text is too short for a single
    run, or the inputs are not `byte[0..7]`.
    """
    reading = _reading(aig, text, steps, _resets(aig)[0])
    last = len(reading.data) - steps
    positions = np.sort(np.random.default_rng(seed).integers(0, last + 1, -(-streams // 64) * 64))
    states = np.zeros((len(aig.latches), len(positions)), np.bool_)
    for rows, some in _walk(reading, aig):
        steps_in, place = positions % SEGMENT - rows[0, 0] % SEGMENT, positions // SEGMENT - rows[0, 0] // SEGMENT
        here = np.flatnonzero((steps_in >= 0) & (steps_in < len(rows)) & (place >= 0) & (place < STREAMS))
        words = some[steps_in[here], :, place[here] // 64] >> (place[here] % 64).astype(np.uint64)[:, None]
        states[:, here] = (words & np.uint64(1)).T
    return Runs(_packed(states), reading.packed(positions + np.arange(steps)[:, None]), positions)


def visited_runs(aig: Aig, text: bytes, steps: int, *, every_reset: bool = False) -> Iterator[Runs]:
    """A run from every position of the text that has `steps` bytes left, some thousand at a time.

    A latch of unknown reset starts at 0, as in `bridge.execution`; with `every_reset`, and at most MOST_UNKNOWN of
    them, at both values. InputError as `text_runs`.
    """
    for start in _resets(aig) if every_reset else _resets(aig)[:1]:
        reading = _reading(aig, text, steps, start)
        for rows, states in _walk(reading, aig):
            counted = (rows >= 0) & (rows <= len(text) - steps)
            inputs = [_side_by_side(reading.packed(rows + step)) for step in range(steps)]
            yield Runs(_side_by_side(states), np.stack(inputs), np.where(counted, rows, -1).ravel())


def _walk(reading: _Reading, aig: Aig) -> Iterator[tuple[Ints, Words]]:
    """int64[T, S] positions and uint64[T, latches, S / 64] states before them, until all of the text was read: T steps
    of up to STREAMS segments at a time, filled up to whole words with positions below 0."""
    latches = [Output("", 2 * variable) for variable in range(aig.first_latch, aig.first_and)]
    program = compile_program(replace(aig, outputs=tuple(latches)))
    entered = _flags(reading.entered(), len(reading.starts))
    for start in range(0, len(reading.starts), STREAMS):
        begin = _filled(reading.starts[start : start + STREAMS])
        state = _packed(entered[:, start : start + STREAMS])
        for offset in range(0, min(SEGMENT, len(reading.data)), AT_ONCE):
            rows = begin + np.arange(offset, offset + AT_ONCE)[:, None]
            states, state = run(program, reading.packed(rows), state)
            yield rows, states


def _reading(aig: Aig, text: bytes, steps: int, start: Words) -> _Reading:
    places = byte_places(aig)
    if len(text) < max(steps, 1):
        raise InputError(f"a text of {len(text)} bytes is too short to follow it for {steps} steps")
    return _Reading(np.frombuffer(text, np.uint8), places, compile_program(replace(aig, outputs=())), start)


def unknown_resets(aig: Aig) -> int:
    """How many latches have no known reset."""
    return sum(latch.reset is None for latch in aig.latches)


def _resets(aig: Aig) -> list[Words]:
    """uint64[latches] of 0 or all ones: the states that the netlist may start in, unknown resets at 0 first."""
    values = [(0, 1) if latch.reset is None else (latch.reset,) for latch in aig.latches]
    if unknown_resets(aig) > MOST_UNKNOWN:
        values = [(latch.reset or 0,) for latch in aig.latches]
    return [np.where(np.array(state, np.bool_), ALL, np.uint64(0)) for state in product(*values)]


def _filled(segments: Ints) -> Ints:
    """As many as fill whole words; the further ones lie before the text."""
    return np.concatenate([segments, np.full(-len(segments) % 64, -SEGMENT)])


def _packed(flags: np.ndarray) -> Words:
    """bool[n, S] -> uint64[n, W]; the streams beyond the last are 0."""
    width = -(-flags.shape[1] // 64) * 64
    filled = np.zeros((len(flags), width), np.bool_)
    filled[:, : flags.shape[1]] = flags
    words: Words = np.packbits(filled, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    return words


def _flags(words: Words, count: int) -> np.ndarray:
    """uint64[n, W] -> bool[n, count]"""
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=count, bitorder="little").astype(np.bool_)


def _side_by_side(rows: Words) -> Words:
    """uint64[T, n, W] -> uint64[n, T * W]"""
    return rows.transpose(1, 0, 2).reshape(rows.shape[1], rows.shape[0] * rows.shape[2])
