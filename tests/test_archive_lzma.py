"""Archives of several blocks: LZMA runs once over a text, and again only where it may be shorter than the logic."""

from __future__ import annotations

import lzma

import pytest

from bridge import pack, unpack
from bridge.coding import archive
from support.cells import bigram_cell
from support.texts import rambling

CELL = bigram_cell(rambling(6000))
BLOCK = 1 << 17
SAID, EVEN = rambling(2 * BLOCK), bytes(BLOCK)


@pytest.mark.parametrize(
    ("text", "again"),
    [(SAID, 0), (EVEN * 2, 0), (SAID[:BLOCK] + EVEN + SAID[BLOCK:], 1)],
    ids=["short by the logic", "short by LZMA", "by both"],
)
def test_lzma_runs_again_only_where_it_may_be_shorter(text: bytes, again: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the archive is the one that all blocks coded both ways would give."""
    monkeypatch.setattr(archive, "BLOCK", BLOCK)
    monkeypatch.setattr(archive, "PIECE", 1 << 13)
    runs, press = list[int](), lzma.LZMACompressor
    monkeypatch.setattr(lzma, "LZMACompressor", lambda *args, **kinds: runs.append(1) or press(*args, **kinds))
    found = pack(text, CELL, inside=False)
    assert len(runs) == 1 + again
    monkeypatch.setattr(archive._Pressed, "least", lambda *_: -1)
    monkeypatch.setattr(archive._Pressed, "most", lambda *_: len(text))
    assert found == pack(text, CELL, inside=False)
    assert len(runs) >= 2 * (1 + again)
    assert unpack(found, CELL if found[len(archive.MAGIC)] == archive.NAMED else None) == text
