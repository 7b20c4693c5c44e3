"""Run a flow again, without the cache, and compare the bytes of every netlist it makes."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.errors import InputError
from bridge.files import GIBIBYTE, read_bytes
from bridge.flow.record import INPUT, RECORD, RESULT, read_record
from bridge.flow.result import FlowResult
from bridge.flow.runner import run_flow
from bridge.flow.schema import Flow
from bridge.formats.aiger import parse_aiger
from bridge.toolchain import Limits, ToolName, locate


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
    facts = read_record(folder)
    try:
        if facts["state"] != "done":
            raise InputError(f"{folder}: the run is {facts['state']}, so there is no result to repeat")
        flow = Flow.model_validate_json(json.dumps(facts["flow"]))
        limits = Limits(*(type(value)(facts["limits"][name]) for name, value in asdict(Limits()).items()))
        proof_seconds = float(facts["limits"]["proof_seconds"])
        recorded = {name: str(tool["sha256"]) for name, tool in facts["tools"].items()}
        digests = [step["sha256"] for step in facts["steps"]]
        data, old = (
            _content(folder / name, facts[key]["sha256"]) for name, key in ((INPUT, "input"), (RESULT, "result"))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / RECORD}: the record is damaged: {error!r}") from error
    aig = parse_aiger(data, str(folder / INPUT))
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        result = run_flow(aig, flow, temporary, limits=limits, proof_seconds=proof_seconds, cached=False)
        assert result.folder is not None
        if (result.folder / RESULT).read_bytes() == old:
            return Repro(True, "", result)
    return Repro(False, _reason(digests, result, recorded), result)


def _content(path: Path, digest: str) -> bytes:
    data = read_bytes(path, "a netlist of the run", GIBIBYTE)
    if hashlib.sha256(data).hexdigest() != digest:
        raise InputError(f"{path}: was changed after the run: its digest is not the recorded one")
    return data


def _reason(digests: list[str], result: FlowResult, recorded: dict[ToolName, str]) -> str:
    pairs = zip(digests, result.steps, strict=False)
    step = next((step for digest, step in pairs if digest != step.sha256), None)
    where = f"step {step.number} ({step.label}) made another netlist" if step else "the number of steps is another"
    others = [name for name, digest in recorded.items() if locate(name).sha256 != digest]
    return where + (f"; {' and '.join(others)} is another program than then" if others else "")
