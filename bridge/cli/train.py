"""The command train: from a corpus to a cell file."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.cell.record import Device, Form, Kind, Levels
from bridge.cli.models import as_netlist
from bridge.cli.output import AsJson, emit, progress, text, writable
from bridge.cli.training_options import (
    FLAGS,
    check_flags,
    folded_options,
    kind_of,
    resumed_folded,
    resumed_threshold,
    resumed_trees,
    threshold_options,
    tree_options,
)
from bridge.corpus import Corpus, Holdout, Mapped, load_corpus, load_training
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.printable import counted
from bridge.resources import CELL

if TYPE_CHECKING:
    from bridge.cell.record import Source

MEASURED = 1 << 20  # held-out bytes at most
KindOption = Annotated[
    Kind | None, typer.Option(help="Threshold neurons (default), boosted decision trees, or a folded network.")
]
FormOption = Annotated[
    Form | None, typer.Option(help="With --kind trees: one block of trees (default), or two layers of neurons.")
]
Ands = Annotated[
    int | None,
    typer.Option(min=1, help="How many ANDs, before any flow: about so many neurons, at most so many trees."),
]
Shape = Annotated[Path | None, typer.Option("--options", help="All options: a JSON file, or a cell trained with them.")]
Checkpoint = Annotated[Path | None, typer.Option(help="Where to keep the run's state (default: OUT.checkpoint).")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on from the checkpoint, for longer if --minutes, --steps or --ands say so."),
]


def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="The cell file to write (.safetensors).")],
    corpus: Annotated[str | None, typer.Option(help="kjv (default), pydoc, or a file.")] = None,
    holdout: Annotated[Holdout | None, typer.Option(help="How the held-out part is chosen (default: tail).")] = None,
    kind: KindOption = None,
    form: FormOption = None,
    ands: Ands = None,
    minutes: Annotated[float | None, typer.Option(help="How long to train (default: 10).")] = None,
    steps: Annotated[int | None, typer.Option(help="Exact steps instead of minutes: reproducible.")] = None,
    levels: Annotated[Levels | None, typer.Option("--weights", help="Which weights are allowed.")] = None,
    activation_bits: Annotated[int | None, typer.Option(help="Bits of a neuron: 1 (default), or 2.")] = None,
    state_bits: Annotated[int | None, typer.Option(help="Latches of the first layer.")] = None,
    fan_in: Annotated[int | None, typer.Option(help="Nonzero weights of each neuron.")] = None,
    head_fan_in: Annotated[int | None, typer.Option(help="Nonzero weights of each symbol's logit.")] = None,
    method: Annotated[str | None, typer.Option(help="How floats become integers: quantized, gradual, ...")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the initial weights.")] = None,
    device: Annotated[Device | None, typer.Option(help="cpu or cuda.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of torch.")] = None,
    units: Annotated[int | None, typer.Option(help="With --kind folded: of its state (default: 256).")] = None,
    codes: Annotated[int | None, typer.Option(help="With --kind folded: numbers for a byte read (64).")] = None,
    shape: Shape = None,
    checkpoint: Checkpoint = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train a quantized cell, or a folded network, on a text; Ctrl-C leaves a usable cell and a checkpoint."""
    place = checkpoint or out.with_name(out.name + ".checkpoint")
    writable(out, CELL)
    writable(place, place.suffix.lower())
    values = minutes, steps, levels, activation_bits, state_bits, fan_in, head_fan_in, method, seed, device, threads
    given = {name: value for name, value in zip(FLAGS, (*values, units, codes), strict=True) if value is not None}
    if resume and shape:
        raise InputError("--resume goes on with the options of the checkpoint: leave out --options")
    chosen = kind or (kind_of(place) if resume else "threshold")
    check_flags(chosen, given, form)
    task = _Task(corpus, holdout, ands, shape, place, resume, form)
    made = {"trees": _train_trees, "folded": _train_folded, "threshold": _train_threshold}[chosen](task, given)
    made.model.save(out)
    _tell(made, out, place if checkpoint else None, as_json)
    if not made.finished:
        raise typer.Exit(130)


@dataclass(frozen=True)
class _Task:
    """What training of either kind needs to know; `shape`: the file with the options; None: not given."""

    corpus: str | None
    holdout: str | None
    ands: int | None
    shape: Path | None
    checkpoint: Path
    resume: bool
    form: Form | None

    def run(self, load: Callable[..., Any], train: Callable[..., Any], options: Any, source: Source | None) -> Any:
        """The text that is named, or that of the run that is resumed, and what training on it gives."""
        name, holdout = (source.corpus, source.holdout) if source else ("kjv", "tail")
        corpus = load(self.corpus or name, self.holdout or holdout)
        with progress("training") as bar:
            kept = {"checkpoint": self.checkpoint, "resume": self.resume}
            return corpus, train(corpus, options, **kept, progress=bar)


