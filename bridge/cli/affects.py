"""The command that asks about two signals: affects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.analysis.dependences.affects import affects
from bridge.analysis.dependences.graded import graded
from bridge.analysis.dependences.proof import write_proof
from bridge.analysis.predicted.outputs import meaning
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, writable
from bridge.cli.questions import EXIT_CODES, Do, Given, Memory, Seconds, Start, Steps, edited
from bridge.cli.texts import TextPart, read_part
from bridge.equivalence.refutation import attempted
from bridge.errors import InputError

HowOften = Annotated[
    bool,
    typer.Option("--how-often", help="Also the share of cases, of all states and inputs or those of the text."),
]


def affects_command(
    netlist: Model,
    source: Annotated[str, typer.Option("--from", help="A signal or a group.")],
    target: Annotated[str, typer.Option("--to", help="A signal, a group, argmax, greedy, or probability.'a'.")],
    steps: Steps = 1,
    seen_on: Annotated[str | None, typer.Option("--seen-on", help="Only states and bytes of this text.")] = None,
    part: TextPart = None,
    given: Given = None,
    start: Start = "any",
    reachable: Annotated[bool, typer.Option("--reachable", help="As --start reset.")] = False,
    each: Annotated[
        bool, typer.Option("--each", help="The bits of a group one by one; else any change of them counts.")
    ] = False,
    how_often: HowOften = False,
    proof: Annotated[Path | None, typer.Option(help="For a no: write a DRAT proof, and its clauses beside it.")] = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    do: Do = None,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Does one signal affect another? Exit code 0 yes (with a witness), 1 no (proven), 3 undecided."""
    reachable = reachable or start == "reset"
    _check(proof=proof, seen_on=seen_on, reachable=reachable, how_often=how_often, narrowed=each or given is not None)
    if proof is not None:
        writable(proof, proof.suffix)
    data = None if seen_on is None else read_part(seen_on, part)
    model = edited(load_model(netlist, reader), do, data)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    found = affects(model, source, target, steps, each=each, text=data, reachable=reachable, given=given, **limits)
    facts, lines = found.to_json(), [str(found), *filter(None, (meaning(model, name) for name in (source, target)))]
    if found.witness is not None:
        lines.append(str(found.witness))
    if how_often:
        grades = graded(model, source, target, steps, text=data, seconds=seconds, memory=memory)
        facts["how_often"] = grades.to_json()
        lines.append(f"how often: {grades}")
    if proof is not None and found.answer == "no":
        write = partial(write_proof, model, source, target, steps, proof, each=each, given=given, **limits)
        written = attempted(proof, write)
        facts |= written.to_json()
        lines.append(str(written))
    emit(as_json, facts, *lines)
    raise typer.Exit(EXIT_CODES[found.answer])


def _check(*, proof: Path | None, seen_on: str | None, reachable: bool, how_often: bool, narrowed: bool) -> None:
    """InputError for options that do not go together."""
    if (proof is not None) + (seen_on is not None) + reachable > 1:
        raise InputError("--proof is about any state: of --proof, --seen-on and --reachable only one can be chosen")
    if how_often and (reachable or narrowed):
        raise InputError(
            "--how-often is about any state, or a text: leave out --given, --start, --reachable and --each"
        )
