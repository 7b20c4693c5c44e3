"""Does a model know a feature of the text, and does it use it: probe."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.analysis.probing.labels import Where
from bridge.analysis.probing.probe import Probed, probe
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, progress, table
from bridge.cli.questions import Do, Memory, Seconds, edited
from bridge.cli.texts import Text, TextPart, read_part


def probe_command(
    netlist: Model,
    feature: Annotated[
        str, typer.Option("--feature", help="A regular expression, or a named feature, such as vowel or 'digit'.")
    ],
    source: Text,
    part: TextPart = None,
    where: Annotated[Where, typer.Option(help="Inside a match, one begins next, or one ends here.")] = "inside",
    names: Annotated[list[str] | None, typer.Option("--of", help="What to look at. Default: all state bits.")] = None,
    bits: Annotated[int, typer.Option(help="How many bits a table reads, 1 to 12.")] = 4,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Controls of each kind.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same controls.")] = 0,
    seconds: Seconds = 300.0,
    memory: Memory = None,
    do: Do = None,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """How well bits tell a feature of the text ("follows"), and what clamping them costs ("uses"), beside controls."""
    data = read_part(source, part)
    model = edited(load_model(netlist, reader), do, data)
    chances = {"bits": bits, "seeds": seeds, "seed": seed}
    with progress("probe") as report:
        found = probe(
            model, data, feature, names, where=where, seconds=seconds, memory=memory, progress=report, **chances
        )
    title = "told on held-out text; costs: bits per byte of holding the bits at their commoner value"
    emit(as_json, found.to_json() | {"text": source}, str(found), table(Probed.HEAD, found.rows(), title=title))
