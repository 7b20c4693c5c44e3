"""A boosting run on disk: the forest so far and its dictionary, in one file that is never seen half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bridge.boosting.forest import Forest
from bridge.boosting.growth import Tree
from bridge.errors import InputError
from bridge.files import parse_json, read_bytes, write_atomic

FORMAT = 1


def save_checkpoint(path: Path, forest: Forest, run: Mapping[str, Any], place: Mapping[str, float]) -> None:
    """Write atomically. run: what identifies the run, its options and text; place: numbers that say where it stands."""
    tensors = {f"book/{key}": array for key, array in forest.dictionary.state().items()}
    tensors["shifts"] = np.array([tree.shift for tree in forest.trees], np.int64)
    for index, tree in enumerate(forest.trees):
        tensors |= {f"{index}/splits": tree.splits, f"{index}/values": tree.values}
    facts = {"format": FORMAT, "run": run, "place": place}
    tensors["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    write_atomic(path, save({key: np.ascontiguousarray(array) for key, array in tensors.items()}))


def load_checkpoint(path: Path, forest: Forest, run: Mapping[str, Any]) -> dict[str, float]:
    """Put the saved trees into a forest without any; returns the place. InputError for a file that is missing, no
    checkpoint of trees, or of another run."""
    raw = read_bytes(path, "a training checkpoint")
    try:
        tensors = load(raw)
        facts = parse_json(tensors["facts"].tobytes())
        same = facts["format"] == FORMAT and facts["run"] == run
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: is not a checkpoint of trees: {error}") from error
    if not same:
        raise InputError(f"{path}: cannot resume: the checkpoint was made with other options or on another text")
    forest.dictionary.restore({key: tensors[f"book/{key}"] for key in forest.dictionary.state()})
    for index, shift in enumerate(tensors["shifts"].tolist()):
        forest.add(Tree(tensors[f"{index}/splits"], tensors[f"{index}/values"], shift))
    return dict(facts["place"])
