"""`run_flow`: step after step, each result proven against the last proven netlist, the smallest one kept."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.equivalence import Verdict, both_opinions, confirm_machines, cut, second_opinion
from bridge.errors import ToolError
from bridge.files import make_directory
from bridge.flow.cache import default_cache
from bridge.flow.capability import fitted
from bridge.flow.recall import File, make, prove, remember
from bridge.flow.record import new_folder, write_metrics, write_record, write_result, write_start
from bridge.flow.reproducer import reduce, write_step
from bridge.flow.result import Counts, FlowResult, StepError, StepRecord, count
from bridge.flow.schema import Flow, Repeat, Step, StepLimits, load_flow
from bridge.flow.sequential import handed, own_removal
from bridge.flow.steps import Bench, Rewritten
from bridge.formats.aiger_write import format_aiger
from bridge.metadata import read_metadata, with_metadata
from bridge.toolchain import Limits, Tool, ToolName, ToolRunError, locate

Progress = Callable[[StepRecord], None]


def run_flow(
    source: Aig | Cell,
    flow: str | Path | Flow,
    out: str | Path | None = None,
    *,
    limits: Limits | None = None,
    proof_seconds: float = 300.0,
    progress: Progress | None = None,
    cached: bool = True,
    second: bool = False,
) -> FlowResult:
    """Optimize a netlist (a cell is lowered first) with a shipped flow, or one in a file ending in .yaml.

    Every step runs on the netlist cut at its points, within `limits`, and its result is compared with the last proven
    netlist, for at most `proof_seconds`. What cannot be decided is carried on but not kept (see FlowResult). After a
    step that fails, passes a limit or changes the function, the last good netlist is taken up again.
    With `out`, everything is left in a new folder below it; otherwise nothing is. Results and proofs of the same tools
    on the same bytes are taken from the user's cache, unless `cached` is false. With `second`, an independent engine
    compares the result with the input once more.

    Raises InputError for a bad flow or netlist, ToolError for a missing tool, StepError (with the result so far) when
    every step fails, or the first one that does in a flow that stops on errors.
    """
    resolved = load_flow(flow)
    aig = _lowered(source) if isinstance(source, Cell) else source
    bench = Bench(locate_for(resolved), limits or Limits(), default_cache() if cached else None)
    resolved = fitted(resolved, bench.tools, bench.cache)
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        folder = Path(temporary) if out is None else new_folder(Path(out), resolved)
        start = write_start(folder, aig, resolved, bench, proof_seconds)
        return _Run(aig, resolved, bench, folder, proof_seconds, progress, start, out is not None, second).finish()


def locate_for(flow: Flow) -> dict[ToolName, Tool]:
    """The programs that the flow needs, and ABC for the proofs. ToolError if one is missing."""
    return {name: locate(name) for name in sorted({*flow.tools(), "abc"})}


def _lowered(cell: Cell) -> Aig:
    from bridge.lowering import lower

    return lower(cell)


@dataclass(frozen=True)
class _Netlist:
    file: File
    counts: Counts
    proven: bool

    @property
    def aig(self) -> Aig:
        return self.file.aig


@dataclass
class _Run:
    """A flow on its way. `current`: what the next step reads; `proven`: the last of those that was proven, to compare
    the next result with; `best`: the smallest proven; `best_undecided`: the smallest that is not."""

    aig: Aig
    flow: Flow
    bench: Bench
    folder: Path
    proof_seconds: float
    progress: Progress | None
    start: dict[str, Any]
    kept: bool
    second: bool = False
    steps: list[StepRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.input = _Netlist(File(self.aig, format_aiger(self.aig)), count(self.aig), proven=True)
        self.current = self.proven = self.best = self.input
        self.best_undecided: _Netlist | None = None
        self.saved: tuple[_Netlist, str] | None = None
        self.opinion: Verdict | None = None

    def finish(self) -> FlowResult:
        try:
            self._run_all(self.flow.steps)
            if self.second:
                self._ask_second()
        except KeyboardInterrupt:
            self.best_undecided = None
            self._save("interrupted")
            raise
        if self.steps and all(step.failure for step in self.steps):
            raise self._error(self.steps[0])
        result = self._save("done")
        if self.bench.cache:
            self.bench.cache.trim()
        return result

    def _ask_second(self) -> None:
        best = self._best()[0].aig
        if self.flow.preserves == "sequential":
            removed = own_removal(self.aig, best)
            opinion = confirm_machines(self.aig, best, removed, seconds=self.proof_seconds)
        else:
            opinion = second_opinion(self.aig, best, seconds=self.proof_seconds)
        if opinion.answer == "different":
            self.best, self.best_undecided = self.input, None
            failure = f"the proofs are contradicted by {opinion.method} ({opinion.reason}); the input is kept"
            self._save("failed", failure)
            raise ToolError(f"flow {self.flow.name!r}: {failure}")
        self.opinion = opinion

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
        """One after the other, each from here; on with the smallest end, a proven one if there is any."""
        before, ends = self.current, []
        for index, steps in enumerate(alternatives, 1):
            self._continue_with(before)
            self._run_all(steps, f"{place}{index} of {len(alternatives)}, ")
            ends.append(self.current)
        self._continue_with(min(ends, key=lambda end: (not end.proven, *end.counts.size)))

    def _run_one(self, step: Step, place: str) -> None:
        label = place + step.label
        folder = self.folder / f"{self._number:02d}-{step.tool}"
        bench = replace(self.bench, limits=_within(self.bench.limits, step.limits))
        make_directory(folder)
        write_step(folder, step, bench)
        before = self.current
        try:
            file, made = make(before.file, step, folder, bench)
        except ToolRunError as error:
            proof = Verdict("undecided", "none", 0.0, reason="the step left no netlist")
            self._reject(label, folder, Rewritten(before.aig, error.seconds), proof, f"failed: {error.fault}")
            return
        proof = prove(self.proven.file, file, bench, self.proof_seconds, self.flow.preserves == "sequential")
        if proof.answer == "different":
            # What was undecided on the way here may be at fault as well.
            self.current, self.best_undecided = self.proven, None
            given = handed(before.aig) if step.sequential else cut(before.aig)
            small = reduce(given, step, folder, bench)
            shown = f"; a small case is in {folder.name}/{small.name}" if small and self.kept else ""
            why = f"changed the function ({proof.reason}, found by {proof.method}) and was rejected{shown}"
            self._reject(label, folder, made, proof, why)
            return
        if not made.cached:
            remember(before.file, step, file, bench)
        self._accept(_Netlist(file, count(file.aig), proof.answer == "equivalent"))
        self._note(label, folder, made, proof)

    @property
    def _number(self) -> int:
        return len(self.steps) + 1

    def _note(self, label: str, folder: Path, made: Rewritten, proof: Verdict, failure: str = "") -> None:
        digest = "" if failure else hashlib.sha256(self.current.file.data).hexdigest()
        record = StepRecord(
            number=self._number,
            label=label,
            counts=self.current.counts,
            seconds=made.seconds,
            memory=made.memory,
            proof=proof,
            folder=folder.name,
            failure=failure,
            sha256=digest,
            cached=made.cached,
        )
        self.steps.append(record)
        write_metrics(folder, record)
        self._save("running")
        if self.progress:
            self.progress(record)

    def _reject(self, label: str, folder: Path, made: Rewritten, proof: Verdict, why: str) -> None:
        self._note(label, folder, made, proof, why)
        if self.flow.on_error == "stop":
            raise self._error(self.steps[-1])

    def _save(self, state: str, failure: str = "") -> FlowResult:
        result, best = self._result(), self._best()[0]
        if self.saved is None or self.saved[0] is not best:
            self.saved = best, write_result(self.folder, result.aig)
        write_record(self.folder, self.start, result, self.saved[1], state, failure)
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
        place = f" in {self.folder}" if self.kept else ""
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
            folder=self.folder if self.kept else None,
            before=self.input.counts,
            after=best.counts,
            removed=own_removal(self.aig, best.aig),
        )

    def _best(self) -> tuple[_Netlist, Verdict]:
        proofs = [step.proof for step in self.steps if not step.failure]
        seconds = sum(proof.seconds for proof in proofs)
        methods = "; ".join(dict.fromkeys(proof.method for proof in proofs if proof.answer == "equivalent"))
        undecided = self.best_undecided
        if methods or undecided is None or undecided.counts.size >= self.input.counts.size:
            return self.best, Verdict("equivalent", methods or "unchanged", seconds)
        reason = next(proof.reason for proof in proofs if proof.answer == "undecided")
        return undecided, Verdict("undecided", proofs[-1].method, seconds, reason=reason)


def _within(limits: Limits, own: StepLimits | None) -> Limits:
    """The smaller of both."""
    if own is None:
        return limits
    seconds = limits.seconds if own.seconds is None else min(own.seconds, limits.seconds)
    memory = limits.memory if own.memory is None else min(own.memory << 20, limits.memory)
    return replace(limits, seconds=seconds, memory=memory)
