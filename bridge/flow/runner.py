"""`run_flow`: step after step, each result proven against the last proven netlist, the smallest one kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.equivalence import Verdict, check_equivalence
from bridge.flow.record import new_folder, write_metrics, write_record, write_start
from bridge.flow.result import Counts, FlowResult, StepError, StepRecord, count
from bridge.flow.schema import Flow, Step, load_flow
from bridge.flow.steps import rewrite
from bridge.formats import write_netlist
from bridge.metadata import read_metadata, with_metadata
from bridge.toolchain import Limits, Tool, ToolName, ToolRunError, locate

Progress = Callable[[StepRecord], None]

STEP_NETLIST = "netlist.aig"


def run_flow(
    source: Aig | Cell,
    flow: str | Path | Flow,
    out: str | Path | None = None,
    *,
    limits: Limits | None = None,
    proof_seconds: float = 300.0,
    progress: Progress | None = None,
) -> FlowResult:
    """Optimize a netlist (a cell is lowered first) with a shipped flow, or one in a file ending in .yaml.

    Every step runs on the netlist cut at its points, within `limits`, and its result is compared with the last proven
    netlist, for at most `proof_seconds`. What cannot be decided is carried on but not kept (see FlowResult).
    With `out`, everything is left in a new folder below it; otherwise nothing is.

    Raises InputError for a bad flow or netlist, ToolError for a missing tool, StepError (with the result so far) when
    a step fails, passes a limit or changes the function.
    """
    resolved = load_flow(flow)
    aig = _lowered(source) if isinstance(source, Cell) else source
    needed = resolved.tools()
    needed.add("abc")  # for the proofs
    tools: dict[ToolName, Tool] = {name: locate(name) for name in sorted(needed)}
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        folder = Path(temporary) if out is None else new_folder(Path(out), resolved)
        start = write_start(folder, aig, resolved, tools)
        run = _Run(aig, resolved, tools, folder, limits or Limits(), proof_seconds, progress, start, out is not None)
        return run.finish()


def _lowered(cell: Cell) -> Aig:
    from bridge.lowering import lower

    return lower(cell)


@dataclass(frozen=True)
class _Netlist:
    aig: Aig
    counts: Counts
    proven: bool


@dataclass
class _Run:
    """A flow on its way. `current`: what the next step reads; `proven`: the last of those that was proven, to compare
    the next result with; `best`: the smallest proven; `best_undecided`: the smallest that is not."""

    aig: Aig
    flow: Flow
    tools: dict[ToolName, Tool]
    folder: Path
    limits: Limits
    proof_seconds: float
    progress: Progress | None
    start: dict[str, Any]
    kept: bool
    steps: list[StepRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.input = _Netlist(self.aig, count(self.aig), proven=True)
        self.current = self.proven = self.best = self.input
        self.best_undecided: _Netlist | None = None

    def finish(self) -> FlowResult:
        self._run_all(self.flow.steps)
        result = self._result()
        write_record(self.folder, self.start, result, "done")
        return result

    def _run_all(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.repeat is None:
                self._run_one(step)
                continue
            for _ in range(step.repeat.at_most):
                before = self.current
                self._run_all(step.repeat.steps)
                if step.repeat.until == "no_gain" and self.current.counts.size >= before.counts.size:
                    self._continue_with(before)
                    break

    def _run_one(self, step: Step) -> None:
        number = len(self.steps) + 1
        folder = self.folder / f"{number:02d}-{'abc' if step.abc else 'yosys'}"
        folder.mkdir()
        try:
            made = rewrite(self.current.aig, step, folder, self.tools, self.limits)
        except ToolRunError as error:
            raise self._failure(number, step, f"failed: {error.fault}") from error
        proof = check_equivalence(self.proven.aig, made.aig, seconds=self.proof_seconds, abc=self.tools["abc"])
        candidate = _Netlist(made.aig, count(made.aig), proof.answer == "equivalent")
        record = StepRecord(number, step.label, candidate.counts, made.seconds, made.memory, proof, folder.name)
        self.steps.append(record)
        write_netlist(made.aig, folder / STEP_NETLIST)
        write_metrics(folder, record)
        if proof.answer == "different":
            why = f"changed the function ({proof.reason}, found by {proof.method}) and was rejected"
            raise self._failure(number, step, why)
        self._accept(candidate)
        write_record(self.folder, self.start, self._result(), "running")
        if self.progress:
            self.progress(record)

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

    def _failure(self, number: int, step: Step, why: str) -> StepError:
        result = self._result()
        write_record(self.folder, self.start, result, "failed", f"step {number} ({step.label}) {why}")
        place = f" in {self.folder}" if self.kept else ""
        message = (
            f"flow {self.flow.name!r}: step {number} ({step.label}) {why}; "
            f"the last good netlist has {result.ands_after:,} ANDs{place}"
        )
        return StepError(message, step.label, result)

    def _result(self) -> FlowResult:
        best, verdict = self._best()
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
        )

    def _best(self) -> tuple[_Netlist, Verdict]:
        proofs = [step.proof for step in self.steps]
        seconds = sum(proof.seconds for proof in proofs)
        methods = "; ".join(dict.fromkeys(proof.method for proof in proofs if proof.answer == "equivalent"))
        undecided = self.best_undecided
        if methods or undecided is None or undecided.counts.size >= self.input.counts.size:
            return self.best, Verdict("equivalent", methods or "unchanged", seconds)
        reason = next(proof.reason for proof in proofs if proof.answer == "undecided")
        return undecided, Verdict("undecided", proofs[-1].method, seconds, reason=reason)
