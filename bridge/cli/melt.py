"""Commands that bring other people's networks in, and what is needed to run them elsewhere: melt, encoder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cell import Cell
from bridge.cli.data import read_rows
from bridge.cli.models import Model, load_model
from bridge.cli.output import AsJson, activity, emit, progress, writable
from bridge.errors import InputError
from bridge.formats.encoder import ENCODERS, write_encoder
from bridge.melting import melt
from bridge.melting.check import check
from bridge.melting.source import opened
from bridge.metadata import read_metadata
from bridge.printable import counted, either
from bridge.resources import CELL

MOST_ROWS = 10_000_000
SHOWN = 8  # labels, notes


def melt_command(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A network; its kind is told by what it holds.")],
    out: Annotated[Path, typer.Option("--out", "-o", help=f"Where to write the cell ({CELL}).")],
    name: Annotated[str | None, typer.Option(help="Of the cell; default: that of the file.")] = None,
    labels: Annotated[str | None, typer.Option(help="Names of what it tells apart, with commas between them.")] = None,
    input_range: Annotated[
        str | None, typer.Option(help="What a feature can be, 0..255 or 0..255/255: the encoder becomes logic.")
    ] = None,
    leaf_bits: Annotated[
        int | None, typer.Option(min=1, max=31, help="Of the widest tree's leaves; default: 8.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Of boosting that count; default: all.")] = None,
    compared: Annotated[
        str | None,
        typer.Option("--check", metavar="N|FILE.npz", help="Run the original beside it on rows, or on N random ones."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the random rows.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Turn somebody else's network into a cell that is an exact integer reading of it."""
    writable(out, CELL)
    rows = None if compared is None else _rows(compared)
    given = {"input_range": input_range, "leaf_bits": leaf_bits, "rounds": rounds}
    options = {key: value for key, value in given.items() if value is not None}
    with activity("melting"):
        network = opened(source)
        cell = melt(network, name=name, labels=None if labels is None else labels.split(","), **options)
    checked = None
    if rows is not None:
        with progress("checking") as report:
            try:
                checked = check(network, cell, rows, options, seed=seed, progress=report)
            except InputError as error:
                named = isinstance(rows, int) or any(str(path) in str(error) for path in (source, compared))
                raise InputError(str(error) if named else f"{compared}: {error}") from error
    good = checked is None or checked.good
    if good:
        cell.save(out)
    facts = {"out": str(out) if good else None, **_facts(cell), "check": checked and checked.to_json()}
    bounded = bool(cell.record["melt"].get("bound"))
    lines = [_made(cell, out if good else source), *_notes(cell), *(checked.lines(bounded) if checked else [])]
    what_next = f"next: aigbridge lower {out} -o {out.with_suffix('.aig')}"
    emit(as_json, facts, *lines, what_next if good else "nothing is written; without --check it is, to look into it")
    if not good:
        raise typer.Exit(1)


def encoder(
    model: Model,
    out: Annotated[Path, typer.Option("--out", "-o", help=f"Where to write: {either(tuple(ENCODERS))}.")],
    as_json: AsJson = False,
) -> None:
    """Write what makes raw features into the inputs of a netlist: JSON, a C function, or parameters for Verilog."""
    writable(out, *ENCODERS)
    loaded = load_model(model)
    told = loaded if isinstance(loaded, Cell) else read_metadata(loaded)
    labelled = loaded.labelled if isinstance(loaded, Cell) else read_metadata(loaded).scores
    write_encoder(out, told.inputs, labelled)
    elements = {each.name: len(each.low) for each in told.inputs if each.encoder}
    parts = ", ".join(f"{name} ({counted(count, 'integer')})" for name, count in elements.items())
    emit(as_json, {"out": str(out), "elements": elements}, f"{out}: the encoder of {parts}")


def _rows(said: str) -> Any:
    """How many random rows, or those of a file."""
    if said.isdecimal():
        count = int(said) if len(said) < 10 else 0
        if not 1 <= count <= MOST_ROWS:
            raise InputError(f"--check {said:.20}: between 1 and {MOST_ROWS:,} rows can be tried")
        return count
    return read_rows(Path(said), "x")["x"]


def _facts(cell: Cell) -> dict[str, Any]:
    """What was made, as JSON."""
    labels = list(cell.labelled.labels) if cell.labelled else None
    inputs = {block.name: len(block.low) for block in cell.inputs}
    kinds = Counter(block.kind for block in cell.blocks)
    own = {"name": cell.name, "blocks": dict(kinds), "inputs": inputs, "labels": labels, "digest": cell.digest}
    return own | {"state_bits": cell.state_bits, "melt": dict(cell.record.get("melt", {}))}


def _made(cell: Cell, place: Path) -> str:
    """What was made, in a line."""
    kinds = Counter(block.kind for block in cell.blocks if block not in cell.inputs and not block.HEAD)
    blocks = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    given = []
    for block in cell.inputs:
        features = len(set(block.features.tolist())) if block.features is not None else 0
        span = f"{block.low.min()}..{block.high.max()}"
        made = f" made of {counted(features, 'feature')}" if features else ""
        given.append(f"{counted(len(block.low), 'integer')} {span}{made}")
    labels = cell.labelled.labels if cell.labelled else ()
    some = ", ".join(labels[:SHOWN]) + ", ..." * (len(labels) > SHOWN)
    kind = cell.record["melt"]["kind"]
    return f"{place}: {kind}; {'; '.join(given)} -> {blocks or 'no blocks'} -> {counted(len(labels), 'label')} ({some})"


def _notes(cell: Cell) -> list[str]:
    """What is not exact."""
    said = cell.record["melt"]
    bound = (
        [f"not exact: a score may be off by {said['bound']:.3g}, in the units of the original"]
        if said.get("bound")
        else []
    )
    notes = [str(note) for note in said.get("notes", [])]
    return [*bound, *(f"note: {note}" for note in notes[:SHOWN])]
