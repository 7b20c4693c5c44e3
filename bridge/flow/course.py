"""The course of one run: step after step, each result proven against the last proven netlist, the smallest kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bridge.aig import Aig
from bridge.aig.cut import cut
from bridge.equivalence import Verdict, confirm_machines, second_opinion
from bridge.errors import InputError, ToolError
from bridge.files.cache import key_of
from bridge.files.folder import Folder
from bridge.flow.blocks import make_by_block
from bridge.flow.memo import make, prove, remember, step_key
from bridge.flow.netlist import STEP_NETLIST, Made, Netlist
from bridge.flow.old_run import netlist_bytes
from bridge.flow.recorder import Branch, Recorder
from bridge.flow.rerun import reduce, write_step
from bridge.flow.result import LEFT_OUT, FlowResult, StepError, StepRecord
from bridge.flow.rewrite import Setup
from bridge.flow.schema import Flow, Repeat, Step, most_runs
from bridge.flow.search import Search
from bridge.flow.sequential import handed, own_removal
from bridge.toolchain import ToolRunError
from bridge.toolchain.allowance import Allowance
from bridge.toolchain.process import NotTaken, OutOfTime


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C in a run that left a folder, from which it can be taken up."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the run in {folder} was interrupted")
        self.folder = folder


class _Over(Exception):
    """The time that the caller gave is over."""


class _Stopped(Exception):
    """A step failed in a flow that stops on errors."""

    def __init__(self, record: StepRecord) -> None:
        self.record = record


@dataclass(frozen=True)
class Course:
    """A flow to follow. `second`: have our own engine confirm the result; `finished`: steps that an earlier process
    left, by folder and by all that they depend on; `allowance`: how long it may take, if it is bounded."""

    flow: Flow
    setup: Setup
    recorder: Recorder
    proof_seconds: float
    second: bool = False
    finished: Mapping[tuple[str, str], StepRecord] = field(default_factory=dict)
    allowance: Allowance | None = None

    def finish(self) -> FlowResult:
        """Follow it to its end, or until its time is over. As `run_flow`; RunInterrupted on Ctrl-C if the folder is
        kept."""
        recorder, root, state = self.recorder, self.recorder.root, "done"
        try:
            recorder.save("running")
            try:
                self._follow(root, [step.in_round(1) for step in self.flow.steps])
            except _Over:
                root.at, state = replace(recorder.join(root), undecided=None), "interrupted"
            self._confirm(root)
        except KeyboardInterrupt:
            root.at = replace(recorder.join(root), undecided=None)
            recorder.save("interrupted")
            if recorder.kept:
                raise RunInterrupted(recorder.folder.path) from None
            raise
        except _Stopped as stop:
            raise self._error(stop.record) from None
        except InputError as error:
            with contextlib.suppress(InputError):  # most likely, the folder cannot be written
                recorder.save("failed", str(error))
            raise
        if root.at.steps and all(step.failure for step in root.at.steps):
            raise self._error(root.at.steps[0])
        result = replace(recorder.save(state), ended=state == "done")
        if self.setup.cache:
            self.setup.cache.trim()
        return result

    def _confirm(self, root: Branch) -> None:
        """Have our own engine compare the result with the input, where it has not confirmed every step on the way."""
        best, verdict = root.at.answer()
        if not (best.alone or (self.second and verdict.answer == "undecided")):
            return
        before, after = root.at.input.netlist.aig, best.netlist.aig
        with self.setup.confirmations.granted() as granted:
            opinion = self._second_opinion(before, after, self.proof_seconds if self.second else granted)
        if opinion.answer == "different":
            root.at = replace(root.at, best=root.at.input, undecided=None)
            failure = f"the proofs are contradicted by {opinion.method} ({opinion.reason}); the input is kept"
            self.recorder.save("failed", failure)
            raise ToolError(f"flow {self.flow.name!r}: {failure}")
        if opinion.answer == "equivalent" or self.second:
            root.at = replace(root.at, opinion=opinion)

    def _second_opinion(self, before: Aig, after: Aig, seconds: float) -> Verdict:
        if self.flow.preserves == "sequential":
            return confirm_machines(before, after, own_removal(before, after), seconds=seconds)
        return second_opinion(before, after, seconds=seconds)

    def _follow(self, branch: Branch, steps: Sequence[Step], place: str = "") -> None:
        for step in steps:
            if step.repeat:
                self._repeat(branch, step.repeat, place)
            elif step.best_of:
                self._best_of(branch, step.best_of, place)
            else:
                self._one(branch, step, place)

    def _repeat(self, branch: Branch, repeat: Repeat, place: str) -> None:
        """Rounds go on from what is no larger, even if a round gained nothing; the smallest end counts."""
        best, vain = branch.at.current, 0
        for number in range(1, repeat.at_most + 1):
            self._follow(branch, [step.in_round(number) for step in repeat.steps], place)
            if not repeat.until:
                continue
            end = branch.at.current
            best, vain = (end, 0) if end.size < best.size else (best, vain + 1)
            if vain == repeat.patience or end.size[0] > best.size[0]:
                branch.at = branch.at.going_on_with(best)
            if vain == repeat.patience:
                return
        if repeat.until and vain:
            branch.at = branch.at.going_on_with(best)

    def _best_of(self, branch: Branch, alternatives: Sequence[Sequence[Step]], place: str) -> None:
        """Side by side, each from here; on with the smallest end, a proven one if there is any. Every way has numbers
        for as many steps as it may take."""
        number, ways, works = branch.at.number, [], []
        for index, steps in enumerate(alternatives, 1):
            ways.append(Branch(branch.at.way(number)))
            works.append(partial(self._way, ways[-1], steps, f"{place}{index} of {len(alternatives)}, "))
            number += most_runs(steps)
        branch.ways = ways
        for stop in self.setup.jobs.each(works):
            if stop:
                self.recorder.join(branch)
                raise stop
        end = min((way.at.current for way in ways), key=lambda end: (not end.proven, *end.size))
        branch.at = replace(self.recorder.join(branch).going_on_with(end), number=number)

    def _way(self, way: Branch, steps: Sequence[Step], place: str) -> _Stopped | _Over | None:
        """Follow an alternative; what ended it early, if anything did."""
        try:
            self._follow(way, steps, place)
        except (_Stopped, _Over) as stop:
            return stop
        return None

    def _one(self, branch: Branch, step: Step, place: str) -> None:
        """The step, and where something went wrong in it, in whole or in a block, what the flow has instead."""
        at, key = self._taken(branch.at, step, place + step.label)
        self.recorder.step(branch, at, key)
        record = at.steps[-1]
        failed = [block for block in record.blocks if block.failed]
        if failed and not record.failure:
            record = replace(record, failure=f"failed in {failed[0]}")
        if record.failure and step.substitute:
            self._one(branch, step.substitute, f"{place}instead, ")
        elif record.outcome == "failed" and self.flow.on_error == "stop":
            raise _Stopped(record)

    def _taken(self, at: Search, step: Step, label: str) -> tuple[Search, str]:
        """The search after that step, and all that the step depends on."""
        name, limits = f"{at.number:02d}-{step.tool}", self.setup.limits
        setup = replace(self.setup, limits=step.limits.within(limits) if step.limits else limits)
        key = key_of(step_key(at.current.netlist, step, setup), at.proven.netlist.sha256)
        finished = self._finished(at, name, key)
        if finished:
            record, netlist = finished
            return at.accepting(replace(record, number=at.number, label=label), netlist), key
        folder = self.recorder.folder.anew(name)
        write_step(folder, step, setup, before=at.current.place)
        try:
            made = self._made(at, step, folder, setup, label)
        except ToolRunError as error:
            proof = Verdict("undecided", "none", 0.0, reason="the step left no netlist")
            record = _record(at, label, folder, Made(at.current.netlist, error.seconds), proof)
            how = LEFT_OUT if isinstance(error, NotTaken) else "failed: "
            return at.after(replace(record, failure=how + error.fault)), key
        proof = self._proof(at, made.netlist)
        record = _record(at, label, folder, made, proof)
        if proof.answer == "different":
            return at.rejecting(replace(record, failure=self._why(at, step, folder, setup, proof))), key
        if not made.cached and not step.scope:
            remember(at.current.netlist, step, made.netlist, setup)
        return at.accepting(record, made.netlist), key

    def _finished(self, at: Search, name: str, key: str) -> tuple[StepRecord, Netlist] | None:
        """What an earlier process left of this very step, if it is whole and not wrong."""
        record = self.finished.get((name, key))
        if record is None:
            return None
        try:
            netlist = Netlist(netlist_bytes(self.recorder.folder.below(name), STEP_NETLIST, record.sha256))
            proof = self._proof(at, netlist)  # what a folder says may be forged
        except InputError:
            return None  # what is damaged is run again
        return None if proof.answer == "different" else (replace(record, proof=proof), netlist)

    def _made(self, at: Search, step: Step, folder: Folder, setup: Setup, label: str) -> Made:
        before = at.current.netlist
        begin = partial(self.recorder.begin, label, before.counts)
        if step.scope:
            with self._hurried(setup) as hurried:
                begin()
                return make_by_block(before, step, folder, hurried, self.proof_seconds)
        with setup.jobs.slots, self._hurried(setup) as hurried:
            return make(before, step, folder, hurried, begin)

    @contextlib.contextmanager
    def _hurried(self, setup: Setup) -> Iterator[Setup]:
        """For tools that share the time that is left. _Over where one needs more: it did not fail."""
        if self.allowance and self.allowance.over:
            raise _Over
        try:
            yield replace(setup, limits=replace(setup.limits, whole=self.allowance))
        except OutOfTime as error:
            raise _Over from error

    def _proof(self, at: Search, netlist: Netlist) -> Verdict:
        """_Over where there is none, and most of the time that was left is gone: it might have taken longer."""
        sequential, allowance = self.flow.preserves == "sequential", self.allowance
        with self.setup.jobs.slots:
            seconds = min(self.proof_seconds, allowance.work) if allowance else self.proof_seconds
            if seconds <= 0:
                raise _Over
            proof = prove(at.proven.netlist, netlist, self.setup, seconds, sequential)
        hurried = allowance and seconds < self.proof_seconds and allowance.work < seconds / 2
        if hurried and proof.answer == "undecided":
            raise _Over
        return proof

    def _why(self, at: Search, step: Step, folder: Folder, setup: Setup, proof: Verdict) -> str:
        """Why a result was thrown away, and where a small case is that shows it."""
        before = at.current.netlist.aig
        small = reduce(handed(before) if step.sequential else cut(before), step, folder, setup)
        shown = f"; a small case is in {folder.name}/{small.name}" if small and self.recorder.kept else ""
        return f"changed the function ({proof.reason}, found by {proof.method}) and was rejected{shown}"

    def _error(self, step: StepRecord) -> StepError:
        failure = f"step {step.number} ({step.label}) {step.failure}"
        result = self.recorder.save("failed", failure)
        rest = "" if self.flow.on_error == "stop" else "no step succeeded; "
        place = f" in {self.recorder.folder.path}" if self.recorder.kept else ""
        message = (
            f"flow {self.flow.name!r}: {failure}; {rest}the last good netlist has {result.ands_after:,} ANDs{place}"
        )
        return StepError(message, step.label, result)


def _record(at: Search, label: str, folder: Folder, made: Made, proof: Verdict) -> StepRecord:
    """Of a step that has not been taken yet."""
    return StepRecord(
        number=at.number,
        label=label,
        counts=at.current.netlist.counts,
        seconds=made.seconds,
        memory=made.memory,
        proof=proof,
        folder=folder.name,
        cached=made.cached,
        blocks=made.blocks,
    )
