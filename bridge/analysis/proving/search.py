"""Runs that break a claim, looked for among random ones, bit-parallel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import BYTE
from bridge.analysis.proving.machine import Watched
from bridge.analysis.runs import ALL
from bridge.arrays import Bits, Ints, Words
from bridge.equivalence.clock import Clock
from bridge.execution import compile_program, run
from bridge.execution.states import drive
from bridge.execution.words import first_stream, random_words, stream_of

_STEPS = (1, 2, 4, 8, 16, 32, 64)
_WORDS = 32
_LEAST_ROUNDS = 14


@dataclass(frozen=True, eq=False)
class Run:
    """`start`: uint8[latches of the part] before it; `inputs`: uint8[T, inputs]; the last step breaks the claim."""

    start: Bits
    inputs: Bits

    @property
    def steps(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Sources:
    """Where bytes come from: `symbols`, uint8[n], of the model; `text`, uint8[n], or none of either."""

    symbols: Bits
    text: Bits

    def bytes(self, random: np.random.Generator, steps: int, streams: int, kind: int) -> Ints:
        """int64[steps, streams]: of one of four kinds: any bytes, symbols, excerpts of the text, these with symbols in
        a third of their places."""
        if kind == 0 or not len(self.symbols):
            return random.integers(0, 256, (steps, streams))
        some = self.symbols[random.integers(0, len(self.symbols), (steps, streams))].astype(np.int64)
        if kind == 1 or len(self.text) <= steps:
            return some
        starts = random.integers(0, len(self.text) - steps, streams)
        read = self.text[starts + np.arange(steps)[:, None]].astype(np.int64)
        return read if kind == 2 else np.where(random.random(read.shape) < 1 / 3, some, read)


def searched(watch: Watched, sources: Sources, clock: Clock, least: int = _LEAST_ROUNDS) -> tuple[Run | None, int]:
    """A run that breaks the claim, the shortest met, or None; and in how many steps the condition was met."""
    aig = watch.aig
    program = compile_program(aig)
    found: Run | None = None
    met = 0
    for seed in range(1 << 30):
        steps = _STEPS[seed % len(_STEPS)]
        if seed >= least and clock.over:
            break
        inputs = random_inputs(aig, sources, steps, seed)
        for (ago, place), value in watch.ending.items() if seed % 3 and steps > watch.history else ():
            inputs[-1 - ago, place] = ALL * np.uint64(value)
        state = random_start(aig, program.reset_state(_WORDS), seed)
        outputs, _ = run(program, inputs, state)
        met += int(np.bitwise_count(outputs[:, 1]).sum())
        candidate = first_broken(outputs[:, 0], state, inputs)
        if candidate is not None and (found is None or candidate.steps < found.steps):
            found = candidate
        if found is not None and seed >= least:
            break
    return found, met


def random_inputs(aig: Aig, sources: Sources, steps: int, seed: int) -> Words:
    """uint64[steps, inputs, words]."""
    random = np.random.default_rng(seed)
    inputs = random_words(random, steps, len(aig.inputs), _WORDS)
    if set(BYTE) <= set(aig.inputs):
        drive(aig, inputs, {"byte": sources.bytes(random, steps, 64 * _WORDS, seed // len(_STEPS) % 4)})
    return inputs


def random_start(aig: Aig, state: Words, seed: int) -> Words:
    """The state before the first step, with random values where there is no reset."""
    unknown = [index for index, latch in enumerate(aig.latches) if latch.reset is None]
    state[unknown] = random_words(seed + 1, len(unknown), state.shape[1])
    return state


def first_broken(broken: Words, state: Words, inputs: Words) -> Run | None:
    """The shortest of runs side by side that end in a broken step. broken: uint64[T, W]."""
    steps = np.flatnonzero(broken.any(axis=1))
    if not len(steps):
        return None
    stream = first_stream(broken[steps[0]])
    return Run(stream_of(state, stream), stream_of(inputs[: steps[0] + 1], stream))


def shorter(watch: Watched, found: Run) -> Run:
    """The shortest end of the run's inputs that breaks the claim from the same start."""
    program, length = compile_program(watch.aig), found.steps
    for count in range(1, min(length, 256)):
        inputs = found.inputs[length - count :, :, None].astype(np.uint64)
        outputs, _ = run(program, inputs, found.start[:, None].astype(np.uint64))
        broken = np.flatnonzero(outputs[:, 0, 0] & np.uint64(1))
        if len(broken):
            return Run(found.start, found.inputs[length - count : length - count + int(broken[0]) + 1])
    return found
