"""That a circuit suffices, for checkers outside: clauses that say it does not, and a DRAT proof that they contradict
each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.analysis.circuits.elements import Element
from bridge.analysis.circuits.setting import KEPT, MET, Start, ranges_of, setting_of
from bridge.analysis.dependences.proof import prove_never
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.equivalence.clock import Clock


def write_sufficiency(
    path: str | Path, claim: str, model: Cell | Aig, aig: Aig, let_go: Sequence[Element], start: Start, clock: Clock
) -> int:
    """Write `path`, a DRAT proof, and `path`.cnf, clauses that say: the condition is met, what is let go is anything in
    its range, all else is as it is computed, and the behaviour is broken. Returns how many lines the proof has.

    claim: what is proven, a comment; aig, start: as for `setting_of`, nothing of the start being known but what the
    question says. InputError if the clauses can be met; Unfinished when the clock is over.
    """
    form = _broken(aig, let_go, start, ranges_of(model, let_go))
    return prove_never(form, f"is anything else possible: {claim}", path, "the circuit can be broken", clock)


def _broken(aig: Aig, let_go: Sequence[Element], start: Start, ranges: Sequence[Ranges | None]) -> Aig:
    """One output. Inputs: those of the setting, and `rest.NAME` for what stands for the bits that are let go."""
    setting = setting_of(aig, let_go, start, ranges)
    builder = AigBuilder(setting.form.name, setting.form.variables)
    free = builder.inputs(setting.form.inputs[: setting.free])
    rest = builder.inputs(f"rest.{name}" for item in let_go for name in _bits_of(item))
    outputs = builder.instance(setting.form, [*free, *(FALSE for _ in let_go), *rest])
    builder.output("broken", builder.and_(outputs[MET], outputs[KEPT] ^ 1))
    return builder.build()


def _bits_of(item: Element) -> Iterator[str]:
    """The name of each variable of it, with `not` before one that is its complement."""
    for variable in item.variables:
        bit = next(bit for bit in item.bits if bit.variable == variable)
        yield f"not {bit.name}" if bit.literal & 1 else bit.name
