"""What `train` is asked for: options of either kind from flags, a JSON file, a trained cell or a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cell import Cell
from bridge.cell.record import Form, Kind, Source, TrainingRecord
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.resources import CELL, cell_path

if TYPE_CHECKING:
    from bridge.boosting import BoostingOptions
    from bridge.training import TrainingOptions
    from bridge.training.folded import FoldedOptions

TORCH = b"PK"  # how torch's files begin: archives
FLAGS = {  # not of trees
    "minutes": "--minutes",
    "steps": "--steps",
    "levels": "--weights",
    "activation_bits": "--activation-bits",
    "state_bits": "--state-bits",
    "fan_in": "--fan-in",
    "head_fan_in": "--head-fan-in",
    "method": "--method",
    "seed": "--seed",
    "device": "--device",
    "threads": "--threads",
    "units": "--units",
    "codes": "--codes",
}
FOLDED = ("units", "codes", "steps", "seed")  # of these, the ones of folded networks; the first two of no others


def kind_of(checkpoint: Path) -> Kind:
    """Of the run that left the checkpoint."""
    if read_bytes(checkpoint, "a training checkpoint")[: len(TORCH)] != TORCH:
        return "trees"
    from bridge.training.checkpoint import kind_of_run

    return kind_of_run(checkpoint)


def check_flags(kind: Kind, given: Mapping[str, Any], form: Form | None) -> None:
    """InputError for flags that exclude each other, or are of another kind."""
    neurons = [name for name in FLAGS if name not in FOLDED[:2]]
    allowed: dict[Kind, Sequence[str]] = {"threshold": neurons, "folded": FOLDED, "trees": ()}
    if others := [name for name in given if name not in allowed[kind]]:
        flags = " and ".join(FLAGS[name] for name in others)
        kinds = [each for each in allowed if set(others) <= set(allowed[each])]
        where = f"only for {' and '.join(kinds)}, " if kinds else ""
        sized = {"trees": ["--ands", "--form", "--options"], "folded": [], "threshold": ["--ands", "--options"]}[kind]
        own = [*(FLAGS[name] for name in allowed[kind]), *sized]
        known = ", ".join([*own, "--corpus", "--holdout", "--out", "--checkpoint"])
        raise InputError(f"{flags}: {where}not for --kind {kind}, which has {known} and --resume")
    if kind != "trees" and form is not None:
        raise InputError(f"--form {form}: only for --kind trees, whose trees may be written as neurons")
    if {"minutes", "steps"} <= given.keys():
        raise InputError("--minutes and --steps both say how long to train: give one of them")


def threshold_options(shape: Path | None, ands: int | None, holdout: str, given: dict[str, Any]) -> TrainingOptions:
    """Options for a new run."""
    from bridge.training import sized

    if ands is not None and given.keys() & {"fan_in", "head_fan_in"}:
        raise InputError("--ands buys as many weights as it can: leave out --fan-in and --head-fan-in")
    if shape is None and holdout == "interleaved":
        given["recency"] = 0.0  # held-out blocks come from everywhere, not from the end
    if ands is not None and shape is None:
        return changed(sized(ands), given)
    if ands is not None:
        given |= {"ands": ands, "wiring": "matrix"}
    return changed(read_options(shape), given)


def changed(options: TrainingOptions, given: Mapping[str, Any]) -> TrainingOptions:
    """The options with what flags say instead."""
    from bridge.training import named_method

    facts = {name: value for name, value in given.items() if name not in ("state_bits", "fan_in")}
    if "minutes" in facts:
        facts["steps"] = None
    if "method" in facts:
        facts["method"] = named_method(facts["method"])
    layers = [replace(layer, fan_in=given["fan_in"]) if "fan_in" in given else layer for layer in options.layers]
    if "state_bits" in given:
        layers[0] = replace(layers[0], latches=given["state_bits"])
    return replace(options, **facts, layers=tuple(layers))


def tree_options(shape: Path | None, ands: int | None, holdout: str, form: Form | None) -> BoostingOptions:
    """Options for a new run."""
    from bridge.boosting import BoostingOptions

    facts = _facts(shape, "trees") if shape else {} if holdout == "tail" else {"recency": 0.0}
    flags = {name: value for name, value in (("ands", ands), ("form", form)) if value is not None}
    return BoostingOptions.from_facts({**facts, **flags})


def folded_options(holdout: str, given: Mapping[str, Any]) -> FoldedOptions:
    """Options for a new run."""
    from bridge.training.folded import FoldedOptions

    return FoldedOptions.from_facts({**({} if holdout == "tail" else {"recency": 0.0}), **given})


def resumed_folded(checkpoint: Path, given: Mapping[str, Any]) -> tuple[FoldedOptions, Source]:
    """Options of the run that left the checkpoint, as long as flags say now, and its text."""
    from bridge.training.checkpoint import load_checkpoint
    from bridge.training.folded import FoldedOptions

    before = load_checkpoint(checkpoint, FoldedOptions.from_facts)
    return replace(before.options, **given), before.source


def resumed_threshold(checkpoint: Path, ands: int | None, given: Mapping[str, Any]) -> tuple[TrainingOptions, Source]:
    """Options of the run that left the checkpoint, as long as flags say now, and its text."""
    from bridge.training import TrainingOptions
    from bridge.training.checkpoint import load_checkpoint

    before = load_checkpoint(checkpoint, TrainingOptions.from_facts)
    return changed(before.options, given if ands is None else {**given, "ands": ands}), before.source


def resumed_trees(checkpoint: Path, ands: int | None) -> tuple[BoostingOptions, Source]:
    """The same for trees."""
    from bridge.boosting import BoostingOptions
    from bridge.boosting.checkpoint import read_run

    run = read_run(checkpoint)
    source = Source.from_facts(run)
    if source is None:
        raise InputError(f"{checkpoint}: does not say on which text it was trained")
    return BoostingOptions.from_facts(run["options"] if ands is None else {**run["options"], "ands": ands}), source


def read_options(path: Path | None) -> TrainingOptions:
    """Options for threshold cells: the default ones, from a JSON file, or those of a trained cell."""
    from bridge.training import TrainingOptions
    from bridge.training.options import BEFORE

    if path is None:
        return TrainingOptions()
    return TrainingOptions.from_facts((BEFORE if _is_cell(path) else {}) | dict(_facts(path, "threshold")))


def _is_cell(path: Path) -> bool:
    return cell_path(path).suffix.lower() == CELL


def _facts(path: Path, kind: Kind) -> Mapping[str, Any]:
    facts = _recorded(path, kind) if _is_cell(path) else _parsed(path)
    if not isinstance(facts, dict):
        raise InputError(f"{path}: holds no training options")
    return facts


def _recorded(path: Path, kind: Kind) -> object:
    cell = Cell.load(path)
    record = TrainingRecord.of(cell.record)
    if record is not None and record.kind != kind:
        raise InputError(f"{path}: was trained with --kind {record.kind}, and its options are of that kind")
    return cell.record.get("options")


def _parsed(path: Path) -> object:
    try:
        return json.loads(read_bytes(path, "training options (JSON)", 1 << 20))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}") from error
