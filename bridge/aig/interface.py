"""Names before functions: bring two netlists to the same interface, or say why that is impossible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.aig.graph import Aig
from bridge.aig.renumber import with_leaves
from bridge.errors import InputError


def aligned(a: Aig, b: Aig) -> Aig:
    """`b` with its inputs, latches, outputs and properties in the order of `a`, matched by name.

    InputError when a name is on one side only, or a latch resets differently: such machines are not comparable.
    """
    b = aligned_ports(a, b)
    same_names("latch", [latch.name for latch in a.latches], [latch.name for latch in b.latches])
    latches = {latch.name: latch for latch in b.latches}
    for latch in a.latches:
        if latch.reset != latches[latch.name].reset:
            raise InputError(
                f"the netlists cannot be compared: latch {latch.name!r} resets to {_reset(latch.reset)} in the first "
                f"and to {_reset(latches[latch.name].reset)} in the second"
            )
    return with_leaves(b, a.inputs, [latch.name for latch in a.latches])


def aligned_ports(a: Aig, b: Aig) -> Aig:
    """`b` with its inputs, outputs and properties in the order of `a`, matched by name, whatever its latches.

    InputError when a name is on one side only.
    """
    same_names("input", a.inputs, b.inputs)
    same_names("output", [o.name for o in a.outputs], [o.name for o in b.outputs])
    _same_properties(a, b)
    outputs = {output.name: output for output in b.outputs}
    b = replace(b, outputs=tuple(outputs[output.name] for output in a.outputs))
    return with_leaves(b, a.inputs, [latch.name for latch in b.latches])


def same_names(what: str, ours: Sequence[str], theirs: Sequence[str]) -> None:
    """InputError for a name on one side only; `what`: they are names of."""
    for names, others, where in ((ours, set(theirs), "first"), (theirs, set(ours), "second")):
        lonely = [name for name in names if name not in others]
        if lonely:
            only = f"and {len(lonely) - 1} more only exist" if len(lonely) > 1 else "only exists"
            raise InputError(f"the netlists cannot be compared: {what} {lonely[0]!r} {only} in the {where} one")


def _same_properties(a: Aig, b: Aig) -> None:
    kinds = [("bad states", "bad"), ("constraints", "constraints"), ("justice", "justice"), ("fairness", "fairness")]
    for what, kind in kinds:
        ours, theirs = (getattr(x.properties, kind) for x in (a, b))
        if len(ours) != len(theirs):
            raise InputError(
                f"the netlists cannot be compared: their properties differ in number, {what}: {len(ours)} in the "
                f"first, {len(theirs)} in the second"
            )
    for (name, ours), (_, theirs) in zip(a.properties.justice, b.properties.justice, strict=True):
        if len(ours) != len(theirs):
            raise InputError(f"the netlists cannot be compared: justice {name!r} has another number of literals")


def _reset(value: int | None) -> str:
    return "unknown" if value is None else str(value)


def check_shape(form: Aig, inputs: int, outputs: int) -> None:
    """InputError unless the netlist is combinational, with so many inputs and outputs."""
    if form.latches or len(form.inputs) != inputs or len(form.outputs) != outputs:
        raise InputError(
            f"expected a combinational netlist of {inputs} inputs and {outputs} outputs, but there are "
            f"{len(form.inputs)} inputs, {len(form.latches)} latches and {len(form.outputs)} outputs"
        )
