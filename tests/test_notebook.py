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

from bridge import (
    Cell,
    affects,
    check_equivalence,
    circuit,
    dependence,
    evaluate,
    explain,
    influence,
    neurons,
    probe,
    progress_bar,
    shares,
    text_statistics,
)
from bridge.analysis.dependences.matrix import YES
from bridge.analysis.explaining.reason import Reason
from bridge.analysis.invariants import Invariants
from bridge.analysis.neurons import Neuron
from bridge.cell.record import TrainingProgress
from bridge.cell.trained import Trained
from bridge.corpus import Corpus
from bridge.errors import InputError, MissingExtra
from bridge.execution import Evaluation
from bridge.flow.compare import compare
from bridge.flow.table import Table
from bridge.lossy import Simplified
from bridge.lowering import lower
from bridge.printable import Progress
from bridge.printable.notebook import Chart, Framed, Single
from bridge.report.findings import Findings
from support.cells import random_cell
from support.results import THEMSELVES, results
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


def assert_one_line(found: Framed) -> None:
    assert repr(found).startswith(f"<{type(found).__name__}")
    assert repr(found).isprintable()
    assert len(repr(found)) < 300


def test_all_tables_have_columns_of_one_length(cell: Cell, text: bytes) -> None:
    aig = lower(cell)
    tables: list[tuple[Framed, int]] = [
        (influence(cell, text, steps=2, positions=8), len(aig.latches)),
        (shares(cell, ["byte"], ["argmax"], text=text), 1),
        (stated := text_statistics(aig, text), len(stated.bits)),
        (overlap := stated.overlap(), len(overlap.summary())),
        (compare(aig), 1),
    ]
    for table, rows in tables:
        columns = table.columns()
        assert {len(column) for column in columns.values()} == {rows}, type(table)
        assert len(columns) > 1
        assert_one_line(table)


def test_every_result_shows_itself_and_has_a_frame() -> None:
    found = results()
    assert {Evaluation, Simplified, Trained, Table, Findings, Reason, Neuron} <= found
    assert {kind.__name__ for kind in found if not issubclass(kind, Framed)} == {kind.__name__ for kind in THEMSELVES}
    unbounded = [kind.__name__ for kind in found - THEMSELVES if kind.__dataclass_params__.repr]  # type: ignore[attr-defined]
    assert unbounded == [], "repr=False: the repr of a dataclass is as long as what it holds"
    for kind in THEMSELVES:
        assert {"_repr_html_", "_repr_svg_"} & set(dir(kind)), kind


def test_a_result_of_one_answer_is_a_row(cell: Cell, text: bytes) -> None:
    aig = lower(cell)
    singles: list[Single] = [
        check_equivalence(aig, aig),
        evaluate(cell, text),
        affects(cell, "byte", "argmax", seconds=10),
        neurons(aig, seconds=10)[0],
        Simplified(aig, aig, 4, 3, 1.0, 1.5, ()),
        Trained(cell, True, TrainingProgress(done=1.0, remark="<b>", seconds=2.0, steps=3, ands=4, bits_per_byte=1.5)),
        Corpus("book", "0", "tail", text, text),
    ]
    for found in singles:
        assert found.columns() == {name: [value] for name, value in found.to_json().items()}
        assert "<b>" not in found._repr_html_()
        assert_one_line(found)


def test_what_is_kept_are_rows(cell: Cell, text: bytes) -> None:
    told = explain(cell, text, 20, reason=True, seconds=20)
    assert told.columns()["name"] == [*told.effects.names]
    assert told.reason is not None
    assert told.reason.columns()["name"] == [one.name for one in told.reason.kept]
    found = circuit(cell, text=text, at=20, seconds=20)
    assert sum(found.columns()["kept"]) == found.size == sum(map(len, found.columns()["names"]))
    stated = Invariants({"a": 1}, (("b", "c"),), (("d", "e"),), ("f",), ("g is constant",))
    assert [*zip(*stated.columns().values(), strict=True)] == [
        ("constant", "a", 1),
        ("equal", "b", "c"),
        ("complementary", "d", "e"),
        ("unobservable", "f", ""),
        ("undecided", "g is constant", ""),
    ]
    for each in (told, told.reason, found, stated):
        assert_one_line(each)
    assert Findings({"influence": "no text"}).columns() == {"missing": ["influence"], "why": ["no text"]}


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
