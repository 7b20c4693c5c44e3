"""What the folder of an interrupted run still holds: the flow and its input, and the steps that were finished."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.files import GIBIBYTE, read_bytes
from bridge.flow.recall import STEP_NETLIST, File
from bridge.flow.record import INPUT, METRICS, RECORD, digest_of, read_record
from bridge.flow.result import StepRecord
from bridge.flow.schema import Flow
from bridge.formats.aiger import parse_aiger
from bridge.toolchain import Limits

_METRICS_BYTES = 16 << 20


@dataclass(frozen=True)
class OldRun:
    """A run as it was started."""

    aig: Aig
    flow: Flow
    limits: Limits
    proof_seconds: float
    cached: bool
    second: bool


@dataclass(frozen=True)
class Finished:
    """A step with the netlist that it left."""

    record: StepRecord
    file: File


def read_run(folder: Path) -> OldRun:
    """How the run in that folder was started. InputError if it holds none, or if its input was changed since."""
    facts = read_record(folder)
    try:
        flow = Flow.model_validate_json(json.dumps(facts["flow"]))
        limits, proof_seconds = Limits.from_json(facts["limits"]), float(facts["limits"]["proof_seconds"])
        if not 0 <= proof_seconds < float("inf"):
            raise ValueError(f"a proof cannot take {proof_seconds} seconds")
        options = {name: bool(facts["options"][name]) for name in ("cached", "second")}
        digest = str(facts["input"]["sha256"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / RECORD}: the record is damaged: {error!r}") from error
    data = netlist_bytes(folder / INPUT, digest)
    return OldRun(parse_aiger(data, str(folder / INPUT)), flow, limits, proof_seconds, **options)


def finished_steps(folder: Path) -> dict[tuple[str, str], Finished]:
    """By folder and all that they depend on, the steps whose netlists are those recorded, but for those that failed."""
    found = {}
    for place in sorted(folder.glob(f"*/{METRICS}")):
        try:
            facts = json.loads(read_bytes(place, "the metrics of a step", _METRICS_BYTES))
            record = StepRecord.from_json(facts)
            if record.failure or record.folder != place.parent.name:
                continue
            data = netlist_bytes(place.with_name(STEP_NETLIST), record.sha256)
            found[record.folder, str(facts["key"])] = Finished(record, File(data))
        except (InputError, KeyError, TypeError, ValueError):
            continue  # what is damaged is run again
    return found


def netlist_bytes(path: Path, digest: str) -> bytes:
    """The content of a netlist of a run. InputError if it was changed."""
    data = read_bytes(path, "a netlist of the run", GIBIBYTE)
    if digest_of(data) != digest:
        raise InputError(f"{path}: was changed after the run: its digest is not the recorded one")
    return data
