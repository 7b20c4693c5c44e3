"""Does one signal affect another within k steps? Yes with a witness, no with a proof, or undecided with the reason.

A affects B within k steps if there are a state, any state, and inputs x1 .. xk such that two runs on them, the second
with A inverted during step 1, differ in B in some step 1 .. k. A is inverted for all its readers: a state bit as the
first step reads it, an input in x1, an internal neuron by an intervention on its node (names that share the node are
inverted together). B is compared during each step, but a state bit after each step; so a neuron, a logit, `argmax` or
`probability.X` can change in the same step, which counts as step 1. A group affects if one of its bits does, and is
affected if one of its bits is.

Among reachable states (`reachable=True`), "yes" comes with a state that was reached from reset, and "no" holds for all
states that satisfy what is proven of them: latches that are constant, equal or complementary. In between, a state that
satisfies all that but may be out of reach makes the answer undecided.

On a text (`text=...`) the states and inputs are those of every position of the text, and nothing else: then "no" is
about this text only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.analysis.cones import check_steps, reaches
from bridge.analysis.prediction import check_source, with_prediction
from bridge.analysis.replay import Witness, replay
from bridge.analysis.runs import Runs, Switched, random_runs, reached_runs, switched, visited_runs
from bridge.analysis.serial import asked_at_once
from bridge.analysis.signals import Bit, Signal, resolve, singles
from bridge.analysis.unrolling import INVERTED, View, unroll
from bridge.equivalence import classes_of, literals_of
from bridge.equivalence.engines import Clock
from bridge.equivalence.sweep import Swept, sweep_each
from bridge.errors import InputError

Literals = npt.NDArray[np.int64]
Answer = Literal["yes", "no", "undecided"]
ANY_STATE, REACHABLE, ON_TEXT = "any state", "reachable states", "states and inputs of the text"

SAT_METHOD = "SAT on unequal cofactors"

WORDS = 16
ROUNDS = 24
_SIMULATED = 0.3  # the part of the seconds that simulation may take


@dataclass(frozen=True)
class Dependence:
    """`answer`; `method`: what decided it; `scope`: which runs it is about; `witness`: for "yes", two runs that were
    replayed gate by gate; `reason`: for "undecided", why."""

    answer: Answer
    source: str
    target: str
    steps: int
    method: str
    seconds: float
    scope: str = ANY_STATE
    witness: Witness | None = None
    reason: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a dependence has three values; compare its answer with 'yes'")

    def __str__(self) -> str:
        steps = "one step" if self.steps == 1 else f"{self.steps} steps"
        what = f"{self.source} -> {self.target} within {steps}, {self.scope}"
        return f"{self.answer} ({self.method}, {self.seconds:.2f} s): {what}" + (
            f"; {self.reason}" if self.reason else ""
        )

    def _repr_html_(self) -> str:
        lines = [str(self), *([str(self.witness)] if self.witness else [])]
        return "".join(f"<p>{escape(line)}</p>" for line in lines)

    def to_json(self) -> dict[str, Any]:
        """`verdict method seconds scope source target steps`, then `witness` and `reason` where there are any."""
        facts: dict[str, Any] = {"verdict": self.answer, "method": self.method, "seconds": round(self.seconds, 3)}
        facts |= {"scope": self.scope, "source": self.source, "target": self.target, "steps": self.steps}
        if self.witness is not None:
            facts["witness"] = self.witness.to_json()
        return facts | ({"reason": self.reason} if self.reason else {})


def affects(
    aig: Aig,
    source: str,
    target: str,
    steps: int = 1,
    *,
    text: bytes | None = None,
    reachable: bool = False,
    seconds: float = 120.0,
) -> Dependence:
    """Decide it: structure, then simulation, then SAT on unequal cofactors; on a text by running all of it.

    InputError for unknown names, steps outside 1 .. 64, an input as target, and a text that is too short.
    """
    aig = aig if text is None else asked_at_once(aig)
    question = pose(aig, source, target, check_steps(steps), REACHABLE if reachable else ANY_STATE)
    if not question.live:
        return replace(question, scope=ANY_STATE).answered("no", "structure")
    if text is not None:
        return _on_text(replace(question, scope=ON_TEXT), text)
    clock = Clock(seconds)
    witness = _simulate_pairs(question, clock)
    if witness is not None:
        return question.answered("yes", "simulation", witness)
    return _by_sat(question, clock)


@dataclass(frozen=True)
class Question:
    """`aig`: with the outputs that the target needs; `live`: bits of the source with a path to the target."""

    aig: Aig
    source: Signal
    target: Signal
    steps: int
    live: tuple[Bit, ...]
    clock: Clock
    scope: str

    def answered(self, answer: Answer, method: str, witness: Witness | None = None, reason: str = "") -> Dependence:
        names = self.source.name, self.target.name
        return Dependence(answer, *names, self.steps, method, self.clock.seconds, self.scope, witness, reason)


def pose(aig: Aig, source: str, target: str, steps: int, scope: str = ANY_STATE) -> Question:
    """Resolve the names and look at the structure."""
    clock = Clock(0.0)
    extended = with_prediction(aig, [target])
    check_source(aig, extended, source)
    ends, starts = resolve(extended, target), resolve(extended, source)
    for bit in ends.bits:
        if 0 < bit.variable <= len(aig.inputs) and bit.name in aig.inputs and bit.name not in _made(aig):
            raise InputError(f"{bit.name} is an input: nothing affects it")
    found = reaches(extended, singles(starts.bits), [ends], steps)[:, 0]
    live = tuple(bit for bit, path in zip(starts.bits, found, strict=True) if path and bit.variable)
    return Question(extended, starts, ends, steps, live, clock, scope)


def _made(aig: Aig) -> set[str]:
    return {output.name for output in (*aig.points, *aig.outputs)}


def _simulate_pairs(question: Question, clock: Clock) -> Witness | None:
    """Look for two runs among random ones, from random and from reachable states."""
    prepared = switched(question.aig, question.live, question.target.bits)
    for seed in range(ROUNDS):
        make = reached_runs if seed % 4 == 3 or question.scope == REACHABLE else random_runs
        witness = find_pair(question, prepared, make(question.aig, question.steps, WORDS, seed))
        if witness is not None or clock.seconds > _SIMULATED * clock.budget:
            return witness
    return None


def _on_text(question: Question, text: bytes) -> Dependence:
    prepared = switched(question.aig, question.live, question.target.bits)
    for runs in visited_runs(question.aig, text, question.steps):
        witness = find_pair(question, prepared, runs)
        if witness is not None:
            return question.answered("yes", "simulation", witness)
    return question.answered("no", "every position of the text was run")


def find_pair(question: Question, prepared: Switched, runs: Runs) -> Witness | None:
    """The first of these runs in which inverting a live bit of the source changes the target, replayed."""
    base = prepared.base(runs)
    for index, source in enumerate(question.live):
        changed = np.bitwise_or.reduce(prepared.inverted(runs, [index])[:, :, 0] ^ base, axis=(0, 1)) & runs.mask
        for word in np.flatnonzero(changed)[:1].tolist():
            stream = 64 * word + (int(changed[word]) & -int(changed[word])).bit_length() - 1
            witness = replay(question.aig, source, question.target.bits, *runs.single(stream))
            if witness is None:
                raise AssertionError("a pair of runs that simulation found does not replay")
            return witness
    return None


def _by_sat(question: Question, clock: Clock) -> Dependence:
    method, claims = SAT_METHOD, None
    if question.scope == REACHABLE:
        method, claims = f"{SAT_METHOD}, under proven invariants", _invariant(question.aig, clock)
    for source in question.live:
        for found in cofactor_answers(question.aig, source, [question.target], question.steps, clock, claims):
            if found.equivalent is None:
                reason = f"no end after {clock.budget:g} s for {source.name}; allow more seconds"
                return question.answered("undecided", method, reason=reason)
            if not found.equivalent and claims is not None:
                reason = f"{source.name} matters in a state that satisfies all that is proven, but may be out of reach"
                return question.answered("undecided", method, reason=reason)
            if found.witness is not None:
                return question.answered("yes", method, found.witness)
    return question.answered("no", method)


def _invariant(aig: Aig, clock: Clock) -> Literals:
    """int64[latches]: what each latch is proven to equal in every state reachable from reset."""
    return literals_of(aig, classes_of(aig, max(1.0, clock.budget - clock.seconds))[0])


@dataclass(frozen=True)
class Cofactors:
    """Whether a target is equal under both values of a source; None for unknown; else perhaps a witness."""

    equivalent: bool | None
    witness: Witness | None = None


def cofactor_answers(
    aig: Aig, source: Bit, targets: Sequence[Signal], steps: int, clock: Clock, claims: Literals | None = None
) -> Iterator[Cofactors]:
    """For every target, in order: does it differ between the runs with `source` 0 and 1 in step 1?

    claims: int64[latches], what the latches of the first run equal, see `bridge.equivalence.literals_of`.
    """
    views: list[View] = []
    bounds = [0]
    for target in targets:
        views += [(step, bit) for step in range(1, steps + 1) for bit in target.bits]
        bounds.append(len(views))
    values: tuple[tuple[int, int] | None, ...] = (source.variable, 0), (source.variable, 1)
    if claims is not None and source.latch >= 0:  # what equals the latch keeps the value of the first run
        values = None, (source.variable, INVERTED)
    ours, theirs = (unroll(aig, views, forced, steps=steps, claims=claims) for forced in values)
    answers = sweep_each(ours, theirs, clock)
    for target, start, end in zip(targets, bounds, bounds[1:], strict=False):
        some = [next(answers) for _ in range(end - start)]
        yield _summed(aig, source, target, steps, some)


def _summed(aig: Aig, source: Bit, target: Signal, steps: int, answers: Sequence[Swept]) -> Cofactors:
    for found in answers:
        if found.vector is not None:
            state, inputs = np.split(found.vector, [len(aig.latches)])
            witness = replay(aig, source, target.bits, state, inputs.reshape(steps, len(aig.inputs)))
            return Cofactors(None if witness is None else False, witness)
    return Cofactors(None if any(found.equivalent is None for found in answers) else True)
