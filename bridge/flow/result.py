"""What a run of a flow leaves: one record per step, and the best netlist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from operator import index
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.aig.latchmap import LatchMap, removal
from bridge.aig.stats import depth
from bridge.equivalence import Verdict
from bridge.equivalence.verdict import seconds_from
from bridge.errors import ToolError
from bridge.flow.schema import Flow
from bridge.flow.table import Table
from bridge.printable import Progress, counted
from bridge.printable.notebook import Chart, Framed

LEFT_OUT = "left out: "  # begins why a step or block has no result where nothing failed
_FOLDER = re.compile(r"[0-9]{2,6}-(abc|yosys|own)")


@dataclass(frozen=True)
class Counts:
    """The shape and size of a netlist."""

    inputs: int
    latches: int
    outputs: int
    ands: int
    levels: int

    def __str__(self) -> str:
        ports = f"{self.inputs:,} inputs, {self.latches:,} latches, {self.outputs:,} outputs"
        return f"{ports}, {self.ands:,} ANDs, {self.levels:,} levels"

    @property
    def size(self) -> tuple[int, int, int]:
        """What a flow minimizes: ANDs, then latches, then levels."""
        return self.ands, self.latches, self.levels

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Counts:
        """The counts among these facts. KeyError, TypeError or ValueError for what no netlist has."""
        counts = cls(*(index(facts[key]) for key in ("inputs", "latches", "outputs", "ands", "levels")))
        if not all(0 <= number < 1 << 32 for number in asdict(counts).values()):
            raise ValueError(f"no netlist has {str(counts)[:200]}")
        return counts


def _without_result(failure: str) -> str:
    """The outcome of what has a failure, in short."""
    return "left out" if failure.startswith(LEFT_OUT) else "failed" if failure else ""


def count(aig: Aig) -> Counts:
    return Counts(len(aig.inputs), len(aig.latches), len(aig.outputs), len(aig.ands), depth(aig))


@dataclass(frozen=True)
class BlockRecord:
    """A block in a step of `scope: block`. `before`, `after`: its ANDs; `failure`: why its result was thrown away, if
    it was; the rest as in `StepRecord`."""

    name: str
    before: int
    after: int
    proof: Verdict
    seconds: float = 0.0
    memory: int = 0
    failure: str = ""
    cached: bool = False

    @property
    def failed(self) -> bool:
        return _without_result(self.failure) == "failed"

    def __str__(self) -> str:
        return f"block {self.name}: {self.failure or self.after}"

    def to_json(self) -> dict[str, Any]:
        facts = {"block": self.name, "ands_before": self.before, "ands_after": self.after, "cached": self.cached}
        facts |= {"seconds": round(self.seconds, 3), "memory": self.memory}
        facts["proof"] = self.proof.to_json()
        return facts | ({"failure": self.failure} if self.failure else {})

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> BlockRecord:
        return cls(
            name=str(facts["block"]),
            before=index(facts["ands_before"]),
            after=index(facts["ands_after"]),
            proof=Verdict.from_json(facts["proof"]),
            seconds=seconds_from(facts["seconds"]),
            memory=index(facts["memory"]),
            failure=str(facts.get("failure", "")),
            cached=bool(facts["cached"]),
        )


@dataclass(frozen=True)
class StepRecord:
    """One tool run. `label`: as the flow wrote it; `seconds`: the tool, `proof`: its verdict with method and
    seconds; `memory`: the tool's peak resident bytes; `folder`: its place inside the run's folder. `failure`: what
    went wrong, or after `LEFT_OUT` why the step does not take the netlist, if there is no result; then `counts` are
    those of the netlist that the flow went back to, and `sha256`, of the file of the netlist that was made, is
    empty. `cached`: whether an earlier run had the tool's answer. `blocks`: for a step of `scope: block`; those that
    failed stayed as they were."""

    number: int
    label: str
    counts: Counts
    seconds: float
    memory: int
    proof: Verdict
    folder: str
    failure: str = ""
    sha256: str = ""
    cached: bool = False
    blocks: tuple[BlockRecord, ...] = ()

    @property
    def outcome(self) -> str:
        """For tables: the verdict, or "failed", or "left out" for what does not take such netlists."""
        return _without_result(self.failure) or self.proof.answer

    def to_json(self) -> dict[str, Any]:
        facts = {"step": self.number, "label": self.label, **asdict(self.counts), "seconds": round(self.seconds, 3)}
        facts |= {"memory": self.memory, "folder": self.folder, "sha256": self.sha256, "cached": self.cached}
        facts["proof"] = self.proof.to_json()
        facts |= {"blocks": [block.to_json() for block in self.blocks]} if self.blocks else {}
        return facts | ({"failure": self.failure} if self.failure else {})

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> StepRecord:
        """Undo `to_json`. KeyError, TypeError or ValueError for what it never wrote."""
        return cls(
            number=index(facts["step"]),
            label=printable(facts["label"]),
            counts=Counts.from_json(facts),
            seconds=seconds_from(facts["seconds"]),
            memory=index(facts["memory"]),
            proof=Verdict.from_json(facts["proof"]),
            folder=_named(facts["folder"]),
            failure=printable(facts.get("failure", "")),
            sha256=str(facts["sha256"]),
            cached=bool(facts["cached"]),
            blocks=tuple(map(BlockRecord.from_json, facts.get("blocks", ()))),
        )


@dataclass(frozen=True, kw_only=True)
class FlowProgress(Progress):
    """A step is about to start its tool, or is over: then `record` is what became of it.

    label: as the flow wrote the step; counts: of the netlist that the step is given, then, of the one it left.
    """

    label: str
    counts: Counts
    record: StepRecord | None = None


@dataclass(frozen=True, repr=False)
class FlowResult(Framed):
    """`aig`: the smallest proven netlist (by ANDs, then levels), never worse than the input; only when no step at all
    could be proven is it the smallest undecided one. `verdict` says which. `folder`: None if nothing was kept.
    `before`, `after`: counts of what went in and of `aig`; `removed`: what became of the latches that the flow
    removed; `ended`: false where the time was over before the flow was."""

    aig: Aig
    flow: Flow
    steps: tuple[StepRecord, ...]
    verdict: Verdict
    folder: Path | None
    before: Counts
    after: Counts
    removed: LatchMap = field(default_factory=dict)
    ended: bool = True

    def __repr__(self) -> str:
        state = f", {len(self.failed)} failed" if self.failed else ""
        ands = f"{self.ands_before} -> {self.ands_after} ANDs"
        return (
            f"<FlowResult {self.flow.name!r}: {ands}, {self.verdict.answer}, {counted(len(self.steps), 'step')}{state}>"
        )

    def _repr_html_(self) -> str:
        """Gate counts after each step, as a table."""
        return self.diff()._repr_html_()

    @property
    def removal(self) -> str:
        """One line about the latches that the flow removed; empty if it removed none."""
        return removal(self.removed, self.before.latches)

    @property
    def ands_before(self) -> int:
        """Of the netlist that went in."""
        return self.before.ands

    @property
    def ands_after(self) -> int:
        """Of the last proven netlist."""
        return self.after.ands

    @property
    def reproducible(self) -> bool:
        """Whether a rerun must give the same bytes: the flow says so and came to its end, and there was no failure or
        missing proof, which may depend on the time taken."""
        failed = any(block.failed for step in self.steps for block in step.blocks)
        sure = all(step.outcome in ("equivalent", "left out") for step in self.steps)
        return self.flow.reproducible and self.ended and not failed and sure

    @property
    def failed(self) -> tuple[StepRecord, ...]:
        """The steps whose results were thrown away."""
        return tuple(step for step in self.steps if step.outcome == "failed")

    def diff(self) -> Table:
        """A table: the input, every step, the result; `print` it or take its `to_json()`."""
        from bridge.flow.compare import compare

        return compare(self)

    def columns(self) -> dict[str, list[Any]]:
        """Those of `diff()`."""
        return self.diff().columns()

    def plot(self) -> Chart:
        """AND nodes after each step."""
        from bridge.flow.picture import chart_of_runs

        return chart_of_runs([self])


def printable(text: object) -> str:
    """Without the characters that a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text))


def _named(folder: object) -> str:
    if not (isinstance(folder, str) and _FOLDER.fullmatch(folder)):
        raise ValueError(f"no step has the folder {str(folder)[:100]!r}")
    return folder


class StepError(ToolError):
    """A step of a flow that stops on errors, or every step, failed or changed the function. `step`: its record's label;
    `result`: what was good until then."""

    def __init__(self, message: str, step: str, result: FlowResult) -> None:
        super().__init__(message)
        self.step, self.result = step, result
