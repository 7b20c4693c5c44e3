"""Steps of a sequential netlist laid out as one combinational netlist, whole or with some bits forced or free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.literals import through
from bridge.aig.strash import cut_nodes
from bridge.analysis.signals import Bit, target_literals
from bridge.arrays import Ints

View = tuple[int, Bit]  # a bit as it is in (state bits: after) the step of that number, 1 for the first
FREE = -1


def unroll(
    aig: Aig,
    views: Sequence[View],
    forced: Mapping[int, int] | None = None,
    *,
    free: int = 0,
    steps: int = 0,
    claims: Ints | None = None,
) -> Aig:
    """A combinational netlist whose outputs are the views.

    Its inputs are the latches of step 1, then the inputs of every step (named `name@step` from step 2 on), all of
    them, up to step `steps` or the last one viewed, then `free` more. `forced`: variables and the value, 0 or 1, that
    each has in step 1 instead of its own, for all its readers; or FREE, the value of the next of the free inputs.
    claims: int64[latches], what each latch equals in step 1, a literal of a constant or a latch (see
    `bridge.equivalence.literals_of`).
    """
    last = max([steps, *(step for step, _ in views)])
    builder = AigBuilder(aig.name, last * aig.variables + 1)
    state = np.array(builder.inputs(latch.name for latch in aig.latches), np.int64)
    if claims is not None:
        state = through(np.concatenate([np.zeros(aig.first_latch, np.int64), state]), claims)
    read = [[builder.input(f"{name}@{step + 1}" if step else name) for name in aig.inputs] for step in range(last)]
    spare = iter(builder.inputs(f"free{index}" for index in range(free)))
    stand_ins = np.full(aig.variables, -1, np.int64)
    for variable, value in (forced or {}).items():
        stand_ins[variable] = next(spare) if value == FREE else value
    images: list[Ints] = []
    for row in read:
        leaves = [*row, *state.tolist()]
        images.append(builder.copy(aig, leaves) if images else _copied(builder, aig, leaves, stand_ins))
        state = through(images[-1], aig.next_literals())
    for (step, bit), literal in zip(views, target_literals(aig, [bit for _, bit in views]).tolist(), strict=True):
        builder.output(f"{bit.name}@{step}", through(images[step - 1], literal))
    return builder.build()


def _copied(builder: AigBuilder, aig: Aig, leaves: Sequence[int], stand_ins: Ints) -> Ints:
    """int64[variables]: what readers of each variable read."""
    own = np.array([0, *leaves, *([0] * len(aig.ands))], np.int64)
    builder.reserve(len(aig.ands))
    cut_nodes(builder.graph, aig.ands, own, stand_ins)
    return np.where(stand_ins >= 0, stand_ins, own)
