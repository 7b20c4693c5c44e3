"""Compare any number of runs and netlists by their gate counts."""

from __future__ import annotations

import os
from pathlib import Path

from bridge.aig import Aig
from bridge.equivalence import Verdict
from bridge.errors import InputError
from bridge.flow.record import RECORD, counts_from, read_record
from bridge.flow.result import FlowResult, StepRecord, count, row_of, rows_of_run
from bridge.flow.table import Row, Table
from bridge.formats import read_netlist

Source = str | os.PathLike[str] | Aig | FlowResult


def compare(*sources: Source) -> Table:
    """A row per netlist; for a run (its folder, or its result) the input, every step and the result.

    Changes are counted from the first row. InputError for what is neither a run nor a netlist.
    """
    if not sources:
        raise InputError("name at least one run or netlist to compare")
    prefixed = len(sources) > 1
    return Table(tuple(row for source in sources for row in _rows(source, prefixed)))


def _rows(source: Source, prefixed: bool) -> list[Row]:
    if isinstance(source, Aig):
        return [row_of(source.name or "netlist", count(source))]
    if isinstance(source, FlowResult):
        prefix = f"{source.flow.name}: " if prefixed else ""
        return rows_of_run(prefix, source.before, source.steps, source.after, source.verdict)
    path = Path(source)
    if path.name == RECORD:
        path = path.parent
    if path.is_dir():
        return _rows_of_folder(path, f"{path.name}: " if prefixed else "")
    return [row_of(str(path), count(read_netlist(path)))]


def _rows_of_folder(folder: Path, prefix: str) -> list[Row]:
    facts = read_record(folder)
    try:
        steps = tuple(
            StepRecord(
                step["step"],
                step["label"],
                counts_from(step),
                step["seconds"],
                step["memory"],
                _verdict(step["proof"]),
                step["folder"],
            )
            for step in facts["steps"]
        )
        before, after = counts_from(facts["input"]), counts_from(facts["result"])
        return rows_of_run(prefix, before, steps, after, _verdict(facts["verdict"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / RECORD}: the record is damaged: {error!r}") from error


def _verdict(facts: dict[str, object]) -> Verdict:
    return Verdict(facts["verdict"], str(facts["method"]), float(str(facts["seconds"])))  # type: ignore[arg-type]