@dataclass(frozen=True)
class _Made:
    """`budget`: of ANDs; `longer`: the flags that make the run longer; `unit`: what `steps` counts."""

    model: Predictor
    finished: bool
    corpus: Corpus | Mapped
    steps: int
    unit: str
    seconds: float
    bits_per_byte: float
    budget: int | None
    longer: str


def _train_threshold(task: _Task, given: dict[str, Any]) -> _Made:
    from bridge.training import train as run_training

    source = None
    if task.resume:
        options, source = resumed_threshold(task.checkpoint, task.ands, given)
    else:
        options = threshold_options(task.shape, task.ands, task.holdout or "tail", given)
    corpus, trained = task.run(load_training, run_training, options, source)
    last = trained.last
    longer = f"--minutes {2 * options.minutes:g}" if options.steps is None else f"--steps {2 * options.steps}"
    run = (last.steps, "step", last.seconds, last.bits_per_byte)
    return _Made(trained.cell, trained.finished, corpus, *run, options.ands, longer)


def _train_trees(task: _Task, _given: dict[str, Any]) -> _Made:
    from bridge.boosting import train as run_training

    source = None
    if task.resume:
        options, source = resumed_trees(task.checkpoint, task.ands)
    else:
        options = tree_options(task.shape, task.ands, task.holdout or "tail", task.form)
    corpus, trained = task.run(load_corpus, run_training, options, source)
    last, longer = trained.last, f"--ands {2 * options.ands}"
    run = (last.steps, "tree", last.seconds, last.bits_per_byte)
    return _Made(trained.cell, trained.finished, corpus, *run, options.ands, longer)


def _train_folded(task: _Task, given: dict[str, Any]) -> _Made:
    from bridge.training.folded import train_folded as run_training

    if task.ands is not None or task.shape is not None:
        raise InputError("--ands and --options: not for --kind folded, whose size is that of --units and --codes")
    source = None
    if task.resume:
        options, source = resumed_folded(task.checkpoint, given)
    else:
        options = folded_options(task.holdout or "tail", given)
    corpus, trained = task.run(load_corpus, run_training, options, source)
    run = (trained.steps, "step", trained.seconds, trained.bits_per_byte)
    return _Made(trained.net, trained.finished, corpus, *run, None, f"--steps {2 * options.steps}")


def _tell(made: _Made, out: Path, checkpoint: Path | None, as_json: bool) -> None:
    """What came out, and what to do next."""
    aig = as_netlist(made.model)
    heldout = bytes(made.corpus.heldout[:MEASURED])
    by_logic = isinstance(made.model, Cell)  # that of a folded network takes thousands of evaluations a byte
    measured = evaluate(aig if by_logic else made.model, heldout)
    ands = len(aig.ands)
    named = ["--checkpoint", str(checkpoint)] if checkpoint else []
    again = shlex.join(["aigbridge", "train", "--out", str(out), "--resume", *named])
    split = [] if made.corpus.holdout == "tail" else ["--holdout", made.corpus.holdout]
    score = ["aigbridge", "eval", str(out), "--text", made.corpus.name, "--score", *split]
    following = shlex.join(["aigbridge", "run", str(out), "shrink"] if by_logic else score)
    facts = {
        "out": str(out),
        "finished": made.finished,
        f"{made.unit}s": made.steps,
        "seconds": round(made.seconds, 1),
        "training_bits_per_byte": made.bits_per_byte,
        "heldout_bits_per_byte": measured.bits_per_byte,
        "heldout_bytes": measured.bytes,
        "ands": ands,
        "budget": made.budget,
        "next": following if made.finished else again,
    }
    state = "done" if made.finished else f"stopped early; go on with `{again}`"
    lines = [
        f"{out}: {counted(made.steps, made.unit)}, {made.bits_per_byte:.4f} bits per byte on training text; {state}",
        f"{text(ands)} ANDs{_missed(ands, made.budget)}",
        f"{measured.bits_per_byte:.4f} bits per byte on {text(measured.bytes)} held-out bytes",
        f"next: {following}" + (f"; or longer: {again} {made.longer}" if made.finished else ""),
    ]
    emit(as_json, facts, *lines)


def _missed(ands: int, budget: int | None) -> str:
    if budget is None or ands == budget:
        return ""
    side = "more" if ands > budget else "fewer"
    hint = ": the budget is missed; ask for fewer, or see `simplify`" if ands > budget else ""
    return f", {text(abs(ands - budget))} {side} than the {text(budget)} of --ands{hint}"
