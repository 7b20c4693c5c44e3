"""That a circuit suffices, for checkers outside: clauses that say it does not, and a DRAT proof that they contradict
each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.analysis.circuits.candidates import Candidate
from bridge.analysis.circuits.setting import Start, ranges_of, setting_of
from bridge.analysis.dependences.proof import prove_never
from bridge.cell import Cell
from bridge.equivalence.clock import Clock


def write_sufficiency(
    path: str | Path, claim: str, model: Cell | Aig, aig: Aig, let_go: Sequence[Candidate], start: Start, clock: Clock
) -> int:
    """Write `path`, a DRAT proof, and `path`.cnf, clauses that say: the condition is met, what is let go is anything in
    its range, all else is as it is computed, and the behaviour is broken. Returns how many lines the proof has.

    claim: what is proven, a comment; aig, start: as for `setting_of`, nothing of the start being known but what the
    question says. InputError if the clauses can be met; Unfinished when the clock is over.
    """
    setting = setting_of(aig, let_go, start, ranges_of(model, let_go))
    builder = AigBuilder(setting.form.name, setting.broken.variables)
    free = builder.inputs(setting.form.inputs[: setting.free])
    bits = [bit for item in let_go for bit in item.own]
    rest = builder.inputs(f"rest.not {bit.name}" if bit.literal & 1 else f"rest.{bit.name}" for bit in bits)
    builder.outputs(["broken"], builder.instance(setting.broken, [*free, *(FALSE for _ in let_go), *rest]))
    return prove_never(builder.build(), f"is anything else possible: {claim}", path, "the circuit can be broken", clock)
