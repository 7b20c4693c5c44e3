"""What results have for notebooks: frames that hold what the result holds, pictures, and a bar for long work."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from bridge import Cell, dependence, influence, probe, progress_bar, shares, text_statistics
from bridge.analysis.dependences.matrix import YES
from bridge.errors import InputError, MissingExtra
from bridge.flow.compare import compare
from bridge.lowering import lower
from bridge.printable import Progress
from bridge.printable.notebook import Chart, Framed
from support.cells import random_cell
from support.tools import skip_or_fail


@pytest.fixture(scope="module")
def cell() -> Cell:
    return random_cell(8, layers=1, neurons=3)


@pytest.fixture(scope="module")
def text(cell: Cell) -> bytes:
    return bytes(np.random.default_rng(0).choice(list(cell.head.symbols), 400).astype(np.uint8))


def test_a_matrix_is_a_row_for_each_source(cell: Cell) -> None:
    found = dependence(lower(cell), seconds=10)
    columns = found.columns()
    assert columns.pop("source") == [*found.sources]
    assert [*columns] == [*found.targets]
    yes = np.array([[answer == "yes" for answer in column] for column in columns.values()]).T
    assert (yes == (found.answers == YES)).all()
    shown = found.plot().figure.axes[0].images[0].get_array()
    assert shown is not None
    assert shown.sum() == yes.sum()


def test_all_tables_have_columns_of_one_length(cell: Cell, text: bytes) -> None:
    aig = lower(cell)
    tables: list[tuple[Framed, int]] = [
        (influence(cell, text, steps=2, positions=8), len(aig.latches)),
        (shares(cell, ["byte"], ["argmax"], text=text), 1),
        (stated := text_statistics(aig, text), len(stated.bits)),
        (compare(aig), 1),
    ]
    for table, rows in tables:
        columns = table.columns()
        assert {len(column) for column in columns.values()} == {rows}, type(table)
        assert len(columns) > 1


def test_probes_are_beside_their_controls(cell: Cell, text: bytes) -> None:
    found = probe(cell, text, f"\\x{text[0]:02x}", seeds=1)
    columns = found.columns()
    assert columns["probe"] == [each.name for each in found.probes]
    assert columns["control_balanced"] == [each.control.balanced for each in found.probes]


def test_a_frame_holds_the_columns(cell: Cell) -> None:
    if importlib.util.find_spec("pandas") is None:
        skip_or_fail("pandas is not installed")
    found = compare(lower(cell), lower(random_cell(9)))
    frame = found.to_frame()
    assert frame["ands"].tolist() == [row.ands for row in found.rows]
    assert [*frame.columns] == [*found.columns()]


def test_without_pandas_one_sentence_says_how_to_get_it(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'aigbridge\[notebook\]'"):
        compare(lower(cell)).to_frame()


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_same_picture_has_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    def draw(axes: object) -> None:
        axes.plot([1, 3, 2])  # type: ignore[attr-defined]

    for name in "ab":
        Chart.drawn(draw).save(tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_picture_is_svg_in_a_notebook_and_no_other_file(tmp_path: Path) -> None:
    chart = Chart.grid(["a", "b"], ["c"], [[0.5], [float("nan")]], "share")
    assert ElementTree.fromstring(chart._repr_svg_()).tag.endswith("svg")
    with pytest.raises(InputError, match=r"must end in .svg, .pdf or .png"):
        chart.save(tmp_path / "a.exe")
    assert not [*tmp_path.iterdir()]


class Terminal(io.StringIO):
    """What a bar is drawn on."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        return [line.rstrip() for line in re.split(r"[\r\n]", self.getvalue()) if line.strip()]


def test_a_bar_moves_and_ends_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    listen = progress_bar("train\ning")
    for now in (Progress(0.25, "a"), Progress(1.0, "\x1b[2J")):
        listen(now)
    del listen  # as when the work ends
    first, *_, last = terminal.lines()
    assert first.startswith("train\\ning:   0%|")
    assert last.startswith("train\\ning: 100%|")
    assert last.endswith(r", \x1b[2J")
    assert "\x1b[2J" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")


def test_a_bar_without_an_end_still_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    listen = progress_bar("resyn2")
    for ands in (40, 39):
        listen(Progress(remark=f"from {ands} ANDs"))
        assert re.fullmatch(rf"resyn2: \d+:\d\d, from {ands} ANDs", terminal.lines()[-1])


def test_a_bar_elsewhere_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    progress_bar("training")(Progress(1.0))
    assert capsys.readouterr() == ("", "")
