"""Commands about the bits of the state: influence, states."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import RenderableType

from bridge.aig import Aig
from bridge.analysis.invariants import invariants
from bridge.analysis.places import SameNodes, same_nodes, told
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import resolve_all
from bridge.analysis.text.influence import influence
from bridge.analysis.text.runs import unknown_resets
from bridge.analysis.text.statistics import text_statistics
from bridge.cell import Cell
from bridge.cli.models import Model, load_model
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, listed, others, progress, some, table, writable
from bridge.cli.questions import Do, Jobs, Memory, Seconds, Steps, edited
from bridge.cli.texts import Text, TextPart, read_part
from bridge.lowering import lower
from bridge.printable import counted


def influence_command(
    netlist: Model,
    source: Text,
    part: TextPart = None,
    steps: Steps = 8,
    positions: Annotated[int, typer.Option(help="Positions of the text to try, in whole 64s.")] = 2048,
    bits: Annotated[list[str] | None, typer.Option("--from", help="What to invert. Default: all state bits.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed takes the same positions.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write all arrays: .npz.")] = None,
    seconds: Seconds = 3600.0,
    memory: Memory = None,
    do: Do = None,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Invert state bits in the middle of a text, and measure what changes for how long."""
    if out is not None:
        writable(out, ".npz")
    data = read_part(source, part)
    model = edited(load_model(netlist, reader), do, data)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    with progress("influence") as report:
        found = influence(model, data, steps, sources=bits, positions=positions, seed=seed, progress=report, **limits)
    if out is not None:
        found.save(out)
    facts = found.to_json() | {"text": source} | ({"out": str(out)} if out else {})
    title = f"{len(found.positions):,} positions; bits: |change| of code length, summed over {counted(steps, 'step')}"
    same = _same_nodes(model, bits or [])
    facts["same_node"] = {name: [*others] for name, others in same.items()}
    rows = _largest(found.columns(), "bits", title, everything)
    emit(as_json, facts, *rows, *filter(None, [told(same), _start(model), found.why]))


def _same_nodes(model: Cell | Aig, names: list[str]) -> SameNodes:
    """Of a cell's places there are none."""
    if isinstance(model, Cell):
        return {}
    aig = asked_at_once(model, names)
    return same_nodes(aig, (bit for signal in resolve_all(aig, names) for bit in signal.bits))


def states(
    netlist: Model,
    source: Annotated[str | None, typer.Option("--text", help="Also: what they do on this text.")] = None,
    part: TextPart = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    do: Do = None,
    jobs: Jobs = 2,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """State bits that are constant, equal, complementary or unobservable (proven); on a text, what each bit follows."""
    data = None if source is None else read_part(source, part)
    model = edited(load_model(netlist, reader), do, data)
    aig = lower(model) if isinstance(model, Cell) else model
    known = invariants(aig, seconds=seconds, memory=memory, jobs=jobs)
    proven = known.to_json()
    rows: list[tuple[str, object, str]] = [
        (key, len(names), listed(["=".join(n) if isinstance(n, list) else n for n in names], everything))
        for key, names in proven.items()
    ]
    facts: dict[str, Any] = {"proven": proven}
    tables: list[RenderableType] = [table(("proven for every state from reset on", "state bits", ""), rows)]
    if data is not None:
        found, more = _on_this_text(aig, data, everything)
        facts["on_this_text"] = {"text": source} | found
        tables += more
    emit(as_json, facts, *tables)


def _on_this_text(aig: Aig, data: bytes, everything: bool) -> tuple[dict[str, Any], list[RenderableType]]:
    """What the bits do on a text: the facts, and tables."""
    found = text_statistics(aig, data)
    shared = found.overlap()
    facts = {
        "positions": found.positions,
        "distinct_states": found.distinct_states,
        "constant": found.constant,
        "equal_or_complementary": [[a, b, flip] for a, b, flip in found.equal],
        "bits": found.columns(),
        "feature_overlap": shared.to_json(),
    }
    title = f"on this text: {found.positions:,} positions, {found.distinct_states:,} distinct states"
    head = ("feature overlap on this text", *(name.replace("_", " ") for name in shared.beside()))
    tables = [*_largest(found.columns(), "information", title, everything), table(head, shared.rows())]
    return facts, [*tables, *filter(None, [_start(aig)])]


def _start(model: Cell | Aig) -> str:
    """What is measured on a text is so for one start."""
    unknown = unknown_resets(model) if isinstance(model, Aig) else 0
    return f"{unknown:,} latches of unknown reset started at 0" if unknown else ""


def _largest(columns: dict[str, list[Any]], key: str, title: str, everything: bool) -> list[RenderableType]:
    order = np.argsort(-np.array(columns[key]), kind="stable").tolist()
    rows = [[_short(column[place]) for column in columns.values()] for place in some(order, everything)]
    return [table([name.replace("_", " ") for name in columns], rows, title=title), *others(order, everything)]


def _short(value: Any) -> object:
    return f"{value:.4f}" if isinstance(value, float) else value
