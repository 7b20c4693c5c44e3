"""Runs of a netlist side by side, bit-parallel: where they start, what they read, and what is changed in step 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, Output
from bridge.aig.literals import through
from bridge.analysis.signals import Bit, target_literals
from bridge.arrays import Ands, Bits, Int, Ints, Words
from bridge.compiled import compiled
from bridge.execution import Program, compile_program, run
from bridge.execution.words import random_patterns, random_words

ALL = ~np.uint64(0)
WARMUP = 64  # most inputs read from reset on before a reachable state is taken


@dataclass(frozen=True, eq=False)
class Runs:
    """Where 64 * W runs begin and what they read. `state`: uint64[latches, W] before the first step; `inputs`:
    uint64[K, inputs, W]; `positions`: int64[64 * W], for runs on a text, where in it the first byte stands, or -1 in
    streams that do not count; `lead`: for reached states, uint64[latches, W] at reset and uint64[T, inputs, W], of
    which those of `lead_steps(word)` steps were read to come here."""

    state: Words
    inputs: Words
    positions: Ints | None = None
    lead: tuple[Words, Words] | None = None

    @property
    def words(self) -> int:
        return int(self.state.shape[1])

    @property
    def steps(self) -> int:
        return len(self.inputs)

    @property
    def mask(self) -> Words:
        """uint64[W]: the streams that count."""
        return np.full(self.words, ALL) if self.positions is None else packed_flags(self.positions >= 0)

    def single(self, stream: int) -> tuple[Bits, Bits, int | None]:
        """One run: uint8[latches], uint8[K, inputs], and its position in the text, if any."""
        position = None if self.positions is None else int(self.positions[stream])
        return _lane(self.state, stream), _lane(self.inputs, stream), position

    def origin(self, stream: int) -> tuple[Bits, Bits] | None:
        """uint8[latches] at reset and uint8[T, inputs] read from there on, of one run, if known."""
        if self.lead is None:
            return None
        reset, inputs = self.lead
        return _lane(reset, stream), _lane(inputs[len(inputs) - lead_steps(stream // 64) :], stream)


def random_runs(aig: Aig, steps: int, words: int, seed: int = 0) -> Runs:
    """Any state, any inputs; see `random_patterns`."""
    patterns = random_patterns(len(aig.latches) + steps * len(aig.inputs), words, seed)
    state, inputs = np.split(patterns, [len(aig.latches)])
    return Runs(state.copy(), inputs.reshape(steps, len(aig.inputs), words).copy())


def reached_runs(aig: Aig, steps: int, words: int, seed: int = 0) -> Runs:
    """Reachable states: random inputs are read from reset on, a different number in every word. A latch of unknown
    reset starts at random."""
    random = np.random.default_rng(seed)
    inputs = random_words(random, WARMUP + steps, len(aig.inputs), words)
    program = compile_program(aig, ())
    state = program.reset_state(words)
    unknown = [index for index, latch in enumerate(aig.latches) if latch.reset is None]
    state[unknown] = random_words(random, len(unknown), words)
    lead = state.copy(), inputs[:WARMUP]
    for word in range(words):
        some = inputs[WARMUP - lead_steps(word) : WARMUP, :, word : word + 1]
        state[:, word] = run(program, some, state[:, word : word + 1])[1][:, 0] if len(some) else state[:, word]
    return Runs(state, inputs[WARMUP:], lead=lead)


def lead_steps(word: int) -> int:
    """How many inputs the runs of a word read from reset on."""
    return word % (WARMUP + 1)


def packed_flags(flags: npt.NDArray[np.bool_]) -> Words:
    """bool[64 * W] -> uint64[W]"""
    return np.packbits(flags, bitorder="little").view("<u8").astype(np.uint64)


def lanes(rows: Words) -> Bits:
    """uint64[n, W] -> uint8[64 * W, n], a row for each run."""
    octets = np.ascontiguousarray(rows, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little").T


def _lane(rows: Words, stream: int) -> Bits:
    word, bit = divmod(stream, 64)
    return (rows[..., word] >> np.uint64(bit) & np.uint64(1)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Change:
    """What is inverted in step 1: `sources`: places in the list of sources; `masks`: uint64[sources, W], in which
    runs."""

    sources: Sequence[int]
    masks: Words

    def single(self, stream: int) -> list[int]:
        """The sources inverted in one run."""
        flags = _lane(self.masks, stream)
        return [source for source, flag in zip(self.sources, flags, strict=True) if flag]

    def repeated(self, stream: int) -> Change:
        """In all runs what is inverted in one."""
        flags = _lane(self.masks, stream)[:, None]
        return Change(self.sources, np.repeat(np.where(flags, ALL, np.uint64(0)), self.masks.shape[1], axis=1))


def change(sources: Sequence[int], words: int, seed: int = 0) -> Change:
    """A single source is inverted in every run; of a group, in every run some, at random."""
    if len(sources) == 1:
        return Change(sources, np.full((1, words), ALL))
    return Change(sources, random_patterns(len(sources), words, seed))


@dataclass(frozen=True, eq=False)
class Switched:
    """A compiled netlist in which some bits can be inverted during the first step: its sources.

    State bits and inputs are inverted where they come in, internal nodes by a switch behind them. `outputs` of the
    program are the targets, in order.
    """

    aig: Aig
    program: Program
    sources: tuple[Bit, ...]
    targets: tuple[Bit, ...]
    switches: npt.NDArray[np.int64]  # the row of the switch among the inputs of the program, or -1

    def base(self, runs: Runs) -> Words:
        """uint64[K, targets, W]: the targets in every step, nothing inverted."""
        return run(self.program, self._inputs(runs), runs.state)[0]

    def changed(self, runs: Runs, changes: Sequence[Change]) -> Words:
        """uint64[K, targets, len(changes), W]: the same under every change."""
        words, count = runs.words, len(changes)
        state, inputs = np.tile(runs.state, (1, count)), np.tile(self._inputs(runs), (1, 1, count))
        for place, some in enumerate(changes):
            self._invert(state, inputs, some, slice(place * words, (place + 1) * words))
        outputs = run(self.program, inputs, state)[0]
        return outputs.reshape(len(inputs), -1, count, words)

    def with_change(self, runs: Runs, some: Change) -> Runs:
        """The same runs with leaves inverted in step 1; internal nodes can only be inverted while running."""
        state, inputs = runs.state.copy(), self._inputs(runs)
        self._invert(state, inputs, some, slice(None))
        return Runs(state, inputs[:, : runs.inputs.shape[1]].copy())

    def _invert(self, state: Words, inputs: Words, some: Change, part: slice) -> None:
        for index, mask in zip(some.sources, some.masks, strict=True):
            variable = self.sources[index].variable
            if self.switches[index] >= 0:
                inputs[0, self.switches[index], part] ^= mask
            elif variable > len(self.aig.inputs):
                state[variable - 1 - len(self.aig.inputs), part] ^= mask
            elif variable:
                inputs[0, variable - 1, part] ^= mask

    def _inputs(self, runs: Runs) -> Words:
        rows = self.program.inputs - runs.inputs.shape[1]
        return np.concatenate([runs.inputs, np.zeros((runs.steps, rows, runs.words), np.uint64)], axis=1)


def switched(aig: Aig, sources: Sequence[Bit], targets: Sequence[Bit]) -> Switched:
    """Prepare a netlist for inverting `sources` and looking at `targets`."""
    inner = list(dict.fromkeys(bit.variable for bit in sources if bit.variable >= aig.first_and))
    leaves, first_latch = len(aig.inputs), aig.first_latch
    places = np.full(aig.variables, -1, np.int64)
    places[inner] = 2 * (first_latch + np.arange(len(inner)))
    image = np.zeros(aig.variables, np.int64)
    image[1:first_latch] = 2 * np.arange(1, first_latch)
    image[first_latch : aig.first_and] = 2 * (np.arange(first_latch, aig.first_and) + len(inner))
    ands = _add_switches(aig.ands, aig.first_and, places, image)

    def moved(literal: int) -> int:
        return through(image, literal)

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
    return Switched(aig, compile_program(changed), tuple(sources), tuple(targets), switches)


@compiled
def _add_switches(ands: Ands, first: Int, places: Ints, image: Ints) -> Ands:
    """Rebuild the nodes so that a switch, a literal, inverts some of them for all their readers.

    places: int64[variables], the switch of each variable, or -1; image: int64[variables], the new literals of the
    constant and the leaves are set, those of the nodes (behind their switch) are filled in. Returns uint32[n, 2].
    """
    switched = 0
    for index in range(len(ands)):
        switched += places[first + index] >= 0
    leaves = np.int64(0)
    for variable in range(first):
        leaves = max(leaves, image[variable] >> 1)
    for variable in range(len(places)):
        leaves = max(leaves, places[variable] >> 1)
    result = np.empty((len(ands) + 3 * switched, 2), np.uint32)
    used = 0
    for index in range(len(ands)):
        a, b = np.int64(ands[index, 0]), np.int64(ands[index, 1])
        own = 2 * (leaves + 1 + used)
        _put(result, used, image[a >> 1] ^ (a & 1), image[b >> 1] ^ (b & 1))
        used += 1
        switch = places[first + index]
        if switch >= 0:
            _put(result, used, own, switch ^ 1)
            _put(result, used + 1, own ^ 1, switch)
            _put(result, used + 2, own + 2 ^ 1, own + 4 ^ 1)
            own = own + 6 ^ 1
            used += 3
        image[first + index] = own
    return result


@compiled
def _put(result: Ands, place: Int, a: Int, b: Int) -> None:
    result[place, 0] = max(a, b)
    result[place, 1] = min(a, b)
