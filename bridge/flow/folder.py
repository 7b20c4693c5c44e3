"""The folder of a run: `runs/<id>/` with `run.json`, `input.aig`, `result.aig` and one folder per step.

`run.json` is rewritten after every step, whole or not at all, so an interrupted run tells how far it came. While a run
lives, it holds a lock; one that says "running" and holds none was killed, and reads as "interrupted".
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.aig.latchmap import to_json
from bridge.errors import InputError
from bridge.files import make_directory
from bridge.files.folder import Folder
from bridge.flow.netlist import Netlist
from bridge.flow.result import FlowResult, StepRecord
from bridge.flow.rewrite import Setup
from bridge.flow.schema import Flow
from bridge.resources import INPUT as INPUT
from bridge.resources import RECORD as RECORD

RESULT, METRICS = "result.aig", "metrics.json"
VERSION = 1
_RECORD_BYTES = 64 << 20


def new_folder(out: Path, flow: Flow) -> Folder:
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
        return Folder(folder)
    raise InputError(f"{out}: too many runs of this flow started in the same second")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Own the folder of a run, as long as this process lives. InputError if another run does."""
    with _handle(folder) as handle:
        if not _locks(handle, fcntl.LOCK_EX):
            raise InputError(f"{folder}: this run is still going on")
        yield


@contextlib.contextmanager
def _handle(folder: Path) -> Iterator[int]:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InputError(f"{folder}: cannot open the folder of a run: {error.strerror or error}") from error
    try:
        yield handle
    finally:
        os.close(handle)


def _locks(handle: int, kind: int) -> bool:
    """Try to lock; a file system without locks has no one else who holds them."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def write_start(
    folder: Folder, given: Netlist, flow: Flow, setup: Setup, proof_seconds: float, second: bool
) -> dict[str, Any]:
    """Write the input; the part of the record that is known before the first step."""
    folder.write(INPUT, given.data)
    return {
        "aigbridge_run": VERSION,
        "input": {"sha256": given.sha256, "name": given.aig.name, **asdict(given.counts)},
        "limits": {**setup.limits.to_json(), "proof_seconds": proof_seconds},
        "options": {"cached": setup.cache is not None, "second": second},
        "flow": flow.model_dump(mode="json", exclude_none=True),
        "tools": {
            name: {"path": str(tool.path), "source": tool.source, "version": tool.version, "sha256": tool.sha256}
            for name, tool in setup.tools.items()
        },
    }


def write_record(
    folder: Folder, start: Mapping[str, Any], result: FlowResult, digest: str, state: str, failure: str = ""
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
    folder.write(RECORD, json.dumps(facts, indent=2) + "\n")


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a run; what was killed is "interrupted". InputError if the folder holds none."""
    facts = Folder(folder).read_json(RECORD, "the record of a run", _RECORD_BYTES)
    if facts.get("aigbridge_run") != VERSION:
        raise InputError(f"{folder / RECORD}: is not the record of a run, or of another version")
    if facts.get("state") == "running":
        with _handle(folder) as handle:
            facts["state"] = "interrupted" if _locks(handle, fcntl.LOCK_SH) else "running"
    return facts


def write_metrics(folder: Folder, record: StepRecord, key: str) -> None:
    """`key`: all that the step depends on."""
    folder.write(METRICS, json.dumps({**record.to_json(), "key": key}, indent=2) + "\n")
