"""Lossy simplification stays within its budget, gets smaller, and never passes for equivalent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.aig import AigBuilder
from bridge.cell import Cell
from bridge.corpus import load_corpus
from bridge.equivalence import check_equivalence
from bridge.errors import InputError
from bridge.execution import bits_per_byte, trace
from bridge.lossy import simplify
from bridge.lossy.merges import Merge, find_merges, merged
from bridge.lossy.sample import STEPS, STREAMS, take_sample
from bridge.lossy.weights import digits, drop_weights
from bridge.lowering import lower
from bridge.metadata import read_metadata
from bridge.resources import netlist_path


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Cell.load(str(netlist_path("tiny.safetensors")))


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.lossy.budget.ROUNDS", 8)


@pytest.fixture(scope="module")
def text() -> bytes:
    return load_corpus("pydoc").training[:150_000]


def test_a_cell_gets_smaller_within_the_budget(cell: Cell, text: bytes) -> None:
    result = simplify(cell, text, 0.02)
    assert isinstance(result.model, Cell)
    assert len(result.aig.ands) == result.ands_after < 0.95 * result.ands_before
    assert result.after <= result.before + 0.02
    assert result.after == bits_per_byte(result.aig, text[-len(text) // 20 :])
    assert len(result.record) == sum(
        int((old.weights != new.weights).sum())
        for old, new in zip(cell.blocks, result.model.blocks, strict=True)
        if hasattr(old, "weights")
    )


def test_the_result_says_that_it_is_lossy_and_is_called_different(cell: Cell, text: bytes, tmp_path: Path) -> None:
    result = simplify(cell, text, 0.0)
    assert isinstance(result.model, Cell)
    result.model.save(str(tmp_path / "small.safetensors"))
    again = lower(Cell.load(str(tmp_path / "small.safetensors")))
    assert "weights dropped" in read_metadata(again).lossy[0]
    assert check_equivalence(lower(cell), result.aig).answer == "different"


def test_a_netlist_gets_smaller_within_the_budget(cell: Cell, text: bytes) -> None:
    aig = lower(cell)
    result = simplify(aig, text, 0.01)
    assert result.ands_after < result.ands_before
    assert bits_per_byte(result.aig, text[-len(text) // 20 :]) <= result.before + 0.01
    assert "nodes merged" in read_metadata(result.aig).lossy[0]
    assert {merge["node"] for merge in result.record} <= set(range(aig.first_and, aig.variables))


def test_merges_without_loss_change_nothing_on_what_was_seen(cell: Cell, text: bytes) -> None:
    """The same places of the text give the same logits at every step."""
    aig = lower(cell)
    short = text[:500]  # every place of it is looked at
    merges = [merge for merge in find_merges(aig, short, 0) if merge.share == 0]
    streams = np.frombuffer(short[:384], np.uint8)[:, None]
    assert merges
    np.testing.assert_array_equal(trace(merged(aig, merges), streams)[0], trace(aig, streams)[0])


def test_merging_by_hand() -> None:
    builder = AigBuilder()
    a, b = builder.input("a"), builder.input("b")
    both = builder.and_(a, b)
    builder.output("o", builder.and_(both, builder.and_(a, b ^ 1) ^ 1))
    aig = builder.build()
    small = merged(aig, [Merge(both >> 1, a, 0.1)])
    assert len(small.ands) < len(aig.ands)


def test_a_sample_holds_what_the_cell_does(cell: Cell, text: bytes) -> None:
    sample = take_sample(cell, text, 1)
    assert len(sample.targets) <= STREAMS * STEPS
    head = cell.head
    np.testing.assert_array_equal(sample.read(head.sources).astype(int) @ head.weights.T + head.bias, sample.logits)


def test_dropping_takes_about_as_many_digits_as_asked_for(cell: Cell, text: bytes) -> None:
    assert digits(cell) - 60 <= digits(drop_weights(cell, text, 20, 0)) < digits(cell)


def test_wrong_use(cell: Cell) -> None:
    with pytest.raises(InputError, match="budget"):
        simplify(cell, b"text" * 1000, -1.0)
    with pytest.raises(InputError, match="too short"):
        simplify(cell, b"text", 0.1)
    with pytest.raises(InputError, match="too short"):
        simplify(lower(cell), b"text" * 50, 0.1)
