"""What the folder of an earlier run holds: the record, typed, and the netlists, each with the digest that was recorded.

Whoever reads a run reads it here, so nothing recorded ("equivalent") is ever said of a file that was changed since.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.equivalence import Verdict
from bridge.equivalence.verdict import seconds_from
from bridge.errors import InputError
from bridge.files.folder import Folder
from bridge.flow.folder import INPUT, METRICS, RECORD, RESULT, read_record
from bridge.flow.netlist import STEP_NETLIST, digest_of
from bridge.flow.result import Counts, StepRecord, count, printable
from bridge.flow.schema import Flow, recorded
from bridge.formats.aiger import parse_aiger
from bridge.printable import counted
from bridge.toolchain import Limits

_METRICS_BYTES = 16 << 20
_PAUSES = (0.05, 0.2, 0.5)
_STATES = ("running", "done", "failed", "interrupted")


class ChangedError(InputError):
    """A file of a run is not the one that was recorded."""


@dataclass(frozen=True)
class OldRun:
    """A run as it was started, and how far it came. `state`: running, done, failed or interrupted; `failure`: why it
    failed; `tools`: the digest of each program; `removed`: a line about removed latches; `digests`: of the input's and
    the result's files, by name."""

    folder: Folder
    state: str
    failure: str
    flow: Flow
    limits: Limits
    proof_seconds: float
    cached: bool
    second: bool
    tools: Mapping[str, str]
    before: Counts
    after: Counts
    steps: tuple[StepRecord, ...]
    verdict: Verdict
    removed: str
    digests: Mapping[str, str]

    @property
    def input(self) -> Aig:
        """InputError if it was changed since."""
        return self._netlist(self.folder, INPUT, self.digests[INPUT])

    @property
    def result(self) -> Aig:
        """The smallest netlist so far. InputError if it was changed since."""
        return self._netlist(self.folder, RESULT, self.digests[RESULT])

    def made_by(self, step: StepRecord) -> Aig | None:
        """The netlist that a step left; None if it failed, or if its netlist was removed. InputError if it was changed
        since."""
        folder = self._kept(step)
        return self._netlist(folder, STEP_NETLIST, step.sha256) if folder else None

    def check(self) -> None:
        """InputError if a netlist is not the one that was recorded, or not of the size that was; those of steps may
        have been removed."""
        self._check_size(INPUT, self.input, self.before)
        try:
            self._check_size(RESULT, self.result, self.after)
        except ChangedError as error:
            if self.state != "interrupted":
                raise
            raise ChangedError(
                f"{error}, or the run was killed as it wrote it; {resuming(self.folder.path)} makes it anew"
            ) from None
        for step in self.steps:
            made = self.made_by(step)
            if made is not None:
                self._check_size(f"{step.folder}/{STEP_NETLIST}", made, step.counts)

    def _check_size(self, name: str, aig: Aig, recorded: Counts) -> None:
        counts = count(aig)
        if counts != recorded:
            place = self.folder.path / RECORD
            raise ChangedError(f"{place}: was changed after the run: it says that {name} has {recorded}, not {counts}")

    def _kept(self, step: StepRecord) -> Folder | None:
        """The folder of a step, if the netlist that it made is still there."""
        folder = self.folder.below(step.folder)
        there = not step.failure and self.folder.holds(step.folder) and folder.holds(STEP_NETLIST)
        return folder if there else None

    @property
    def fruitless(self) -> bool:
        """It failed, and its result is its input."""
        return self.state == "failed" and self.digests[RESULT] == self.digests[INPUT]

    @property
    def standing(self) -> str:
        """One line about a run that has no end; empty for one that is done."""
        place, so_far = self.folder.path, f"{counted(len(self.steps), 'step')} so far left {self.after.ands:,} ANDs"
        return {
            "running": f"{place}: still running: {so_far}",
            "interrupted": f"{place}: was interrupted: {so_far}; go on with: {resuming(place)}",
            "failed": f"{place}: failed: {self.failure}; the last good netlist has {self.after.ands:,} ANDs",
        }.get(self.state, "")

    @staticmethod
    def _netlist(folder: Folder, name: str, digest: str) -> Aig:
        return parse_aiger(netlist_bytes(folder, name, digest), str(folder.path / name))


def resuming(folder: Path) -> str:
    """The command that takes up an interrupted run."""
    return f"aigbridge run --resume {shlex.quote(str(folder))}"


def read_run(folder: Path) -> OldRun:
    """The run in that folder, as it was recorded. InputError if it holds none."""
    facts = read_record(folder)
    try:
        return _typed(Folder(folder), facts)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{folder / RECORD}: the record is damaged: {error!r}") from error


def read_whole_run(folder: Path) -> OldRun:
    """The same, with every netlist as it was recorded: InputError for one that was changed."""
    for pause in (*_PAUSES, None):
        run = read_run(folder)
        try:
            run.check()
            break
        except ChangedError:
            if run.state != "running" or pause is None:
                raise
            time.sleep(pause)  # it had written the one file, but not yet the other
    return run


def _typed(folder: Folder, facts: Mapping[str, Any]) -> OldRun:
    proof_seconds, state = seconds_from(facts["limits"]["proof_seconds"]), facts["state"]
    if state not in _STATES:
        raise ValueError(f"a run is not {state!r}")
    steps = tuple(map(StepRecord.from_json, facts["steps"]))
    if len({step.folder for step in steps}) < len(steps):
        raise ValueError("two steps have the same folder")
    return OldRun(
        folder=folder,
        state=state,
        failure=printable(facts.get("failure", "")),
        flow=recorded(Flow, facts["flow"]),
        limits=Limits.from_json(facts["limits"]),
        proof_seconds=proof_seconds,
        cached=bool(facts["options"]["cached"]),
        second=bool(facts["options"]["second"]),
        tools={str(name): str(tool["sha256"]) for name, tool in facts["tools"].items()},
        before=Counts.from_json(facts["input"]),
        after=Counts.from_json(facts["result"]),
        steps=steps,
        verdict=Verdict.from_json(facts["verdict"]),
        removed=printable(facts.get("removed", "")),
        digests={INPUT: str(facts["input"]["sha256"]), RESULT: str(facts["result"]["sha256"])},
    )


def finished_steps(folder: Folder) -> dict[tuple[str, str], StepRecord]:
    """By folder and all that they depend on, the steps that did not fail; their netlists are not looked at yet."""
    found = {}
    for name in folder.listing():
        try:
            facts = folder.below(name).read_json(METRICS, "the metrics of a step", _METRICS_BYTES)
            record = StepRecord.from_json(facts)
            if not record.failure and record.folder == name:
                found[name, str(facts["key"])] = record
        except (InputError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
            continue  # what is no step, or damaged, is run again
    return found


def netlist_bytes(folder: Folder, name: str, digest: str) -> bytes:
    """The content of a netlist of a run. ChangedError if it was changed."""
    data = folder.read(name, "a netlist of the run")
    if digest_of(data) != digest:
        raise ChangedError(f"{folder.path / name}: was changed after the run: its digest is not the recorded one")
    return data
