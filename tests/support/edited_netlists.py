"""An oracle of interventions on netlists: node by node, what reads a node sees what is done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bridge.aig import Aig

Change = tuple[int | None, int | None]  # the value of a variable, None for its complement; at one step, None for all


def edited_run(aig: Aig, inputs: np.ndarray, done: Mapping[int, Sequence[Change]]) -> np.ndarray:
    """int[T, outputs and points] from reset on. inputs: int[T, inputs]; done: by variable."""
    state, rows = [int(latch.reset == 1) for latch in aig.latches], []
    for step, given in enumerate(inputs.tolist()):
        seen: list[int] = []

        def see(value: int, step: int = step, seen: list[int] = seen) -> None:
            for new, at in done.get(len(seen), ()):
                if at in (None, step):
                    value = 1 - value if new is None else new
            seen.append(value)

        def of(literal: int, seen: list[int] = seen) -> int:
            return seen[literal >> 1] ^ (literal & 1)

        for value in (0, *given, *state):
            see(value)
        for a, b in aig.ands.tolist():
            see(of(a) & of(b))
        rows.append([of(shown.literal) for shown in (*aig.outputs, *aig.points)])
        state = [of(latch.next) for latch in aig.latches]
    return np.array(rows)
