"""Where a run stands, as a value: whatever happens in a run is a function from one such value to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.equivalence import ALONE, CONFIRMED, Verdict, base_of, both_opinions
from bridge.flow.folder import INPUT
from bridge.flow.netlist import STEP_NETLIST, Netlist
from bridge.flow.result import FlowResult, StepRecord
from bridge.flow.schema import Flow
from bridge.flow.sequential import own_removal
from bridge.metadata import read_metadata, with_metadata


@dataclass(frozen=True)
class Candidate:
    """A netlist that a run may keep. `place`: where its file is, below the folder of the run; `alone`: whether a proof
    on the way to it is by ABC alone."""

    netlist: Netlist
    place: str
    proven: bool = True
    alone: bool = False

    @property
    def size(self) -> tuple[int, int, int]:
        return self.netlist.counts.size


@dataclass(frozen=True)
class Search:
    """`current`: what the next step reads; `proven`: the last of those that was proven, to compare the next result
    with; `best`: the smallest proven; `undecided`: the smallest that is not; `number`: of the next step; `opinion`: of
    an independent engine on the result.

    Alternatives are searches of their own; what they find is added up in their order, so that nothing depends on which
    is faster. `doubted`: a function had changed, so what was undecided before may be at fault."""

    input: Candidate
    current: Candidate
    proven: Candidate
    best: Candidate
    undecided: Candidate | None = None
    steps: tuple[StepRecord, ...] = ()
    number: int = 1
    doubted: bool = False
    opinion: Verdict | None = None

    @classmethod
    def of(cls, given: Netlist) -> Search:
        """Before the first step."""
        start = Candidate(given, INPUT)
        return cls(start, start, start, start)

    def after(self, record: StepRecord) -> Search:
        """A step is over, and changed nothing."""
        return replace(self, steps=(*self.steps, record), number=self.number + 1)

    def going_on_with(self, candidate: Candidate) -> Search:
        return replace(self, current=candidate, proven=candidate if candidate.proven else self.proven)

    def accepting(self, record: StepRecord, netlist: Netlist) -> Search:
        """A step left a netlist that is not known to be wrong: go on from there."""
        record = replace(record, counts=netlist.counts, sha256=netlist.sha256)
        proven, alone = record.proof.answer == "equivalent", self.proven.alone or record.proof.alone
        candidate = Candidate(netlist, f"{record.folder}/{STEP_NETLIST}", proven, alone)
        then = self.after(record).going_on_with(candidate)
        if proven:
            return replace(then, best=min(self.best, candidate, key=_size))
        return replace(then, undecided=_smallest(self.undecided, candidate))

    def rejecting(self, record: StepRecord) -> Search:
        """A step changed the function: back to the last proven netlist. What was undecided on the way here may be at
        fault as well."""
        record = replace(record, counts=self.proven.netlist.counts)
        return replace(self.after(record), current=self.proven, undecided=None, doubted=True)

    def way(self, number: int) -> Search:
        """The start of an alternative, whose first step has that number."""
        return replace(self, steps=(), number=number, undecided=None, doubted=False)

    def joined(self, ways: Sequence[Search]) -> Search:
        """With all that the ways have found so far."""
        doubted = any(way.doubted for way in ways)
        return replace(
            self,
            steps=(*self.steps, *(step for way in ways for step in way.steps)),
            best=min([self.best, *(way.best for way in ways)], key=_size),
            undecided=_smallest(None if doubted else self.undecided, *(way.undecided for way in ways)),
            doubted=self.doubted or doubted,
        )

    def answer(self) -> tuple[Candidate, Verdict]:
        """The smallest proven netlist; the smallest undecided one if no step could be proven."""
        proofs = [step.proof for step in self.steps if not step.failure]
        seconds = sum(proof.seconds for proof in proofs)
        proven = [proof.method for proof in proofs if proof.answer == "equivalent"]
        if proven or self.undecided is None or self.undecided.size >= self.input.size:
            return self.best, Verdict("equivalent", _told(proven, self.best.alone), seconds, alone=self.best.alone)
        reason = next(proof.reason for proof in proofs if proof.answer == "undecided")
        return self.undecided, Verdict("undecided", proofs[-1].method, seconds, reason=reason)

    def result(self, flow: Flow, folder: Path | None) -> FlowResult:
        """What a run that ends here gives."""
        best, verdict = self.answer()
        aig, before = best.netlist.aig, self.input.netlist
        facts = read_metadata(aig)
        return FlowResult(
            aig=with_metadata(aig, replace(facts, history=(*facts.history, flow.name))),
            flow=flow,
            steps=self.steps,
            verdict=verdict if self.opinion is None else both_opinions(verdict, self.opinion),
            folder=folder,
            before=before.counts,
            after=best.netlist.counts,
            removed=own_removal(before.aig, aig),
        )


def _size(candidate: Candidate) -> tuple[int, int, int]:
    return candidate.size


def _smallest(*candidates: Candidate | None) -> Candidate | None:
    return min(filter(None, candidates), key=_size, default=None)


def _told(methods: Sequence[str], alone: bool) -> str:
    """One method for all."""
    bases = "; ".join(dict.fromkeys(map(base_of, methods))) or "unchanged"
    confirmed = dict.fromkeys(method.split(CONFIRMED)[1] for method in methods if CONFIRMED in method)
    return bases + (ALONE if alone else f"{CONFIRMED}{', '.join(confirmed)}" if confirmed else "")
