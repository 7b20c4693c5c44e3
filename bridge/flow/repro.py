"""Run a flow again, without the cache, and compare the bytes of every netlist it makes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import InputError
from bridge.flow.finished import netlist_bytes, read_run
from bridge.flow.record import RECORD, RESULT, read_record
from bridge.flow.result import FlowResult
from bridge.flow.runner import run_flow
from bridge.toolchain import ToolName, locate


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
    facts, old = read_record(folder), read_run(folder)
    try:
        if facts["state"] != "done":
            raise InputError(f"{folder}: the run is {facts['state']}, so there is no result to repeat")
        recorded = {name: str(tool["sha256"]) for name, tool in facts["tools"].items()}
        digests = [step["sha256"] for step in facts["steps"]]
        before = netlist_bytes(folder / RESULT, facts["result"]["sha256"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / RECORD}: the record is damaged: {error!r}") from error
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        result = run_flow(
            old.aig, old.flow, temporary, limits=old.limits, proof_seconds=old.proof_seconds, cached=False
        )
        assert result.folder is not None
        if (result.folder / RESULT).read_bytes() == before:
            return Repro(True, "", result)
    return Repro(False, _reason(digests, result, recorded), result)


def _reason(digests: list[str], result: FlowResult, recorded: dict[ToolName, str]) -> str:
    pairs = zip(digests, result.steps, strict=False)
    step = next((step for digest, step in pairs if digest != step.sha256), None)
    where = f"step {step.number} ({step.label}) made another netlist" if step else "the number of steps is another"
    others = [name for name, digest in recorded.items() if locate(name).sha256 != digest]
    return where + (f"; {' and '.join(others)} is another program than then" if others else "")
