"""`certify`: cell -> netlist, complete. Embeddings by all 256 bytes, state machines by all bytes in all states, sums by
adder identities, trees and latches split by split, other functions of integers on all values of what they read. For
folded networks see `folded`.

SAT cannot prove a lowering: one neuron of fan-in 24 built in two ways defeats every engine. The lowering says how it
built each sum; this checks that claim on the netlist as given, with rows made from the cell's weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, singledispatch

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cell.folded import Folded
from bridge.cell.predictor import Predictor
from bridge.equivalence import Verdict, check_equivalence, explained, shortened
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.folded import check_folded
from bridge.equivalence.certificate.rows import Broken
from bridge.equivalence.clock import Clock
from bridge.equivalence.spelled import check_on_values
from bridge.lowering import lower_traced
from bridge.lowering.folded import lower_folded_traced
from bridge.metadata import Metadata, read_metadata

METHOD = "certificate"
Check = Callable[[Aig, Aig], Verdict]


def certify(model: Predictor, aig: Aig, *, seconds: float = 300.0) -> Verdict:
    """Does the netlist compute what the cell, or the folded network, says? The states, logits and resets are compared
    by name.

    A netlist straight from `lower`, for whatever objective, is proven by its certificate alone. Any other is compared
    with it by `check_equivalence`, and the answer holds for the cell because the certificate does. Where the two differ
    only for bits that spell no value of the cell, the netlist does what the cell says.
    """
    clock = Clock(seconds)
    ours = _lowered(model, read_metadata(aig))
    plain, named = ours.aig, METHOD + ours.scope
    same = np.array_equal(plain.ands, aig.ands) and plain.outputs == aig.outputs and plain.latches == aig.latches
    same = same and plain.inputs == aig.inputs and plain.points == aig.points
    try:
        ours.prove(aig if same else plain)
    except Broken as broken:
        return Verdict("undecided", named, clock.seconds, reason=str(broken))
    if same:
        return Verdict("equivalent", named, clock.seconds)

    def check(one: Aig, other: Aig) -> Verdict:
        return shortened(one, other, check_equivalence(one, other, seconds=max(1.0, clock.left)))

    verdict = explained(plain, aig, ours.compare(plain, aig, check))
    return replace(verdict, method=f"{named}, then {verdict.method}", seconds=clock.seconds)


@dataclass(frozen=True)
class _Lowered:
    """A model as it is lowered. `prove`: raises Broken unless a netlist of this structure is the model; `scope`: for
    which bytes, if not for all; `compare`: two netlists, by a check, as far as the model says something."""

    aig: Aig
    prove: Callable[[Aig], None]
    scope: str
    compare: Callable[[Aig, Aig, Check], Verdict]


@singledispatch
def _lowered(model: Predictor, facts: Metadata) -> _Lowered:
    """As the facts of a netlist say that it was lowered."""
    raise TypeError(f"{type(model).__name__} has no certificate")


@_lowered.register
def _(model: Cell, facts: Metadata) -> _Lowered:
    plain, trace = lower_traced(model, objective=facts.objective, care=facts.care, effort=facts.effort)
    scope = "" if facts.care == "all" else f" for {len(model.head.symbols)} of 256 bytes"
    return _Lowered(
        plain, lambda aig: Checker(model, aig, trace, facts.care).run(), scope, partial(check_on_values, model)
    )


@_lowered.register
def _(model: Folded, _facts: Metadata) -> _Lowered:
    plain, trace = lower_folded_traced(model)
    return _Lowered(plain, lambda aig: check_folded(model, aig, trace), "", lambda one, other, check: check(one, other))
