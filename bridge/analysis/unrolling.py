"""Steps of a sequential netlist laid out as one combinational netlist, whole or with one bit forced: a cofactor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.analysis.signals import Bit, target_literals

View = tuple[int, Bit]  # a bit as it is in (state bits: after) the step of that number, 1 for the first


INVERTED = -1


def unroll(
    aig: Aig,
    views: Sequence[View],
    forced: tuple[int, int] | None = None,
    *,
    steps: int = 0,
    claims: npt.NDArray[np.int64] | None = None,
) -> Aig:
    """A combinational netlist whose outputs are the views.

    Its inputs are the latches of step 1, then the inputs of every step (named `name@step` from step 2 on), all of
    them, up to step `steps` or the last one viewed. `forced`: a variable and the value it has in step 1 instead of its
    own, for all its readers; for a leaf also INVERTED. claims: int64[latches], what each latch equals in step 1, a
    literal of a constant or a latch (see `bridge.equivalence.literals_of`).
    """
    last = max([steps, *(step for step, _ in views)])
    builder = AigBuilder(aig.name, last * aig.variables + 1)
    state = np.array([builder.input(latch.name) for latch in aig.latches], np.int64)
    if claims is not None:
        state = np.concatenate([np.zeros(1 + len(aig.inputs), np.int64), state])[claims >> 1] ^ (claims & 1)
    nexts = aig.next_literals()
    places: dict[int, list[int]] = {}
    for place, (step, _) in enumerate(views):
        places.setdefault(step, []).append(place)
    results = np.zeros(len(views), np.int64)
    for step in range(1, last + 1):
        names = aig.inputs if step == 1 else [f"{name}@{step}" for name in aig.inputs]
        leaves = np.concatenate([[0], [builder.input(name) for name in names], state]).astype(np.int64)
        image = _copied(builder, aig, leaves, forced if step == 1 else None)
        wanted = target_literals(aig, [views[place][1] for place in places.get(step, [])])
        results[places.get(step, [])] = image[wanted >> 1] ^ (wanted & 1)
        state = image[nexts >> 1] ^ (nexts & 1)
    for (step, bit), literal in zip(views, results.tolist(), strict=True):
        builder.output(f"{bit.name}@{step}", literal)
    return builder.build()


def _copied(
    builder: AigBuilder, aig: Aig, leaves: npt.NDArray[np.int64], forced: tuple[int, int] | None
) -> npt.NDArray[np.int64]:
    if forced is None:
        return builder.copy(aig, leaves)
    variable, value = forced
    if variable < aig.first_and:
        leaves[variable] = leaves[variable] ^ 1 if value == INVERTED else value
        return builder.copy(aig, leaves)
    ands = aig.ands.copy()
    ands[variable - aig.first_and] = value  # the AND of two constants
    return builder.copy(replace(aig, ands=ands), leaves)
