"""The command report: one HTML page about a model as logic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.data import read_rows
from bridge.cli.figures import LibraryOrSimple, LutSizeOr6, wanted
from bridge.cli.models import load_model, run_folder
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, progress, text, writable
from bridge.formats import Frontend
from bridge.formats.mapped.figures import USUAL_LUT
from bridge.formats.mapped.library import SIMPLE
from bridge.report import Item, write_report
from bridge.report.part import PROOF_SECONDS


def report(
    items: Annotated[list[str], typer.Argument(help="Run folders, netlists and a cell that belong together.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the page: .html.")],
    source: Annotated[
        str | None, typer.Option("--text", help="A file, or the corpus kjv or pydoc; default: what trained the cell.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option("--data", help="An .npz file of rows x, and what they are, y, to begin with.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Without what takes long: influence, before and after.")
    ] = False,
    live_only: Annotated[
        bool, typer.Option("--live-only", help="A small page that runs the logic; nothing is measured or plotted.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, max=86400, help="For proofs; what is open then is undecided.")] = (
        PROOF_SECONDS
    ),
    lut_size: LutSizeOr6 = USUAL_LUT,
    library: LibraryOrSimple = SIMPLE,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Write one page, offline and self-contained: the logic running, gates, memory, influence, every neuron, proofs."""
    writable(out, ".html", ".htm")
    models = [_item(name, reader) for name in items]
    given = None if rows is None else read_rows(rows, "x")
    figures = wanted(lut_size, library, real_ands=True)
    with progress("writing the report") as show:
        found = write_report(
            models,
            out,
            text=source,
            rows=given,
            quick=quick,
            live_only=live_only,
            seconds=seconds,
            figures=figures,
            progress=show,
        )
    facts = {"out": str(out), "bytes": out.stat().st_size, "missing": found.missing}
    notes = [f"{part}: {why}" for part, why in found.missing.items()]
    emit(as_json, facts, f"{out}: {text(facts['bytes'])} bytes", *notes)


def _item(name: str, reader: Frontend) -> Item:
    return run_folder(name) or load_model(name, reader)
