"""Texts through cells of every kind, coded the same way by whatever runs them, in as many bits as they are worth."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Cell
from bridge.coding import lanes
from bridge.coding.chances import chances
from bridge.coding.lanes import Runner, lanes_of, primer, walk
from bridge.coding.range_coder import WHOLE, decoder, encoder, finished
from bridge.execution import support, trace
from bridge.readout import Readout
from bridge.readout.codetree import CodeTree
from support.cells import bigram_cell, cells, random_cell, random_tree_cell, tree_cells
from support.texts import prose, random_text

RUNNERS: list[Runner] = ["portable", "oracle", *(["native"] if not support().fault else [])]  # type: ignore[list-item]


def encoded(cell: Cell, text: bytes, runner: Runner = "portable") -> bytes:
    coder, data = encoder(20 * len(text)), np.frombuffer(text, np.uint8).copy()
    assert all(0 <= done <= 1 for done in walk(cell, runner).code(coder, data))
    assert data.tobytes() == text
    return finished(coder)


def decoded(cell: Cell, code: bytes, length: int, runner: Runner = "portable") -> bytes:
    text = np.zeros(length, np.uint8)
    for _ in walk(cell, runner).code(decoder(code), text):
        pass
    return text.tobytes()


@pytest.fixture
def short_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LANE", 3)
    monkeypatch.setattr(lanes, "STEPS", 2)


@pytest.mark.heavy
@settings(max_examples=15)
@given(st.one_of(cells, tree_cells), st.integers(1, 40))
def test_what_was_encoded_is_decoded(cell: Cell, length: int) -> None:
    text = random_text(cell, length)
    assert decoded(cell, encoded(cell, text), length) == text


@pytest.mark.heavy
@pytest.mark.usefixtures("short_lanes")
@pytest.mark.parametrize(
    "cell", [random_cell(1, recurrence=True), random_tree_cell(2), random_tree_cell(3, serial=False)], ids=repr
)
def test_everything_that_runs_a_cell_codes_the_same(cell: Cell) -> None:
    """Some hundred lanes, the last one short, with bytes that are no symbols."""
    text = random_text(cell, 400)
    codes = {runner: encoded(cell, text, runner) for runner in RUNNERS}
    assert len(set(codes.values())) == 1
    for runner in RUNNERS:
        assert decoded(cell, codes["oracle"], len(text), runner) == text


def test_a_serial_machine_codes_as_the_one_that_answers_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = random_tree_cell(5)
    text = random_text(cell, 100)
    code = encoded(cell, text)
    monkeypatch.setattr(lanes, "unrolled", lambda each: each)
    assert encoded(cell, text) == code
    assert decoded(cell, code, len(text)) == text


def modest(cell: Cell) -> Cell:
    """The same, but never so sure of itself that probabilities reach the smallest there are."""
    return replace(cell, blocks=(*cell.blocks[:-1], replace(cell.head, scale=1e-3)))


@pytest.mark.heavy
@pytest.mark.parametrize(
    "cell", [bigram_cell(prose(3000)), modest(random_tree_cell(4)), modest(random_tree_cell(6, serial=False))]
)
def test_the_code_is_as_long_as_the_readout_says(cell: Cell) -> None:
    """To a tenth of a percent, against floating point, with a byte that was read before."""
    text = prose(2000, seed=1) if cell.name == "bigrams" else random_text(cell, 2000)
    read = np.frombuffer(bytes([primer(cell.readout)]) + text, np.uint8)
    numbers, _ = trace(cell, read[:-1, None])
    bits = cell.readout.code_lengths(numbers[:, 0], read[1:]).sum()
    # Bytes that are no symbols are told by their eight bits, which costs a little more than their number.
    others = sum(byte not in cell.readout.symbols for byte in text)
    assert bits * (1 - 1e-3) <= 8 * len(encoded(cell, text)) <= bits * (1 + 1e-3) + others + 16


@given(st.integers(1, 1 << 24))
def test_lanes(length: int) -> None:
    count, steps = lanes_of(length)
    assert 1 <= count <= lanes.MOST
    assert (count - 1) * steps < length <= count * steps
    assert count == 1 or steps > lanes.LANE // 2
    assert count == lanes.MOST or steps <= lanes.LANE


SCALES = st.one_of(st.floats(1e-6, 10), st.sampled_from([1e-300, 1e-12, 1e12, 1e300]))


@given(SCALES, st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5))
def test_the_probability_of_a_code_bit(scale: float, scores: list[int]) -> None:
    """Beside decimal numbers of many digits, for single bits of a code of two symbols."""
    readout = Readout(b"ab", scale, CodeTree(((-1, -2),)))
    table, shift = chances(readout)[:2]
    for score in [*scores, *(score >> 40 for score in scores), *(score >> 55 for score in scores), 0, 1, -1]:
        nats = Decimal(scale) * abs(score)
        exact = 1 / (1 + (-nats).exp()) if nats < 1000 else 1
        found = table[min(abs(score) >> shift, len(table) - 1)] / WHOLE
        assert abs(found - float(exact)) < 2e-3
        assert math.log2(1 - found) >= -24


@given(SCALES)
def test_tables_are_short_and_fall(scale: float) -> None:
    table, _ = chances(Readout(b"abc", scale))[:2]
    assert 1 <= len(table) <= 1 << 12
    assert (np.diff(table) <= 0).all()
    assert table[0] >= WHOLE
