"""Rows of numbers through cells and netlists, as numpy arrays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bridge
from bridge import Aig, Cell, Input, Linear, Scores, lower, predict, read_netlist, run, run_flow, write_netlist
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.execution.beside import Beside
from bridge.execution.measures import Classified, Estimated, measure
from bridge.metadata import Metadata, read_metadata, with_metadata
from support.integer_cells import integer_cells, naive_run

X = Input.encoded("x", Encoder(np.array([0, -1, 0]), np.array([0, 1, 1]), np.array([[0.5, 1.5], [0.1, 0.2], [-1, 7]])))
WEIGHTS = np.array([[1, 2, 0], [0, 1, 1], [2, -1, 1]])


def small(labels: tuple[str, ...] = ("a", "b", "c"), *, encoded: bool = True) -> Cell:
    x = X if encoded else Input("x", X.low, X.high)
    sums = Linear("sums", ("x",), WEIGHTS[: len(labels)], np.zeros(len(labels), int))
    return Cell((x, sums, Scores("score", ("sums",), labels, 0.5)))


def rows_for(cell: Cell, seed: int, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found = {each.name: rng.integers(each.low, each.high + 1, (*shape, len(each.low))) for each in cell.inputs}
    return found | ({"byte": rng.integers(0, 256, shape)} if cell.reads_byte else {})


@pytest.mark.heavy
@settings(max_examples=20)
@given(integer_cells, st.integers(0, 2**32 - 1))
def test_cells_and_netlists_of_all_kinds(cell: Cell, seed: int) -> None:
    x = rows_for(cell, seed, (3, 4))
    numbers = run(cell, x)
    np.testing.assert_array_equal(run(lower(cell), x), numbers)
    for row in range(3):
        steps = [{name: array[row, step][None] for name, array in x.items()} for step in range(4)]
        told = [{k: v.astype(np.uint8) if k == "byte" else v for k, v in step.items()} for step in steps]
        expected = [each[cell.last.name] for each in naive_run(cell, told)]
        assert numbers[row].tolist() == expected
    first = {name: array[:, 0] for name, array in x.items()}
    np.testing.assert_array_equal(run(cell, first), numbers[:, 0])


def test_many_rows_are_many_single_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = np.random.default_rng(0).normal(size=(200, 2))
    whole = run(lower(small()), raw)
    monkeypatch.setattr("bridge.execution.rows.AT_ONCE", 1)
    np.testing.assert_array_equal(run(lower(small()), raw), whole)
    np.testing.assert_array_equal(run(small(), raw), whole)
    np.testing.assert_array_equal(np.concatenate([run(small(), raw[i : i + 1]) for i in range(200)]), whole)


def test_no_rows() -> None:
    assert run(small(), np.zeros((0, 2))).shape == (0, 3)
    assert run(lower(small()), np.zeros((0, 4, 2))).shape == (0, 4, 3)


def test_raw_and_encoded() -> None:
    raw = np.array([[0.5, 0.15], [2, 7]])
    levels = np.array([[1, 0, 1], [2, 1, 2]])
    np.testing.assert_array_equal(run(small(), raw), levels @ WEIGHTS.T)
    for model in (small(), lower(small())):
        np.testing.assert_array_equal(run(model, levels, encoded=True), levels @ WEIGHTS.T)
    bare = small(encoded=False)
    np.testing.assert_array_equal(run(lower(bare), levels.astype(float)), levels @ WEIGHTS.T)
    assert predict(small(), raw).tolist() == ["c", "c"]
    assert predict(small(("y",)), raw).tolist() == [0.5, 2.0]


PLACES = {".aig", ".aag", ".v", ".blif"}


@pytest.mark.parametrize("suffix", sorted(PLACES))
def test_netlists_from_files_tell_what_they_read(suffix: str, tmp_path: Path) -> None:
    """Also with labels and names that the format must change."""
    labels = ("a b", "é", "c~'"[:2])
    cell, path = small(labels), tmp_path / f"n{suffix}"
    write_netlist(lower(cell), path)
    again = read_netlist(path)
    facts = read_metadata(again)
    assert facts.scores == cell.labelled
    assert [each.told() for each in facts.inputs] == [each.told() for each in cell.inputs]
    raw = np.random.default_rng(0).normal(size=(100, 2))
    np.testing.assert_array_equal(run(again, raw), run(cell, raw))


def test_flows_keep_what_they_read(tmp_path: Path) -> None:
    cell = small()
    result = run_flow(lower(cell), "resyn2", out=tmp_path / "run").aig
    raw = np.random.default_rng(0).normal(size=(100, 2))
    np.testing.assert_array_equal(run(result, raw), run(cell, raw))


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no array": (lambda: run(small(), [[1], [1, 2]]), "is no array"),
    "text": (lambda: run(small(), [["a", "b"]]), "must be numbers"),
    "one dimension": (lambda: run(small(), [1.0, 2.0]), "must be numbers"),
    "few features": (lambda: run(small(), [[1.0]]), "raw data must be numbers"),
    "missing": (lambda: run(small(), [[1.0, np.nan]]), "feature 1 of row 0 is missing"),
    "name": (lambda: run(small(), {"y": [[1.0]]}), "is given x, not y"),
    "range": (lambda: run(small(), [[9, 0, 0]], encoded=True), "element 0 of row 0 is 9, outside 0..2"),
    "fractions": (lambda: run(small(encoded=False), [[0.5, 0, 0]]), "must be integers"),
    "byte": (lambda: run(Cell.load("tiny"), [300]), "whole numbers 0..255"),
    "serial": (lambda: run(Cell.load("serial"), [3]), "one code node at a time"),
    "text model": (lambda: predict(Cell.load("tiny"), [3]), "does not end in Scores"),
    "no comment": (lambda: run(replace(lower(small()), comment=""), [[0.0, 0.0]]), "does not say in its comment"),
    "other inputs": (lambda: run(without_inputs(), [[0.0, 0.0]]), "an extra input"),
    "rows": (lambda: measure(small(), [[0.0, 0.0]], [0, 1]), "1 rows of x, but 2 of y"),
    "label": (lambda: measure(small(), [[0.0, 0.0]], ["d"]), "'d' is no label \\(a, b, c\\)"),
    "estimate": (lambda: measure(small(("y",)), [[0.0, 0.0]], [np.inf]), "finite numbers"),
}


def without_inputs() -> Aig:
    aig = lower(small())
    return with_metadata(aig, replace(read_metadata(aig), inputs=()))


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_fit_is_refused(wrong: str) -> None:
    fails, sentence = WRONG[wrong]
    with pytest.raises(InputError, match=sentence):
        fails()


def test_text_models_run_as_well() -> None:
    text = np.frombuffer(b"In the beginning", np.uint8)[None]
    cell = Cell.load("tiny")
    np.testing.assert_array_equal(run(lower(cell), text), run(cell, text))
    assert run(cell, text).shape == (1, 16, len(cell.head.symbols))


def test_a_netlist_beside_its_oracle() -> None:
    cell, other = small(), small()
    other = replace(other, blocks=(X, replace(other.blocks[1], bias=np.array([0, 0, 1])), other.blocks[2]))
    given = {"x": np.array([[0, -1, 0], [2, 1, 2]])}
    values = cell.read(cell.reset(2), given)
    values["score"] = cell.ask(values)
    assert Beside.of(cell, lower(cell)).difference(values) is None
    assert Beside.of(cell, lower(other)).difference(values) == (
        0,
        "bit 0 of sums[2], which is 1, is 0 in the netlist",
    )


def test_classes_are_measured() -> None:
    raw = np.array([[0.0, 0.0], [0.0, 8.0], [0.6, 8.0], [2.0, 8.0]])
    assert predict(small(), raw).tolist() == ["c", "b", "a", "c"]  # the third has three equal numbers
    for y in (["c", "b", "a", "a"], [2, 1, 0, 0], [2.0, 1.0, 0.0, 0.0], np.array([[2], [1], [0], [0]])):
        found = measure(small(), raw, y)
        assert isinstance(found, Classified)
        assert (found.rows, found.correct, found.accuracy) == (4, 3, 0.75)
        assert found.confusion.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]
    named = measure(small(("2", "1", "0")), raw, [0, 1, 2, 2])  # names come first
    assert isinstance(named, Classified)
    assert named.correct == 3


def test_estimates_are_measured() -> None:
    raw = np.array([[0.0, 0.2], [2.0, 0.2]])
    assert predict(small(("y",)), raw).tolist() == [1.0, 2.0]
    found = measure(small(("y",)), raw, [0.0, 4.0])
    assert found == Estimated(2, 1.5, np.sqrt(2.5), 1 - 2.5 / 4)
    assert measure(small(("y",)), raw, [1, 1]) == Estimated(2, 0.5, np.sqrt(0.5), None)


@pytest.mark.parametrize(
    "facts",
    [
        {"scores": {"labels": ["a"]}},
        {"scores": {"labels": "ab", "scale": 1}},
        {"scores": {"labels": ["a", "a"], "scale": 1}},
        {"scores": {"labels": [], "scale": 1}},
        {"scores": {"labels": [[]], "scale": 1}},
        {"scores": {"labels": ["a"], "scale": 0}},
        {"scores": {"labels": ["a"], "scale": "x"}},
        {"scores": 5},
        {"inputs": 5},
        {"inputs": {"x": 1}},
        {"inputs": [{"name": "x"}]},
        {"inputs": [X.told(), X.told()]},
    ],
)
def test_malformed_comments(facts: dict[str, Any]) -> None:
    aig = replace(lower(small()), comment=json.dumps({"aigbridge": 1} | facts))
    with pytest.raises(InputError, match="comment is malformed"):
        run(aig, [[0.0, 0.0]])


def test_empty_metadata_is_as_before() -> None:
    aig = with_metadata(replace(lower(small()), comment=""), Metadata())
    assert aig.comment == ""
    assert {"run", "predict"} <= set(bridge.__all__)
