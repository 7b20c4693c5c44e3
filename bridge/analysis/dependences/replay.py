"""Two runs that differ in one bit, evaluated gate by gate: what every witness must pass before it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bridge.aig.graph import Aig
from bridge.aig.literals import through
from bridge.aig.names import BYTE
from bridge.analysis.signals import Bit, target_literals
from bridge.arrays import Ands, Bits, Int
from bridge.compiled import compiled
from bridge.printable import counted, few, in_quotes

NAMED = 12  # bits named in a sentence


@dataclass(frozen=True, eq=False)
class Witness:
    """Two runs from the same state on the same inputs; in the second, the bits `inverted` are so during step 1.

    `state`: uint8[latches] before step 1; `inputs`: uint8[K, inputs]; `changed`: the bit that then differs, in step
    `step` (1 to K), with `values` (first run, second run); `position`: for runs on a text, where step 1 reads it;
    `origin`: for a state that was reached, uint8[latches] at reset and uint8[T, inputs] read from there to `state`; or,
    if not `from_reset`, from any state on.
    """

    inverted: tuple[str, ...]
    changed: str
    step: int
    values: tuple[int, int]
    state: Bits
    inputs: Bits
    names: tuple[tuple[str, ...], tuple[str, ...]]
    position: int | None = None
    origin: tuple[Bits, Bits] | None = None
    from_reset: bool = True

    def to_json(self) -> dict[str, Any]:
        """`inverted changed step values state inputs`, then `position`, or `reset reached_by`, or `began read_before`:
        names and values, the inputs one object a step."""
        inputs, latches = self.names
        facts: dict[str, Any] = {
            "inverted": list(self.inverted),
            "changed": self.changed,
            "step": self.step,
            "values": list(self.values),
            "state": dict(zip(latches, self.state.tolist(), strict=True)),
            "inputs": [dict(zip(inputs, row, strict=True)) for row in self.inputs.tolist()],
        }
        if self.origin is not None:
            start, read = ("reset", "reached_by") if self.from_reset else ("began", "read_before")
            facts[start] = dict(zip(latches, self.origin[0].tolist(), strict=True))
            facts[read] = [dict(zip(inputs, row, strict=True)) for row in self.origin[1].tolist()]
        return facts | ({} if self.position is None else {"position": self.position})

    def __str__(self) -> str:
        ones = [name for name, value in zip(self.names[1], self.state, strict=True) if value]
        read = ", ".join(_shown(self.names[0], row) for row in self.inputs[: self.step])
        changed = f"{self.changed} is {self.values[1]} instead of {self.values[0]}"
        if not self.names[1]:
            return f"invert {few(self.inverted, NAMED)}: {changed}; inputs that are 1: {read}"
        return (
            f"invert {few(self.inverted, NAMED)} in step 1: {changed} in step {self.step}; "
            f"state before: {few(ones, NAMED) or 'nothing'} = 1{self._reached()}; read: {read}"
        )

    def without(self, latches: int) -> Witness:
        """Told in terms of the first so many latches alone."""
        origin = self.origin and (self.origin[0][:latches], self.origin[1])
        names = self.names[0], self.names[1][:latches]
        return replace(self, state=self.state[:latches], names=names, origin=origin)

    def _reached(self) -> str:
        if self.origin is None:
            return ""
        steps = len(self.origin[1])
        if not self.from_reset:
            return f" (after reading {', '.join(_shown(self.names[0], row) for row in self.origin[1])})"
        return " (that of reset)" if not steps else f" ({counted(steps, 'step')} after reset)"


def _shown(names: Sequence[str], row: Bits) -> str:
    """The inputs of a step, as a character if they are a byte."""
    if sorted(names) == sorted(BYTE):
        return in_quotes(bytes([sum(int(row[names.index(name)]) << bit for bit, name in enumerate(BYTE))]))
    return " ".join(name for name, value in zip(names, row, strict=True) if value) or "nothing"


def replay(
    aig: Aig, inverted: Sequence[Bit], targets: Sequence[Bit], state: Bits, inputs: Bits, position: int | None = None
) -> Witness | None:
    """Run both; the first difference in a target, as a witness, or None when there is none."""
    values, others = (_run(aig, state, inputs, targets, bits) for bits in ((), inverted))
    different = np.argwhere(values != others)
    if not len(different):
        return None
    step, place = different[0]
    names = aig.inputs, tuple(latch.name for latch in aig.latches)
    pair = int(values[step, place]), int(others[step, place])
    changed = tuple(bit.name for bit in inverted)
    differs = targets[place].name, int(step) + 1, pair
    return Witness(changed, *differs, state, inputs, names=names, position=position)


def shortest(
    aig: Aig, inverted: Sequence[Bit], targets: Sequence[Bit], state: Bits, inputs: Bits, position: int | None = None
) -> Witness | None:
    """`replay` with as few bits as show a difference: no part of them that was tried could be left out."""
    bits, size = list(inverted), len(inverted)
    found = replay(aig, bits, targets, state, inputs, position)
    while found is not None and size > 1:
        size = -(-size // 2)
        for start in range(len(bits) - 1 - (len(bits) - 1) % size, -1, -size):
            fewer = bits[:start] + bits[start + size :]
            smaller = replay(aig, fewer, targets, state, inputs, position) if fewer else None
            if smaller is not None:
                bits, found = fewer, smaller
    return found


def inverted_for(aig: Aig, bits: Sequence[Bit], values: Bits, state: Bits, inputs: Bits) -> list[Bit]:
    """Which of the bits to invert in a step so that their variables all have these values, uint8[bits], whatever they
    do to each other. inputs: uint8[inputs]."""
    wanted = sorted(zip(bits, values.tolist(), strict=True), key=lambda pair: pair[0].variable)
    flips = np.zeros(aig.variables, np.uint8)
    for bit, value in wanted:
        if _step(aig, state, inputs, flips)[bit.variable] != value:
            flips[bit.variable] = 1
    return [bit for bit, _ in wanted if flips[bit.variable]]


def values_in(aig: Aig, state: Bits, inputs: Bits, inverted: Sequence[Bit]) -> Bits:
    """uint8[variables], in a step in which these bits are inverted."""
    flips = np.zeros(aig.variables, np.uint8)
    flips[[bit.variable for bit in inverted]] = 1
    return _step(aig, state, inputs, flips)


def _run(aig: Aig, state: Bits, inputs: Bits, targets: Sequence[Bit], inverted: Sequence[Bit]) -> Bits:
    """uint8[K, targets]; the bits `inverted` are so in step 1."""
    literals, nexts = target_literals(aig, targets), aig.next_literals()
    rows = np.zeros((len(inputs), len(targets)), np.uint8)
    for step, row in enumerate(inputs):
        flips = np.zeros(aig.variables, np.uint8)
        flips[[bit.variable for bit in inverted if step == 0]] = 1
        values = _step(aig, state, row, flips)
        rows[step] = through(values, literals)
        state = through(values, nexts).astype(np.uint8)
    return rows


def state_after(aig: Aig, state: Bits, inputs: Bits) -> Bits:
    """uint8[latches], after steps that read uint8[T, inputs]."""
    nexts, nothing = aig.next_literals(), np.zeros(aig.variables, np.uint8)
    for row in inputs:
        values = _step(aig, state, row, nothing)
        state = through(values, nexts).astype(np.uint8)
    return state


def _step(aig: Aig, state: Bits, inputs: Bits, flips: Bits) -> Bits:
    """uint8[variables]; flips: uint8[variables], 1 for what is inverted for all its readers."""
    values = np.zeros(aig.variables, np.uint8)
    values[1 : aig.first_and] = np.concatenate([inputs, state])
    _evaluate(aig.ands, aig.first_and, values, flips)
    return values


@compiled
def _evaluate(ands: Ands, first: Int, values: Bits, flips: Bits) -> None:
    """values, uint8[variables]: the leaves are set, the nodes are filled in; what has a 1 in `flips`, uint8[variables],
    is inverted for whoever reads it. Plain on purpose: it shares nothing with the programs whose witnesses it
    replays."""
    for variable in range(first):
        values[variable] ^= flips[variable]
    for index in range(len(ands)):
        a, b = ands[index]
        values[first + index] = (values[a >> 1] ^ (a & 1)) & (values[b >> 1] ^ (b & 1)) ^ flips[first + index]
