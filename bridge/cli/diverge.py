"""The command that compares what two models predict."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from bridge.analysis.divergence.diverge import diverge
from bridge.analysis.divergence.measured import OnText
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, progress, table
from bridge.cli.questions import EXIT_CODES, Do, Memory, Seconds, edited
from bridge.cli.texts import TextPart, read_part
from bridge.printable import in_quotes


def diverge_command(
    first: Model,
    second: Model,
    source: Annotated[str | None, typer.Option("--text", help="Compare on this text: a file, kjv or pydoc.")] = None,
    part: TextPart = None,
    do: Do = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    every_byte: Annotated[bool, typer.Option("--every-byte", help="Not only texts of their symbols.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the random inputs.")] = 0,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Where do two models predict differently? With --do the second one is changed first.

    Exit code 0 equal (proven for all inputs, or on the text), 1 different, 3 undecided.
    """
    text = None if source is None else read_part(source, part)
    one, other = load_model(first, reader), edited(load_model(second, reader), do, text)
    with progress("diverge") as heard:
        limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
        found = diverge(one, other, text, every_byte=every_byte, seed=seed, progress=heard, **limits)
    lines = str(found).splitlines()
    emit(as_json, found.to_json(), *lines, *(_tables(found.on_text) if found.on_text else []))
    raise typer.Exit(EXIT_CODES[found.answer])


def _tables(on_text: OnText) -> list[RenderableType]:
    rows: list[tuple[str, ...]] = [("likeliest byte is right", *(f"{share:.2%}" for share in on_text.right))]
    if on_text.bits is not None:
        rows.append(("bits per byte", *(f"{bits:.4f}" for bits in on_text.bits)))
    places = [
        (place.position, in_quotes(place.before), *map(_shown, place.predicted), _shown(place.true))
        for place in on_text.first
    ]
    first = [table(("byte", "after", "first", "second", "is"), places)] if places else []
    return [table(("", "first", "second"), rows), *first]


def _shown(byte: int | None) -> str:
    return "" if byte is None else in_quotes(bytes([byte]))
