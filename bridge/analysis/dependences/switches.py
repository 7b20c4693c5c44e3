"""Interventions: some bits of a netlist inverted during the first step of many runs, for all that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig.graph import Aig, Output
from bridge.aig.literals import through
from bridge.analysis.dependences.replay import Witness, shortest
from bridge.analysis.runs import ALL, Runs
from bridge.analysis.signals import Bit, target_literals
from bridge.arrays import Ands, Int, Ints, Words
from bridge.compiled import compiled
from bridge.execution.compile.program import Program, compile_program
from bridge.execution.machines.run import run
from bridge.execution.words import first_stream, in_all_streams, random_patterns, stream_of


@dataclass(frozen=True, eq=False)
class Change:
    """What is inverted in step 1: `sources`: places in the list of sources; `masks`: uint64[sources, W], in which
    runs."""

    sources: Sequence[int]
    masks: Words

    def single(self, stream: int) -> list[int]:
        """The sources inverted in one run."""
        flags = stream_of(self.masks, stream)
        return [source for source, flag in zip(self.sources, flags, strict=True) if flag]

    def repeated(self, stream: int) -> Change:
        """In all runs what is inverted in one."""
        return Change(self.sources, in_all_streams(stream_of(self.masks, stream), self.masks.shape[1]))


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
    switches: Ints  # the row of the switch among the inputs of the program, or -1

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


def find_pair(prepared: Switched, runs: Runs, changes: Iterable[Change]) -> Witness | None:
    """The first of these runs in which one of the changes changes a target, replayed."""
    base = prepared.base(runs)
    for some in changes:
        apart = prepared.changed(runs, [some])[:, :, 0] ^ base
        stream = first_stream(np.bitwise_or.reduce(apart, axis=(0, 1)) & runs.mask)
        if stream >= 0:
            bits = [prepared.sources[place] for place in some.single(stream)]
            witness = shortest(prepared.aig, bits, prepared.targets, *runs.single(stream))
            if witness is None:
                raise AssertionError("a pair of runs that simulation found does not replay")
            return replace(witness, origin=runs.origin(stream), from_reset=runs.from_reset)
    return None


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
