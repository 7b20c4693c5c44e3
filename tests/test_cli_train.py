"""The command train: cells of both kinds from files of the user, again and to a budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Call

from bridge.cell import Cell

TEXT = b"In the beginning was the Word, and the Word was with God, and the Word was God.\n" * 20


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path


@pytest.mark.heavy
def test_training_trees(call: Call, text: Path) -> None:
    base = ("train", "--corpus", text, "--kind", "trees", "--json", "--out")
    trained = call(*base, "c.safetensors", "--ands", 400)
    assert trained.code == 0, trained.err
    assert trained.json["finished"]
    assert 300 < trained.json["ands"] <= 500
    measured = call("eval", "c.safetensors", "--text", text, "--json")
    assert measured.json["serial"]
    assert measured.json["evaluations_mean"] > 1
    again = call(*base, "again.safetensors", "--options", "c.safetensors")
    assert again.json["ands"] == trained.json["ands"]
    for wrong in (("--minutes", 1), ("--options", "wrong.json"), ("--resume",)):
        Path("wrong.json").write_text('{"minutes": 1}')
        assert call(*base, "d.safetensors", *wrong).code == 2
    assert call("train", "--corpus", text, "--ands", 5, "--out", "d.safetensors").code == 2
    assert not Path("d.safetensors").exists()


@pytest.mark.heavy
def test_training_from_a_file_of_the_user(call: Call, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_bytes(TEXT * 20)
    shape = {"embedding_bits": 8, "window": 2, "head_fan_in": 8, "head_embeddings": 1, "batch": 4, "sequence": 16}
    shape |= {"layers": [{"neurons": 8, "latches": 4, "fan_in": 6, "embeddings": 2}]}
    (tmp_path / "shape.json").write_text(json.dumps(shape))
    trained = call(
        "train", "--corpus", "book.txt", "--options", "shape.json", "--steps", 30, "--out", "c.safetensors", "--json"
    )
    assert trained.code == 0, trained.err
    assert trained.json["steps"] == 30
    cell = Cell.load("c.safetensors")
    assert cell.record["corpus"] == "book.txt"
    again = call("train", "--corpus", "book.txt", "--options", "c.safetensors", "--out", "again.safetensors")
    assert again.code == 0, again.err
    assert Cell.load("again.safetensors").digest == cell.digest
    measured = call("eval", "c.safetensors", "--text", "book.txt", "--part", "heldout", "--json").json["bits_per_byte"]
    call("lower", "c.safetensors", "-o", "c.v")
    assert call("eval", "c.v", "--text", "book.txt", "--part", "heldout", "--json").json["bits_per_byte"] == measured


@pytest.mark.heavy
def test_training_to_a_budget_of_ands(call: Call, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_bytes(TEXT * 300)
    base = ("train", "--corpus", "book.txt", "--ands", 2000, "--steps", 12)
    told = call(*base, "--out", "c.safetensors", "--json")
    assert told.code == 0, told.err
    cell = Cell.load("c.safetensors")
    assert (cell.record["options"]["ands"], cell.record["options"]["wiring"]) == (2000, "matrix")
    assert cell.head.code is not None
    call("lower", "c.safetensors", "-o", "c.aig")
    assert 1500 < call("stats", "c.aig", "--json").json["ands"] < 2500
    lengths = [call("eval", each, "--text", "book.txt", "--json").json for each in ("c.safetensors", "c.aig")]
    assert lengths[0]["bits_per_byte"] == lengths[1]["bits_per_byte"]
    assert not lengths[0]["serial"]
    assert "--fan-in" in call(*base, "--fan-in", 4, "--out", "d.safetensors").err
    again = call(*base, "--options", "c.safetensors", "--out", "d.safetensors")
    assert again.code == 0, again.err
    assert Cell.load("d.safetensors").digest == cell.digest
