"""The command train: cells of both kinds from files of the user, again and to a budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cell import Cell
from bridge.cell.record import Source, TrainingRecord, fitted
from bridge.report.subject import text_of
from support.command_line import Call, Called

pytestmark = pytest.mark.heavy

TEXT = b"In the beginning was the Word, and the Word was with God, and the Word was God.\n" * 20


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path


def test_training_trees(call: Call, text: Path) -> None:
    base = ("train", "--corpus", text, "--kind", "trees", "--json", "--out")
    trained = call(*base, "c.safetensors", "--ands", 150)
    assert trained.code == 0, trained.err
    assert trained.json["finished"]
    assert 120 < trained.json["ands"] <= 150
    measured = call("eval", "c.safetensors", "--text", text, "--json")
    assert not measured.json["serial"]
    assert measured.json["bits_per_byte"] < 3
    again = call(*base, "again.safetensors", "--options", "c.safetensors")
    assert again.json["ands"] == trained.json["ands"]
    for wrong in (("--minutes", 1), ("--options", "wrong.json"), ("--resume",)):
        Path("wrong.json").write_text('{"minutes": 1}')
        assert call(*base, "d.safetensors", *wrong).code == 2
    assert call("train", "--corpus", text, "--ands", 5, "--out", "d.safetensors").code == 2
    assert not Path("d.safetensors").exists()


def test_training_trees_that_become_neurons(call: Call, text: Path) -> None:
    made = call(
        "train", "--corpus", text, "--kind", "trees", "--form", "neurons", "--ands", 200, "--out", "c.safetensors"
    )
    assert made.code == 0, made.err
    cell = Cell.load("c.safetensors")
    assert cell.network
    assert [block.name for block in cell.blocks[-3:]] == ["conjunctions", "disjunctions", "score"]
    again = call("train", "--corpus", text, "--kind", "trees", "--options", "c.safetensors", "--out", "d.safetensors")
    assert again.code == 0, again.err
    assert Cell.load("d.safetensors").digest == cell.digest


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


SOURCE = Source("book.txt", "0" * 64, "tail")
SHAPE = {"embedding_bits": 8, "window": 2, "head_fan_in": 8, "head_embeddings": 1, "batch": 4, "sequence": 16}
SHAPE |= {"layers": [{"neurons": 8, "latches": 4, "fan_in": 6, "embeddings": 2}], "steps": 20}


def refused(called: Called) -> str:
    assert (called.code, called.out, called.err.count("\n")) == (2, "", 1), called.err
    return called.err


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_bytes(TEXT * 10)
    (tmp_path / "shape.json").write_text(json.dumps(SHAPE))
    return path


KINDS = {
    "threshold": (("--options", "shape.json"), ("--steps", 40), ("--steps", 30), "steps"),
    "trees": (("--kind", "trees", "--ands", 60), ("--ands", 120), ("--ands", 50), "trees"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_came_out_and_what_is_next(call: Call, book: Path, kind: str) -> None:
    """Gates, bits per byte on held-out text and commands that work; and a longer run from where the first ended."""
    options, more, less, unit = KINDS[kind]
    told = call("train", "--corpus", book, *options, "--out", "a b.safetensors", "--json")
    assert told.code == 0, told.err
    facts = told.json
    call("lower", "a b.safetensors", "-o", "a.aig")
    assert call("stats", "a.aig", "--json").json["ands"] == facts["ands"]
    measured = call("eval", "a.aig", "--text", book, "--part", "heldout", "--json").json
    assert (measured["bits_per_byte"], measured["bytes"]) == (facts["heldout_bits_per_byte"], facts["heldout_bytes"])
    assert facts["next"] == "aigbridge run 'a b.safetensors' shrink"
    shown = call("train", "--out", "a b.safetensors", "--resume", *more)
    assert shown.code == 0, shown.err
    assert "ANDs" in shown.out
    assert "bits per byte on" in shown.out
    assert (
        "next: aigbridge run 'a b.safetensors' shrink; or longer: aigbridge train --out 'a b.safetensors'" in shown.out
    )
    record = TrainingRecord.of(Cell.load("a b.safetensors").record)
    assert record is not None
    assert (record.kind, record.source.corpus, record.finished) == (kind, str(book), True)
    assert record.lengthened == (facts[unit],)
    assert record.steps > facts[unit]
    assert "make it longer" in refused(call("train", "--out", "a b.safetensors", "--resume", *less))


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_read_by_all(call: Call, book: Path, kind: str) -> None:
    """The report finds the text of every kind of cell, and its options train the same cell again."""
    options, *_ = KINDS[kind]
    call("train", "--corpus", book, *options, "--out", "c.safetensors")
    cell = Cell.load("c.safetensors")
    text, why = text_of(None, cell)
    assert text is not None, why
    assert text.data == book.read_bytes()[-len(text.data) :]
    again = call("train", "--corpus", book, "--kind", kind, "--options", "c.safetensors", "--out", "d.safetensors")
    assert again.code == 0, again.err
    assert Cell.load("d.safetensors").digest == cell.digest
    other = "trees" if kind == "threshold" else "threshold"
    wrong = call("train", "--corpus", book, "--kind", other, "--options", "c.safetensors", "--out", "e.safetensors")
    assert f"was trained with --kind {kind}" in refused(wrong)
    book.write_bytes(b"another text")
    text, why = text_of(None, cell)
    assert (text, why) == (None, "The text that the cell was trained on has changed; name one with --text.")


def test_old_records_are_read() -> None:
    for name, kind in (("kjv", "threshold"), ("tiny", "threshold"), ("trees", "trees")):
        record = TrainingRecord.of(Cell.load(name).record)
        assert record is not None
        assert (record.kind, record.source.corpus, record.source.holdout) == (kind, "kjv", "tail")
        assert record.steps == {"kjv": 7200, "tiny": 8000, "trees": 44}[name]
        assert TrainingRecord.of(record.facts()) == record
    assert fitted({"fitted": 5}, SOURCE)["fitted"] == fitted({"fitted": [1, SOURCE.facts()]}, SOURCE)["fitted"]
    for wrong in ({}, {"corpus": 5}, {"corpus": "a", "sha256": "b"}, {**Cell.load("tiny").record, "steps": "many"}):
        assert TrainingRecord.of(wrong) is None


def test_mistakes_are_said_before_any_work(call: Call, book: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    good = ("--out", "c.safetensors")
    for options, words in (
        ((*good, "--ands", -5), "--ands"),
        ((*good, "--ands", 0), "--ands"),
        (("--out", "noext"), "noext: the file to write must end in .safetensors"),
        (("--out", "c.aig"), "must end in .safetensors"),
        (("--out", "no/such/c.safetensors"), "the folder no/such does not exist"),
        (("--out", "folder.safetensors"), "is a folder"),
        ((*good, "--checkpoint", "no/such/file"), "the folder no/such does not exist"),
        ((*good, "--minutes", 1, "--steps", 5), "--minutes and --steps both say how long"),
        ((*good, "--minutes", 0), "minutes must be a number above 0, not 0"),
        ((*good, "--steps", 0), "steps"),
        (
            (*good, "--kind", "trees", "--minutes", 1, "--weights", "pow2"),
            "--minutes and --weights: only for threshold",
        ),
        ((*good, "--kind", "trees", "--options", "shape.json"), "for trees"),
        ((*good, "--method", "magic"), "there is no method"),
        ((*good, "--resume"), "c.safetensors.checkpoint"),
        ((*good, "--form", "neurons"), "only for --kind trees"),
        ((*good, "--options", "trees"), "was trained with --kind trees"),
        ((*good, "--ands", 100, "--fan-in", 3), "--ands buys"),
    ):
        assert words in refused(call("train", "--corpus", book, *options))
    assert not Path("c.safetensors").exists()
