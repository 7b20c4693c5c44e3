"""Names before functions: bring two netlists to the same interface, or say why that is impossible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig
from bridge.errors import InputError


def aligned(a: Aig, b: Aig) -> Aig:
    """`b` with its inputs, latches, outputs and properties in the order of `a`, matched by name.

    InputError when a name is on one side only, or a latch resets differently: such machines are not comparable.
    """
    b = aligned_ports(a, b)
    _same_names("latch", [latch.name for latch in a.latches], [latch.name for latch in b.latches])
    latches = {latch.name: latch for latch in b.latches}
    for latch in a.latches:
        if latch.reset != latches[latch.name].reset:
            raise InputError(
                f"the netlists cannot be compared: latch {latch.name!r} resets to {_reset(latch.reset)} in the first "
                f"and to {_reset(latches[latch.name].reset)} in the second"
            )
    return _with_leaves(b, a.inputs, [latch.name for latch in a.latches])


def aligned_ports(a: Aig, b: Aig) -> Aig:
    """`b` with its inputs, outputs and properties in the order of `a`, matched by name, whatever its latches.

    InputError when a name is on one side only.
    """
    _same_names("input", a.inputs, b.inputs)
    _same_names("output", [o.name for o in a.outputs], [o.name for o in b.outputs])
    _same_properties(a, b)
    outputs = {output.name: output for output in b.outputs}
    b = replace(b, outputs=tuple(outputs[output.name] for output in a.outputs))
    return _with_leaves(b, a.inputs, [latch.name for latch in b.latches])


def _with_leaves(aig: Aig, inputs: Sequence[str], latches: Sequence[str]) -> Aig:
    """The same netlist with its inputs and latches in this order."""
    old = [*aig.inputs, *(latch.name for latch in aig.latches)]
    new = [*inputs, *latches]
    if old == new:
        return aig
    place = {name: variable for variable, name in enumerate(new, 1)}
    number = np.arange(aig.variables)
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


def _same_names(what: str, ours: Sequence[str], theirs: Sequence[str]) -> None:
    for names, others, where in ((ours, set(theirs), "first"), (theirs, set(ours), "second")):
        lonely = [name for name in names if name not in others]
        if lonely:
            only = f"and {len(lonely) - 1} more only exist" if len(lonely) > 1 else "only exists"
            raise InputError(f"the netlists cannot be compared: {what} {lonely[0]!r} {only} in the {where} one")


def _same_properties(a: Aig, b: Aig) -> None:
    shapes = [
        (len(p.bad), len(p.constraints), [len(group) for _, group in p.justice], len(p.fairness))
        for p in (a.properties, b.properties)
    ]
    if shapes[0] != shapes[1]:
        raise InputError("the netlists cannot be compared: their AIGER sections B, C, J, F differ in number")


def _reset(value: int | None) -> str:
    return "unknown" if value is None else str(value)
