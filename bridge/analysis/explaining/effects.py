"""What each part changes at a place, one at a time, all of them side by side: bits flipped, what was read swapped.

A flip is that of a state bit before the last step, or of a bit of a block in it, for all that reads it. An automaton is
in one state at a time, so a flip of a bit of it is a *move*: to the state of that bit, from there to the last state,
which has no bit. A bit of an integer that then spells none is read as the nearest one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.aig.names import bare
from bridge.analysis.dependences.boundary import repeated
from bridge.analysis.dependences.switches import Change, Switched, switched
from bridge.analysis.explaining.head import Head
from bridge.analysis.explaining.parts import Part
from bridge.analysis.explaining.place import Place
from bridge.analysis.explaining.units import groups_of
from bridge.analysis.signals import Bit, point_bits, state_bits
from bridge.arrays import Bits, Floats, Ints
from bridge.cell import Cell
from bridge.execution.compile.program import Program, compile_program
from bridge.execution.machines.run import run
from bridge.execution.words import packed
from bridge.readout.lengths import change


@dataclass(frozen=True, eq=False)
class Effects:
    """A row for each of n changes. `added`: float64[n], what they add to the code length of the truth, in bits; of
    classes what the margin loses, of a single number what it gains; `margins`: int64[n], the margin under each, of the
    likeliest over its rival as these are without it; `likeliest`: int64[n], the rank that is then likeliest."""

    names: tuple[str, ...]
    added: Floats
    margins: Ints
    likeliest: Ints

    def __len__(self) -> int:
        return len(self.names)

    def of(self, rows: Sequence[int]) -> Effects:
        """Some of the rows."""
        chosen = np.asarray(rows, np.int64)
        return Effects(
            tuple(self.names[row] for row in rows), self.added[chosen], self.margins[chosen], self.likeliest[chosen]
        )

    @property
    def largest_first(self) -> list[int]:
        """The rows, those that change most first."""
        order: list[int] = np.argsort(-np.abs(self.added), kind="stable").tolist()
        return order

    def columns(self) -> dict[str, list[Any]]:
        return {
            "name": list(self.names),
            "added": self.added.tolist(),
            "margin": self.margins.tolist(),
            "likeliest": self.likeliest.tolist(),
        }


@dataclass(frozen=True, eq=False)
class Swap:
    """What was read at one step in one part, swapped for other values: `step`: which, from the start of the text;
    `value`: what was read; `values`: what instead; `effects`: a row for each; `count`: values there are besides."""

    part: str
    step: int
    value: str
    values: tuple[str, ...]
    effects: Effects
    count: int

    @property
    def mean(self) -> float:
        """Of what the values add."""
        return float(self.effects.added.mean()) if len(self.values) else 0.0

    @property
    def worst(self) -> int:
        """The row of the value that adds most, -1 where there is none."""
        return int(self.effects.added.argmax()) if len(self.values) else -1


@dataclass(frozen=True, eq=False)
class Asked:
    """What is compared at a place: the `likeliest` and its `rival`, ranks, and the `truth`, a byte or -1."""

    likeliest: int
    rival: int
    truth: int

    @property
    def alone(self) -> bool:
        """Is there but one number, that of an estimate?"""
        return self.likeliest == self.rival

    @property
    def measure(self) -> str:
        """What `Effects.added` is in."""
        return "bits" if self.truth >= 0 else "to the estimate" if self.alone else "to what the margin loses"

    def effects(self, names: Sequence[str], head: Head, numbers: Ints, base: Ints) -> Effects:
        """numbers: int64[n, numbers] under n changes; base: int64[numbers] under none."""
        worths, own = head.worths(numbers), head.worths(base[None])[0]
        margins = worths[:, self.likeliest] - (0 if self.alone else worths[:, self.rival])
        if self.truth >= 0:
            before, after = head.costs(base[None], self.truth), head.costs(numbers, self.truth)
            added = change(before, after)
        elif self.alone:
            added = (margins - own[self.likeliest]).astype(np.float64)
        else:
            added = (own[self.likeliest] - own[self.rival] - margins).astype(np.float64)
        return Effects(tuple(names), added, margins, worths.argmax(axis=1))


class Flips:
    """A netlist prepared for flips of every state bit and every named bit of its blocks."""

    def __init__(self, head: Head, cell: Cell | None) -> None:
        self.head, aig = head, head.aig
        groups: dict[str, dict[int, Bit]] = {}
        for bit in state_bits(aig):
            groups[bit.name] = {bit.variable: bit}
        self.states = len(groups)
        for bit in point_bits(aig):
            groups.setdefault(bare(bit.name), {})[bit.variable] = bit
        self.names = tuple(groups)
        sources = {variable: bit for group in groups.values() for variable, bit in group.items() if variable}
        self._places = {variable: place for place, variable in enumerate(sources)}
        self._groups = [[self._places[variable] for variable in group if variable] for group in groups.values()]
        self._switched: Switched = switched(aig, list(sources.values()), head.bits)
        self._automata = groups_of(aig, cell)

    def effects(self, place: Place, asked: Asked, base: Ints) -> Effects:
        """States first."""
        flips = np.zeros((len(self._places), len(self.names)), np.bool_)
        for lane, group in enumerate(self._groups):
            flips[group, lane] = True
        for latch, lane in self._also_left(place.states[-1]):
            flips[self._places[self.head.aig.first_latch + latch], lane] = True
        masks = packed(flips)
        runs = repeated((place.states[-1], place.inputs[-1:]), masks.shape[1])
        outputs = self._switched.changed(runs, [Change(range(len(flips)), masks)])[0, :, 0]
        return asked.effects(self.names, self.head, self.head.unpacked(outputs, len(self.names)), base)

    def _also_left(self, state: Bits) -> Iterator[tuple[int, int]]:
        """(latch, row): the latch of the state that an automaton leaves in a move to that of another latch."""
        for group in self._automata:
            own = group.bits.tolist()
            for there in np.flatnonzero(group.states(state)).tolist():
                yield from ((own[there], row) for row in own if row != own[there])


class Swaps:
    """A netlist prepared for other inputs."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._program: Program = compile_program(head.aig, [bit.literal for bit in head.bits])

    def numbers(self, place: Place) -> Ints:
        """int64[numbers]: as it is."""
        outputs, _ = run(self._program, packed(place.inputs[-1:, :, None]), packed(place.states[-1][:, None]))
        found: Ints = self.head.unpacked(outputs[0], 1)[0]
        return found

    def effects(self, place: Place, parts: Sequence[Part], asked: Asked, base: Ints) -> list[Swap]:
        """The last step first."""
        others = [
            (step, part, part.codes[(part.codes != place.inputs[step, part.bits]).any(axis=1)])
            for step in range(len(place.inputs) - 1, -1, -1)
            for part in parts
        ]
        ends = np.cumsum([len(codes) for _, _, codes in others])
        lanes = int(ends[-1]) if len(ends) else 0
        if not lanes:
            return []
        inputs = np.repeat(place.inputs[:, :, None], lanes, axis=2)
        for (step, part, codes), end in zip(others, ends.tolist(), strict=True):
            inputs[step, part.bits, end - len(codes) : end] = codes.T
        words = packed(inputs)
        state = repeated((place.states[0], place.inputs), words.shape[2]).state
        outputs = run(self._program, words, state)[0][-1]
        every = asked.effects([""] * lanes, self.head, self.head.unpacked(outputs, lanes), base)
        return [
            _swap(place, step, part, codes, every.of(range(end - len(codes), end)))
            for (step, part, codes), end in zip(others, ends.tolist(), strict=True)
        ]


def _swap(place: Place, step: int, part: Part, codes: Bits, effects: Effects) -> Swap:
    value = part.shown(place.inputs[step, part.bits])
    values = tuple(part.shown(code) for code in codes)
    return Swap(part.name, place.first + step, value, values, effects, part.count - 1)
