"""`check_equivalence`: simulation on random patterns and on text, then proofs by ABC, which our own engine confirms.
All of it is bounded in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.aig import Aig
from bridge.aig.cut import core, cut_pair
from bridge.aig.interface import aligned
from bridge.arrays import Bits
from bridge.equivalence import engines
from bridge.equivalence.clock import Clock
from bridge.equivalence.contest import contest
from bridge.equivalence.engines import Claim
from bridge.equivalence.pieces import cut_too_many
from bridge.equivalence.reached import text_patterns
from bridge.equivalence.sweep import Sweeping, sweep
from bridge.equivalence.trust import Confirmations, settled
from bridge.equivalence.verdict import Verdict
from bridge.toolchain import Tool, locate

_PIECES_SHARE = 0.5
_MORE = 2.0  # seconds
_HASHING = "structural hashing"


def check_equivalence(
    a: Aig,
    b: Aig,
    *,
    seconds: float = 300.0,
    abc: Tool | None = None,
    confirmations: Confirmations | None = None,
) -> Verdict:
    """Whether two netlists have the same outputs and next states for every input and every state.

    Inputs, outputs and latches are matched by name, in any order. Latches are compared one by one, so "different" may
    be about a state that is never reached. Netlists with points of the same names are first proven piece by piece.
    What ABC proves, our own engine confirms, if it can within `confirmations` (a share of the time); else the verdict
    says "by ABC alone", and stands only for an ABC that passes the self-test.

    Raises InputError when the interfaces differ (a name on one side only, another reset): that is no question of
    logic. ToolError when ABC is needed and missing; a failing or exhausted ABC is an "undecided".
    """
    b = aligned(a, b)
    clock = Clock(seconds)
    task = _Task(a, core(a), core(b), clock)
    if engines.hash_together(task.ours, task.theirs):
        return Verdict("equivalent", _HASHING, task.clock.seconds)
    found = engines.simulate_apart(task.ours, task.theirs, text_patterns(a))
    if found is not None:
        return task.different(found, "simulation")
    tool, sweeping = abc or locate("abc"), Sweeping(task.ours, task.theirs)

    def proven(names: Sequence[str]) -> tuple[Verdict, str]:
        return _by_pieces(task, b, _ask_abc(tool, names)) or _as_a_whole(task, tool, names, sweeping)

    def confirm(limit: float) -> Verdict:
        # Sweeping that did not suffice so far counts; but it may be near its end.
        return second_opinion(a, b, seconds=max(limit - sweeping.seconds, min(limit, _MORE)), sweeping=sweeping)

    return settled(proven, confirm, tool, tuple(engines.ENGINES), confirmations or Confirmations())


def second_opinion(a: Aig, b: Aig, *, seconds: float = 300.0, sweeping: Sweeping | None = None) -> Verdict:
    """The same question answered by another engine, with neither ABC nor its encodings: SAT sweeping. `sweeping`: of
    these two, which goes on.

    Raises InputError as `check_equivalence`, ToolError when python-sat is missing.
    """
    b = aligned(a, b)
    task = _Task(a, core(a), core(b), Clock(seconds))
    by_pieces = _by_pieces(task, b, sweep)
    if by_pieces is not None:
        return by_pieces[0]
    found = (sweeping or Sweeping(task.ours, task.theirs)).claim(task.clock)
    if found.vector is not None:
        return task.different(found.vector, found.method)
    reason = "" if found.answer == "equivalent" else f"{found.method} came to no end in {seconds:.3g} s"
    return Verdict(found.answer, found.method, task.clock.seconds, reason=reason)


@dataclass(frozen=True)
class _Task:
    """`ours`, `theirs`: the combinational cores, in the same order; `first` knows the names."""

    first: Aig
    ours: Aig
    theirs: Aig
    clock: Clock

    def different(self, vector: Bits, method: str) -> Verdict:
        """The verdict for a vector that tells the cores apart; replayed once more, for the name of an output."""
        output = engines.replay(self.ours, self.theirs, vector)
        if output is None:
            return Verdict("undecided", method, self.clock.seconds, reason="the counterexample could not be replayed")
        values = dict(zip(self.first.leaves, map(int, vector), strict=True))
        return Verdict("different", method, self.clock.seconds, values, f"{self._result(output)} differs")

    def _result(self, index: int) -> str:
        aig = self.first
        if index < len(aig.outputs):
            return f"output {aig.outputs[index].name!r}"
        index -= len(aig.outputs)
        return f"latch {aig.latches[index].name!r}" if index < len(aig.latches) else "an AIGER property"


Opinion = Callable[[Aig, Aig, Clock], Claim]


def _by_pieces(task: _Task, second: Aig, decide: Opinion) -> tuple[Verdict, str] | None:
    """Cut at the points that both netlists name; where a difference between pieces is none of the netlists, at fewer.

    `decide` says whether the pieces agree, or on which vector they differ. The second part of the answer is the engine
    of ABC that it rests on, if it does.
    """
    whole: set[str] = set()
    while not task.clock.over:
        ours, theirs = cut_pair(task.first, second, whole)
        if len(ours.inputs) == len(task.ours.inputs):
            return None
        found = decide(ours, theirs, task.clock)
        if found.answer == "equivalent":
            engine = found.method if found.method in engines.ENGINES else ""
            return Verdict("equivalent", f"{found.method}, cut at points", task.clock.seconds), engine
        if found.vector is None:
            return None
        outer = found.vector[: len(task.ours.inputs)]
        if engines.replay(task.ours, task.theirs, outer) is not None:
            return task.different(outer, "pieces cut at points"), ""
        more = cut_too_many(task.first, second, whole, found.vector)
        if not more:
            return None
        whole |= more
    return None


def _ask_abc(tool: Tool, names: Sequence[str]) -> Opinion:
    def decide(ours: Aig, theirs: Aig, clock: Clock) -> Claim:
        if engines.hash_together(ours, theirs):
            return Claim("equivalent", method=_HASHING)
        vector = engines.simulate_apart(ours, theirs)
        if vector is not None:
            return Claim("different", vector)
        return contest(ours, theirs, tool, names, clock.share(_PIECES_SHARE))

    return decide


def _as_a_whole(task: _Task, abc: Tool, names: Sequence[str], sweeping: Sweeping) -> tuple[Verdict, str]:
    found = contest(task.ours, task.theirs, abc, names, task.clock.share(1.0), sweeping)
    if found.answer == "equivalent":
        engine = found.method if found.method in engines.ENGINES else ""
        return Verdict("equivalent", found.method, task.clock.seconds), engine
    if found.vector is not None:
        return task.different(found.vector, found.method), ""
    return Verdict("undecided", ", ".join(names), task.clock.seconds, reason=found.why), ""
