"""The command train: from a corpus to a cell file."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cell import Cell
from bridge.cli.output import AsJson, emit, progress, text
from bridge.cli.texts import Split
from bridge.corpus import Corpus, load_corpus, load_training
from bridge.errors import InputError
from bridge.files import read_bytes

if TYPE_CHECKING:
    from bridge.training import Progress, TrainingOptions


class Levels(StrEnum):
    """The integers a weight may be: +-1; -1..1; -4..3; 0, +-1, +-2, +-4."""

    BINARY = "binary"
    TERNARY = "ternary"
    THREE_BIT = "3bit"
    POW2 = "pow2"


class Kind(StrEnum):
    """Threshold neurons with a parallel head; or boosted decision trees with a serial head."""

    THRESHOLD = "threshold"
    TREES = "trees"


class Device(StrEnum):
    """Where torch computes."""

    CPU = "cpu"
    CUDA = "cuda"


def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="The cell file to write (.safetensors).")],
    corpus: Annotated[str, typer.Option(help="kjv, pydoc, or a file.")] = "kjv",
    holdout: Annotated[Split, typer.Option(help="How the held-out part is chosen.")] = Split.TAIL,
    kind: Annotated[
        Kind, typer.Option(help="Threshold neurons, or decision trees with a serial head.")
    ] = Kind.THRESHOLD,
    ands: Annotated[int | None, typer.Option(help="About how many ANDs the cell may have, before any flow.")] = None,
    minutes: Annotated[float | None, typer.Option(help="How long to train.")] = None,
    steps: Annotated[int | None, typer.Option(help="Exact steps instead of minutes: reproducible.")] = None,
    levels: Annotated[Levels | None, typer.Option("--weights", help="Which weights are allowed.")] = None,
    state_bits: Annotated[int | None, typer.Option(help="Latches of the first layer.")] = None,
    fan_in: Annotated[int | None, typer.Option(help="Nonzero weights of each neuron.")] = None,
    head_fan_in: Annotated[int | None, typer.Option(help="Nonzero weights of each symbol's logit.")] = None,
    method: Annotated[str | None, typer.Option(help="How floats become integers: quantized, gradual, ...")] = None,
    teacher: Annotated[Path | None, typer.Option(help="Checkpoint of a network to learn from (distilled).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the initial weights.")] = None,
    device: Annotated[Device | None, typer.Option(help="cpu or cuda.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of torch.")] = None,
    shape: Annotated[
        Path | None, typer.Option("--options", help="All options: a JSON file, or a cell trained with them.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Where to keep the run's state (default: OUT.checkpoint, removed when done).")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a quantized cell on a text; Ctrl-C leaves a usable cell and a checkpoint."""
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist")
    if kind is Kind.TREES:
        others = (
            minutes,
            steps,
            levels,
            state_bits,
            fan_in,
            head_fan_in,
            method,
            teacher,
            seed,
            device,
            threads,
        )
        if any(other is not None for other in others):
            known = "--ands, --corpus, --holdout, --options, --out, --checkpoint and --resume"
            raise InputError(f"trees know the options {known} only")
        place = checkpoint or out.with_name(out.name + ".checkpoint")
        _train_trees(out, load_corpus(corpus, holdout.value), ands, shape, place, resume, as_json)
        if checkpoint is None:
            place.unlink(missing_ok=True)
        return
    if ands is not None and (fan_in is not None or head_fan_in is not None):
        raise InputError("--ands buys as many weights as it can: leave out --fan-in and --head-fan-in")
    from bridge.training import load_model, named_method, sized
    from bridge.training import train as run_training

    given: dict[str, Any] = {
        "minutes": minutes,
        "steps": steps,
        "seed": seed,
        "threads": threads,
        "head_fan_in": head_fan_in,
    }
    if method is not None:
        given["method"] = named_method(method)
    given |= {"levels": levels and levels.value, "device": device and device.value}
    if shape is None and holdout is Split.INTERLEAVED:
        given["recency"] = 0.0  # held-out blocks come from everywhere, not from the end
    if ands is not None and shape is not None:
        given |= {"ands": ands, "wiring": "matrix"}
    base = sized(ands) if ands is not None and shape is None else read_options(shape)
    options = replace(base, **{key: value for key, value in given.items() if value is not None})
    options = _with_layers(options, state_bits, fan_in)
    place = checkpoint or out.with_name(out.name + ".checkpoint")
    with progress("training") as bar:
        trained = run_training(
            load_training(corpus, holdout.value),
            options,
            checkpoint=place,
            resume=resume,
            teacher=None if teacher is None else load_model(teacher)[0],
            report=lambda now: bar(now.fraction, _remark(now)),
        )
    trained.cell.save(str(out))
    if trained.finished and checkpoint is None:
        place.unlink(missing_ok=True)
    last = trained.last
    facts = {"out": str(out), "finished": trained.finished, "steps": last.step, "seconds": round(last.seconds, 1)}
    facts["training_bits_per_byte"] = last.bits_per_byte
    facts["ands"] = last.ands
    state = "done" if trained.finished else f"stopped early; go on with --resume (checkpoint {place})"
    emit(
        as_json,
        facts,
        f"{out}: {text(last.step)} steps, {last.bits_per_byte:.4f} bits per byte on training text; {state}",
    )
    if not trained.finished:
        raise typer.Exit(130)


