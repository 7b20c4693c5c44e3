"""Corpora are split without a byte in common, and what cannot be read is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import corpus
from bridge.corpus import BLOCK, EVERY, load_corpus
from bridge.errors import InputError


@given(size=st.integers(20, 10_000))
def test_the_tail_is_the_last_tenth(size: int) -> None:
    text = bytes(i % 251 for i in range(size))
    training, heldout = corpus.tail(text)
    assert training + heldout == text
    assert abs(len(heldout) - size / 10) <= 1


@given(size=st.integers(EVERY * BLOCK, 3 * EVERY * BLOCK))
def test_interleaved_blocks_have_no_position_in_common(size: int) -> None:
    text = (b"%07d " * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
    training, heldout = corpus.interleaved(text)
    assert len(training) + len(heldout) == size
    assert heldout[:BLOCK] == text[9 * BLOCK : 10 * BLOCK]
    held = {heldout[i : i + 8] for i in range(0, len(heldout) - 7, 8)}
    assert not held & {training[i : i + 8] for i in range(0, len(training) - 7, 8)}


def test_kjv_is_the_documented_text() -> None:
    whole = load_corpus("kjv")
    assert len(whole.training) + len(whole.heldout) == 4_137_452
    assert whole.training.startswith(b"In the beginning God created")
    other = load_corpus("kjv", "interleaved")
    assert other.sha256 == whole.sha256
    assert len(set(whole.training)) == 63


def test_pydoc_is_there_offline() -> None:
    assert b"assert" in load_corpus("pydoc").training


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(b"0123456789" * 10)
    assert load_corpus(str(path)).heldout == b"0123456789"


@pytest.mark.parametrize("content", [b"", b"too short"])
def test_too_little_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"book\.txt"):
        load_corpus(str(path))


def test_no_such_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a named corpus"):
        load_corpus("klingon")
    with pytest.raises(InputError, match="is a directory"):
        load_corpus(str(tmp_path))
