"""The folder of a run: `runs/<id>/` with `run.json`, `input.aig`, `result.aig` and one folder per step.

`run.json` is rewritten after every step, whole or not at all, so an interrupted run tells how far it came.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.files import make_directory, read_bytes, write_atomic
from bridge.flow.result import Counts, FlowResult, StepRecord, count
from bridge.flow.schema import Flow
from bridge.flow.steps import Bench
from bridge.formats.aiger_write import format_aiger
from bridge.latchmap import to_json

RECORD, INPUT, RESULT = "run.json", "input.aig", "result.aig"
VERSION = 1
_RECORD_BYTES = 64 << 20


def new_folder(out: Path, flow: Flow) -> Path:
    """A new folder `<time>-<flow>` below `out`."""
    make_directory(out)
    stem = time.strftime("%Y%m%d-%H%M%S-") + flow.name
    for number in range(1, 1000):
        folder = out / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"{folder}: cannot create the folder: {error.strerror or error}") from error
        return folder
    raise InputError(f"{out}: too many runs of this flow started in the same second")


def write_start(folder: Path, aig: Aig, flow: Flow, bench: Bench, proof_seconds: float) -> dict[str, Any]:
    """Write the input; the part of the record that is known before the first step."""
    data = format_aiger(aig)
    write_atomic(folder / INPUT, data)
    return {
        "aigbridge_run": VERSION,
        "input": {"sha256": hashlib.sha256(data).hexdigest(), "name": aig.name, **asdict(count(aig))},
        "limits": {**asdict(bench.limits), "proof_seconds": proof_seconds},
        "flow": flow.model_dump(mode="json", exclude_none=True),
        "tools": {
            name: {"path": str(tool.path), "source": tool.source, "version": tool.version, "sha256": tool.sha256}
            for name, tool in bench.tools.items()
        },
    }


def write_result(folder: Path, aig: Aig) -> str:
    """The digest of the file written."""
    data = format_aiger(aig)
    write_atomic(folder / RESULT, data)
    return hashlib.sha256(data).hexdigest()


def write_record(
    folder: Path, start: Mapping[str, Any], result: FlowResult, digest: str, state: str, failure: str = ""
) -> None:
    """`digest`: of the result's file; `state`: running, done, failed or interrupted."""
    facts = {
        **start,
        "state": state,
        **({"failure": failure} if failure else {}),
        "steps": [step.to_json() for step in result.steps],
        "ands_before": result.ands_before,
        "ands_after": result.ands_after,
        "result": {"sha256": digest, **asdict(result.after)},
        "reproducible": result.reproducible,
        **({"removed": result.removal, "latches": to_json(result.removed)} if result.removed else {}),
        "verdict": result.verdict.to_json(),
        "netlist": RESULT,
    }
    write_atomic(folder / RECORD, json.dumps(facts, indent=2) + "\n")


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a run. InputError if the folder holds none."""
    path = folder / RECORD
    try:
        facts = json.loads(read_bytes(path, "the record of a run", _RECORD_BYTES))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON: {error}") from error
    if not isinstance(facts, dict) or facts.get("aigbridge_run") != VERSION:
        raise InputError(f"{path}: is not the record of a run, or of another version")
    return facts


def write_metrics(folder: Path, record: StepRecord) -> None:
    write_atomic(folder / "metrics.json", json.dumps(record.to_json(), indent=2) + "\n")


def counts_from(facts: Mapping[str, Any]) -> Counts:
    return Counts(*(int(facts[key]) for key in ("inputs", "latches", "outputs", "ands", "levels")))
