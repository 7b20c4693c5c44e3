"""The steps that the logic of a folded network takes for a byte, told with words: which row is when the sum, and where
its numbers go. Everything is followed by name, so it holds for all states and all bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.arrays import Ints
from bridge.cell.folded import ROWS, UNIT, Folded
from bridge.cell.passes import LANES, passes_of
from bridge.equivalence.certificate.rows import Broken

UNKNOWN = -1


def check_schedule(net: Folded, told: Mapping[str, Ints]) -> None:
    """Broken unless the steps of a byte give the logits of its symbols in order, each when `ready` is 1, and leave in
    the ring what the network holds then.

    told: numbers by step, int64[steps] or of all lanes, int64[steps, LANES], of what decides by itself; `codes`:
    int64[slots, 256, LANES], of every byte, in the first steps.
    """
    machine = _Machine(net, told)
    for step in range(passes_of(net).steps):
        machine.advance(step)
    machine.check_end()


class _Machine:
    """What words hold, as numbers that name it: unit j of the state `j`, number c of the code `units + c`, unit j of
    the state after `units + codes + j`. A sum is how often it has each of them; its last entry is a constant."""

    def __init__(self, net: Folded, told: Mapping[str, Ints]) -> None:
        self.net, self.told, passes = net, told, passes_of(net)
        codes = np.arange(net.units, net.weights.shape[1])
        self.held = passes.held
        self.read = np.arange(net.weights.shape[1])
        self.after = len(self.read) + np.arange(net.units)
        self.asked = np.concatenate([self.after, codes])
        self.ring = np.full((passes.slots, LANES), UNKNOWN)
        self.ring[: self.held] = np.arange(net.units).reshape(-1, LANES)
        self.waiting = np.full_like(self.ring, UNKNOWN)
        self.sum: Ints = np.zeros(0, np.int64)  # of which nothing is known yet
        self.registers = dict.fromkeys(("inner", "reset", "update", "old", "new"), UNKNOWN)
        self.done = self.entered = self.answered = 0

    def advance(self, step: int) -> None:
        """All words change at once; what is asked of them is what they held before."""
        head = self.ring[0]
        self._add(step, head)
        last = np.where(self.told["written"][step], self.registers["new"], self.waiting[0])
        entering = last if self.told["moves"][step] else head
        if self.told["enters"][step]:
            entering = self._codes(step)
        if self.told["ready"][step]:
            row = ROWS * self.net.units + self.answered
            if row == len(self.net.weights) or not self._is_row(step, row, self.asked, slice(None)):
                raise Broken(f"step {step} does not give the logit of symbol {self.answered}")
            self.answered += 1
        self._load(step, head)
        self.ring = np.concatenate([self.ring[1:], entering[None]])
        self.waiting = np.concatenate([self.waiting[1:], last[None]])

    def check_end(self) -> None:
        if (self.done, self.answered) != (self.net.units, len(self.net.symbols)):
            raise Broken("the steps of a byte are not all units and symbols")
        if not np.array_equal(self.ring[: self.held].reshape(-1), self.after):
            raise Broken("the state after a byte is not where the next one looks for it")

    def _add(self, step: int, head: Ints) -> None:
        weights = self.told["weights"][step]
        if self.told["fresh"][step]:
            self.sum = np.zeros(len(self.read) + self.net.units + 1, np.int64)
        if not len(self.sum) or weights[head == UNKNOWN].any():
            raise Broken(f"step {step} adds up what nothing is known of")
        self.sum[-1] += self.told["bias"][step] * self.told["biased"][step]
        np.add.at(self.sum, head[head != UNKNOWN], weights[head != UNKNOWN])

    def _load(self, step: int, head: Ints) -> None:
        """What the registers take of the unit whose turn it is; of anything else, nobody knows what. `driven` is what a
        candidate needs if `candidates` is 1, else what a gate needs."""
        unit, units, before = self.done, self.net.units, dict(self.registers)
        candidate = int(self.told["candidates"][step])
        for name, row, columns, biased, needed in (
            ("inner", 2, slice(units), False, candidate),
            ("reset", 0, slice(None), True, 0),
            ("update", 1, slice(None), True, 0),
            ("new", 2, slice(units, None), True, 1),
        ):
            if self.told[f"load.{name}"][step]:
                fits = unit < units and candidate == needed
                fits = fits and self._is_row(step, ROWS * unit + row, self.read[columns], columns, biased)
                self.registers[name] = unit if fits else UNKNOWN
        if self.told["load.old"][step]:
            lanes = np.flatnonzero(self.told["lane"][step])
            self.registers["old"] = int(head[lanes[0]]) if len(lanes) == 1 else UNKNOWN
        if self.told["load.new"][step]:
            parts = self.registers["new"], *(before[name] for name in ("inner", "reset", "update", "old"))
            if {*parts} != {unit} or unit == units:
                raise Broken(f"step {step} does not make the state of unit {unit}")
            self.registers["new"], self.done = int(self.after[unit]), unit + 1

    def _codes(self, step: int) -> Ints:
        """The next slot of the code of the byte."""
        columns = slice(self.entered * LANES, (self.entered + 1) * LANES)
        wanted = self.net.embedding[self.net.ranks][:, columns].astype(np.int64) * (UNIT // 8)
        if step >= len(self.told["codes"]) or not np.array_equal(self.told["codes"][step], wanted):
            raise Broken(f"step {step} does not read the code of the byte")
        self.entered += 1
        return self.read[self.net.units :][columns]

    def _is_row(self, step: int, row: int, words: Ints, columns: slice, biased: bool = True) -> bool:
        """Is the sum, scaled, this row of the network?"""
        wanted = np.zeros(len(self.read) + self.net.units + 1, np.int64)
        wanted[words], wanted[-1] = self.net.weights[row, columns], self.net.biases[row] * biased
        return np.array_equal(self.sum, wanted) and self.told["scale"][step] == self.net.scales[row]
