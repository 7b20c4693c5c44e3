"""The page of networks of integers: blocks in words, classes instead of bytes, names that are no markup."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.analysis.predicted.scores import sampled_scores
from bridge.cell import Cell, Delay, Input, Latch, Levels, Linear, Luts, Maximum, Scores, Table, Threshold, Trees
from bridge.cell.encoder import Encoder
from bridge.lowering import lower
from bridge.report import write_report
from bridge.report.equations import describe
from bridge.report.part import Page
from bridge.report.parts import classes, signals
from bridge.report.signals import signal_records
from bridge.report.subject import subject_of

HOSTILE = ("<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "{{ 7*7 }}", "a b%&#\N{PILE OF POO}")


def everything() -> Cell:
    """A block of every kind."""
    encoder = Encoder(np.array([0, -1]), np.array([0, 3], np.int32), np.array([[0.5, 1.5], [2.0, np.nan]]))
    bit = Threshold("bit", ("x",), np.array([[1, 0]]), np.array([1]))
    weighted = Threshold("more", ("x", "bit"), np.array([[2, -1, 3]]), np.array([4]))
    windows = Linear("sum", ("x",), np.array([[2, -3]]), np.array([7]), np.array([[0, 1], [1, -1]]))
    levels = Levels("level", "sum", np.arange(-9, 21)[None])
    table = Table("table", "x", np.array([[5, 0, -2, 1]]), -1)
    luts = Luts("lut", ("bit", "more"), np.array([[0, 1]]), np.array([6]))
    largest = Maximum("most", ("table", "level"), np.array([[0, 1, 2]]))
    trees = Trees("tree", ("x",), np.array([[0, ~0, ~1]]), np.array([0]), np.array([[4], [-3]]), np.array([2]))
    memory = Delay("delay", "level", 2), Latch("held", "bit", "most")
    head = Scores("score", ("most", "tree", "delay", "held"), tuple(f"c{index}" for index in range(7)), 0.25)
    given = Input.encoded("x", encoder)
    return Cell((given, bit, weighted, windows, levels, table, luts, largest, trees, *memory, head))


def test_blocks_of_integers_are_told_in_words() -> None:
    told = {name: str(equation) for name, equation in describe(everything())}
    expected = {
        "x[0]": "is how many of 0.5 1.5 the feature 0 reaches, in 0..2",
        "x[1]": "is -1 plus how many of 2 the feature 3 reaches, in -1..0",
        "x[0].1": "is bit 1 of x[0], a number in 0..2",
        "more[0]": "fires when the sum of these reaches 4: 3 * {bit[0]} + 2 * {x[0]} + -1 * {x[1]}",
        "sum[0]": "is 7 plus the sum of these, in 7..14: -3 * {x[1]} + 2 * {x[0]}",
        "sum[1]": "is 7 plus the sum of these, in 5..7: 2 * {x[1]}",
        "level[1]": "is how many of -9 -8 -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 ... 20 (30 in all) sum[1] reaches",
        "table[1]": "looks up x[1]: is 5 0 where that is -1 to 0",
        "lut[0]": "has the truth table 0110, from all 0 on, the first of these counting 1: bit[0], more[0]",
        "most[0]": "is the largest of these: {table[0], table[1], level[0]}",
        "tree[0]": "is number 0 of the leaf that tree 0 of 1 leads to, in -3..4",
        "state.delay[3]": "is what level[1] was 2 steps ago",
        "held[0]": "takes the value of most[0] when bit[0] fires; else it keeps state.held[0]",
        "class.c1": "is tree[0], the score of c1, in -3..4; one unit is worth 0.25",
    }
    assert {name: told.get(name) for name in expected} == expected


def test_integers_have_records_with_and_without_their_cell() -> None:
    cell = everything()
    for item in (cell, lower(cell)):
        page = Page(subject_of([item]))
        records = {record["name"]: record for record in signal_records(page)[1]}
        assert signals.PART.facts(page)["count"] == len(records)
        assert records["level[0]"]["kind"] == "number"
        assert records["level[0].0"]["kind"] == "neuron"
        assert records["class.c1"]["kind"] == "output"
        assert ("sum[0]" in records) == (item is cell)  # it is only compared, so the netlist has no bits of it
        if item is cell:
            assert "no bits in this netlist" in records["sum[0]"]["notes"][0][0]


@pytest.mark.parametrize(("labels", "told"), [(("value",), "the figures say"), (("a", "b"), "the shares say")])
def test_an_estimate_is_no_class(labels: tuple[str, ...], told: str) -> None:
    cell = Cell((Input("x", np.zeros(len(labels), int), np.full(len(labels), 3)), Scores("y", ("x",), labels)))
    page = Page(subject_of([cell]))
    page.found.more["scores"] = sampled_scores(page.subject.aig, cell)
    assert told in classes.PART.facts(page)["sentence"]


@pytest.mark.heavy
def test_labels_are_no_markup(tmp_path: Path) -> None:
    given = Input("x", np.zeros(4, int), np.array([3, 2, 1, 9]))
    cell = Cell((given, Scores("y", ("x",), HOSTILE)))
    found = write_report([cell], tmp_path / "page.html", seconds=10)
    assert not found.missing
    page = (tmp_path / "page.html").read_text()
    for label in HOSTILE[:2]:
        assert label not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7*7 }}" in page
    assert "Scores of the classes" in page
    assert "Text, coloured by surprise" not in page
    assert "whom it affects, what it follows in the text" not in page
    assert "state bits 0 are" not in page
    assert "input to output, proven" in page
    assert "state to state" not in page  # there is none: a matrix of nothing
    assert len(found.more["scores"].labels) == 4
