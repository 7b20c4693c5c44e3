"""The commands bench: figures on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from bridge.bench import PEERS, Ranking, Result, Row, append_ledger, bench_execution, bench_gates
from bridge.bench.gates.routes import NAMES
from bridge.bench.speed.copies import side_by_side
from bridge.cli.bench_training import training
from bridge.cli.figures import LibraryOrSimple, LutSizeOr6
from bridge.cli.models import CELL_HELP, Model, load_cell, load_model, load_netlist
from bridge.cli.output import AsJson, activity, emit, table
from bridge.corpus import load_corpus
from bridge.formats.mapped.figures import USUAL_LUT
from bridge.formats.mapped.library import SIMPLE, read_library

bench_app = typer.Typer(invoke_without_command=True)


@bench_app.callback()
def bench(context: typer.Context) -> None:
    """Measure on this machine, beside named peers."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@bench_app.command()
def execution(
    model: Model,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Interleaved rounds; medians are shown.")] = 9,
    peers: Annotated[str, typer.Option(help="Whom to compare, by commas; Verilator compiles minutes.")] = ",".join(
        PEERS
    ),
    copies: Annotated[int, typer.Option(min=1, max=1000, help="So many side by side, as one large netlist.")] = 1,
    as_json: AsJson = False,
) -> None:
    """How fast a netlist runs: both kernels, other simulators, the processor's limit; one stream; its files."""
    names = [name for name in peers.split(",") if name]
    measured = load_model(model) if copies == 1 else side_by_side(load_netlist(model), copies)
    with activity("measuring") as heard:
        result = bench_execution(measured, rounds=rounds, peers=names, progress=heard)
    emit(as_json, asdict(result), *_lines(result))


def _lines(result: Result) -> list[RenderableType]:
    return [
        *_ranking("many streams", "G AND/s", result.streams, lambda seconds: result.ands / seconds / 1e9),
        "G AND/s: 10^9 AND evaluations a second; a full adder counts as seven",
        *_ranking("one stream", "us a step", result.single, lambda seconds: 1e6 * seconds),
        *_ranking("binary AIGER", "ms", result.files, lambda seconds: 1e3 * seconds),
        *(f"{threads} threads: {ratio:.2f} times one, wall clock" for threads, ratio in result.threads.items()),
        f"{result.ands:,} ANDs in {result.operations:,} operations, prepared in {1e3 * result.prepared:.1f} ms",
        "medians of interleaved rounds; ratio: to our fastest; ready: from the netlist to code that runs",
    ]


def _ranking(title: str, unit: str, ranking: Ranking, shown: Callable[[float], float]) -> list[RenderableType]:
    ours = min(row.seconds for row in ranking.rows if row.name.startswith("aigbridge"))
    rows = [
        (row.name, shown(row.seconds), shown(row.best), row.seconds / ours, 1e3 * row.ready) for row in ranking.rows
    ]
    skipped = [f"skipped {name}: {reason}" for name, reason in ranking.skipped.items()]
    return [table((title, unit, "best", "ratio", "ready ms"), rows), *skipped]


@bench_app.command()
def gates(
    cells: Annotated[list[str], typer.Argument(help=CELL_HELP)],
    routes: Annotated[str, typer.Option(help="Which, by semicolons.")] = ";".join(NAMES),
    text: Annotated[str, typer.Option(help="For the lossy route: a corpus or a file; none leaves it out.")] = "",
    budget: Annotated[float, typer.Option(min=0.0, max=8.0, help="Bits per byte that it may lose.")] = 0.02,
    ledger: Annotated[
        Path | None, typer.Option(help="Append the rows as JSON lines, as in netlists/gates.jsonl.")
    ] = None,
    revision: Annotated[str, typer.Option(help="What to call this version in the ledger.")] = "",
    lut_size: LutSizeOr6 = USUAL_LUT,
    library: LibraryOrSimple = SIMPLE,
    as_json: AsJson = False,
) -> None:
    """How small cells get: our lowering, flows and lossy simplification beside plain compressors and other programs."""
    models = [load_cell(name) for name in cells]
    data = load_corpus(text) if text else None
    mapped_to = read_library(library)
    names = [name.strip() for name in routes.split(";") if name.strip()]
    with activity("measuring") as heard:
        rows, skipped = bench_gates(models, names, data, budget, heard, lut_size=lut_size, library=mapped_to)
    if ledger is not None:
        append_ledger(ledger, rows, revision=revision)
    why = [f"skipped {name}: {reason}" for name, reason in skipped.items()]
    emit(
        as_json,
        {"rows": [asdict(row) for row in rows], "skipped": skipped},
        *_gate_lines(rows, lut_size, library),
        *why,
    )


def _gate_lines(rows: list[Row], lut_size: int, library: str) -> list[RenderableType]:
    plain = {row.cell: row.ands for row in rows if row.route == "plain"}
    shown = []
    for row in rows:
        ratio = row.ands / plain[row.cell] if row.cell in plain else None
        figures = (row.luts, row.lut_levels, row.area, row.xag_ands)
        shown.append((row.cell, row.route, row.ands, ratio, row.levels, *figures, row.seconds, row.verdict, row.proof))
    mapped = (f"LUT{lut_size}", "LUT levels", "area", "real ANDs")
    head = ("cell", "route", "ANDs", "ratio", "levels", *mapped, "seconds", "verdict", "proof")
    return [
        table(head, shown),
        f"ratio: to plain compressors; area: of the library `{library}`{', in NAND2s' if library == SIMPLE else ''}",
    ]


bench_app.command()(training)
