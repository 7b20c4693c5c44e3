"""The command diff: gate counts of runs and netlists side by side."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.aig import Aig
from bridge.cli.figures import LibraryName, LutSize, RealAnds, wanted
from bridge.cli.models import load_netlist, run_folder
from bridge.cli.output import AsJson, emit
from bridge.errors import InputError
from bridge.flow import compare
from bridge.flow.table import NUMBERS, STRUCTURE
from bridge.formats.mapped.figures import FIGURES, TITLES, Wanted
from bridge.formats.mapped.library import SIMPLE

Form = Literal["table", "csv", "markdown"]


def diff(
    items: Annotated[list[str], typer.Argument(help="Run folders, netlists or cells; the first is the base.")],
    structure: Annotated[bool, typer.Option("--structure", help="Count XORs, majorities, ANDs by block.")] = False,
    luts: Annotated[bool, typer.Option("--luts", help="The same, and --lut-size 6.")] = False,
    lut_size: LutSize = None,
    library: LibraryName = None,
    real_ands: RealAnds = False,
    form: Annotated[Form, typer.Option("--format", help="How to print the rows.")] = "table",
    fail: Annotated[bool, typer.Option("--fail-if-larger", help="Exit code 1 for more ANDs than the first.")] = False,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="FIGURE=N", help="Exit code 1 for results above it, as in luts=1200; several times."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Gate counts side by side, per step for runs.

    Exit code 3: nothing is above its limit, but figures of lookup tables or cells are not proven of their netlist.
    """
    limits = _limits(limit or [])
    figures = _wanted([*limits], lut_size or (6 if luts else None), library, real_ands)
    structure = structure or luts or bool(limits.keys() & STRUCTURE.keys())
    table = compare(*map(_source, items), structure=structure, figures=figures)
    above = table.above(limits)
    printed = {"csv": table.to_csv, "markdown": table.to_markdown}
    blocks = table.block_table()
    told = [*table.removals, *table.notes, *table.mappings, *above]
    lines = [printed[form]()] if form in printed else [table, *([blocks] if blocks else []), *told]
    larger = [row.label for row in table.larger]
    facts = {"rows": table.to_json(), "larger": larger, "above": list(above), "notes": list(table.notes)}
    emit(as_json, facts, *lines)
    unproven = table.unproven and bool(limits.keys() & TITLES.keys())
    raise typer.Exit(1 if (fail and table.larger) or above else 3 if unproven else 0)


def _source(item: str) -> Path | Aig:
    """A run stays a folder; everything else is what it is for all commands."""
    run = run_folder(item)
    return replace(load_netlist(item), name=item) if run is None else run


def _wanted(names: list[str], lut_size: int | None, library: str | None, real_ands: bool) -> Wanted:
    """What the options ask for, and what these figures need: by default tables of six inputs, and our own library."""
    needed = {option for option, figures in FIGURES.items() if {*figures} & {*names}}
    return wanted(
        lut_size or (6 if "--lut-size" in needed else None),
        library or (SIMPLE if "--library" in needed else None),
        real_ands or "--xag" in needed,
    )


def _limits(given: list[str]) -> dict[str, float]:
    """The largest values that figures may have. InputError for what is not FIGURE=NUMBER."""
    limits: dict[str, float] = {}
    for said in given:
        name, _, number = said.partition("=")
        if name not in NUMBERS:
            raise InputError(f"--limit {said}: there is no figure {name!r}; there are {', '.join(NUMBERS)}")
        if name in limits:
            raise InputError(f"--limit {said}: {name} has a limit already; give one for each figure")
        try:
            limits[name] = float(number)
        except ValueError:
            limits[name] = math.nan
        if math.isnan(limits[name]):  # nothing is above it
            raise InputError(f"--limit {said}: expected FIGURE=NUMBER, as in luts=1200")
    return limits
