"""Threshold blocks that list their weights say and are all that those with every weight say and are, in fewer bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from bridge import circuit
from bridge.cell import Cell, Embedding, Linear, Logits, Scores, Threshold
from bridge.coding.cell_code import _rules, pack_cell, unpack_cell
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.execution.machines.lanes import lanes_of
from bridge.lossy.changes import list_changes
from bridge.lossy.weights import drop_weights
from bridge.lowering import lower
from bridge.report.equations import describe
from support.cells import cells, random_cell, twins, with_lists
from support.integer_cells import random_integer_cell
from support.texts import random_text


def metadata(path: Path) -> dict[str, object]:
    with safe_open(path, framework="numpy") as file:
        facts: dict[str, object] = json.loads(file.metadata()["aigbridge"])
    return facts


def assert_same_steps(cell: Cell, other: Cell, seed: int) -> None:
    text = np.frombuffer(random_text(cell, 40, seed), np.uint8)
    mine, theirs = cell.reset(2), other.reset(2)
    for byte in text:
        (mine, numbers), (theirs, others) = (
            one.step(state, np.full(2, byte)) for one, state in ((cell, mine), (other, theirs))
        )
        np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(numbers, others)


@pytest.mark.heavy
@given(cells, st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_steps_netlists_and_certificates_are_the_same(cell: Cell, seed: int) -> None:
    listed = with_lists(cell)
    assert_same_steps(cell, listed, seed)
    for block, other in zip(cell.weighted, listed.weighted, strict=True):
        np.testing.assert_array_equal(cell.matrix(block), listed.matrix(other))
    aig = lower(cell)
    np.testing.assert_array_equal(lower(listed).ands, aig.ands)
    assert certify(listed, aig).answer == "equivalent"


@pytest.mark.parametrize("seed", range(8))
def test_integers_are_added_up_alike(seed: int) -> None:
    cell = random_integer_cell(seed, 6, text=True)
    listed = with_lists(cell)
    assert_same_steps(cell, listed, seed)
    np.testing.assert_array_equal(lower(listed).ands, lower(cell).ands)


@pytest.mark.heavy
def test_lanes_words_circuits_and_lossy_simplification_know_lists() -> None:
    cell = random_cell(6, neurons=6)
    cell = replace(cell, blocks=(*cell.blocks[:-1], replace(cell.head, scale=0.001)))  # sure of nothing
    listed, text = with_lists(cell), random_text(cell, 3000, 1)
    mine, theirs = (lanes_of(each) for each in (cell, listed))
    assert mine is not None
    assert theirs is not None
    for one, other in zip(mine.plan, theirs.plan, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [str(told) for _, told in describe(listed)] == [str(told) for _, told in describe(cell)]
    assert circuit(listed, text=text[:40], at=39).kept == circuit(cell, text=text[:40], at=39).kept
    one, other = (drop_weights(each, text, 20, seed=0) for each in (cell, listed))
    assert list_changes(listed, other) == list_changes(cell, one) != []
    assert any(block.since == 3 for block in other.blocks)


@pytest.mark.heavy
@given(cells)
@settings(max_examples=10, deadline=None)
def test_packed_lists_come_back_and_cost_what_their_matrices_cost(cell: Cell) -> None:
    listed = with_lists(cell)
    packed = pack_cell(listed)
    assert unpack_cell(packed).digest == listed.digest
    assert len(packed) <= len(pack_cell(cell)) + 8 * len(cell.blocks)


def test_packed_cells_without_lists_are_as_before() -> None:
    """What a cell of an earlier format cannot have is not asked about."""
    assert [key for key, _ in _rules(Threshold, 1)] == ["weights", "thresholds"]
    assert [key for key, _ in _rules(Threshold, 3)] == [*Threshold.ARRAYS]


def wide(rows: int = 500, columns: int = 256) -> Cell:
    """Rows of three weights in many columns."""
    rng = np.random.default_rng(1)
    table = rng.integers(0, 2, (256, columns)).astype(np.uint8)
    asked = [dict.fromkeys(rng.choice(columns, 3, replace=False).tolist(), 1) for _ in range(rows)]
    weights, bias = rng.integers(-2, 3, (2, rows)), np.zeros(2, int)
    rows_of = Threshold.of_lists("rows", ("emb",), asked, np.full(rows, 2))
    return Cell((Embedding("emb", table), rows_of, Logits("logit", ("rows",), weights, bias, 0.5, b"ab")))


def test_files_hold_what_is_not_0_and_say_so(tmp_path: Path) -> None:
    path, cell = tmp_path / "c.safetensors", wide()
    cell.save(path)
    assert metadata(path)["format"] == 3
    assert Cell.load(path).digest == cell.digest
    tensors = load_file(path)
    assert (tensors["rows/weights"].shape, tensors["rows/taps"].dtype) == ((500, 3), np.int16)
    plain = tmp_path / "plain.safetensors"
    twins().save(plain)
    assert metadata(plain)["format"] == 1
    with_lists(twins()).save(plain)
    assert Cell.load(plain).digest == with_lists(twins()).digest != twins().digest


@pytest.mark.parametrize(
    ("place", "element", "weight", "sentence"),
    [
        ((3, 2), 256, 1, "row 3 of taps must list elements of 0..255 in rising order, then -1, with weights of 0"),
        ((3, 2), -2, 1, "row 3 of taps"),
        ((3, 1), 0, 1, "row 3 of taps"),
        ((3, 1), -1, 0, "row 3 of taps"),
        ((3, 2), 255, 0, "row 3 of taps"),
        ((499, 2), -1, 1, "row 499 of taps"),
    ],
)
def test_lists_that_are_none_are_refused(
    tmp_path: Path, place: tuple[int, int], element: int, weight: int, sentence: str
) -> None:
    path = tmp_path / "c.safetensors"
    wide().save(path)
    facts, tensors = metadata(path), load_file(path)
    tensors["rows/taps"][place], tensors["rows/weights"][place] = element, weight
    save_file(tensors, path, {"aigbridge": json.dumps(facts)})
    with pytest.raises(InputError, match=sentence) as caught:
        Cell.load(path)
    assert str(path) in str(caught.value)


def test_as_many_taps_as_weights() -> None:
    cell = wide()
    rows = cell.blocks[1]
    assert isinstance(rows, Threshold)
    with pytest.raises(InputError, match=r"block 'rows': weights \(500, 3\) need as many taps, not \(500, 2\)"):
        replace(cell, blocks=(cell.blocks[0], replace(rows, taps=rows.taps[:, :2]), cell.blocks[2]))


def test_a_matrix_that_is_too_large_is_refused_and_nothing_else_needs_it() -> None:
    """A tiny file may tell of a matrix of gigabytes."""
    count = 1 << 13
    bits = np.eye(256, 8, dtype=np.uint8)
    first = Threshold.of_lists("first", ("emb",), [{row % 8: 1} for row in range(count)], np.ones(count, int))
    second = Threshold.of_lists("second", ("first",) * 8, [{row: 1} for row in range(count)], np.ones(count, int))
    ends = Linear("ends", ("second",), np.ones((1, count), int), np.zeros(1, int))
    cell = Cell((Embedding("emb", bits), first, second, ends, Scores("sum", ("ends",), ("sum",))))
    _, numbers = cell.step(cell.reset(1), np.array([3], np.uint8))
    assert numbers.tolist() == [[count // 8]]
    with pytest.raises(InputError, match="block 'second': 8,192 x 65,536 weights, those that are 0 among them"):
        cell.matrix(second)
