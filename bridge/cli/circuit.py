"""The command `circuit`: which elements of a model keep a behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.analysis.circuits.circuit import circuit
from bridge.analysis.circuits.measured import Rest
from bridge.analysis.circuits.netlist import circuit_dot, circuit_svg
from bridge.analysis.circuits.result import Circuit
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, listed, table, writable
from bridge.cli.questions import EXIT_CODES, Do, Memory, Proof, Seconds, edited
from bridge.cli.texts import AnyText, TextPart, read_part
from bridge.errors import InputError
from bridge.files import write_atomic
from bridge.formats import SUFFIXES, write_netlist

DRAWN = (".svg", ".dot")


def circuit_command(
    netlist: Model,
    source: AnyText = None,
    part: TextPart = None,
    at: Annotated[int | None, typer.Option(help="The prediction of this byte of the text, counted from 0.")] = None,
    where: Annotated[str | None, typer.Option(help="A condition, such as \"byte@-1 == 't' and byte == 'h'\".")] = None,
    after: Annotated[str | None, typer.Option(help="The condition that these bytes were just read.")] = None,
    predict: Annotated[str | None, typer.Option(help="The symbol or class that stays the likeliest.")] = None,
    keeps: Annotated[str | None, typer.Option(help="A claim that stays true, such as \"argmax != 'q'\".")] = None,
    blocks: Annotated[list[str] | None, typer.Option(help="Candidates, by name; may come again. Default: all.")] = None,
    rest: Annotated[Rest, typer.Option(help="What stands for elements that are not kept; any: proven.")] = "any",
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the places, if measured, where it must stay.")] = 1.0,
    smallest: Annotated[bool, typer.Option("--smallest", help="Look for the fewest elements there are.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the circuit: a netlist, .svg or .dot.")] = None,
    proof: Proof = None,
    do: Do = None,
    seconds: Seconds = 60.0,
    memory: Memory = None,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """The fewest neurons, features and state elements that keep a prediction, whatever the rest is.

    Proven for one place of a text (--at) or for all states and inputs that meet a condition (--where, --after); or with
    --rest constant, zero or resample measured on a text. Exit code 3 if it is undecided whether something can be left
    out, or with --smallest if fewer suffice.
    """
    if out is not None:
        writable(out, *SUFFIXES, *DRAWN)
    if proof is not None:
        writable(proof, proof.suffix)
    text = read_part(source, part) if source else None
    found = circuit(
        edited(load_model(netlist, reader), do, text),
        text=text,
        at=at,
        where=_condition(where, after),
        predict=_quoted(predict),
        keeps=keeps,
        blocks=blocks or (),
        rest=rest,
        share=share,
        smallest=smallest,
        proof=proof,
        seconds=seconds,
        memory=memory,
    )
    if out is not None:
        _write(found, out)
    rows = [(block, _listed(names, found.candidates[block], everything)) for block, names in found.kept.items()]
    facts = found.to_json() | ({"out": str(out)} if out else {})
    emit(as_json, facts, *found.lines(), *([table(("block", "kept"), rows)] if rows else []))
    decided = found.smallest if smallest else found.minimal
    raise typer.Exit(EXIT_CODES[found.verdict if decided else "undecided"])


def _condition(where: str | None, after: str | None) -> str | None:
    if after is None:
        return where
    quoted = after.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'after "{quoted}"' if where is None else f'({where}) and after "{quoted}"'


def _quoted(predict: str | None) -> str | None:
    """A symbol or a label as claims have it; what is quoted already, or a number of more than a digit, as it is."""
    if predict is None or predict[:1] in "'\"" or (len(predict) > 1 and predict.isdecimal()):
        return predict
    return '"\'"' if predict == "'" else f"'{predict}'".replace("\n", "\\n")


def _listed(names: tuple[str, ...], candidates: int, everything: bool) -> str:
    return f"{len(names)} of {candidates}: {listed(names, everything)}"


def _write(found: Circuit, out: Path) -> None:
    title = f"{found.behaviour}, {found.scope}"
    if found.verdict == "undecided":
        raise InputError(f"{out} is not written: it is undecided whether all elements keep {found.behaviour}")
    if out.suffix.lower() in DRAWN:
        write_atomic(out, (circuit_svg if out.suffix.lower() == ".svg" else circuit_dot)(found.graph, title))
    else:
        write_netlist(found.netlist, out)
