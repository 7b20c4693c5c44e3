"""How much of a text occurs in another: against plain search, and as `eval` says it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cell import Cell
from bridge.cell.record import TrainingRecord, joined, sources_of
from bridge.corpus import load_corpus
from bridge.execution import overlap as module
from bridge.execution.overlap import WINDOW, overlap
from support.cells import random_cell
from support.command_line import Call

pytestmark = pytest.mark.heavy


def noise(seed: int, size: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8).tobytes()


@given(st.integers(0, 1000), st.integers(0, 300), st.integers(0, 400), st.integers(0, 300))
def test_windows_are_found_wherever_they_are(seed: int, before: int, size: int, after: int) -> None:
    copied = noise(seed, size)
    text, other = noise(1, 200) + copied + noise(2, 100), noise(3, before) + copied + noise(4, after)
    windows = [text[place : place + WINDOW] for place in range(len(text) - WINDOW + 1)]
    assert overlap(text, other) == pytest.approx(sum(window in other for window in windows) / len(windows))


def test_blocks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    other = noise(5, 5000)
    monkeypatch.setattr(module, "BLOCK", 100)
    assert overlap(other[700:1400], other) == 1
    assert overlap(other[700:1400], other[:1050]) == pytest.approx(287 / 637)


@pytest.mark.parametrize(
    ("text", "other", "share"), [(b"abc", b"xabcx", 1.0), (b"abc", b"ab", 0.0), (b"a" * 99, b"", 0.0)]
)
def test_short_texts(text: bytes, other: bytes, share: float) -> None:
    assert overlap(text, other) == share


def test_eval_says_what_is_measured_on_the_training_text(call: Call, tmp_path: Path) -> None:
    corpus = load_corpus("kjv")
    (tmp_path / "seen.txt").write_bytes(corpus.training[100_000:150_000])
    (tmp_path / "new.txt").write_bytes(corpus.heldout[:50_000])
    call("lower", "tiny", "-o", "t.aig")
    for model in ("tiny", "t.aig"):
        shown = call("eval", model, "--text", "seen.txt")
        assert "100% of this text is what the model was trained on" in shown.out
    held_out = call("eval", "tiny", "--text", "seen.txt", "--score")
    assert "100% of what is held out here is what the model was trained on" in held_out.out
    assert call("eval", "t.aig", "--text", "seen.txt", "--json").json["seen_in_training"] == 1
    new = call("eval", "t.aig", "--text", "new.txt", "--json")
    assert new.json["seen_in_training"] < 0.2
    assert "trained on" not in call("eval", "t.aig", "--text", "new.txt").out


def test_a_text_of_ones_own_and_its_copy(call: Call, tmp_path: Path) -> None:
    """The whole file is nine tenths training text; a copy is known by its digest when the file is gone."""
    book = load_corpus("kjv").training[:30_000]
    (tmp_path / "book.txt").write_bytes(book)
    (tmp_path / "copy.txt").write_bytes(book)
    call("train", "--corpus", "book.txt", "--kind", "trees", "--ands", 400, "--out", "c.safetensors")
    call("lower", "c.safetensors", "-o", "c.aig")
    for model in ("c.safetensors", "c.aig"):
        whole = call("eval", model, "--text", "book.txt", "--json").json["seen_in_training"]
        assert whole == 0.9
        assert "90% of this text is what" in call("eval", model, "--text", "book.txt").out
        heldout = call("eval", model, "--text", "book.txt", "--part", "heldout", "--json").json["seen_in_training"]
        assert heldout < 0.05
    (tmp_path / "book.txt").unlink()
    assert call("eval", "c.aig", "--text", "copy.txt", "--json").json["seen_in_training"] == 0.9
    assert "90% of this text is what" in call("eval", "c.aig", "--text", "copy.txt").out
    (tmp_path / "copy.txt").write_bytes(book[:-1])
    assert call("eval", "c.aig", "--text", "copy.txt", "--json").json["seen_in_training"] is None


def test_a_text_that_the_model_does_not_know(call: Call, tmp_path: Path) -> None:
    (tmp_path / "strange").write_bytes(bytes(range(128, 256)) * 20)
    shown = call("eval", "tiny", "--text", "strange").out
    assert f"100% of the bytes are none of the {len(Cell.load('tiny').head.symbols)} that the model knows" in shown
    (tmp_path / "half").write_bytes(b"In the beginning" + bytes(range(128, 140)))
    assert "none of the" not in call("eval", "tiny", "--text", "half").out


def test_simplify_records_the_text_that_it_fits_to(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell or netlist is fitted to that text as well, whatever trained it before."""
    monkeypatch.setattr("bridge.lossy.rounds.TURNS", 2)
    monkeypatch.setattr("bridge.lossy.screen.TESTS", 20)
    (tmp_path / "other.txt").write_bytes(load_corpus("pydoc").training[:20_000])
    replace(random_cell(3), record=Cell.load("tiny").record).save("c.safetensors")
    call("lower", "c.safetensors", "-o", "c.aig")
    for model, out in (("c.safetensors", "s.safetensors"), ("c.aig", "s.aig")):
        made = call("simplify", model, "--text", "other.txt", "--budget", 0.01, "--steps", 0, "-o", out)
        assert made.code == 0, made.err
        assert 0.89 < call("eval", out, "--text", "other.txt", "--json").json["seen_in_training"] < 0.91
    sources = sources_of(Cell.load("s.safetensors").record)
    assert [source.corpus for source in sources] == ["kjv", "other.txt"]
    assert TrainingRecord.of(Cell.load("s.safetensors").record) is not None
    assert joined(sources, sources[0]) == sources
