"""Runs of a netlist side by side, bit-parallel: from any state, from states of a text, and with one bit inverted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, Output
from bridge.analysis import kernels
from bridge.analysis.signals import Bit, target_literals
from bridge.errors import InputError
from bridge.execution import text_kernels
from bridge.execution.models import byte_places
from bridge.execution.program import Program, Words, compile_program
from bridge.execution.run import run

WARMUP = 256  # bytes read before the state counts as that of the text, as in `bridge.execution.text`
SEGMENT = 1024
STREAMS, AT_ONCE = 512, 16  # segments, and steps of them, in one piece of `visited_runs`
Positions = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Runs:
    """Where 64 * W runs begin and what they read. `state`: uint64[latches, W] before the first step; `inputs`:
    uint64[K, inputs, W]; `positions`: int64[64 * W], for runs on a text, where in it the first byte stands, or -1 in
    streams that do not count."""

    state: Words
    inputs: Words
    positions: Positions | None = None

    @property
    def words(self) -> int:
        return int(self.state.shape[1])

    @property
    def steps(self) -> int:
        return len(self.inputs)

    @property
    def mask(self) -> Words:
        """uint64[W]: the streams that count."""
        if self.positions is None:
            return np.full(self.words, ~np.uint64(0))
        return _words(self.positions >= 0)

    def single(self, stream: int) -> tuple[Bits, Bits, int | None]:
        """One run: uint8[latches], uint8[K, inputs], and its position in the text, if any."""
        word, bit = divmod(stream, 64)
        state, inputs = (rows[..., word] >> np.uint64(bit) & np.uint64(1) for rows in (self.state, self.inputs))
        position = None if self.positions is None else int(self.positions[stream])
        return state.astype(np.uint8), inputs.astype(np.uint8), position


def random_runs(aig: Aig, steps: int, words: int, seed: int = 0) -> Runs:
    """Any state, any inputs: half of the words are evenly random, the others have few ones, or few zeros."""
    random = np.random.default_rng(seed)
    rows = len(aig.latches) + steps * len(aig.inputs)
    patterns = random.integers(0, 1 << 64, (rows, words), np.uint64, endpoint=False)
    for word in range((words + 1) // 2, words):
        for _ in range(1 + word // 2 % 4):
            more = random.integers(0, 1 << 64, rows, np.uint64, endpoint=False)
            patterns[:, word] = patterns[:, word] & more if word % 2 else patterns[:, word] | more
    state, inputs = np.split(patterns, [len(aig.latches)])
    return Runs(state.copy(), inputs.reshape(steps, len(aig.inputs), words).copy())


def reached_runs(aig: Aig, steps: int, words: int, seed: int = 0, warmup: int = 64) -> Runs:
    """Reachable states: random inputs are read from the reset state on, a different number in every word."""
    random = np.random.default_rng(seed)
    inputs = random.integers(0, 1 << 64, (warmup + steps, len(aig.inputs), words), np.uint64, endpoint=False)
    program = compile_program(aig)
    state = program.reset_state(words)
    for word in range(words):
        some = inputs[warmup - word % (warmup + 1) : warmup, :, word : word + 1]
        state[:, word] = run(program, some, state[:, word : word + 1])[1][:, 0] if len(some) else state[:, word]
    return Runs(state, inputs[warmup:])


def text_runs(aig: Aig, text: bytes, steps: int, streams: int, seed: int = 0) -> Runs:
    """Runs that follow a text from random positions. `streams` is rounded up to full words.

    The state at a position is that after the WARMUP bytes before it, read from the reset state on (near the beginning:
    after all there are). InputError when the text is too short for a single run, or the inputs are not `byte[0..7]`.
    """
    data, places = _bytes_of(aig, text, steps)
    positions = np.sort(np.random.default_rng(seed).integers(0, len(data) - steps + 1, -(-streams // 64) * 64))
    program = compile_program(replace(aig, outputs=()))
    reset = program.reset_state(len(positions) // 64)
    state = reset
    for offset in range(-WARMUP, 0):
        row = positions + offset
        state = run(program, _packed(data, row[None], places), state)[1]
        begun = _words(row >= 0)
        state = state & begun | reset & ~begun
    return Runs(state, _packed(data, positions + np.arange(steps)[:, None], places), positions)


def visited_runs(aig: Aig, text: bytes, steps: int) -> Iterator[Runs]:
    """A run from every position of the text that has `steps` bytes left, some thousand at a time.

    The text is cut into segments of SEGMENT bytes; each is entered after (up to) WARMUP bytes, as `evaluate` does.
    """
    data, places = _bytes_of(aig, text, steps)
    first = np.arange(0, len(data), SEGMENT)
    latches = [Output("", 2 * variable) for variable in range(1 + len(aig.inputs), aig.first_and)]
    program = compile_program(replace(aig, outputs=tuple(latches)))
    for start in range(0, len(first), STREAMS):
        begin = np.resize(first[start : start + STREAMS], -(-len(first[start : start + STREAMS]) // 64) * 64)
        real = np.arange(len(begin)) < len(first) - start
        state = program.reset_state(len(begin) // 64)
        for offset in range(-WARMUP, 0):
            state = run(program, _packed(data, (begin + offset)[None], places), state)[1]
            begun = _words(begin + offset >= 0)
            state = state & begun | program.reset_state(len(begin) // 64) & ~begun
        for offset in range(0, min(SEGMENT, len(data)), AT_ONCE):
            rows = begin + np.arange(offset, offset + AT_ONCE)[:, None]
            states, state = run(program, _packed(data, rows, places), state)
            counted = real & (rows < np.minimum(begin + SEGMENT, len(data) - steps + 1))
            inputs = [_packed(data, rows + step, places) for step in range(steps)]
            yield Runs(
                _side_by_side(states),
                np.stack([_side_by_side(some) for some in inputs]),
                np.where(counted, rows, -1).ravel(),
            )


def _side_by_side(rows: Words) -> Words:
    """uint64[T, n, W] -> uint64[n, T * W]"""
    return rows.transpose(1, 0, 2).reshape(rows.shape[1], -1)


def _bytes_of(aig: Aig, text: bytes, steps: int) -> tuple[Bits, Positions]:
    places = byte_places(aig)
    if len(text) < max(steps, 1):
        raise InputError(f"a text of {len(text)} bytes is too short to follow it for {steps} steps")
    return np.frombuffer(text, np.uint8), places


def _words(mask: npt.NDArray[np.bool_]) -> Words:
    """bool[64 * W] -> uint64[W]"""
    return np.packbits(mask, bitorder="little").view("<u8").astype(np.uint64)


def _packed(data: Bits, rows: Positions, places: Positions) -> Words:
    """int64[T, S] positions -> uint64[T, 8, W]: the bytes there; anything beyond the ends of the text."""
    packed: Words = text_kernels.pack_bytes(data[np.clip(rows, 0, len(data) - 1)], places)
    return packed


@dataclass(frozen=True, eq=False)
class Switched:
    """A compiled netlist in which some bits can be inverted during the first step: its sources.

    State bits and inputs are inverted where they come in, internal nodes by a switch behind them. `outputs` of the
    program are the targets, in order.
    """

    program: Program
    sources: tuple[Bit, ...]
    first_latch: int
    switches: npt.NDArray[np.int64]  # the row of the switch among the inputs of the program, or -1

    def base(self, runs: Runs) -> Words:
        """uint64[K, targets, W]: the targets in every step, nothing inverted."""
        return run(self.program, self._inputs(runs), runs.state)[0]

    def inverted(self, runs: Runs, chosen: Sequence[int]) -> Words:
        """uint64[K, targets, len(chosen), W]: the same for every chosen source (an index), inverted in step 1."""
        words, count = runs.words, len(chosen)
        state, inputs = np.tile(runs.state, (1, count)), np.tile(self._inputs(runs), (1, 1, count))
        for place, index in enumerate(chosen):
            self._invert(state, inputs, index, slice(place * words, (place + 1) * words))
        outputs = run(self.program, inputs, state)[0]
        return outputs.reshape(len(inputs), -1, count, words)

    def with_inverted(self, runs: Runs, index: int) -> Runs:
        """The same runs with a source inverted in step 1; an internal node can only be inverted while running."""
        state, inputs = runs.state.copy(), self._inputs(runs)
        if self.switches[index] < 0:
            self._invert(state, inputs, index, slice(None))
        return Runs(state, inputs[:, : runs.inputs.shape[1]].copy())

    def _invert(self, state: Words, inputs: Words, index: int, part: slice) -> None:
        variable = self.sources[index].variable
        if self.switches[index] >= 0:
            inputs[0, self.switches[index], part] ^= ~np.uint64(0)
        elif variable >= self.first_latch:
            state[variable - self.first_latch, part] ^= ~np.uint64(0)
        elif variable:
            inputs[0, variable - 1, part] ^= ~np.uint64(0)

    def _inputs(self, runs: Runs) -> Words:
        rows = self.program.inputs - runs.inputs.shape[1]
        return np.concatenate([runs.inputs, np.zeros((runs.steps, rows, runs.words), np.uint64)], axis=1)


def switched(aig: Aig, sources: Sequence[Bit], targets: Sequence[Bit]) -> Switched:
    """Prepare a netlist for inverting `sources` and looking at `targets`."""
    inner = list(dict.fromkeys(bit.variable for bit in sources if bit.variable >= aig.first_and))
    leaves, first_latch = len(aig.inputs), 1 + len(aig.inputs)
    places = np.full(aig.variables, -1, np.int64)
    places[inner] = 2 * (first_latch + np.arange(len(inner)))
    image = np.zeros(aig.variables, np.int64)
    image[1:first_latch] = 2 * np.arange(1, first_latch)
    image[first_latch : aig.first_and] = 2 * (np.arange(first_latch, aig.first_and) + len(inner))
    ands = kernels.add_switches(aig.ands, aig.first_and, places, image)

    def moved(literal: int) -> int:
        return int(image[literal >> 1]) ^ (literal & 1)

    literals = target_literals(aig, targets).tolist()
    changed = replace(
        aig,
        inputs=(*aig.inputs, *(f"switch{index}" for index in range(len(inner)))),
        latches=tuple(replace(latch, next=moved(latch.next)) for latch in aig.latches),
        ands=ands,
        outputs=tuple(Output("", moved(literal)) for literal in literals),
        points=(),
    )
    rows = {variable: leaves + index for index, variable in enumerate(inner)}
    switches = np.array([rows.get(bit.variable, -1) for bit in sources], np.int64)
    return Switched(compile_program(changed), tuple(sources), first_latch, switches)
