"""Two runs that differ in one bit, evaluated gate by gate: what every witness must pass before it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.analysis import kernels
from bridge.analysis.signals import Bit, target_literals

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Witness:
    """Two runs from the same state on the same inputs; in the second, `source` is inverted during step 1.

    `state`: uint8[latches] before step 1; `inputs`: uint8[K, inputs]; `changed`: the bit that then differs, in step
    `step` (1 to K), with `values` (first run, second run); `position`: for runs on a text, where step 1 reads it.
    """

    source: str
    changed: str
    step: int
    values: tuple[int, int]
    state: Bits
    inputs: Bits
    names: tuple[tuple[str, ...], tuple[str, ...]]
    position: int | None = None

    def to_json(self) -> dict[str, Any]:
        """`source changed step values state inputs`: names and values, the inputs one object a step."""
        inputs, latches = self.names
        facts: dict[str, Any] = {
            "source": self.source,
            "changed": self.changed,
            "step": self.step,
            "values": list(self.values),
            "state": dict(zip(latches, self.state.tolist(), strict=True)),
            "inputs": [dict(zip(inputs, row, strict=True)) for row in self.inputs.tolist()],
        }
        return facts | ({} if self.position is None else {"position": self.position})

    def __str__(self) -> str:
        ones = [name for name, value in zip(self.names[1], self.state, strict=True) if value]
        shown = " ".join(ones[:12]) + (f" and {len(ones) - 12} more" if len(ones) > 12 else "")
        read = ", ".join(_shown(self.names[0], row) for row in self.inputs[: self.step])
        return (
            f"invert {self.source} in step 1: {self.changed} is {self.values[1]} instead of {self.values[0]} in step "
            f"{self.step}; state before: {shown or 'nothing'} = 1; read: {read}"
        )


def _shown(names: Sequence[str], row: Bits) -> str:
    """The inputs of a step, as a character if they are a byte."""
    places = [names.index(f"byte[{bit}]") for bit in range(8)] if len(names) == 8 and "byte[0]" in names else []
    if places:
        return repr(bytes([sum(int(row[place]) << bit for bit, place in enumerate(places))]))[1:]
    return " ".join(name for name, value in zip(names, row, strict=True) if value) or "nothing"


def replay(
    aig: Aig, source: Bit, targets: Sequence[Bit], state: Bits, inputs: Bits, position: int | None = None
) -> Witness | None:
    """Run both; the first difference in a target, as a witness, or None when there is none."""
    values = _run(aig, state, inputs, targets, -1)
    others = _run(aig, state, inputs, targets, source.variable)
    different = np.argwhere(values != others)
    if not len(different):
        return None
    step, place = different[0]
    names = aig.inputs, tuple(latch.name for latch in aig.latches)
    pair = int(values[step, place]), int(others[step, place])
    return Witness(source.name, targets[place].name, int(step) + 1, pair, state, inputs, names, position)


def _run(aig: Aig, state: Bits, inputs: Bits, targets: Sequence[Bit], flipped: int) -> Bits:
    """uint8[K, targets]; the variable `flipped` is inverted in step 1."""
    literals, nexts = target_literals(aig, targets), aig.next_literals()
    rows = np.zeros((len(inputs), len(targets)), np.uint8)
    for step, row in enumerate(inputs):
        values = np.zeros(aig.variables, np.uint8)
        values[1 : aig.first_and] = np.concatenate([row, state])
        kernels.evaluate(aig.ands, aig.first_and, values, flipped if step == 0 else -1)
        rows[step] = values[literals >> 1] ^ (literals & 1)
        state = (values[nexts >> 1] ^ (nexts & 1)).astype(np.uint8)
    return rows
