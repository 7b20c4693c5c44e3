"""Compare any number of runs and netlists by their gate counts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bridge.aig import Aig
from bridge.equivalence import Verdict
from bridge.errors import InputError
from bridge.flow.recall import STEP_NETLIST
from bridge.flow.record import INPUT, RECORD, RESULT, read_record
from bridge.flow.result import Counts, FlowResult, StepRecord, count, row_of, rows_of_run
from bridge.flow.structure import measure
from bridge.flow.table import Row, Table
from bridge.formats import read_netlist
from bridge.latchmap import removal
from bridge.metadata import read_metadata
from bridge.toolchain import Tool

Netlist = Aig | Path | None
Source = str | os.PathLike[str] | Aig | FlowResult


def compare(*sources: Source, structure: bool = False, luts: Tool | None = None) -> Table:
    """A row per netlist; for a run (its folder, or its result) the input, every step and the result.

    Changes are counted from the first row. `structure`: also count XORs, majorities and ANDs by block, and with an ABC
    in `luts` lookup tables, where the netlist is still there. InputError for what is neither a run nor a netlist.
    """
    if not sources:
        raise InputError("name at least one run or netlist to compare")
    rows: list[Row] = []
    ends = []
    for source in sources:
        found = list(_rows(source, len(sources) > 1))
        rows += [_measured(row, netlist, luts) if structure or luts else row for row, netlist in found]
        ends.append(len(rows) - 1)
    return Table(tuple(rows), tuple(ends))


def _rows(source: Source, prefixed: bool) -> Iterable[tuple[Row, Netlist]]:
    """Every row with its netlist, or with where that should be."""
    if isinstance(source, Aig):
        return [(_row_of_netlist(source.name or "netlist", source), source)]
    if isinstance(source, FlowResult):
        prefix = f"{source.flow.name}: " if prefixed else ""
        rows = rows_of_run(prefix, source.before, source.steps, source.after, source.verdict, source.removal)
        places = _places(source.folder, source.steps) if source.folder else [None] * len(rows)
        return zip(rows, [*places[:-1], source.aig], strict=True)
    path = Path(source)
    if path.name == RECORD:
        path = path.parent
    if path.is_dir():
        return _rows_of_folder(path, f"{path.name}: " if prefixed else "")
    aig = read_netlist(path)
    return [(_row_of_netlist(str(path), aig), aig)]


def _row_of_netlist(label: str, aig: Aig) -> Row:
    latches = read_metadata(aig).latches
    return replace(row_of(label, count(aig)), removed=removal(latches, len(aig.latches) + len(latches)))


def _places(folder: Path, steps: Iterable[StepRecord]) -> list[Path | None]:
    made = [None if step.failure else folder / Path(step.folder).name / STEP_NETLIST for step in steps]
    return [folder / INPUT, *made, folder / RESULT]


def _measured(row: Row, netlist: Netlist, luts: Tool | None) -> Row:
    if isinstance(netlist, Path):
        netlist = read_netlist(netlist) if netlist.is_file() else None
    return row if netlist is None else replace(row, **vars(measure(netlist, luts)))


def _rows_of_folder(folder: Path, prefix: str) -> Iterable[tuple[Row, Netlist]]:
    facts = read_record(folder)
    try:
        steps = tuple(map(StepRecord.from_json, facts["steps"]))
        before, after = Counts.from_json(facts["input"]), Counts.from_json(facts["result"])
        removed = str(facts.get("removed", ""))
        rows = rows_of_run(prefix, before, steps, after, Verdict.from_json(facts["verdict"]), removed)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / RECORD}: the record is damaged: {error!r}") from error
    return zip(rows, _places(folder, steps), strict=True)
