"""Constraints of AIGER as part of the question: outputs need to agree only where the constraints hold and have held.

Each netlist gets a watcher: `allowed`, which is 1 as long as all constraints have held, this step included. Outputs and
next states are taken together with it, and it is one more output. So two netlists with constraints are equivalent if
they allow the same runs and agree on them. If only one has constraints, the other gets a copy of its watcher.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, Properties
from bridge.aig.cone import read_by
from bridge.aig.literals import through
from bridge.arrays import Ints
from bridge.errors import InputError

ALLOWED = "\nallowed"  # a name that no file can hold


def constrained(a: Aig, b: Aig) -> tuple[Aig, Aig, list[str]]:
    """Both with a watcher and without constraints, and what is assumed; as they are if there are no constraints.

    Both have the same inputs by name. InputError if a constraint cannot be carried over to the other netlist.
    """
    lonely = [x for x in (a, b) if x.properties.constraints]
    if not lonely:
        return a, b, []
    names = [
        f"{output.name!r} of {side}"
        for side, x in zip("AB", (a, b), strict=True)
        for output in x.properties.constraints
    ]
    notes = [f"assumed: constraint {', '.join(names)}"]
    sequential = bool(a.latches or b.latches)
    sources = (a, b) if len(lonely) == 2 else (lonely[0], lonely[0])
    watched = _watched(a, sources[0], sequential), _watched(b, sources[1], sequential)
    if all(x.outputs[-1].literal == FALSE for x in watched):
        notes.append("the constraints are 0 in every step, so nothing is compared")
    return *watched, notes


def _watched(aig: Aig, source: Aig, sequential: bool) -> Aig:
    """`aig` under the constraints of `source`."""
    builder, leaves = AigBuilder.like(aig, source.variables)
    inputs, latches = dict(zip(aig.inputs, leaves, strict=False)), leaves[len(aig.inputs) :]
    image = builder.copy(aig, leaves)
    watched = image if source is aig else _copied(builder, source, [inputs[name] for name in source.inputs])
    allowed = TRUE
    for output in source.properties.constraints:
        allowed = builder.and_(allowed, through(watched, output.literal))
    if sequential:
        so_far = builder.latch(ALLOWED, 1)
        allowed = builder.and_(allowed, so_far)
        builder.set_next(so_far, allowed)

    def guarded(literal: int) -> int:
        return builder.and_(allowed, through(image, literal))

    for own, latch in zip(latches, aig.latches, strict=True):
        builder.set_next(own, guarded(latch.next))
    for output in aig.outputs:
        builder.output(output.name, guarded(output.literal))
    for point in aig.points:
        builder.point(point.name, through(image, point.literal))
    builder.output(ALLOWED, allowed)
    plain = aig.properties
    properties = Properties(plain.bad, (), plain.justice, plain.fairness)
    return builder.build(aig.comment, properties.mapped(guarded))


def _copied(builder: AigBuilder, source: Aig, inputs: Sequence[int]) -> Ints:
    """The constraints of another machine, with the latches that they read, now or in an earlier step."""
    read = read_by(source, np.array([output.literal for output in source.properties.constraints], np.int64))
    latches = []
    for variable, latch in enumerate(source.latches, source.first_latch):
        if read[variable] and latch.reset is None:
            raise InputError(
                f"the netlists cannot be compared: constraints of one of them read latch {latch.name!r} of unknown "
                "reset, and the other has no constraints"
            )
        latches.append(builder.latch(f"{ALLOWED}.{latch.name}", latch.reset) if read[variable] else 0)
    image = builder.copy(source, [*inputs, *latches])
    for own, latch in zip(latches, source.latches, strict=True):
        if own:
            builder.set_next(own, through(image, latch.next))
    return image
