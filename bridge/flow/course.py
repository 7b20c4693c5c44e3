"""The course of one run: step after step, each result proven against the last proven netlist, the smallest kept."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.aig.cut import cut
from bridge.equivalence import ALONE, CONFIRMED, Verdict, base_of, both_opinions, confirm_machines, second_opinion
from bridge.errors import InputError, ToolError
from bridge.files.cache import key_of
from bridge.files.folder import Folder
from bridge.flow.blocks import make_by_block
from bridge.flow.finished import netlist_bytes
from bridge.flow.recall import STEP_NETLIST, File, Made, make, prove, remember, step_key
from bridge.flow.record import INPUT, write_metrics, write_record, write_result
from bridge.flow.reproducer import reduce, write_step
from bridge.flow.result import Counts, FlowResult, StepError, StepRecord
from bridge.flow.schema import Flow, Repeat, Step, most_runs
from bridge.flow.sequential import handed, own_removal
from bridge.flow.steps import Bench
from bridge.metadata import read_metadata, with_metadata
from bridge.toolchain import ToolRunError

Progress = Callable[[StepRecord], None]
Begin = Callable[[str, Counts], None]


@dataclass(frozen=True)
class _Netlist:
    """`place`: where its file is, below the folder of the run; `alone`: whether a proof on the way to it is by ABC
    alone."""

    file: File
    counts: Counts
    proven: bool
    place: str
    alone: bool = False

    @property
    def aig(self) -> Aig:
        return self.file.aig


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C in a run that left a folder, from which it can be taken up."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the run in {folder} was interrupted")
        self.folder = folder


class _Stopped(Exception):
    """A step failed in a flow that stops on errors."""

    def __init__(self, record: StepRecord) -> None:
        self.record = record


@dataclass
class Run:
    """A flow on its way. `current`: what the next step reads; `proven`: the last of those that was proven, to compare
    the next result with; `best`: the smallest proven; `best_undecided`: the smallest that is not.

    Alternatives are runs of their own, `ways`, side by side; what they find is added up in their order, so that nothing
    depends on which is faster. `doubted`: a function had changed, so what was undecided before may be at fault."""

    aig: Aig
    flow: Flow
    bench: Bench
    folder: Folder
    proof_seconds: float
    start: dict[str, Any]
    progress: Progress | None
    begin: Begin | None
    kept: bool
    second: bool = False
    finished: Mapping[tuple[str, str], StepRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        file = File.of(self.aig)
        self.input = _Netlist(file, file.counts, True, INPUT)
        self.current = self.proven = self.best = self.input
        self.best_undecided: _Netlist | None = None
        self.steps: list[StepRecord] = []
        self.next_number = 1
        self.ways: list[Run] = []
        self.doubted = False
        self.stopped: StepRecord | None = None
        self.root, self.lock = self, threading.RLock()
        self.saved: tuple[_Netlist, str] | None = None
        self.noted = False
        self.opinion: Verdict | None = None

    def finish(self) -> FlowResult:
        try:
            self._save("running")
            self._run_all(self.flow.steps)
            self._confirm()
        except KeyboardInterrupt:
            self._join_ways()
            self.best_undecided = None
            self._save("interrupted")
            if self.kept:
                raise RunInterrupted(self.folder.path) from None
            raise
        except _Stopped as stop:
            raise self._error(stop.record) from None
        except InputError as error:
            with contextlib.suppress(InputError):  # most likely, the folder cannot be written
                self._save("failed", str(error))
            raise
        if self.steps and all(step.failure for step in self.steps):
            raise self._error(self.steps[0])
        result = self._save("done")
        if self.bench.cache:
            self.bench.cache.trim()
        return result

    def _confirm(self) -> None:
        """Have our own engine compare the result with the input, where it has not confirmed every step on the way."""
        best, verdict = self._best()
        if not (best.alone or (self.second and verdict.answer == "undecided")):
            return
        with self.bench.confirmations.granted() as granted:
            opinion = self._second_opinion(best.aig, self.proof_seconds if self.second else granted)
        if opinion.answer == "different":
            self.best, self.best_undecided = self.input, None
            failure = f"the proofs are contradicted by {opinion.method} ({opinion.reason}); the input is kept"
            self._save("failed", failure)
            raise ToolError(f"flow {self.flow.name!r}: {failure}")
        if opinion.answer == "equivalent" or self.second:
            self.opinion = opinion

    def _second_opinion(self, best: Aig, seconds: float) -> Verdict:
        if self.flow.preserves == "sequential":
            return confirm_machines(self.aig, best, own_removal(self.aig, best), seconds=seconds)
        return second_opinion(self.aig, best, seconds=seconds)

    def _run_all(self, steps: Sequence[Step], place: str = "") -> None:
        for step in steps:
            if step.repeat:
                self._run_repeat(step.repeat, place)
            elif step.best_of:
                self._run_best_of(step.best_of, place)
            else:
                self._run_one(step, place)

    def _run_repeat(self, repeat: Repeat, place: str) -> None:
        for _ in range(repeat.at_most):
            before = self.current
            self._run_all(repeat.steps, place)
            if repeat.until == "no_gain" and self.current.counts.size >= before.counts.size:
                self._continue_with(before)
                break

    def _run_best_of(self, alternatives: Sequence[Sequence[Step]], place: str) -> None:
        """Side by side, each from here; on with the smallest end, a proven one if there is any. Every way has numbers
        for as many steps as it may take."""
        works = []
        for index, steps in enumerate(alternatives, 1):
            way = self._way()
            self.ways.append(way)
            self.next_number += most_runs(steps)
            works.append(partial(way._follow, steps, f"{place}{index} of {len(alternatives)}, "))
        self.bench.workers.each(works)
        ways = self._join_ways()
        for way in ways:
            if way.stopped:
                raise _Stopped(way.stopped)
        self._continue_with(min((way.current for way in ways), key=lambda end: (not end.proven, *end.counts.size)))

    def _way(self) -> Run:
        way = copy.copy(self)
        way.steps, way.ways, way.best_undecided, way.doubted = [], [], None, False
        return way

    def _follow(self, steps: Sequence[Step], place: str) -> None:
        try:
            self._run_all(steps, place)
        except _Stopped as stop:
            self.stopped = stop.record

    def _join_ways(self) -> list[Run]:
        """Make what the ways have found so far one's own."""
        with self.lock:
            ways, self.ways = self.ways, []
            for way in ways:
                way._join_ways()
            self._add_up(ways)
            return ways

    def _add_up(self, ways: Sequence[Run]) -> None:
        self.steps = [*self.steps, *(step for way in ways for step in way.steps)]
        self.best = min([self.best, *(way.best for way in ways)], key=lambda netlist: netlist.counts.size)
        self.doubted |= any(way.doubted for way in ways)
        own = None if any(way.doubted for way in ways) else self.best_undecided
        undecided = [netlist for netlist in (own, *(way.best_undecided for way in ways)) if netlist]
        self.best_undecided = min(undecided, key=lambda netlist: netlist.counts.size, default=None)

    def _so_far(self) -> Run:
        """A copy in which the ways are joined."""
        view = copy.copy(self)
        view._add_up([way._so_far() for way in self.ways])
        return view

    def _run_one(self, step: Step, place: str) -> None:
        """The step, and where something went wrong in it, what the flow has instead."""
        failed = self._tried(step, place)
        if failed and step.substitute:
            self._run_one(step.substitute, f"{place}instead, ")
        elif failed and self.flow.on_error == "stop":
            raise _Stopped(failed)

    def _tried(self, step: Step, place: str) -> StepRecord | None:
        """Run the step; what it says if it went wrong, in whole or in a block."""
        number, label, name = self.next_number, place + step.label, f"{self.next_number:02d}-{step.tool}"
        self.next_number += 1
        bench = replace(self.bench, limits=step.limits.within(self.bench.limits) if step.limits else self.bench.limits)
        key = key_of(step_key(self.current.file, step, bench), self.proven.file.sha256)
        finished = self._finished(name, key)
        if finished:
            record, file = finished
            return self._take_up(replace(record, number=number, label=label), file, key)
        folder = self.folder.anew(name)
        write_step(folder, step, bench, before=self.current.place)
        before = self.current
        try:
            if step.scope:
                self._begin(label)
                made = make_by_block(before.file, step, folder, bench, self.proof_seconds)
            else:
                with bench.workers.slots:
                    made = make(before.file, step, folder, bench, partial(self._begin, label))
        except ToolRunError as error:
            proof = Verdict("undecided", "none", 0.0, reason="the step left no netlist")
            record = self._record(number, label, folder, Made(before.file, error.seconds), proof)
            return self._note(replace(record, failure=f"failed: {error.fault}"), key)
        proof = self._prove(made.file)
        record = self._record(number, label, folder, made, proof)
        if proof.answer == "different":
            given = handed(before.aig) if step.sequential else cut(before.aig)
            small = reduce(given, step, folder, bench)
            shown = f"; a small case is in {folder.name}/{small.name}" if small and self.kept else ""
            why = f"changed the function ({proof.reason}, found by {proof.method}) and was rejected{shown}"
            self._go_back()
            return self._note(replace(record, failure=why, counts=self.current.counts), key)
        if not made.cached and not step.scope:
            remember(before.file, step, made.file, bench)
        return self._take_up(record, made.file, key)

    def _finished(self, name: str, key: str) -> tuple[StepRecord, File] | None:
        """What an earlier process left of this very step, if it is whole and not wrong."""
        record = self.finished.get((name, key))
        if record is None:
            return None
        try:
            file = File(netlist_bytes(self.folder.below(name), STEP_NETLIST, record.sha256))
            proof = self._prove(file)  # what a folder says may be forged
        except InputError:
            return None  # what is damaged is run again
        return None if proof.answer == "different" else (replace(record, proof=proof), file)

    def _prove(self, file: File) -> Verdict:
        sequential = self.flow.preserves == "sequential"
        with self.bench.workers.slots:
            return prove(self.proven.file, file, self.bench, self.proof_seconds, sequential)

    def _begin(self, label: str) -> None:
        """Before a tool runs: leave what came from the cache, and say so."""
        with self.lock:
            if not self.root.noted:
                self.root._save("running")
            if self.begin:
                self.begin(label, self.current.counts)

    def _go_back(self) -> None:
        """To the last proven netlist: what was undecided on the way here may be at fault as well."""
        with self.lock:
            self.current, self.best_undecided, self.doubted = self.proven, None, True

    def _record(self, number: int, label: str, folder: Folder, made: Made, proof: Verdict) -> StepRecord:
        """Of a step that has not been taken up yet."""
        return StepRecord(
            number=number,
            label=label,
            counts=self.current.counts,
            seconds=made.seconds,
            memory=made.memory,
            proof=proof,
            folder=folder.name,
            cached=made.cached,
            blocks=made.blocks,
        )

    def _take_up(self, record: StepRecord, file: File, key: str) -> StepRecord | None:
        """Go on from that netlist; a record that says so if the step failed in a block."""
        proven, place = record.proof.answer == "equivalent", f"{record.folder}/{STEP_NETLIST}"
        record = replace(record, counts=file.counts, sha256=file.sha256)
        alone = self.proven.alone or record.proof.alone
        with self.lock:
            self._accept(_Netlist(file, record.counts, proven, place, alone))
            self._note(record, key)
        failed = [block for block in record.blocks if block.failure]
        return replace(record, failure=f"failed in {failed[0]}") if failed else None

    def _note(self, record: StepRecord, key: str) -> StepRecord:
        with self.lock:
            self.steps.append(record)
            write_metrics(self.folder.below(record.folder), record, key)
            self.root.noted = False
            if not record.cached:  # else nothing is lost that took time
                self.root._save("running")
            if self.progress:
                self.progress(record)
        return record

    def _save(self, state: str, failure: str = "") -> FlowResult:
        result, best = self._so_far()._result(), self._so_far()._best()[0]
        if self.saved is None or self.saved[0] is not best:
            self.saved = best, write_result(self.folder, result.aig)
        write_record(self.folder, self.start, result, self.saved[1], state, failure)
        self.noted = True
        return result

    def _continue_with(self, netlist: _Netlist) -> None:
        self.current = netlist
        if netlist.proven:
            self.proven = netlist

    def _accept(self, candidate: _Netlist) -> None:
        self._continue_with(candidate)
        if candidate.proven:
            self.best = min(self.best, candidate, key=lambda netlist: netlist.counts.size)
        elif self.best_undecided is None or candidate.counts.size < self.best_undecided.counts.size:
            self.best_undecided = candidate

    def _error(self, step: StepRecord) -> StepError:
        failure = f"step {step.number} ({step.label}) {step.failure}"
        result = self._save("failed", failure)
        rest = "" if self.flow.on_error == "stop" else "no step succeeded; "
        place = f" in {self.folder.path}" if self.kept else ""
        message = (
            f"flow {self.flow.name!r}: {failure}; {rest}the last good netlist has {result.ands_after:,} ANDs{place}"
        )
        return StepError(message, step.label, result)

    def _result(self) -> FlowResult:
        best, verdict = self._best()
        if self.opinion is not None:
            verdict = both_opinions(verdict, self.opinion)
        facts = read_metadata(best.aig)
        history = (*facts.history, self.flow.name)
        return FlowResult(
            aig=with_metadata(best.aig, replace(facts, history=history)),
            flow=self.flow,
            steps=tuple(self.steps),
            verdict=verdict,
            folder=self.folder.path if self.kept else None,
            before=self.input.counts,
            after=best.counts,
            removed=own_removal(self.aig, best.aig),
        )

    def _best(self) -> tuple[_Netlist, Verdict]:
        proofs = [step.proof for step in self.steps if not step.failure]
        seconds = sum(proof.seconds for proof in proofs)
        proven = [proof.method for proof in proofs if proof.answer == "equivalent"]
        undecided = self.best_undecided
        if proven or undecided is None or undecided.counts.size >= self.input.counts.size:
            return self.best, Verdict("equivalent", _told(proven, self.best.alone), seconds, alone=self.best.alone)
        reason = next(proof.reason for proof in proofs if proof.answer == "undecided")
        return undecided, Verdict("undecided", proofs[-1].method, seconds, reason=reason)


def _told(methods: Sequence[str], alone: bool) -> str:
    """One method for all."""
    bases = "; ".join(dict.fromkeys(map(base_of, methods))) or "unchanged"
    confirmed = dict.fromkeys(method.split(CONFIRMED)[1] for method in methods if CONFIRMED in method)
    return bases + (ALONE if alone else f"{CONFIRMED}{', '.join(confirmed)}" if confirmed else "")
