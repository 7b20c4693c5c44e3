"""The command that asks why a prediction is what it is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from bridge.analysis.explaining.explainer import HORIZON, Explainer
from bridge.analysis.explaining.explanation import SHOWN, Explanation
from bridge.cli.data import read_rows
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, table, writable
from bridge.cli.questions import EXIT_CODES, Do, Memory, Proof, Seconds, edited
from bridge.cli.texts import AnyText, TextPart, read_part
from bridge.equivalence.refutation import attempted
from bridge.errors import InputError


def explain_command(
    model: Model,
    at: Annotated[int, typer.Option(help="Which byte's prediction, or which row, counted from 0.")],
    source: AnyText = None,
    rows: Annotated[Path | None, typer.Option("--data", help="An .npz file of rows x, for models of numbers.")] = None,
    part: TextPart = None,
    against: Annotated[str | None, typer.Option(help="A symbol or class to compare with, not the runner-up.")] = None,
    horizon: Annotated[int, typer.Option(help="How many steps back, 1 to 64.")] = HORIZON,
    reason: Annotated[
        bool, typer.Option("--reason", help="What suffices: few bytes and state bits that force it, proven.")
    ] = False,
    smallest: Annotated[bool, typer.Option("--smallest", help="As few of them as there can be.")] = False,
    proof: Proof = None,
    do: Do = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Why a model predicts what it does there: terms of the margin, what each bit and byte changes, what suffices.

    Exit code 3 if of a reason it is undecided whether something can be left out, or with --smallest if fewer suffice.
    """
    if (source is None) == (rows is None):
        raise InputError("give --text for a model of text, or --data FILE.npz for one of rows of numbers")
    if proof is not None:
        writable(proof, proof.suffix)
    read = read_part(source, part) if source is not None else read_rows(Path(rows or ""), "x")["x"]
    explainer = Explainer(edited(load_model(model, reader), do, read if isinstance(read, bytes) else None), read)
    found = explainer.at(at, against=against, horizon=horizon)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    if reason or smallest or proof is not None:
        why = explainer.reason(at, against=against, horizon=horizon, smallest=smallest, **limits)
        found = replace(found, reason=why)
    lines = _lines(found, None if everything else SHOWN)
    facts = found.to_json()
    if proof is not None and found.reason is not None:
        written = attempted(proof, partial(found.reason.write_proof, proof, **limits))
        facts |= written.to_json()
        lines.append(str(written))
    emit(as_json, facts, *lines)
    if found.reason is not None and not (found.reason.smallest if smallest else found.reason.minimal):
        raise typer.Exit(EXIT_CODES["undecided"])


def _lines(found: Explanation, most: int | None) -> list[RenderableType]:
    likely = [
        [one.symbol, one.worth, None if one.probability is None else round(100 * one.probability, 2)]
        for one in found.likely
    ]
    first, *rest = str(found).split("\n")
    shown: list[RenderableType] = [first, table(["likeliest", found.margin.unit, "percent"], likely)]
    shown += [table(head, rows, title) for title, (head, rows) in found.rows(most).items()]
    return shown + list(rest)
