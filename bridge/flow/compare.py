"""Compare any number of runs and netlists by their gate counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from bridge.aig import Aig
from bridge.aig.latchmap import removal
from bridge.errors import InputError
from bridge.flow.figures import measured
from bridge.flow.folder import RECORD
from bridge.flow.old_run import OldRun, read_run, read_whole_run
from bridge.flow.result import Counts, FlowResult, count
from bridge.flow.structure import measure
from bridge.flow.table import Row, Table
from bridge.formats import read_netlist
from bridge.formats.mapped.figures import NOTHING, Wanted
from bridge.metadata import read_metadata

Source = str | os.PathLike[str] | Aig | FlowResult | OldRun


@dataclass(frozen=True)
class _Line:
    """A row, and how to get its netlist, None where it is gone."""

    row: Row
    netlist: Callable[[], Aig | None]


def compare(*sources: Source, structure: bool = False, figures: Wanted = NOTHING, steps: bool = True) -> Table:
    """A row per netlist; for a run (its folder, or its result) the input, every step and the result.

    Changes are counted from the first row. `structure`: also count XORs, majorities and ANDs by block; `figures`: also
    measure these, without `steps` only of inputs and results; both where the netlist is still there. InputError for
    what is neither a run nor a netlist, and for a run with a netlist that was changed since; ToolError as `measured`.
    """
    if not sources:
        raise InputError("name at least one run or netlist to compare")
    rows: list[Row] = []
    ends, notes = [], []
    for source in map(_opened, sources):
        found = _lines(source, len(sources) > 1)
        last = len(found) - 1
        wanted = [figures if steps or place in (0, last) else NOTHING for place in range(len(found))]
        rows += [_measured(line, structure, each) for line, each in zip(found, wanted, strict=True)]
        ends.append(len(rows) - 1)
        if isinstance(source, OldRun) and source.standing:
            notes.append(source.standing)
    return Table(tuple(rows), tuple(ends), tuple(notes))


def _opened(source: Source) -> Aig | FlowResult | OldRun:
    if isinstance(source, Aig | FlowResult | OldRun):
        return source
    path = Path(source)
    folder = path.parent if path.name == RECORD else path
    return read_whole_run(folder) if folder.is_dir() else replace(read_netlist(path), name=str(path))


def _lines(source: Aig | FlowResult | OldRun, prefixed: bool) -> list[_Line]:
    if isinstance(source, Aig):
        return [_Line(_row_of_netlist(source), lambda: source)]
    name = source.flow.name if isinstance(source, FlowResult) else source.folder.name
    rows = _rows_of_run(source, f"{name}: " if prefixed else "")
    return [_Line(row, partial(_netlist, source, index)) for index, row in enumerate(rows)]


def _rows_of_run(source: FlowResult | OldRun, prefix: str) -> list[Row]:
    """The input, every step and the result; of a run that has no end yet, what there is."""
    rows = [_row(f"{prefix}input", source.before)]
    for step in source.steps:
        seconds, method = step.seconds + step.proof.seconds, "" if step.failure else step.proof.method
        row = _row(f"{prefix}{step.number} {step.label}", step.counts)
        rows.append(replace(row, seconds=seconds, verdict=step.outcome, method=method))
    state, removed = (source.state, source.removed) if isinstance(source, OldRun) else ("done", source.removal)
    end = _row(f"{prefix}result" + ("" if state == "done" else f" ({state})"), source.after)
    verdict, total = source.verdict, sum(step.seconds + step.proof.seconds for step in source.steps)
    return [*rows, replace(end, seconds=total, verdict=verdict.answer, method=verdict.method, removed=removed)]


def _row(label: str, counts: Counts) -> Row:
    return Row(label, **asdict(counts))


def _netlist(source: FlowResult | OldRun, row: int) -> Aig | None:
    """That of a row, where it still is."""
    if row == len(source.steps) + 1:
        return source.aig if isinstance(source, FlowResult) else source.result
    if isinstance(source, FlowResult):
        if source.folder is None:
            return None
        source = read_run(source.folder)
    return source.made_by(source.steps[row - 1]) if row else source.input


def _row_of_netlist(aig: Aig) -> Row:
    latches = read_metadata(aig).latches
    return replace(_row(aig.name or "netlist", count(aig)), removed=removal(latches, len(aig.latches) + len(latches)))


def _measured(line: _Line, structure: bool, figures: Wanted) -> Row:
    netlist = line.netlist() if structure or figures else None
    if netlist is None:
        return line.row
    row = replace(line.row, **vars(measure(netlist))) if structure else line.row
    return replace(row, figures=measured(netlist, figures)) if figures else row