def _train_trees(
    out: Path, corpus: Corpus, ands: int | None, shape: Path | None, checkpoint: Path, resume: bool, as_json: bool
) -> None:
    from bridge.boosting import BoostingOptions
    from bridge.boosting import train as run_training

    facts = _facts(shape) if shape else {} if corpus.holdout == "tail" else {"recency": 0.0}
    options = BoostingOptions.from_facts(facts if ands is None else {**facts, "ands": ands})
    with progress("training") as bar:
        trained = run_training(
            corpus,
            options,
            checkpoint=checkpoint,
            resume=resume,
            report=lambda now: bar(now.fraction, f"{now.bits_per_byte:.3f} bits per byte, {now.trees} trees"),
        )
    trained.cell.save(str(out))
    last = trained.last
    told = {"out": str(out), "finished": trained.finished, "trees": last.trees, "ands": last.ands}
    told |= {"seconds": round(last.seconds, 1), "training_bits_per_byte": last.bits_per_byte}
    line = f"{out}: {last.trees} trees, {text(last.ands)} ANDs, {last.bits_per_byte:.4f} bits per byte on training text"
    state = "done" if trained.finished else f"stopped early; go on with --resume (checkpoint {checkpoint})"
    emit(as_json, told, f"{line}; {state}")
    if not trained.finished:
        raise typer.Exit(130)


def _remark(now: Progress) -> str:
    return f"{now.bits_per_byte:.3f} bits per byte, about {now.ands:,} ANDs, step {now.step:,}"


def read_options(path: Path | None) -> TrainingOptions:
    """Options for threshold cells: the default ones, from a JSON file, or those of a trained cell."""
    from bridge.training import TrainingOptions
    from bridge.training.options import BEFORE

    if path is None:
        return TrainingOptions()
    return TrainingOptions.from_facts((BEFORE if path.suffix == ".safetensors" else {}) | _facts(path))


def _facts(path: Path) -> dict[str, Any]:
    facts = _recorded(path) if path.suffix == ".safetensors" else _parsed(path)
    if not isinstance(facts, dict):
        raise InputError(f"{path}: holds no training options")
    return facts


def _recorded(path: Path) -> object:
    return Cell.load(str(path)).record.get("options")


def _parsed(path: Path) -> object:
    try:
        return json.loads(read_bytes(path, "training options (JSON)", 1 << 20))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}") from error


def _with_layers(options: TrainingOptions, state_bits: int | None, fan_in: int | None) -> TrainingOptions:
    layers = [layer if fan_in is None else replace(layer, fan_in=fan_in) for layer in options.layers]
    if state_bits is not None:
        layers[0] = replace(layers[0], latches=state_bits)
    return replace(options, layers=tuple(layers))
