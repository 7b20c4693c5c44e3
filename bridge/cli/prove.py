"""The command that proves a claim about all runs of a model, or breaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.analysis.proving.prove import prove
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, progress
from bridge.cli.questions import EXIT_CODES, Do, Given, Memory, Seconds, Start, edited
from bridge.cli.texts import encoded


def prove_command(
    netlist: Model,
    claim: Annotated[str, typer.Argument(help="""What is true of every step, such as "argmax == 'u'".""")],
    given: Given = None,
    start: Start = "reset",
    loop: Annotated[bool, typer.Option("--loop", help="The model reads what it writes, the likeliest byte.")] = False,
    prompt: Annotated[str | None, typer.Option(help="With --loop: what is read first; default: any one byte.")] = None,
    proof: Annotated[
        Path | None, typer.Option(metavar="DIR", help="If proven: write what others can check into a new folder.")
    ] = None,
    do: Do = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Is a claim true in every step of every run? Exit code 0 proven, 1 broken (with a run), 3 undecided."""
    model = edited(load_model(netlist, reader), do)
    first = None if prompt is None else encoded(prompt)
    with progress("proving") as heard:
        found = prove(
            model,
            claim,
            given,
            start=start,
            loop=loop,
            prompt=first,
            seconds=seconds,
            memory=memory,
            folder=proof,
            progress=heard,
        )
    emit(as_json, found.to_json(), *str(found).splitlines())
    raise typer.Exit(EXIT_CODES[found.answer])
