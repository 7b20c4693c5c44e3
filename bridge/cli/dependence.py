"""The command that asks about all signals: dependence, as yes and no or as shares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import RenderableType

from bridge.analysis.dependences.answer import ANSWERS, NO
from bridge.analysis.dependences.matrix import DependenceMatrix, dependence
from bridge.analysis.dependences.shares import Shares, shares
from bridge.analysis.dependences.tables import by_block
from bridge.analysis.places import told
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, others, progress, some, table, writable
from bridge.cli.output import text as shown
from bridge.cli.questions import Do, Jobs, Memory, Seconds, Steps, edited
from bridge.cli.texts import TextPart, read_part
from bridge.errors import InputError

FEW = 12  # sources and targets of which every pair is shown
WIDEST = 100  # characters of a table
NOTHING = "no", "0.00%"

Graded = Annotated[bool, typer.Option("--graded", help="How often each affects each, instead of yes and no.")]
GradedOn = Annotated[str | None, typer.Option("--text", help="With --graded: a file, or the corpus kjv or pydoc.")]


def dependence_command(
    netlist: Model,
    source: Annotated[list[str] | None, typer.Option("--from", help="Default: all state bits and inputs.")] = None,
    target: Annotated[list[str] | None, typer.Option("--to", help="Default: all state bits and outputs.")] = None,
    steps: Steps = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the matrix: .npz or .csv.")] = None,
    bits: Annotated[bool, typer.Option("--bits", help="A row or column for every bit of a group.")] = False,
    grades: Graded = False,
    text: GradedOn = None,
    part: TextPart = None,
    seconds: Seconds = 900.0,
    memory: Memory = None,
    do: Do = None,
    jobs: Jobs = 2,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Which state bits and inputs affect which state bits and outputs, every entry decided; or how often."""
    if out is not None:
        writable(out, ".npz", ".csv")
    if text is not None and not grades:
        raise InputError("--text is what shares are measured on: ask for them with --graded")
    if bits and grades:
        raise InputError("--bits takes groups apart, --graded swaps whole values: choose one of them")
    data = None if text is None else read_part(text, part)
    model = edited(load_model(netlist, reader), do, data)
    with progress("shares" if grades else "dependence") as report:
        limits: dict[str, Any] = {"seconds": seconds, "memory": memory, "progress": report}
        found = (
            shares(model, source, target, steps, text=data, **limits)
            if grades
            else dependence(model, source, target, steps, bits=bits, jobs=jobs, **limits)
        )
    if out is not None:
        found.save(out)
    lines = _how_often(found, everything) if isinstance(found, Shares) else _who(found, everything)
    emit(as_json, found.to_json() | ({"out": str(out)} if out else {}), *lines)
    raise typer.Exit(3 if found.counts().get("undecided") else 0)


def _who(found: DependenceMatrix, everything: bool) -> list[RenderableType]:
    """Who affects whom, and how that was decided."""
    counts = [(key.replace("_", " "), value) for key, value in found.counts().items()]
    title = f"{len(found.sources)} x {len(found.targets)}, {found.seconds:.1f} s"
    return [table((title, ""), counts), *_entries(found, everything), *filter(None, [told(found.same_node)])]


def _entries(found: DependenceMatrix, everything: bool) -> list[RenderableType]:
    """Every entry while they are few, else how many between each two blocks."""
    if max(len(found.sources), len(found.targets)) <= FEW:
        words = [[ANSWERS[code] for code in row] for row in found.answers]
        return _grid("", found.sources, found.targets, words, everything)
    sources, targets, yes = found.by_block()
    rows = [[count or "no" for count in row] for row in yes.tolist()]
    idle = [name for name, row in zip(found.sources, found.answers, strict=True) if (row == NO).all()]
    lines = [f"affects nothing: {' '.join(some(idle, everything))}", *others(idle, everything)]
    return [*_grid("pairs", sources, targets, rows, everything), *(lines if idle else [])]


def _how_often(found: Shares, everything: bool) -> list[RenderableType]:
    """Every entry while they are few, else the mean between each two blocks."""
    if max(len(found.sources), len(found.targets)) <= FEW:
        rows = [[*map(_share, *row)] for row in zip(found.shares.tolist(), found.exact.tolist(), strict=True)]
        return [str(found), *_grid("share", found.sources, found.targets, rows, everything)]
    sources, targets, means = found.by_block()
    exact = by_block(found.sources, found.targets, (~found.exact).astype(np.int64))[2] == 0
    rows = [[*map(_share, *row)] for row in zip(means.tolist(), exact.tolist(), strict=True)]
    return [str(found), *_grid("mean share", sources, targets, rows, everything)]


def _share(share: float, sure: bool) -> str:
    return "?" if share != share else f"{share:.2%}{'' if sure else ' ~'}"


def _grid(
    what: str, sources: Sequence[str], targets: Sequence[str], cells: Sequence[Sequence[object]], everything: bool
) -> list[RenderableType]:
    """A row for each source; where that is wider than WIDEST, a line for each pair that has anything to tell."""
    rows = [[name, *row] for name, row in zip(sources, cells, strict=True)]
    head = [", ".join(filter(None, [what, "from \\ to"])), *targets]
    if sum(max(len(shown(cell)) for cell in column) + 2 for column in zip(head, *rows, strict=True)) <= WIDEST:
        return [table(head, rows)]
    pairs = [
        (source, target, cell)
        for source, row in zip(sources, cells, strict=True)
        for target, cell in zip(targets, row, strict=True)
        if cell not in NOTHING
    ]
    return [table((head[0].removesuffix(" \\ to"), "to", ""), some(pairs, everything)), *others(pairs, everything)]
