"""The command demo: all of it on the shipped cell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from bridge.cli.netlists import EXIT_CODES
from bridge.cli.output import AsJson, emit, table


def demo(
    out: Annotated[Path, typer.Option(help="Folder for Verilog, AIGER, JSON, a picture and a page.")] = Path("demo"),
    as_json: AsJson = False,
) -> None:
    """The whole idea on the shipped cell: lower, shrink, prove, run, write text."""
    from bridge.cli.demo_run import run_demo

    found = run_demo(out, progress=lambda now: print(now.remark, file=sys.stderr, flush=True))
    measured = [(name, f"{value:.6f}") for name, value in found.bits_per_byte.items()]
    results = table(("model", f"bits per byte on {found.heldout_bytes:,} held-out bytes"), measured)
    lines: list[RenderableType] = [found.table(), "", results, "", found.text, "", f"More in {out}/"]
    emit(as_json, found.to_json(), *lines)
    raise typer.Exit(max(EXIT_CODES[run.verdict.answer] for run in found.runs))
