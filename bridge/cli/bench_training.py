"""The command bench training: what training methods and kinds of memory are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.table import Table

from bridge.cell.record import Levels
from bridge.cli.output import AsJson, activity, emit, table
from bridge.cli.training_options import read_options
from bridge.corpus import Holdout, load_corpus
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.bench.learning.methods import Summary

COMPARED = "float,sparse-float,quantized,gradual"
FIXED = "fixed"
Ledger = Annotated[Path | None, typer.Option(help="Append the runs as JSON lines, as in netlists/training.jsonl.")]


def training(
    corpus: Annotated[str, typer.Option(help="kjv, pydoc, or a file.")] = "kjv",
    holdout: Annotated[Holdout, typer.Option(help="How the held-out part is chosen.")] = "tail",
    methods: Annotated[str, typer.Option(help="Which, by commas.")] = COMPARED,
    weights: Annotated[str, typer.Option(help="binary, ternary, 3bit, pow2; several by commas.")] = "pow2",
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Runs of each, with seeds from 0.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each run.")] = 1500,
    minutes: Annotated[float | None, typer.Option(help="Minutes of each run instead of steps.")] = None,
    budgets: Annotated[str, typer.Option(help="fixed fan-ins, or budgets of ANDs (train --ands), by commas.")] = FIXED,
    memories: Annotated[str, typer.Option(help="window, latches, recurrence, by commas; as in the options.")] = "",
    shape: Annotated[Path | None, typer.Option("--options", help="All other options: JSON, or a trained cell.")] = None,
    ledger: Ledger = None,
    as_json: AsJson = False,
) -> None:
    """Training methods on equal terms: bits per byte of the network, of the integer cell made of it, and its ANDs."""
    from bridge.bench.learning.methods import SHAPE, bench_training, summarize
    from bridge.bench.ledger import append_ledger

    base = SHAPE if shape is None else read_options(shape)
    base = replace(base, steps=steps) if minutes is None else replace(base, steps=None, minutes=minutes)
    if shape is None and holdout == "interleaved":
        base = replace(base, recency=0.0)
    names, levels = _listed(methods), [_levels(name) for name in _listed(weights)]
    sizes = [_budget(each) for each in _listed(budgets)]
    with activity("training") as heard:
        text = load_corpus(corpus, holdout)
        runs = bench_training(text, base, names, levels, seeds, heard, budgets=sizes, memories=_listed(memories))
    lines = summarize(runs)
    if ledger is not None:
        length = f"--steps {steps}" if minutes is None else f"--minutes {minutes:g}"
        command = f"aigbridge bench training --corpus {corpus} --holdout {holdout} --methods {methods}"
        length += f" --budgets {budgets}" + (f" --memories {memories}" if memories else "")
        append_ledger(ledger, runs, command=f"{command} --weights {weights} --seeds {seeds} {length}")
    facts = {"options": base.facts(), "methods": [*map(asdict, lines)], "runs": [*map(asdict, runs)]}
    emit(as_json, facts, _table(lines), "bits per byte, means over seeds; network: as trained; cell: exact integers")


def _listed(names: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def _budget(text: str) -> int | None:
    if text == FIXED:
        return None
    if not text.isdecimal():
        raise InputError(f"--budgets takes {FIXED!r} or whole numbers of ANDs, not {text!r}")
    return int(text)


def _levels(name: str) -> Levels:
    if name not in get_args(Levels):
        raise InputError(f"there are no weights {name!r}; choose from {', '.join(get_args(Levels))}")
    return cast("Levels", name)


def _table(lines: Sequence[Summary]) -> Table:
    head = (
        "method",
        "weights",
        "budget",
        "memory",
        "runs",
        "network valid.",
        "held-out",
        "cell valid.",
        "held-out",
        "+-",
        "ANDs",
        "seconds",
    )
    rows = []
    for line in lines:
        figures = (line.network_validation, line.network_heldout, line.cell_validation, line.cell_heldout, line.spread)
        shown = ("" if figure is None else f"{figure:.4f}" for figure in figures)
        what = (line.method, line.weights, line.budget or "", line.memory, line.runs)
        rows.append((*what, *shown, round(line.ands), round(line.seconds)))
    return table(head, rows)
