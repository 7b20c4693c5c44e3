"""What SAT says of some steps of a machine: from reset, whether the claim can be broken in the last of them; from any
state, whether it can, if it was not in those before.

The steps are laid out in one netlist. What must hold for an answer of yes is driven into it first: an AND that must be
1 has fanins that are, down to the inputs; under these constants most of a model often folds away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder
from bridge.aig.literals import through
from bridge.arrays import Bits, Ints
from bridge.equivalence.clauses import flat_clauses, solver_for
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import FOREVER, Solver

_SMALL, _CONFLICTS = 4_000, 1_000
_CHUNK = 1_000  # conflicts between two looks at the time


@dataclass(frozen=True, eq=False)
class Layout:
    """`form`: combinational, one output, 1 where the answer is yes, under what `fixed` says of some of its inputs.
    `named`: what each of its inputs is: (step, place), a latch in step 0, an input in steps 1 .. K."""

    form: Aig
    named: tuple[tuple[int, int], ...]
    fixed: tuple[tuple[int, int], ...]  # (input of the layout, value)
    steps: int

    def run(self, aig: Aig, values: Bits) -> tuple[Bits, Bits]:
        """uint8[latches] before the first step, uint8[K, inputs]: for the values of all inputs of the form, uint8[n],
        but for those that are fixed."""
        start = np.array([latch.reset or 0 for latch in aig.latches], np.uint8)
        inputs = np.zeros((self.steps, len(aig.inputs)), np.uint8)
        values = values.copy()
        for index, value in self.fixed:
            values[index] = value
        for (step, place), value in zip(self.named, values.tolist(), strict=True):
            if step:
                inputs[step - 1, place] = value
            else:
                start[place] = value
        return start, inputs


Assumed = Callable[[AigBuilder, list[int]], int]  # what is true of a state, given the literals of all latches


def laid_out(
    aig: Aig, bad: int, steps: int, clock: Clock, *, anywhere: bool, assumed: Assumed | None = None
) -> Layout | None:
    """Broken in step `steps`; anywhere: from any state, and in none of the steps before; else from reset. None when the
    clock is over first."""
    builder = AigBuilder(aig.name, steps * aig.variables + 1)
    named: list[tuple[int, int]] = []
    state: list[int] = []
    for place, latch in enumerate(aig.latches):
        free = anywhere or latch.reset is None
        state.append(builder.input(latch.name) if free else int(latch.reset or 0))
        named += [(0, place)] if free else []
    asked = TRUE if assumed is None else assumed(builder, state)
    for step in range(1, steps + 1):
        if clock.over:
            return None
        row = builder.inputs(f"{name}@{step}" for name in aig.inputs)
        named += [(step, place) for place in range(len(row))]
        image = builder.copy(aig, [*row, *state])
        state = through(image, aig.next_literals()).tolist()
        broken = through(image, bad)
        asked = builder.and_(asked, broken if step == steps else broken ^ 1 if anywhere else TRUE)
    builder.output("asked", asked)
    form = builder.build()
    fixed: dict[int, int] = {}
    while not clock.over and (found := {**_implied(form)}.items() - fixed.items()):
        fixed |= dict(found)
        form = _under(form, fixed)
    return None if clock.over else Layout(form, tuple(named), tuple(sorted(fixed.items())), steps)


def _implied(form: Aig) -> dict[int, int]:
    """The inputs, by place, whose value follows from the output being 1."""
    found: dict[int, int] = {}
    waiting, seen = [form.outputs[0].literal], set[int]()
    ands, first = form.ands.tolist(), form.first_and
    while waiting:
        literal = waiting.pop()
        if literal in seen:
            continue
        seen.add(literal)
        variable = literal >> 1
        if 0 < variable < first:
            found[variable - 1] = 1 - (literal & 1)
        elif variable >= first and not literal & 1:
            waiting += ands[variable - first]
    return found


def _under(form: Aig, fixed: dict[int, int]) -> Aig:
    """The same inputs, some of which are constants for all that read them; the output says they are."""
    builder = AigBuilder(form.name, form.variables)
    inputs = builder.inputs(form.inputs)
    leaves = [fixed.get(place, literal) for place, literal in enumerate(inputs)]
    asked = builder.instance(form, leaves)[0]
    builder.output("asked", asked)
    return builder.build()


class Question:
    """Can the only output of a form be 1? It can be asked again when it was not decided; what was learnt is kept until
    it is closed."""

    def __init__(self, form: Aig, clock: Clock) -> None:
        self._form, self._clock = form, clock
        self._solver: Solver | None = None

    def ask(self, seconds: float = FOREVER) -> tuple[bool | None, Bits]:
        """And uint8[inputs] with which it is 1. None after about so many seconds, or when the clock is over."""
        literal, inputs = self._form.outputs[0].literal, np.zeros(len(self._form.inputs), np.uint8)
        if literal in (FALSE, TRUE):
            return literal == TRUE, inputs
        answer, model = self._solved(self._clock.within(seconds), 0 if seconds == FOREVER else _CHUNK)
        if answer and model is not None:
            known = min(len(inputs), len(model) - 2)
            inputs[:known] = model[2 : 2 + known]
        return answer, inputs

    def close(self) -> None:
        if self._solver is not None:
            self._solver.close()

    def _solved(self, turn: Clock, conflicts: int) -> tuple[bool | None, Bits | None]:
        if turn.over:
            return None, None
        if self._solver is None:
            clauses = flat_clauses(self._form)
            self._solver = Solver(clauses, self._clock)
            if len(self._form.ands) < _SMALL:
                answer, model = _at_once(clauses, turn)
                if answer is not None:
                    return answer, model
        # Piece by piece: a solver that is stopped by the time forgets what it has learnt.
        while not turn.over:
            answer = self._solver.solve(conflicts=conflicts)
            if answer is not None:
                return answer, self._solver.model.astype(np.uint8) if answer else None
            if self._solver.why:
                break
        return None, None


def satisfied(form: Aig, clock: Clock) -> tuple[bool | None, Bits]:
    """Can the only output be 1? And uint8[inputs] with which it is; None when the clock is over."""
    question = Question(form, clock)
    try:
        return question.ask()
    finally:
        question.close()


def _at_once(clauses: Ints, clock: Clock) -> tuple[bool | None, Bits | None]:
    """A process of its own takes longer to start than most small questions take."""
    if clock.over:
        return None, None
    ends = np.flatnonzero(clauses == 0)
    rows = [part[:-1].tolist() for part in np.split(clauses, ends[:-1] + 1)]
    with solver_for("a proof", rows) as solver:
        solver.conf_budget(_CONFLICTS)
        answer = solver.solve_limited()
        if not answer:
            return answer, None
        model = solver.get_model()
        values = np.zeros(len(model) + 1, np.uint8)
        values[1:] = np.array(model) > 0
        return True, values
