"""Structure counted, blocks shared out, and tables in every format."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bridge.aig import Aig, AigBuilder
from bridge.aig.shares import blocks_of
from bridge.equivalence import Verdict
from bridge.errors import InputError
from bridge.flow import Row, Table, compare, run_flow
from bridge.flow.figures import Figures
from bridge.flow.structure import measure
from bridge.formats.mapped.figures import Wanted
from support.flows import DC2, folder_of
from support.netlists import multiplier, random_netlist, redundant
from support.tools import real


def adder(bits: int, complement: int = 0) -> Aig:
    builder = AigBuilder()
    carry = builder.input("c")
    for bit in range(bits):
        a, b = builder.input(f"a[{bit}]"), builder.input(f"b[{bit}]")
        total, carry = builder.full_adder(a ^ complement, b, carry)
        builder.output(f"sum[{bit}]", total)
        builder.point(f"carry[{bit}]", carry)
    builder.output("top", carry)
    return builder.build()


def test_adders_are_xors_and_majorities() -> None:
    for complement in (0, 1):
        found = measure(adder(5, complement))
        assert (found.xors, found.majorities) == (10, 5)
    assert measure(Aig(("x",), (), np.empty((0, 2)), ())).majorities == 0


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_planted_majorities_are_found_in_every_polarity(seed: int) -> None:
    rng = np.random.default_rng(seed)
    builder = AigBuilder()
    literals = [builder.input(f"x{i}") for i in range(15)]
    for index in range(7):
        picked = [literals.pop(int(rng.integers(len(literals)))) ^ int(rng.integers(2)) for _ in range(3)]
        total, carry = builder.full_adder(picked[0], picked[1], picked[2])
        literals.append(total)
        builder.output(f"carry{index}", carry ^ int(rng.integers(2)))
    builder.output("total", literals[0])
    found = measure(builder.build())
    assert (found.xors, found.majorities) == (14, 7)


@given(st.integers(0, 10**6))
def test_every_node_counts_for_one_block(seed: int) -> None:
    aig = random_netlist(seed)
    blocks = blocks_of(aig)
    assert set(blocks) <= {"h", "y", "state.s"}
    assert sum(blocks.values()) <= len(aig.ands)
    assert all(blocks.values())


def test_blocks_end_at_points() -> None:
    builder = AigBuilder()
    x = [builder.input(f"x{i}") for i in range(6)]
    first = builder.and_(x[0], x[1])
    second = builder.and_(builder.and_(first, x[2]), x[3])
    builder.point("a[0]", first)
    builder.point("b[0]", second)
    builder.output("y", builder.and_(builder.and_(second, x[4]), builder.and_(first, x[5])))
    assert blocks_of(builder.build()) == {"a": 1, "b": 2, "y": 3}


def test_the_structure_of_a_run(tmp_path: Path) -> None:
    real("abc")
    result = run_flow(redundant(), DC2, tmp_path)
    for source in (result, folder_of(result)):
        table = compare(source, structure=True, figures=Wanted(lut_size=6, xag=True))
        assert [row.xors is not None and row.numbers["luts"] > 0 for row in table.rows] == [True] * 3
        ends = compare(source, figures=Wanted(lut_size=6, xag=True), steps=False)
        assert [row.figures.numbers for row in ends.rows[::2]] == [row.figures.numbers for row in table.rows[::2]]
        assert ends.rows[1].figures.numbers == {}
        assert table.rows[1].blocks == table.rows[2].blocks == blocks_of(result.aig)
        assert table.block_table() is not None
    (folder_of(result) / "01-abc" / "netlist.aig").unlink()
    assert [row.xors is None for row in compare(folder_of(result), structure=True).rows] == [False, True, False]
    alone = compare(run_flow(redundant(), DC2), structure=True)
    assert [row.xors is None for row in alone.rows] == [True, True, False]


ROWS = (
    Row("a|b", 1, 2, 3, 100, 9, blocks={"h": 60}, xors=4, majorities=0),
    Row("step", 1, 2, 3, 120, 9, 0.25, "equivalent"),
    Row("result", 1, 2, 3, 80, 7, 0.25, "equivalent", xors=3, majorities=1, blocks={"h": 30, "y": 5}),
)
MAPPED = Figures({"lut_size": 4, "luts": 30, "lut_levels": 3}, (("if -K 4", Verdict("equivalent", "tables", 0.5)),))


def test_figures_are_columns_and_have_limits() -> None:
    table = Table((*ROWS[:2], replace(ROWS[2], figures=MAPPED)), (0, 2))
    assert table.to_markdown().split("\n")[0].split(" | ")[4:9] == ["XORs", "MAJs", "LUT4s", "LUT levels", "seconds"]
    facts = table.to_json()
    assert (facts[2]["luts"], facts[2]["mappings"][0]["verdict"], "luts" in facts[0]) == (30, "equivalent", False)
    assert table.mappings == ("if -K 4: read back, equivalent (tables)",)
    assert table.above({"ands": 80, "luts": 30}) == ()
    assert table.above({"ands": 79, "luts": 29.5}) == (
        "result: ands 80 is above the limit 79",
        "result: luts 30 is above the limit 29.5",
    )
    assert Table(ROWS[:1], (0,)).above({"ands": 99}) == ("a|b: ands 100 is above the limit 99",)
    with pytest.raises(InputError, match="'luts' was not measured"):
        Table(ROWS, (2,)).above({"luts": 1})


def test_every_format() -> None:
    table = Table(ROWS, (2,))
    assert table.larger == ()
    assert Table(ROWS, (0, 1)).larger == (ROWS[1],)
    facts = table.to_json()
    assert facts[0]["blocks"] == {"h": 60}
    assert facts[0]["majorities"] == 0
    assert not {"xors", "luts", "blocks"} & set(facts[1])
    read = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert [line["label"] for line in read] == ["a|b", "step", "result"]
    assert (read[2]["ands_change"], read[2]["ands of h"], read[1]["ands of h"]) == ("-20", "30", "")
    lines = table.to_markdown().split("\n")
    assert lines[0] == "| netlist | ANDs | change | levels | XORs | MAJs | seconds | verdict |"
    assert lines[2] == "| a\\|b | 100 |  | 9 | 4 | 0 |  |  |"
    assert lines[4] == "| result | 80 | -20 (-20.0 %) | 7 | 3 | 1 | 0.25 | equivalent |"
    assert lines[-1] == "| y | 0 | 5 | +5 |"
    assert "XORs" in str(table)
    assert Table(()).to_csv() == ""
    assert measure(multiplier(3, False)).majorities > 0


def test_a_table_is_readable_on_80_columns() -> None:
    row = Row("1 abc: dc2; rewrite -z", 8, 206, 364, 100_000, 30, 12.5, "equivalent", "&cec; confirmed by SAT sweeping")
    table = Table((row, replace(row, ands=87_500)))
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(table)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 80
    assert sum("1 abc: dc2" in line for line in lines) == 2  # names are not squeezed into a few columns
    assert sum("-12,500 (-12.5 %)" in line and "equivalent" in line for line in lines) == 1


def test_what_all_netlists_have_alike_stands_above_the_table() -> None:
    row = Row("input", 8, 206, 364, 3_260, 30)
    shown = str(Table((row, replace(row, label="result", latches=108))))
    assert "8 inputs, 364 outputs" in shown
    assert "latches" in shown
    assert "inputs" not in shown.splitlines()[1]


def test_growth_from_nothing_has_no_percentage() -> None:
    row = Row("a", 8, 0, 1, 10, 3, blocks={"left": 10})
    shown = Table((row, replace(row, blocks={"right": 10}))).to_markdown()
    assert "ands_percent" not in Table((replace(row, ands=0), row)).to_json()[1]
    assert "| right | 0 | 10 | +10 |" in shown
    assert "| left | 10 | 0 | -10 (-100.0 %) |" in shown
