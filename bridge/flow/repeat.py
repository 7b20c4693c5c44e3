"""Run a flow again, without the cache, and compare the bytes of every netlist it makes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import InputError
from bridge.flow.folder import RESULT
from bridge.flow.old_run import OldRun, netlist_bytes, read_whole_run
from bridge.flow.result import FlowResult
from bridge.flow.run import locate_for, run_flow


@dataclass(frozen=True)
class Repro:
    """`same`: whether the results agree byte by byte; `reason`: where they part, and what may be the cause."""

    same: bool
    reason: str
    result: FlowResult


def repro(folder: Path) -> Repro:
    """Repeat the finished run in that folder with the flow and limits of its record and the tools of today.

    InputError if the folder holds no finished run, or if its netlists were changed since; else as `run_flow`.
    """
    old = read_whole_run(folder)
    if old.state != "done":
        raise InputError(f"{folder}: the run is {old.state}, so there is no result to repeat")
    before = netlist_bytes(old.folder, RESULT, old.digests[RESULT])
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        result = run_flow(
            old.input, old.flow, temporary, limits=old.limits, proof_seconds=old.proof_seconds, cached=False
        )
        assert result.folder is not None
        if (result.folder / RESULT).read_bytes() == before:
            return Repro(True, "", result)
    return Repro(False, _reason(old, result), result)


def _reason(old: OldRun, result: FlowResult) -> str:
    pairs = zip(old.steps, result.steps, strict=False)
    step = next((new for was, new in pairs if was.sha256 != new.sha256), None)
    where = f"step {step.number} ({step.label}) made another netlist" if step else "the number of steps is another"
    others = [name for name, tool in locate_for(old.flow).items() if tool.sha256 != old.tools.get(name)]
    return where + (f"; {' and '.join(others)} is another program than then" if others else "")
