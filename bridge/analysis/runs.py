"""Runs of a netlist side by side, bit-parallel: where they start and what they read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits, Ints, Words
from bridge.cell.ranges import Ranges
from bridge.execution import compile_program, run
from bridge.execution.words import packed, random_patterns, random_words, stream_of

ALL = ~np.uint64(0)
WARMUP = 64  # most inputs read from reset on before a reachable state is taken


@dataclass(frozen=True, eq=False)
class Runs:
    """Where 64 * W runs begin and what they read. `state`: uint64[latches, W] before the first step; `inputs`:
    uint64[K, inputs, W]; `positions`: int64[64 * W], for runs on a text, where in it the first byte stands, or -1 in
    streams that do not count; `counted`: uint64[W], those that do, if not all; `lead`: uint64[latches, W] at reset (or,
    unless they are `from_reset`, wherever they began) and uint64[T, inputs, W], of which the last `least +
    lead_steps(word)`, at most, were read to come here."""

    state: Words
    inputs: Words
    positions: Ints | None = None
    lead: tuple[Words, Words] | None = None
    least: int = 0
    from_reset: bool = True
    counted: Words | None = None

    @property
    def words(self) -> int:
        return int(self.state.shape[1])

    @property
    def steps(self) -> int:
        return len(self.inputs)

    @property
    def mask(self) -> Words:
        """uint64[W]: the streams that count."""
        placed = np.full(self.words, ALL) if self.positions is None else packed(self.positions >= 0)
        return placed if self.counted is None else placed & self.counted

    def single(self, stream: int) -> tuple[Bits, Bits, int | None]:
        """One run: uint8[latches], uint8[K, inputs], and its position in the text, if any."""
        position = None if self.positions is None else int(self.positions[stream])
        return stream_of(self.state, stream), stream_of(self.inputs, stream), position

    def origin(self, stream: int) -> tuple[Bits, Bits] | None:
        """uint8[latches] at reset and uint8[T, inputs] read from there on, of one run, if known."""
        if self.lead is None:
            return None
        reset, inputs = self.lead
        first = max(0, len(inputs) - self.least - lead_steps(stream // 64))
        return stream_of(reset, stream), stream_of(inputs[first:], stream)


def random_runs(aig: Aig, steps: int, words: int, seed: int = 0) -> Runs:
    """Any state, any inputs; see `random_patterns`."""
    patterns = random_patterns(len(aig.latches) + steps * len(aig.inputs), words, seed)
    state, inputs = np.split(patterns, [len(aig.latches)])
    return Runs(state.copy(), inputs.reshape(steps, len(aig.inputs), words).copy())


def reached_runs(aig: Aig, steps: int, words: int, seed: int = 0, inputs: Words | None = None) -> Runs:
    """Reachable states: random inputs are read from reset on, a different number in every word. A latch of unknown
    reset starts at random. `inputs`: what is read instead, uint64[WARMUP + least + steps, inputs, W]."""
    random = np.random.default_rng(seed)
    inputs = random_words(random, WARMUP + steps, len(aig.inputs), words) if inputs is None else inputs
    before = len(inputs) - steps
    program = compile_program(aig, ())
    state = program.reset_state(words)
    unknown = [index for index, latch in enumerate(aig.latches) if latch.reset is None]
    state[unknown] = random_words(random, len(unknown), words)
    lead, least = (state.copy(), inputs[:before]), before - WARMUP
    for word in range(words):
        some = inputs[before - least - lead_steps(word) : before, :, word : word + 1]
        state[:, word] = run(program, some, state[:, word : word + 1])[1][:, 0] if len(some) else state[:, word]
    return Runs(state, inputs[before:], lead=lead, least=least)


def spell(aig: Aig, inputs: Words, vectors: Iterable[tuple[list[str], Ranges]], random: np.random.Generator) -> None:
    """Give the bits of integers, by their names, random values that these can have, among uint64[T, inputs, W]."""
    places = {name: place for place, name in enumerate(aig.inputs)}
    for names, ranges in vectors:
        for row in inputs if {*names} <= places.keys() else ():
            values = random.integers(ranges.low, ranges.high + 1, (64 * inputs.shape[2], len(ranges)))
            row[[places[name] for name in names]] = packed(np.ascontiguousarray(ranges.encode(values).T))


def lead_steps(word: int) -> int:
    """How many inputs the runs of a word read from reset on."""
    return word % (WARMUP + 1)
