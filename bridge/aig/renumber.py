"""Another order of a netlist's inputs and latches, and inputs that nothing reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.aig.graph import Aig
from bridge.errors import InputError


def with_leaves(aig: Aig, inputs: Sequence[str], latches: Sequence[str]) -> Aig:
    """The same netlist with its inputs and latches in this order, and with inputs that it lacked, read by nothing.

    InputError when an input or a latch that it has is not among them.
    """
    old = [*aig.inputs, *(latch.name for latch in aig.latches)]
    new = [*inputs, *latches]
    if old == new:
        return aig
    place = {name: variable for variable, name in enumerate(new, 1)}
    missing = [name for name in old if name not in place]
    if missing or len(latches) != len(aig.latches):
        raise InputError(f"inputs and latches must keep their names; one would be lost: {missing[:1]}")
    number = np.arange(aig.variables) + len(new) - len(old)
    number[0] = 0
    number[1 : aig.first_and] = [place[name] for name in old]
    ands = 2 * number[aig.ands >> 1] + (aig.ands & 1)

    def moved(literal: int) -> int:
        return 2 * int(number[literal >> 1]) + (literal & 1)

    by_name = {latch.name: replace(latch, next=moved(latch.next)) for latch in aig.latches}
    return replace(
        aig,
        inputs=tuple(inputs),
        latches=tuple(by_name[name] for name in latches),
        ands=np.sort(ands, axis=1)[:, ::-1],
        outputs=tuple(replace(output, literal=moved(output.literal)) for output in aig.outputs),
        points=tuple(replace(point, literal=moved(point.literal)) for point in aig.points),
        properties=aig.properties.mapped(moved),
    )
