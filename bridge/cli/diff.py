"""The command diff: gate counts of runs and netlists side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.aig import Aig
from bridge.cli.models import load_netlist, run_folder
from bridge.cli.output import AsJson, emit
from bridge.flow import compare
from bridge.toolchain import locate

Form = Literal["table", "csv", "markdown"]


def diff(
    items: Annotated[list[str], typer.Argument(help="Run folders, netlists or cells; the first is the base.")],
    structure: Annotated[bool, typer.Option("--structure", help="Count XORs, majorities, ANDs by block.")] = False,
    luts: Annotated[bool, typer.Option("--luts", help="The same, and ABC's lookup tables of six inputs.")] = False,
    form: Annotated[Form, typer.Option("--format", help="How to print the rows.")] = "table",
    fail: Annotated[bool, typer.Option("--fail-if-larger", help="Exit code 1 for more ANDs than the first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Gate counts side by side, per step for runs."""
    table = compare(*map(_source, items), structure=structure, luts=locate("abc") if luts else None)
    printed = {"csv": table.to_csv, "markdown": table.to_markdown}
    blocks = table.block_table()
    told = [*table.removals, *table.notes]
    lines = [printed[form]()] if form in printed else [table, *([blocks] if blocks else []), *told]
    larger = [row.label for row in table.larger]
    emit(as_json, {"rows": table.to_json(), "larger": larger, "notes": list(table.notes)}, *lines)
    raise typer.Exit(1 if fail and table.larger else 0)


def _source(item: str) -> Path | Aig:
    """A run stays a folder; everything else is what it is for all commands."""
    run = run_folder(item)
    return replace(load_netlist(item), name=item) if run is None else run
