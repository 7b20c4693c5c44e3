"""The command train: from a corpus to a cell file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bridge.cell import Cell
from bridge.cli.output import AsJson, emit, progress, text
from bridge.cli.texts import Split
from bridge.corpus import load_corpus, load_training
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
    asked = {
        "minutes": minutes,
        "steps": steps,
        "levels": levels and levels.value,
        "state_bits": state_bits,
        "fan_in": fan_in,
        "head_fan_in": head_fan_in,
        "method": method,
        "teacher": teacher,
        "seed": seed,
        "device": device and device.value,
        "threads": threads,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    task = _Task(out, corpus, holdout.value, ands, shape, checkpoint or out.with_name(out.name + ".checkpoint"), resume)
    finished, facts, line = _train_trees(task, given) if kind is Kind.TREES else _train_threshold(task, given)
    if finished and checkpoint is None:
        task.checkpoint.unlink(missing_ok=True)
    state = "done" if finished else f"stopped early; go on with --resume (checkpoint {task.checkpoint})"
    emit(as_json, {"out": str(out), "finished": finished, **facts}, f"{out}: {line}; {state}")
    if not finished:
        raise typer.Exit(130)


@dataclass(frozen=True)
class _Task:
    """What training of either kind needs to know; `shape`: the file with the options."""

    out: Path
    corpus: str
    holdout: Literal["tail", "interleaved"]
    ands: int | None
    shape: Path | None
    checkpoint: Path
    resume: bool


def _train_threshold(task: _Task, given: dict[str, Any]) -> tuple[bool, dict[str, Any], str]:
    """(whether it ran to its end, facts, a line about it)."""
    from bridge.training import load_model
    from bridge.training import train as run_training

    teacher = given.pop("teacher", None)
    options = _threshold_options(task, given)
    with progress("training") as bar:
        trained = run_training(
            load_training(task.corpus, task.holdout),
            options,
            checkpoint=task.checkpoint,
            resume=task.resume,
            teacher=None if teacher is None else load_model(teacher)[0],
            report=lambda now: bar(now.fraction, _remark(now)),
        )
    trained.cell.save(str(task.out))
    last = trained.last
    facts = {"steps": last.step, "seconds": round(last.seconds, 1)}
    facts |= {"training_bits_per_byte": last.bits_per_byte, "ands": last.ands}
    return trained.finished, facts, f"{text(last.step)} steps, {last.bits_per_byte:.4f} bits per byte on training text"


def _threshold_options(task: _Task, given: dict[str, Any]) -> TrainingOptions:
    from bridge.training import named_method, sized

    if task.ands is not None and given.keys() & {"fan_in", "head_fan_in"}:
        raise InputError("--ands buys as many weights as it can: leave out --fan-in and --head-fan-in")
    state_bits, fan_in = given.pop("state_bits", None), given.pop("fan_in", None)
    if "method" in given:
        given["method"] = named_method(given["method"])
    if task.shape is None and task.holdout == "interleaved":
        given["recency"] = 0.0  # held-out blocks come from everywhere, not from the end
    if task.ands is not None and task.shape is None:
        return _with_layers(replace(sized(task.ands), **given), state_bits, fan_in)
    if task.ands is not None:
        given |= {"ands": task.ands, "wiring": "matrix"}
    return _with_layers(replace(read_options(task.shape), **given), state_bits, fan_in)


def _train_trees(task: _Task, given: dict[str, Any]) -> tuple[bool, dict[str, Any], str]:
    """As _train_threshold."""
    from bridge.boosting import BoostingOptions
    from bridge.boosting import train as run_training

    if given:
        known = "--ands, --corpus, --holdout, --options, --out, --checkpoint and --resume"
        raise InputError(f"trees know the options {known} only")
    facts = _facts(task.shape) if task.shape else {} if task.holdout == "tail" else {"recency": 0.0}
    options = BoostingOptions.from_facts(facts if task.ands is None else {**facts, "ands": task.ands})
    with progress("training") as bar:
        trained = run_training(
            load_corpus(task.corpus, task.holdout),
            options,
            checkpoint=task.checkpoint,
            resume=task.resume,
            report=lambda now: bar(now.fraction, f"{now.bits_per_byte:.3f} bits per byte, {now.trees} trees"),
        )
    trained.cell.save(str(task.out))
    last = trained.last
    told = {"trees": last.trees, "ands": last.ands, "seconds": round(last.seconds, 1)}
    told["training_bits_per_byte"] = last.bits_per_byte
    line = f"{last.trees} trees, {text(last.ands)} ANDs, {last.bits_per_byte:.4f} bits per byte on training text"
    return trained.finished, told, line


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
