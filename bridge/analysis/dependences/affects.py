"""Does one signal affect another within k steps? Yes with a witness, no with a proof, or undecided with the reason.

A affects B within k steps if there are a state, any state, and inputs x1 .. xk such that two runs on them, the second
with A changed during step 1, differ in B in some step 1 .. k. A is changed for all that reads it: a state bit as the
first step reads it, an input in x1, a neuron by an intervention; see `bridge.analysis.places` for what that means where
names share a node. B is compared during each step, but a state bit after each step; so a neuron, a logit, `argmax` or
`probability.X` can change in the same step, which counts as step 1.

A group affects if any change of its bits does, one or many together: "no" is about all their values. With `each` the
bits are asked one by one, all others as they are. A group is affected if one of its bits is. An integer is the group of
its bits: `x[3]` affects if a change of its value does. Of a cell, values are those of its ranges; in a netlist without
its cell they are whatever the bits spell.

Among reachable states (`reachable=True`), "yes" comes with a state that was reached from reset, and "no" holds for all
states that satisfy what is proven of them, or is the answer of ABC's `pdr`, whose invariant our own SAT then checks. A
latch of unknown reset starts as anything.

Under a condition (`given=...`, a statement of `bridge.analysis.claims`) only those states and inputs count for which it
is true in step 1, as it is without the change; before them stands whatever was read so many steps as it looks back,
from any state or from reset, so that `byte@-1` has a value. What the change makes of the condition does not count.

On a text (`text=...`) the states and inputs are those of every position of the text, read from reset on, and nothing
else: then "no" is about this text only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, NoReturn

from bridge.aig import Aig
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.cones import check_steps
from bridge.analysis.dependences.answer import Answer, Found
from bridge.analysis.dependences.cofactors import SAT_METHOD, cofactor_answers
from bridge.analysis.dependences.conditions import satisfying_runs
from bridge.analysis.dependences.on_text import felt_on, places_where
from bridge.analysis.dependences.question import ANY_STATE, ON_TEXT, REACHABLE, SECONDS, Question, pose
from bridge.analysis.dependences.reachable import ask_pdr, satisfied
from bridge.analysis.dependences.replay import Witness
from bridge.analysis.dependences.spelled import spelled
from bridge.analysis.dependences.switches import change, find_pair, switched
from bridge.analysis.edits import refuse_resampled
from bridge.analysis.places import SameNodes, placed, told
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.runs import Runs, random_runs, reached_runs
from bridge.analysis.signals import Bit
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence import classes_of, literals_of
from bridge.equivalence.clock import Clock
from bridge.printable.notebook import Single

INVARIANTS = f"{SAT_METHOD}, under proven invariants"

WORDS = 16
ROUNDS = 24
# Parts of the seconds left that simulation, the search for invariants, and SAT under them may take.
_SIMULATED, _INVARIANTS, _SWEPT = 0.3, 0.3, 0.4


@dataclass(frozen=True, repr=False)
class Dependence(Single):
    """`answer`: does the `source` affect the `target`, both as they were named; `method`: what decided it; `scope`:
    which runs it is about; `each`: were the bits of the source asked one by one; `witness`: for "yes", two runs that
    were replayed gate by gate; `reason`: for "undecided", why; `same_node`: bits of the source that share a node of the
    netlist with other names, and are changed with them; `given`: the condition."""

    answer: Answer
    source: str
    target: str
    steps: int
    method: str
    seconds: float
    scope: str = ANY_STATE
    witness: Witness | None = None
    reason: str = ""
    each: bool = False
    same_node: SameNodes = field(default_factory=dict)
    given: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a dependence has three values; compare its answer with 'yes'")

    def __str__(self) -> str:
        steps = "one step" if self.steps == 1 else f"{self.steps} steps"
        each = ", bit by bit," if self.each else ""
        given = f", given {self.given}" if self.given else ""
        what = f"{self.source}{each} -> {self.target} within {steps}, {self.scope}{given}"
        more = "".join(f"; {text}" for text in (self.reason, told(self.same_node)) if text)
        return f"{self.answer} ({self.method}, {self.seconds:.2f} s): {what}{more}"

    def _repr_html_(self) -> str:
        lines = [str(self), *([str(self.witness)] if self.witness else [])]
        return "".join(f"<p>{escape(line)}</p>" for line in lines)

    def to_json(self) -> dict[str, Any]:
        """`verdict method seconds scope source target steps each same_node`, then `given`, `witness` and `reason` where
        there are any."""
        facts: dict[str, Any] = {"verdict": self.answer, "method": self.method, "seconds": round(self.seconds, 3)}
        facts |= {"scope": self.scope, "source": self.source, "target": self.target, "steps": self.steps}
        facts |= {"each": self.each, "same_node": {name: [*others] for name, others in self.same_node.items()}}
        facts |= {"given": self.given} if self.given else {}
        if self.witness is not None:
            facts["witness"] = self.witness.to_json()
        return facts | ({"reason": self.reason} if self.reason else {})


def affects(
    model: Cell | Aig,
    source: str,
    target: str,
    steps: int = 1,
    *,
    each: bool = False,
    text: bytes | None = None,
    reachable: bool = False,
    given: str | Claim | None = None,
    seconds: float = SECONDS,
    memory: float | None = None,
) -> Dependence:
    """Decide it: structure, then simulation, then SAT on unequal cofactors; on a text by running all of it. Undecided,
    with the reason, after so many seconds, or when this process holds so many MiB.

    InputError for unknown names, steps outside 1 .. 64, an input as target, a text that is too short, a condition that
    nothing satisfies, and without a text for what is drawn at random (see `bridge.analysis.edits`).
    """
    check_text(text)
    claim, clock = None if given is None else parse_claim(given), Clock(seconds, memory)
    if text is not None:
        return _on_text(model, (source, target, check_steps(steps)), text, claim, each=each, clock=clock)
    refuse_resampled(model, "affects")
    question = pose(model, source, target, check_steps(steps), given=claim, each=each, clock=clock)
    question = replace(question, scope=REACHABLE if reachable else ANY_STATE)
    if question.condition is not None:
        question = replace(question, condition=satisfied(question.aig, question.condition, question.clock, reachable))
    if not question.live:
        return _answered(question, Found("no", "structure"))
    found = _simulate_pairs(question) or (_reachable(question) if reachable else _by_sat(question))
    if isinstance(model, Cell) and model.integers and found.witness is not None:
        found = replace(found, witness=spelled(model, question.aig, found.witness))
    return _answered(question, found)


def _on_text(
    model: Cell | Aig, asked: tuple[str, str, int], text: bytes, claim: Claim | None, *, each: bool, clock: Clock
) -> Dependence:
    where = None if claim is None else places_where(claim, model, text)
    question = pose(asked_at_once(placed(model), asked[:2]), *asked, each=each, clock=clock)
    question = replace(question, scope=ON_TEXT)
    found = felt_on(question, text, where) if question.live else Found("no", "structure")
    return replace(_answered(question, found), given="" if claim is None else claim.text)


def _answered(question: Question, found: Found) -> Dependence:
    condition, witness = question.condition, found.witness
    if condition is not None and witness is not None:
        witness = witness.without(condition.own)
    open_ = condition is not None and not condition.met and found.answer == "no"
    return Dependence(
        found.answer,
        question.source.name,
        question.target.name,
        question.steps,
        found.method,
        question.clock.seconds,
        scope=question.scope,
        witness=witness,
        reason="whether anything satisfies the condition was not decided" if open_ else found.why,
        each=question.each and len(question.source.bits) > 1,
        same_node=question.same_node,
        given="" if condition is None else condition.claim.text,
    )


def _simulate_pairs(question: Question) -> Found | None:
    """Look for two runs among random ones, from random and from reachable states."""
    prepared = switched(question.aig, question.live, question.target.bits)
    for seed in range(ROUNDS):
        changes = [change(group, WORDS, seed) for group in question.groups]
        witness = find_pair(prepared, _runs(question, seed), changes)
        if witness is not None:
            return Found("yes", "simulation", witness)
        if question.clock.full or question.clock.seconds > _SIMULATED * question.clock.budget:
            break
    return None


def _runs(question: Question, seed: int) -> Runs:
    if question.condition is not None:
        return satisfying_runs(question.aig, question.condition, question.steps, WORDS, seed)
    make = reached_runs if seed % 4 == 3 or question.scope == REACHABLE else random_runs
    return make(question.aig, question.steps, WORDS, seed)


def _by_sat(question: Question) -> Found:
    reasons: list[str] = []
    for group, share in _shares(question, reasons):
        asked = question.aig, group, [question.target], question.steps, share
        found = next(cofactor_answers(*asked, condition=question.condition))
        if found.answer == "yes":
            return found
        if found.answer == "undecided":
            reasons.append(_too_long(group, question.clock))
    return Found("undecided" if reasons else "no", SAT_METHOD, why="".join(reasons[:1]))


def _reachable(question: Question) -> Found:
    """SAT under what is proven of all reachable states; where that leaves a state that may be out of reach, `pdr`."""
    claims = literals_of(question.aig, classes_of(question.aig, question.clock.share(_INVARIANTS))[0])
    proofs, reasons = dict[str, None](), list[str]()
    for group, share in _shares(question, reasons):
        asked = question.aig, group, [question.target], question.steps, share.part(_SWEPT), claims
        found = next(cofactor_answers(*asked, condition=question.condition))
        if found.answer == "no":
            proofs[INVARIANTS] = None
            continue
        reached = ask_pdr(question.aig, group, question.target.bits, question.steps, share, claims, question.condition)
        if reached.answer == "yes":
            return reached
        if reached.answer == "no":
            proofs[reached.method] = None
        elif found.answer == "undecided":
            reasons.append(f"{_too_long(group, question.clock)}; {reached.why}")
        else:
            why = "matters in a state that satisfies all that is proven, but may be out of reach"
            reasons.append(f"{_shown(group)} {why}; {reached.why}")
    if reasons:
        return Found("undecided", INVARIANTS, why=reasons[0])
    return Found("no", "; ".join(proofs))


def _shares(question: Question, reasons: list[str]) -> Iterator[tuple[list[Bit], Clock]]:
    """What may change together, each with its share of the seconds left; when they are over, that is a reason."""
    clock, groups = question.clock, [[question.live[place] for place in places] for places in question.groups]
    for done, group in enumerate(groups):
        if clock.over and done:
            reasons.append(_too_long(group, clock))
            return
        yield group, clock.part(1 / (len(groups) - done))


def _too_long(group: Sequence[Bit], clock: Clock) -> str:
    if clock.full:
        return clock.why
    return f"no end after {clock.budget:g} s for {_shown(group)}; allow more seconds"


def _shown(group: Sequence[Bit]) -> str:
    return group[0].name if len(group) == 1 else f"{len(group)} bits together"
