"""The command simplify: fewer gates for a few bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bridge.cell import Cell
from bridge.cell.record import Source, fitted, joined
from bridge.cli.models import Model, load_cell, load_model, run_folder
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, activity, emit, writable
from bridge.corpus import load_corpus
from bridge.errors import InputError
from bridge.execution import bits_per_byte
from bridge.files import write_atomic
from bridge.formats import WHOLE, write_netlist
from bridge.lossy import Simplified
from bridge.lossy import simplify as simplify_model
from bridge.lossy.rounds import STEPS
from bridge.metadata import read_metadata, with_metadata
from bridge.printable import dump_json
from bridge.resources import CELL


def simplify(
    model: Model,
    text: Annotated[str, typer.Option(help="A corpus (kjv, pydoc) or a file; its training part is used.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A netlist, or a cell (.safetensors) if MODEL is one.")],
    budget: Annotated[float, typer.Option(min=0.0, max=8.0, help="Bits per byte that may be lost.")] = 0.01,
    seed: Annotated[int, typer.Option(min=0, help="Which places of the text are looked at.")] = 0,
    steps: Annotated[
        int | None,
        typer.Option(min=0, max=100_000, help=f"Of training after each round, for a cell; {STEPS} if torch is there."),
    ] = None,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Make a model smaller and slightly worse: drop weights of a cell and train the rest, or merge nodes of a netlist.

    The result is marked as lossy and is not equivalent to MODEL. Every change is listed in OUT.lossy.json.
    """
    writable(out, CELL, *WHOLE)
    source = load_cell(model) if out.suffix.lower() == CELL and run_folder(model) else load_model(model, reader)
    if out.suffix.lower() == CELL and not (isinstance(source, Cell) and source.network):
        raise InputError(f"{out}: netlists, and cells with trees, become smaller netlists; let --out end in .aig")
    corpus = load_corpus(text)
    with activity("simplifying") as heard:
        result = simplify_model(source, corpus.training, budget, seed=seed, steps=steps, progress=heard)
    _write(result, Source.of(corpus), out)
    before, after = (bits_per_byte(each, corpus.heldout) for each in (source, result.aig))
    facts = {"out": str(out), **_facts(result), "heldout_before": before, "heldout_after": after}
    facts |= {"changes": len(result.record), "lossy": True}
    write_atomic(f"{out}.lossy.json", dump_json({**facts, "record": result.record}))
    percent = 100 * (result.ands_after / max(1, result.ands_before) - 1)
    lines = [
        f"{out}: {result.ands_after:,} ANDs instead of {result.ands_before:,} ({percent:+.1f} %); lossy",
        f"held-out text: {before:.4f} -> {after:.4f} bits per byte ({after - before:+.4f})",
        f"{len(result.record):,} changes, listed in {out}.lossy.json",
    ]
    emit(as_json, facts, *lines)


def _facts(result: Simplified) -> dict[str, object]:
    return {
        "ands_before": result.ands_before,
        "ands_after": result.ands_after,
        "validation_before": result.before,
        "validation_after": result.after,
    }


def _write(result: Simplified, source: Source, out: Path) -> None:
    """The model, which knows from now on that it was fitted to this text."""
    if isinstance(result.model, Cell) and out.suffix.lower() == CELL:
        replace(result.model, record=fitted(result.model.record, source)).save(out)
        return
    facts = read_metadata(result.aig)
    write_netlist(with_metadata(result.aig, replace(facts, sources=joined(facts.sources, source))), out)
