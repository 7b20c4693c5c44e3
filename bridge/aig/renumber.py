"""The same nodes with other numbers: another order of inputs and latches, or inputs that nothing reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.aig.graph import Aig, Output
from bridge.aig.literals import larger_first, through
from bridge.arrays import Ints
from bridge.errors import InputError


def with_leaves(aig: Aig, inputs: Sequence[str], latches: Sequence[str]) -> Aig:
    """The same netlist with its inputs and latches in this order, and with inputs that it lacked, read by nothing.

    InputError when an input or a latch that it has is not among them.
    """
    old, new = aig.leaves, (*inputs, *latches)
    if old == new:
        return aig
    place = {name: variable for variable, name in enumerate(new, 1)}
    missing = [name for name in old if name not in place]
    if missing or len(latches) != len(aig.latches):
        raise InputError(f"inputs and latches must keep their names; one would be lost: {missing[:1]}")
    image = 2 * (np.arange(aig.variables) + len(new) - len(old))
    image[: aig.first_and] = 2 * np.array([0, *(place[name] for name in old)])
    moved = renumbered(aig, image)
    by_name = {latch.name: latch for latch in moved.latches}
    return replace(moved, inputs=tuple(inputs), latches=tuple(by_name[name] for name in latches))


def renumbered(aig: Aig, image: Ints) -> Aig:
    """The netlist with all of its literals through an image, under which no node folds and no two meet; ANDs keep their
    order. The caller adds the inputs and latches that the image speaks of."""

    def moved(literal: int) -> int:
        return through(image, literal)

    def moved_all(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        return tuple(Output(output.name, moved(output.literal)) for output in outputs)

    return replace(
        aig,
        latches=tuple(replace(latch, next=moved(latch.next)) for latch in aig.latches),
        ands=larger_first(through(image, aig.ands)),
        outputs=moved_all(aig.outputs),
        points=moved_all(aig.points),
        properties=aig.properties.mapped(moved),
    )
