"""How often, beside yes and no: options of `affects` and `dependence`, and the table of shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.aig import Aig
from bridge.analysis.dependences.shares import Shares, shares
from bridge.cell import Cell
from bridge.cli.output import emit, progress, table

FEW = 12  # sources and targets of which every pair is shown

HowOften = Annotated[
    bool,
    typer.Option("--how-often", help="Also the share of cases, of all states and inputs or those of the text."),
]
Graded = Annotated[bool, typer.Option("--graded", help="How often each affects each, instead of yes and no.")]
GradedOn = Annotated[str | None, typer.Option("--text", help="With --graded: a file, or the corpus kjv or pydoc.")]


def show_shares(
    model: Cell | Aig,
    sources: list[str] | None,
    targets: list[str] | None,
    steps: int,
    *,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Ask and print; options: those of `shares`."""
    with progress("shares") as report:
        found = shares(model, sources, targets, steps, progress=report, **options)
    if out is not None:
        found.save(out)
    emit(as_json, found.to_json() | ({"out": str(out)} if out else {}), str(found), _table(found))


def _table(found: Shares) -> Any:
    """Every entry while they are few, else the mean between each two blocks."""
    if max(len(found.sources), len(found.targets)) <= FEW:
        names, columns, numbers = [*found.sources], [*found.targets], found.shares
        corner, exact = "share, from \\ to", found.exact
    else:
        names, columns, numbers = found.by_block()
        corner, exact = "mean share, from \\ to", numbers > 1
    rows = [
        [name, *(f"{share:.2%}{'' if sure or not share else ' ~'}" for share, sure in zip(row, known, strict=True))]
        for name, row, known in zip(names, numbers.tolist(), exact.tolist(), strict=True)
    ]
    return table((corner, *columns), rows)
