"""Two netlists from anywhere brought to one interface, so that they can be compared, and what had to be done for it.

Inputs, outputs and latches are matched by name, or by their order where one asks for that. An input of one netlist only
that no output can ever see is added to the other. ABC's writers move outputs to the bad states of AIGER, or bad states
to the outputs: then both are compared as outputs. Constraints become part of the question, see `constraints`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.aig import Aig, Output
from bridge.aig.cone import observable
from bridge.aig.interface import aligned_ports, same_names
from bridge.aig.renumber import with_leaves
from bridge.equivalence.constraints import constrained
from bridge.errors import InputError
from bridge.formats.names import distinct
from bridge.printable import counted

_SHOWN = 5
_UNNAMED = re.compile(r"[ob]\d+")


@dataclass(frozen=True)
class Pair:
    """`a`, `b`: with the same inputs, outputs and properties; `notes`: what was done, in sentences that call them A and
    B; `terms`: the same for the method of a verdict, where its meaning depends on it."""

    a: Aig
    b: Aig
    notes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


def paired(a: Aig, b: Aig, *, by_order: bool = False) -> Pair:
    """InputError when the netlists cannot be compared: the sentence says what only one of them has."""
    try:
        return _paired(a, b, by_order)
    except InputError as error:
        if by_order or not _fits_by_order(a, b):
            raise
        raise InputError(f"{error}; --by-order matches by place") from error


def _fits_by_order(a: Aig, b: Aig) -> bool:
    try:
        _paired(a, b, True)
    except InputError:
        return False
    return True


def _paired(a: Aig, b: Aig, by_order: bool) -> Pair:
    a, b, cores = _cores(a, b) if by_order else (a, b, [])
    a, b, moved = _without_bad(a, b)
    written = b.inputs
    b, ordered = _renamed(a, b) if by_order else (b, [])
    a, b, left_out = _with_same_inputs(a, b, dict(zip(b.inputs, written, strict=True)))
    same_names("input", a.inputs, b.inputs)
    a, b, assumed = constrained(a, b)
    b = aligned_ports(a, b)
    live = [f"justice {name!r}" for name, _ in a.properties.justice]
    live += [f"fairness {output.name!r}" for output in a.properties.fairness]
    strict = [f"{_listed(live)} must agree in every step, which is more than liveness asks for"] if live else []
    terms = ["by order"] * by_order + ["under constraints"] * bool(assumed)
    return Pair(a, b, (*cores, *ordered, *moved, *left_out, *assumed, *strict), tuple(terms))


def _cores(a: Aig, b: Aig) -> tuple[Aig, Aig, list[str]]:
    """The combinational core of the one with latches, if the other is one without: that of a format that has none."""
    for side, x, other in (("A", a, b), ("B", b, a)):
        counts = (len(x.leaves), len(x.outputs) + len(x.latches))
        if x.latches and not other.latches and counts == (len(other.inputs), len(other.outputs)):
            following = [Output(f"next {latch.name}", latch.next) for latch in x.latches]
            x = replace(x, inputs=x.leaves, latches=(), outputs=(*x.outputs, *following))
            note = f"the latches of {side} are inputs and their next states outputs, as in the other, which has none"
            return (x, b, [note]) if side == "A" else (a, x, [note])
    return a, b, []


def _without_bad(a: Aig, b: Aig) -> tuple[Aig, Aig, list[str]]:
    """Bad states as further outputs, if that makes the numbers fit."""
    counts = [(len(x.outputs), len(x.properties.bad)) for x in (a, b)]
    if counts[0] == counts[1] or sum(counts[0]) != sum(counts[1]):
        return a, b, []
    notes = [
        f"{_listed([f'bad state {output.name!r}' for output in x.properties.bad])} of {side} counts as an output"
        for side, x in (("A", a), ("B", b))
        if x.properties.bad
    ]
    a, b = _bad_as_outputs(a), _bad_as_outputs(b)
    names = [[output.name for output in x.outputs] for x in (a, b)]
    if set(names[0]) != set(names[1]):
        notes.append("outputs are matched by their order")
        if all(_UNNAMED.fullmatch(name) for name in {*names[0]} - {*names[1]}):
            a = _with_outputs(a, names[1])
        elif all(_UNNAMED.fullmatch(name) for name in {*names[1]} - {*names[0]}):
            b = _with_outputs(b, names[0])
    return a, b, notes


def _bad_as_outputs(aig: Aig) -> Aig:
    outputs = (*aig.outputs, *aig.properties.bad)
    named = replace(aig, outputs=outputs, properties=replace(aig.properties, bad=()))
    names = [output.name for output in outputs]
    return _with_outputs(named, distinct(names, names))


def _renamed(a: Aig, b: Aig) -> tuple[Aig, list[str]]:
    """`b` with the names of what has the same place in `a`."""
    if len(a.outputs) != len(b.outputs):
        raise InputError(
            f"the netlists cannot be compared by order: {counted(len(a.outputs), 'output')} in the first, "
            f"{len(b.outputs):,} in the second"
        )
    own = [latch.name for latch in b.latches]
    latches = [latch.name for latch in a.latches]
    notes = ["inputs, outputs and latches are matched by their order"]
    if len(own) != len(latches):
        # The same name would say that unknown resets are the same.
        latches = distinct(own, own, [*latches, *a.inputs])
        notes = ["inputs and outputs are matched by their order, latches by behaviour"]
    inputs = _input_order(a, b, latches)
    named = replace(
        b, inputs=tuple(inputs), latches=tuple(replace(x, name=y) for x, y in zip(b.latches, latches, strict=True))
    )
    return _with_outputs(named, [output.name for output in a.outputs]), notes


def _input_order(a: Aig, b: Aig, latches: Sequence[str]) -> list[str]:
    """The new names of the inputs of `b`; where numbers differ, those that no output sees are not counted."""
    if len(a.inputs) == len(b.inputs):
        return list(a.inputs)
    seen = [[name for name in x.inputs if name not in _unseen(x)] for x in (a, b)]
    if len(seen[0]) != len(seen[1]):
        raise InputError(
            f"the netlists cannot be compared by order: {counted(len(a.inputs), 'input')} in the first, "
            f"{len(b.inputs):,} in the second"
        )
    names = dict(zip(seen[1], seen[0], strict=True))
    wanted = [names.get(name) for name in b.inputs]
    return distinct(wanted, b.inputs, {*a.inputs, *latches} - {*seen[0]})


def _with_same_inputs(a: Aig, b: Aig, written: Mapping[str, str]) -> tuple[Aig, Aig, list[str]]:
    """`written`: what inputs of `b` are called in its file."""
    notes = []
    wider = []
    for side, x, other in (("A", b, a), ("B", a, b)):
        lonely = [name for name in other.inputs if name not in x.inputs]
        taken = {latch.name for latch in x.latches}
        if lonely and {*lonely} <= _unseen(other) - taken:
            told = [f"input {(written[name] if side == 'B' else name)!r}" for name in lonely]
            notes.append(f"{_listed(told)} of {side} is left out: no output sees it")
            x = with_leaves(x, [*x.inputs, *lonely], [latch.name for latch in x.latches])
        wider.append(x)
    return wider[1], wider[0], notes


def _unseen(aig: Aig) -> set[str]:
    """The inputs that no output and no property reads, now or in a later step."""
    seen = observable(aig)[1 : aig.first_latch]
    return {name for name, read in zip(aig.inputs, seen.tolist(), strict=True) if not read}


def _with_outputs(aig: Aig, names: Sequence[str]) -> Aig:
    outputs = tuple(Output(name, output.literal) for name, output in zip(names, aig.outputs, strict=True))
    return replace(aig, outputs=outputs)


def _listed(things: Sequence[str]) -> str:
    more = [f"{len(things) - _SHOWN} more"] if len(things) > _SHOWN else []
    return ", ".join([*things[:_SHOWN], *more])
