"""Melting, whatever the kind of network: who reads it, options, names and labels, the comparison with the original."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.cell import Cell, Linear
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.melting import importer_of, melt
from bridge.melting.check import check
from bridge.melting.source import Importer, importers, input_range
from support.toy_importer import NETWORK, TOY, Toy, written


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.melting.importers", lambda: (TOY,))


def changed(cell: Cell, row: int, column: int) -> Cell:
    """The cell with one weight off by one."""
    sums = cell.by_name["sums"]
    assert isinstance(sums, Linear)
    weights = sums.weights.copy()
    weights[row, column] += 1
    return replace(cell, blocks=tuple(replace(b, weights=weights) if b is sums else b for b in cell.blocks))


def test_every_folder_has_an_importer() -> None:
    for importer in importers():
        assert isinstance(importer, Importer)
        assert importer.recognises or importer.packages


def test_a_file_is_told_by_what_it_holds(tmp_path: Path) -> None:
    path = written(tmp_path)
    cell = melt(path)
    assert cell.name == "toy"
    assert cell.record["melt"]["kind"] == "toy"
    assert cell.record["melt"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    named = melt(str(path), name="mine", labels=["no", "yes"])
    assert (named.name, named.numbers) == ("mine", ["class.no", "class.yes"])


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    monkeypatch.setattr("bridge.melting.source.read_bytes", lambda path, *_: read.append(path) or path.read_bytes())
    melt(written(tmp_path))
    assert read == [tmp_path / "toy.json"]


def test_objects_are_told_by_their_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrapped(Toy):
        """What a user derives."""

    assert importer_of(Wrapped(NETWORK)) is TOY
    assert melt(Toy(NETWORK)).digest == melt(Wrapped(NETWORK)).digest
    base = replace(TOY, kind="base", packages=("builtins",))
    monkeypatch.setattr("bridge.melting.importers", lambda: (base, TOY))
    assert importer_of(Wrapped(NETWORK)) is TOY  # whatever the order of the importers
    assert importer_of({}) is base


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"labels": ["a"]}, "1 labels for 2 numbers"),
        ({"labels": ["a", "a"]}, "distinct labels"),
        ({"labels": ["a", "b]"]}, "must be printable"),
        ({"bits": 3}, r"has no option .bits. \(options: input_range\)"),
        ({"input_range": "1-2"}, "must be like 0..255"),
    ],
)
def test_options_are_refused_in_a_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        melt(Toy(NETWORK), **arguments)


def test_what_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an object of the class 'object' is no network of a known package"):
        melt(object())
    (tmp_path / "x").write_bytes(b"{}")
    with pytest.raises(InputError, match=r"x: holds no network of a known kind \(toy\)"):
        melt(tmp_path / "x")
    (tmp_path / "x").write_bytes(b'{"toy"')
    with pytest.raises(InputError, match="x: is no toy network"):
        melt(tmp_path / "x")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0..255", (0, 255, 1)),
        ("-8..7", (-8, 7, 1)),
        ("0..255/255", (0, 255, 255)),
        ("0..15/0.5", (0, 15, Fraction(1, 2))),
        ((0, 3), (0, 3, 1)),
        ([0, 3, 2.5], (0, 3, Fraction(5, 2))),
        ((np.int64(0), np.int64(3)), (0, 3, 1)),
    ],
)
def test_input_ranges(given: Any, expected: tuple[int, int, Fraction]) -> None:
    assert input_range(given) == expected


WRONG = ["", "0..", "3..0", "0..9/0", "0..9/-1", "0.5..3", (0.5, 2), (0,), (0, 1, 2, 3), None, 7, ("a", "b")]


@pytest.mark.parametrize(
    "given", [*WRONG, (0, float("inf")), (0, 1, float("nan")), (0, 1 << 40), "0..9/1e3", "\u0660..9"]
)
def test_what_is_no_input_range(given: Any) -> None:
    with pytest.raises(InputError, match=r"must be like 0\.\.255"):
        input_range(given)


def test_a_check_compares_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.melting.check.MOST_ROWS", 128)
    source = Toy(NETWORK)
    found = check(source, melt(source), 1000)
    assert (found.rows, found.equal, found.first, found.astray) == (1000, 1000, None, None)
    assert found.good
    assert found.reference == "toy 1.0"
    assert found.ands == len(lower(melt(source)).ands)
    assert check(source, melt(source), 1000, seed=1).close != found.close


def test_a_check_without_encoder() -> None:
    source, options = Toy(NETWORK), {"input_range": "-3..9"}
    assert check(source, melt(source, **options), 500, options).good


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_check_finds_a_wrong_weight(row: int, column: int) -> None:
    source = Toy(NETWORK)
    found = check(source, changed(melt(source), row, column), 500)
    assert not found.good
    assert found.first is not None
    assert found.first.startswith("row ")
    assert found.astray is None


def test_close_rows_are_told_apart() -> None:
    found = check(Toy(NETWORK), melt(Toy(NETWORK)), np.array([[0.5, 0.3], [0.7, 0.3], [1.6, 0.3]]))
    assert (found.rows, found.equal, found.close, found.strayed) == (3, 3, 1, 0)
    source = Toy(NETWORK | {"wrong": 1})
    found = check(source, melt(source), np.array([[0.5, 0.3], [0.7, 0.3]]))
    assert (found.equal, found.close, found.strayed, found.good) == (1, 1, 1, True)
    assert found.where == (0,)
    assert not check(source, melt(source), np.array([[0.5, 0.3]])).good  # nothing was equal
    assert found.why == "within 0.001 of a threshold"
    found = check(source, melt(source), np.array([[0.5, 0.3], [0.7, 0.3], [1.6, 0.3]]))
    assert (found.equal, found.strayed, found.good) == (1, 1, False)
    assert found.first == "row 2: score[0] is 1 in the reference, 0 in the cell"
    assert "1 of 3 rows equal" in str(found)
    assert f"different: {found.first}" in found.lines()


def test_a_check_finds_a_wrong_netlist() -> None:
    source = Toy(NETWORK)
    cell = melt(source)
    found = check(source, cell, 500, netlist=lower(changed(cell, 1, 0)))
    assert found.first is None
    assert found.astray is not None
    assert "sums[1]" in found.astray
    assert not found.good


def test_what_cannot_be_checked() -> None:
    source = Toy(NETWORK)
    with pytest.raises(InputError, match="has state or reads bytes"):
        check(source, Cell.load("tiny"), 5)
    with pytest.raises(InputError, match="no rows"):
        check(source, melt(source), np.zeros((0, 2)))
    with pytest.raises(InputError, match="raw data must be numbers"):
        check(source, melt(source), np.zeros((4, 1)))
    with pytest.raises(InputError, match="has no option"):
        check(source, melt(source), 4, {"other": 1})
