"""Checkpoints of trees: of another format, none is gone on from."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from bridge.boosting import BoostingOptions, train
from bridge.boosting.checkpoint import FORMAT
from bridge.boosting.search import Search
from support.command_line import Call, assert_one_line
from support.texts import chained_prose, corpus_of

pytestmark = pytest.mark.heavy


def facts_of(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(load(place.read_bytes())["facts"].tobytes())
    return found


def test_one_of_another_format_is_refused(tmp_path: Path, call: Call) -> None:
    (tmp_path / "book.txt").write_bytes(chained_prose(5000))
    called = call("train", "--kind", "trees", "--ands", 200, "--corpus", "book.txt", "--out", "cell.safetensors")
    assert called.code == 0, called.err
    place = tmp_path / "cell.safetensors.checkpoint"
    older = json.dumps(facts_of(place) | {"format": FORMAT - 1}).encode()
    place.write_bytes(save(load(place.read_bytes()) | {"facts": np.frombuffer(older, np.uint8)}))
    called = call("train", "--kind", "trees", "--out", "cell.safetensors", "--resume", "--ands", 400)
    assert_one_line(called)
    assert f"is of format {FORMAT - 1}, and this aigbridge goes on from {FORMAT} alone; train anew" in called.err


def test_the_format_has_another_number_where_other_things_tell_of_a_run(tmp_path: Path) -> None:
    """If this fails, `FORMAT` needs another number, here too; as it does where the training means something else by the
    same things."""
    corpus, place = corpus_of(chained_prose(5000)), tmp_path / "checkpoint"
    train(corpus, BoostingOptions(ands=200), checkpoint=place)
    facts = facts_of(place)
    assert facts["format"] == FORMAT == 4
    assert facts["run"]["options"] == {
        "ands": 200,
        "window": 6,
        "letters": 2,
        "recency": 4.5,
        "repeats": 0.8,
        "leaves": 256,
        "damping": 10.0,
        "caution": 0.3,
        "sample": 1 << 21,
        "form": "trees",
    }
    assert facts["place"].keys() == {"ands", "seconds", "lengthened", "search", "per_leaf"}
    assert [field.name for field in fields(Search)] == ["price", "enough", "short", "used"]
