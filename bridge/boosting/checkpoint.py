"""A boosting run on disk: the forests so far and their dictionary, in one file that is never seen half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bridge.boosting.dictionary import Dictionary
from bridge.boosting.forest import Forest
from bridge.boosting.growth import Tree
from bridge.cell.record import Source
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic

# Another one for whatever changes what a run goes on to from the same file: options and their defaults, how the price
# is searched, how trees grow and fill the room. What is resumed is the run that was not interrupted, or is refused.
FORMAT = 4
LENGTH = ("ands",)


def save_checkpoint(
    path: Path, forests: Sequence[Forest], book: Dictionary, run: Mapping[str, Any], place: Mapping[str, Any]
) -> None:
    """Write atomically. run: what identifies the run, its options and text; place: where it stands."""
    tensors = {f"book/{key}": array for key, array in book.state().items()}
    tensors["biases"] = np.array([forest.bias for forest in forests], np.int64)
    trees = [(tree, node) for node, forest in enumerate(forests) for tree in forest.trees]
    tensors["nodes"] = np.array([node for _, node in trees], np.int64)
    for index, (tree, _) in enumerate(trees):
        tensors |= {f"{index}/splits": tree.splits, f"{index}/values": tree.values}
    facts = {"format": FORMAT, "run": run, "place": place}
    tensors["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    write_atomic(path, save({key: np.ascontiguousarray(array) for key, array in tensors.items()}))


def read_run(path: Path) -> dict[str, Any]:
    """What identifies the run whose checkpoint that is. InputError for a file that is missing or something else."""
    run: dict[str, Any] = _read(path)[1]["run"]
    return run


def load_checkpoint(path: Path, forests: Sequence[Forest], book: Dictionary, run: Mapping[str, Any]) -> dict[str, Any]:
    """Put the saved trees into forests without any; returns the place. InputError for a file that is missing, no
    checkpoint of trees, or of another run, which may be of another LENGTH."""
    tensors, facts = _read(path)
    if _identity(facts["run"]) != _identity(run):
        raise InputError(f"{path}: cannot resume: the checkpoint was made with other options or on another text")
    book.restore({key: tensors[f"book/{key}"] for key in book.state()})
    for index, node in enumerate(tensors["nodes"].tolist()):
        forests[node].add(Tree(tensors[f"{index}/splits"], tensors[f"{index}/values"]))
    for forest, bias in zip(forests, tensors["biases"].tolist(), strict=True):
        forest.shift(bias - forest.bias)
    return dict(facts["place"])


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    raw = read_bytes(path, "a training checkpoint")
    try:
        tensors = load(raw)
        facts = json.loads(tensors["facts"].tobytes())
        if facts["format"] != FORMAT:
            why = f"the checkpoint is of format {facts['format']!r}, and this aigbridge goes on from {FORMAT} alone"
            raise InputError(f"{path}: cannot resume: {why}; train anew")
        if not isinstance(facts["run"]["options"], dict):
            raise ValueError("its options are none")
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: is not a checkpoint of trees: {error}") from error
    return tensors, facts


def _identity(run: Mapping[str, Any]) -> tuple[object, ...]:
    """All but how long the run is and where its text lies."""
    source = Source.from_facts(run)
    text = (source.sha256, source.holdout) if source else None
    return text, {key: value for key, value in run["options"].items() if key not in LENGTH}
