"""What results have for notebooks: frames that hold what the result holds, pictures, and a bar for long work."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
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


class Handle:
    """What stands where a notebook shows its output."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, page: str) -> None:
        self.shown.append(page)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Handle:
    handle = Handle()
    shell = SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    shows = SimpleNamespace(HTML=str, display=lambda page, display_id: handle)
    monkeypatch.setitem(sys.modules, "IPython.display", shows)
    return handle


def test_a_bar_moves_in_its_cell(notebook: Handle) -> None:
    listen = progress_bar("training")
    for now in (Progress(0.25, "<b>"), Progress(0.26), Progress(1.0, "over")):
        listen(now)
    first, last = notebook.shown  # the second came too soon to be seen
    assert 'value="0.2500"' in first
    assert "&lt;b&gt;" in first
    assert 'value="1.0000"' in last
    assert "training" in last


def test_a_bar_without_an_end_still_says_where_it_is(notebook: Handle) -> None:
    listen = progress_bar("resyn2")
    for ands in (40, 39):
        listen(Progress(remark=f"from {ands} ANDs"))
    assert notebook.shown == ["resyn2, 0 s  from 40 ANDs", "resyn2, 0 s  from 39 ANDs"]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_outside_of_notebooks(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    see: Callable[[], bool] = lambda: terminal  # noqa: E731
    monkeypatch.setattr(sys.stderr, "isatty", see)
    monkeypatch.setenv("COLUMNS", "60")
    progress_bar("training")(Progress(1.0, "\x1b[2J" + "x" * 99))
    said = capsys.readouterr()
    assert len(said.err.removeprefix("\r\x1b[K")) <= 60
    assert said.out == ""
    assert ("training" in said.err) == terminal
    assert "\x1b[2J" not in said.err
