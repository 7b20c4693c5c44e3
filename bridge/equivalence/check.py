"""`check_equivalence`: simulation on random patterns and on text, then proofs from the cheapest to the dearest, each
bounded in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.aig import Aig
from bridge.equivalence import engines
from bridge.equivalence.cutting import core, cut_pair, cut_too_many
from bridge.equivalence.engines import Bits, Clock
from bridge.equivalence.interface import aligned
from bridge.equivalence.reached import text_patterns
from bridge.equivalence.sweep import sweep
from bridge.equivalence.verdict import Verdict
from bridge.toolchain import Tool, locate

# The fast engines only ever say "equivalent"; the plain one is slower and also finds differences.
FAST = ("-y", "-x")
_FAST_SHARE = 0.2
_SEARCH_SHARE = 0.4


def check_equivalence(a: Aig, b: Aig, *, seconds: float = 300.0, abc: Tool | None = None) -> Verdict:
    """Whether two netlists have the same outputs and next states for every input and every state.

    Inputs, outputs and latches are matched by name, in any order. Latches are compared one by one, so "different" may
    be about a state that is never reached. Netlists with points of the same names are first proven piece by piece.

    Raises InputError when the interfaces differ (a name on one side only, another reset): that is no question of
    logic. ToolError when ABC is needed and missing; a failing or exhausted ABC is an "undecided".
    """
    b = aligned(a, b)
    clock = Clock(seconds)
    task = _Task(a, core(a), core(b), clock)
    if engines.hash_together(task.ours, task.theirs):
        return Verdict("equivalent", "structural hashing", task.clock.seconds)
    found = engines.simulate_apart(task.ours, task.theirs, text_patterns(a))
    if found is not None:
        return task.different(found, "simulation")
    tool = abc or locate("abc")
    verdict = _by_pieces(task, b, _ask_abc(tool))
    return _as_a_whole(task, tool) if verdict is None else verdict


def second_opinion(a: Aig, b: Aig, *, seconds: float = 300.0) -> Verdict:
    """The same question answered by another engine, with neither ABC nor its encodings: SAT sweeping.

    Raises InputError as `check_equivalence`, ToolError when python-sat is missing.
    """
    b = aligned(a, b)
    task = _Task(a, core(a), core(b), Clock(seconds))
    verdict = _by_pieces(task, b, _sweep_pieces)
    if verdict is not None:
        return verdict
    found = sweep(task.ours, task.theirs, task.clock)
    if found.vector is not None:
        return task.different(found.vector, "SAT sweeping")
    if found.equivalent:
        return Verdict("equivalent", "SAT sweeping", task.clock.seconds)
    reason = f"SAT sweeping came to no end in {seconds:g} s"
    return Verdict("undecided", "SAT sweeping", task.clock.seconds, reason=reason)


def both_opinions(first: Verdict, second: Verdict) -> Verdict:
    """Equivalent if both say so, different if one does (it has an input that shows it), otherwise undecided."""
    seconds = first.seconds + second.seconds
    for verdict in (first, second):
        if verdict.answer != "equivalent":
            other = second if verdict is first else first
            reason = f"{verdict.reason}; {other.method} says {other.answer}"
            if verdict.answer == "different" or other.answer != "different":
                return replace(verdict, seconds=seconds, reason=reason)
    return Verdict("equivalent", f"{first.method}; confirmed by {second.method}", seconds)


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
        names = [*self.first.inputs, *(latch.name for latch in self.first.latches)]
        values = dict(zip(names, map(int, vector), strict=True))
        return Verdict("different", method, self.clock.seconds, values, f"{self._result(output)} differs")

    def _result(self, index: int) -> str:
        aig = self.first
        if index < len(aig.outputs):
            return f"output {aig.outputs[index].name!r}"
        index -= len(aig.outputs)
        return f"latch {aig.latches[index].name!r}" if index < len(aig.latches) else "an AIGER property"


Opinion = Callable[[Aig, Aig, Clock], str | Bits | None]


def _by_pieces(task: _Task, second: Aig, decide: Opinion) -> Verdict | None:
    """Cut at the points that both netlists name; where a difference between pieces is none of the netlists, at fewer.

    `decide` says of the pieces how it proved them equivalent, or on which vector they differ, or None.
    """
    whole: set[str] = set()
    while not task.clock.over:
        ours, theirs = cut_pair(task.first, second, whole)
        if len(ours.inputs) == len(task.ours.inputs):
            return None
        found = decide(ours, theirs, task.clock)
        if isinstance(found, str):
            return Verdict("equivalent", f"{found}, cut at points", task.clock.seconds)
        if found is None:
            return None
        outer = found[: len(task.ours.inputs)]
        if engines.replay(task.ours, task.theirs, outer) is not None:
            return task.different(outer, "pieces cut at points")
        more = cut_too_many(task.first, second, whole, found)
        if not more:
            return None
        whole |= more
    return None


def _ask_abc(tool: Tool) -> Opinion:
    def decide(ours: Aig, theirs: Aig, clock: Clock) -> str | Bits | None:
        if engines.hash_together(ours, theirs):
            return "structural hashing"
        vector = engines.simulate_apart(ours, theirs)
        if vector is not None:
            return vector
        for option in FAST:
            if engines.ask_cec(ours, theirs, option, tool, clock.share(_FAST_SHARE)).equivalent:
                return f"&cec {option}"
        return engines.search_with_sat(ours, theirs, tool, clock.share(_FAST_SHARE))

    return decide


def _sweep_pieces(ours: Aig, theirs: Aig, clock: Clock) -> str | Bits | None:
    found = sweep(ours, theirs, clock)
    return "SAT sweeping" if found.equivalent else found.vector


def _as_a_whole(task: _Task, abc: Tool) -> Verdict:
    reasons = []
    for option in (*FAST, ""):
        share = _FAST_SHARE if option else _SEARCH_SHARE
        claim = engines.ask_cec(task.ours, task.theirs, option, abc, task.clock.share(share))
        if claim.equivalent:
            return Verdict("equivalent", f"&cec {option}".strip(), task.clock.seconds)
        reasons.append(claim.why)
    vector = engines.search_with_sat(task.ours, task.theirs, abc, task.clock.share(1.0))
    if vector is not None and engines.replay(task.ours, task.theirs, vector) is not None:
        return task.different(vector, "iprove on the miter")
    return Verdict("undecided", "&cec, iprove", task.clock.seconds, reason=reasons[-1])
