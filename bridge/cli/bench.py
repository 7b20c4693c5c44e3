"""The commands bench: figures on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import RenderableType

from bridge.bench import Result, bench_execution
from bridge.cli.models import load_netlist
from bridge.cli.netlists import Netlist
from bridge.cli.output import AsJson, activity, emit, table

PEERS = "abc,gcc,verilator"

bench_app = typer.Typer(no_args_is_help=True, help="Measure on this machine, beside named peers.")


@bench_app.callback()
def bench() -> None:
    """Measure on this machine, beside named peers."""


@bench_app.command()
def execution(
    netlist: Netlist,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Interleaved rounds; medians are shown.")] = 9,
    peers: Annotated[str, typer.Option(help="Simulators beside ours, by commas; Verilator compiles minutes.")] = PEERS,
    as_json: AsJson = False,
) -> None:
    """How fast a netlist runs: both kernels, other simulators, the processor's limit."""
    names = [name for name in peers.split(",") if name]
    with activity("measuring") as note:
        result = bench_execution(load_netlist(netlist), rounds=rounds, peers=names, note=note)
    emit(as_json, asdict(result), *_lines(result))


def _lines(result: Result) -> list[RenderableType]:
    ours = max(row.rate for row in result.rows if row.name.startswith("aigbridge"))
    rows = [(row.name, row.rate / 1e9, row.best / 1e9, ours / row.rate, 1e3 * row.ready) for row in result.rows]
    return [
        table(("simulator", "G AND/s", "best", "ratio", "ready ms"), rows),
        "G AND/s: 10^9 AND evaluations a second, median; ratio: of our fastest to this one",
        f"{result.ands:,} ANDs in {result.operations:,} operations, prepared in {1e3 * result.prepared:.1f} ms",
        f"AIGER read in {1e3 * result.read:.1f} ms, written in {1e3 * result.write:.1f} ms",
        *(f"skipped {name}: {reason}" for name, reason in result.skipped.items()),
    ]
