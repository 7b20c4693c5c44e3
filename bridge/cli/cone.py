"""The command that follows a signal through the gates: cone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.analysis.cones import Cone, fanin_cone, fanout_cone
from bridge.analysis.drawing import to_dot, to_svg
from bridge.analysis.places import told
from bridge.analysis.predicted.outputs import meaning, with_prediction
from bridge.cell import Cell
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, listed, table, writable
from bridge.cli.questions import Do, Steps, edited
from bridge.files import write_atomic
from bridge.lowering import lower


def cone(
    netlist: Model,
    signal: Annotated[
        str, typer.Argument(help="A signal or a group, such as state.m[3], layer1.neurons[7], logit.97.")
    ],
    fanout: Annotated[bool, typer.Option("--fanout", help="What reads it instead of what it reads.")] = False,
    steps: Steps = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Draw a small cone: .svg (Graphviz) or .dot.")] = None,
    reader: Reader = "pyslang",
    do: Do = None,
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """What a signal is computed from (or with --fanout, what is computed from it), through latches for k steps.

    The cones of argmax, greedy and probability.X have gates that the netlist has not: those that make them of its head.
    """
    if out is not None:
        writable(out, ".svg", ".dot")
    model = edited(load_model(netlist, reader), do)
    plain = lower(model) if isinstance(model, Cell) else model
    extended = with_prediction(plain, [signal])
    model = model if extended is plain else extended
    found = (fanout_cone if fanout else fanin_cone)(model, signal, steps)
    if out is not None:
        write_atomic(out, to_svg(model, found) if out.suffix.lower() == ".svg" else to_dot(model, found))
    facts = found.to_json() | ({"out": str(out)} if out else {})
    rows = table((f"{found.direction} of {signal}", ""), _cone_rows(found, everything))
    emit(as_json, facts, *filter(None, [meaning(model, signal)]), rows, *filter(None, [told(found.same_node)]))


def _cone_rows(found: Cone, everything: bool) -> list[tuple[str, object]]:
    steps = ", ".join(f"{count:,}" for count in found.unrolled)
    rows: list[tuple[str, object]] = [("ANDs", found.ands), ("in each step", steps), ("depth", found.depth)]
    for kind in ("inputs", "latches", "points", "outputs"):
        names = getattr(found, kind)
        rows.append((f"{kind} ({len(names)})", listed(names, everything)))
    return rows
