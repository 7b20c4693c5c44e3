"""The command pareto: what a bit per byte costs in gates, beside models that have none."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bridge.cli.output import AsJson, activity, emit, table
from bridge.corpus import Holdout, load_corpus
from bridge.files import write_atomic
from bridge.resources import netlist_path

if TYPE_CHECKING:
    from bridge.bench.learning.family import Row


def pareto(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for cells, runs, frontier.csv, .svg, total.svg.")],
    corpus: Annotated[str, typer.Option(help="kjv, pydoc, or a file.")] = "kjv",
    holdout: Annotated[Holdout, typer.Option(help="How the held-out part is chosen.")] = "tail",
    family: Annotated[
        Path | None, typer.Option(help="What to train: a YAML file (default: netlists/frontier.yaml).")
    ] = None,
    members: Annotated[str, typer.Option(help="Only these of the family, by commas.")] = "",
    ledger: Annotated[
        Path | None, typer.Option(help="Finished members are read from it and appended (default: OUT/frontier.jsonl).")
    ] = None,
    revision: Annotated[str, typer.Option(help="What to call this version in the ledger.")] = "",
    as_json: AsJson = False,
) -> None:
    """Train a family of cells, melt each, and plot bits per byte and the score by ANDs; a run cut short goes on."""
    from bridge.bench.learning.family import load_family
    from bridge.bench.learning.frontier import bench_frontier
    from bridge.bench.learning.picture import draw_frontier, draw_scores

    chosen = load_family(family or netlist_path("frontier.yaml"))
    command = f"aigbridge pareto --corpus {corpus} --holdout {holdout}"
    if family is not None:
        command += f" --family {family}"
    if members:
        chosen = chosen.only([name.strip() for name in members.split(",") if name.strip()])
        command += f" --members {members!r}"
    text = load_corpus(corpus, holdout)
    with activity("measuring") as heard:
        facts = {"command": f"{command} --out OUT", "revision": revision}
        rows = bench_frontier(text, chosen, out, ledger or out / "frontier.jsonl", facts, heard)
    write_atomic(out / "frontier.csv", _csv(rows))
    title = f"{corpus}, {holdout}: {len(text.heldout):,} held-out bytes"
    draw_frontier(rows, title, out / "frontier.svg")
    draw_scores(rows, title, out / "total.svg")
    warning = "serial and parallel heads are not to be compared by ANDs alone: evaluations are per byte"
    emit(as_json, {"out": str(out), "rows": [row.facts() for row in rows]}, _table(rows), warning)


def _table(rows: Sequence[Row]) -> Table:
    from bridge.bench.learning.family import TOTALS

    head = ("model", "form", "bits/byte", "score", "coded", "packed", "ANDs before", "ANDs", "levels")
    shown = [
        (
            *(row.member, row.form, *map(_told, (row.bits_per_byte, *(getattr(row, key) for key in TOTALS)))),
            *(row.ands_before, row.ands, row.levels, row.evaluations_mean, row.evaluations_max),
            *(row.training_seconds, row.verdict),
        )
        for row in sorted(rows, key=lambda row: -row.bits_per_byte)
    ]
    return table((*head, "evaluations", "max", "train s", "verdict"), shown)


def _told(bits: float | None) -> str | None:
    return None if bits is None else f"{bits:.4f}"


def _csv(rows: Sequence[Row]) -> str:
    from bridge.bench.learning.family import TOTALS, Row

    stream = io.StringIO()
    names = [*(entry.name for entry in fields(Row)), *TOTALS]
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.facts() for row in rows)
    return stream.getvalue()
