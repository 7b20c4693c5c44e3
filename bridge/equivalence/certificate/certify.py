"""`certify`: cell -> netlist, complete. Embeddings by all 256 bytes, state machines by all bytes in all states, sums by
adder identities, trees and latches split by split, other functions of integers on all values of what they read.

SAT cannot prove a lowering: one neuron of fan-in 24 built in two ways defeats every engine. The lowering says how it
built each sum; this checks that claim on the netlist as given, with rows made from the cell's weights.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.equivalence import Verdict, check_equivalence, explained, shortened
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.rows import Broken
from bridge.equivalence.clock import Clock
from bridge.equivalence.spelled import check_on_values
from bridge.lowering import lower_traced
from bridge.metadata import read_metadata
from bridge.printable import Listener, Progress, unheard

METHOD = "certificate"


def certify(cell: Cell, aig: Aig, *, seconds: float = 300.0, progress: Listener = unheard) -> Verdict:
    """Does the netlist compute what the cell says? The states, logits and resets are compared by name.

    A netlist straight from `lower`, for whatever objective, is proven by its certificate alone. Any other is compared
    with it by `check_equivalence`, and the answer holds for the cell because the certificate does. Where the two differ
    only for bits that spell no value of the cell, the netlist does what the cell says. Before all this, the cell is
    lowered again with the effort that the netlist says it had, which may take minutes more; `progress` is told.
    """
    clock = Clock(seconds)
    facts = read_metadata(aig)
    plain, trace = lower_traced(
        cell, objective=facts.objective, care=facts.care, effort=facts.effort, progress=progress
    )
    progress(Progress(remark="adder by adder"))
    named = METHOD if facts.care == "all" else f"{METHOD} for {len(cell.head.symbols)} of 256 bytes"
    same = np.array_equal(plain.ands, aig.ands) and plain.outputs == aig.outputs and plain.latches == aig.latches
    same = same and plain.inputs == aig.inputs and plain.points == aig.points
    try:
        Checker(cell, aig if same else plain, trace, facts.care).run()
    except Broken as broken:
        return Verdict("undecided", named, clock.seconds, reason=str(broken))
    if same:
        return Verdict("equivalent", named, clock.seconds)

    def check(ours: Aig, theirs: Aig) -> Verdict:
        return shortened(ours, theirs, check_equivalence(ours, theirs, seconds=max(1.0, clock.left)))

    verdict = explained(plain, aig, check_on_values(cell, plain, aig, check))
    return replace(verdict, method=f"{named}, then {verdict.method}", seconds=clock.seconds)
