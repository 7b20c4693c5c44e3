"""The command that asks about all signals: dependence, as yes and no or as shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.aig import Aig
from bridge.analysis import DependenceMatrix, dependence
from bridge.analysis.dependences.answer import ANSWERS, NO
from bridge.analysis.dependences.shares import Shares, shares
from bridge.analysis.places import told
from bridge.cell import Cell
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, others, progress, some, table, writable
from bridge.cli.questions import Do, Jobs, Memory, Seconds, Steps, edited
from bridge.cli.texts import TextPart, read_part
from bridge.errors import InputError

FEW = 12  # sources and targets of which every pair is shown

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
    data = None if text is None else read_part(text, part)
    model = edited(load_model(netlist, reader), do, data)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    if grades:
        if bits:
            raise InputError("--bits takes groups apart, --graded swaps whole values: choose one of them")
        show_shares(model, source, target, steps, out=out, as_json=as_json, text=data, **limits)
        return
    limits["jobs"] = jobs
    with progress("dependence") as report:
        found = dependence(model, source, target, steps, bits=bits, progress=report, **limits)
    if out is not None:
        found.save(out)
    facts = found.to_json() | ({"out": str(out)} if out else {})
    rows = [(key.replace("_", " "), value) for key, value in found.counts().items()]
    title = f"{len(found.sources)} x {len(found.targets)}, {found.seconds:.1f} s"
    emit(as_json, facts, table((title, ""), rows), *_who(found, everything), *filter(None, [told(found.same_node)]))
    raise typer.Exit(3 if found.counts()["undecided"] else 0)


def _who(found: DependenceMatrix, everything: bool) -> list[Any]:
    """Who affects whom: every entry while they are few, else how many between each two blocks."""
    if max(len(found.sources), len(found.targets)) <= FEW:
        words = [
            [name, *(ANSWERS[code] for code in row)] for name, row in zip(found.sources, found.answers, strict=True)
        ]
        return [table(("from \\ to", *found.targets), words)]
    sources, targets, yes = found.by_block()
    rows = [[name, *(count or "no" for count in row)] for name, row in zip(sources, yes.tolist(), strict=True)]
    idle = [name for name, row in zip(found.sources, found.answers, strict=True) if (row == NO).all()]
    lines = [f"affects nothing: {' '.join(some(idle, everything))}", *others(idle, everything)]
    return [table(("pairs, from \\ to", *targets), rows), *(lines if idle else [])]


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
