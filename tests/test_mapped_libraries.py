"""Libraries of cells: what genlib and Liberty files may say, and what is refused, with its line."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.errors import InputError
from bridge.formats.mapped.functions import (
    add_table,
    cubes_of,
    names_in,
    parse_function,
    table_of_cubes,
)
from bridge.formats.mapped.library import Kind, read_library
from support.libraries import CELLS, liberty
from support.netlists import truth

GATES = "GATE inv 1 y=!a; PIN * INV 1 999 1 0 1 0\nGATE nand2 2 y=!(a*b); PIN * INV 1 999 1.0 .2 1e0 0\n"


def read(folder: Path, text: str | bytes, suffix: str = ".genlib") -> dict[str, Kind]:
    path = folder / f"cells{suffix}"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return dict(read_library(path).cells)


def test_genlib(tmp_path: Path) -> None:
    more = 'GATE "zero" 0 y=CONST0;# nothing\nGATE $x<2> 2.5 O=a*!b + a\' b;\n  PIN a UNKNOWN 1 2 3 4 5 6\n'
    more += "PIN b INV 1 2 3 4 5 6"
    cells = read(tmp_path, GATES + more)
    assert cells["nand2"] == Kind("nand2", 2.0, ("a", "b"), "y", 0b0111)
    assert (cells["zero"].inputs, cells["zero"].table, cells["$x<2>"].table) == ((), 0, 0b0110)


def test_liberty(tmp_path: Path) -> None:
    others = """
  cell(DFF) { area : 9; ff(IQ, IQN) { clocked_on : "C"; } pin(D) { direction : input; } pin(Q) { direction : output; } }
  cell("TWO") { area : 6; pin(A) { direction : input; } pin(S) { direction : output; function : "A"; }
    pin(T) { direction : output; function : "!A"; } }
  cell(TRI) { area : 1; pin(A) { direction : input; }
    pin(Y) { direction : output; three_state : "A"; function : "A"; } }
  cell(NOT_MINE) { dont_use : true; area : 1; pin(A) { direction : input; }
    pin(Y) { direction : output; function : "A"; } }
"""
    others += '  comment : "see http://a.b/*.lib"; /* not "this */ // nor "that\n'
    cells = read(tmp_path, liberty(more=others), ".lib")
    assert [*cells] == [name for name, *_ in CELLS]
    assert cells["AO21"] == Kind("AO21", 3.5, ("A", "B", "C"), "Y", 0b11111000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GATES + "GATE x 1 y=a", ":3: expected `GATE"),
        (GATES + "GATE inv 1 y=!a;", ":3: gate 'inv' is defined twice"),
        (GATES + "\nLATCH d 1 q=d;", ":4: expected `GATE"),
        (GATES + "GATE x -1 y=a;", "area of gate 'x'"),
        (GATES + "GATE x 1e999 y=a;", "area of gate 'x'"),
        (GATES + "GATE x nan y=a;", ":3: expected `GATE"),
        (GATES + "GATE x 1 y=a*y;", "reads its own output"),
        (GATES + "GATE x 1 y=(a*b;", "is not closed"),
        (GATES + "GATE x 1 y=a**b;", "expected an input"),
        (GATES + "GATE x 1 y=a);", "expected an operator"),
        (GATES + "GATE x 1 y=;", "ends too early"),
        (GATES + "GATE x 1 y=a%b;", "'%b' is no part of a function"),
        (GATES + "GATE x 1 y=a; PIN b INV 1 1 1 1 1 1", "no input 'b'"),
        (GATES + "GATE x 1 y=a; PIN a INV 1 1 1 1 1 1e999", "must be finite"),
        (GATES + f"GATE x 1 y={'(' * 99}a{')' * 99};", "more than 64 parentheses"),
        (GATES + f"GATE x 1 y={'a*' * 3000}a;", "more than 4096 characters"),
        ("GATE buf 1 y=a; PIN * NONINV 1 1 1 1 1 1", "has no inverter"),
        ("GATE inv 1 y=!a; PIN * INV 1 1 1 1 1 1", "or no NAND"),
        (GATES + "GATE x 1 y=a*b;\nPIN a INV 1 1 1 1 1 1", ":3: gate 'x' has no line PIN for its input 'b'"),
        (GATES + "GATE x 1 y=a*b;PIN * INV 1 1 1 1 1 1", ":3: expected `GATE"),
        (GATES + "GATE x 1 y=a*b;", ":3: gate 'x' has no line PIN for its input 'a'"),
        (GATES + "# \u00e9", ":3: a library of cells must be plain ASCII"),
        (GATES + "\0", "plain ASCII"),
        ("", "is empty"),
    ],
)
def test_genlib_that_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cells\.genlib") as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cell(x) { }", ":1: expected one `library"),
        ("library(a) {\n cell(x) {\n", ":1: this group is not closed"),
        ("library(a) { cell(x) { area : 1; %%% } }", "'%%% } }' is no part of a Liberty file"),
        ("library(a) { cell(a b) { } }", "'a b' is no name of a cell"),
        ("library(a) { cell(a) { } }", "has no inverter"),
        (liberty([*CELLS, CELLS[0]]), "'INVX' is defined twice"),
        (liberty([("BAD", -1.0, "A", "!A")]), "area of cell 'BAD'"),
        (liberty([("BAD", 1.0, "AA", "!A")]), "cell 'BAD' has two pins of the same name"),
        (liberty([("BAD", 1.0, "A", "!B")]), "cell 'BAD': expected an input in a function, not 'B'"),
    ],
)
def test_liberty_that_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cells\.lib") as caught:
        read(tmp_path, text, ".lib")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "start", "piece"),
    [
        *((".lib", "library(a) {", piece) for piece in ("a (", "x : ", "cell(a) {", '"', "/* ", " ", "a(" + " " * 99)),
        *((".lib", start, " ") for start in ("library (", "library(a) { cell(", "library(a) { area :")),
        *((".genlib", "", piece) for piece in ("GATE ", "PIN * INV 1 ", "/* ", '"', " ", "# ", "1")),
        *((".genlib", start, " ") for start in ("GATE a", "GATE a 1", "GATE a 1 y", "GATE a 1 y=", "GATE a 1 y=a;PIN")),
        *((".genlib", start, "1") for start in ("GATE a ", "GATE a 1 y=a; PIN * INV 1 1 1 1 1 ")),
    ],
)
def test_long_files_take_no_longer_than_they_are(suffix: str, start: str, piece: str, tmp_path: Path) -> None:
    """Hours, if it were the square of their length."""
    with pytest.raises(InputError):
        read(tmp_path, start + piece * ((1 << 21) // len(piece)), suffix)


@given(st.integers(0, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << (1 << n)) - 1))))
def test_tables_cubes_and_ands_are_the_same_function(function: tuple[int, int]) -> None:
    count, table = function
    assert table_of_cubes(cubes_of(table, count), count) == table
    builder = AigBuilder()
    literals = [builder.input(f"i{place}") for place in range(count)]
    builder.output("y", add_table(builder, table, literals))
    rows = list(product((0, 1), repeat=count))
    assert [table >> sum(bit << place for place, bit in enumerate(row)) & 1 for row in rows] == [
        evaluate_cubes(cubes_of(table, count), row) for row in rows
    ]
    assert int(truth(builder.build())[0, 0]) & ((1 << (1 << count)) - 1) == table


def evaluate_cubes(cubes: tuple[str, ...], row: tuple[int, ...]) -> int:
    return int(any(all(letter in ("-", str(bit)) for letter, bit in zip(cube, row, strict=True)) for cube in cubes))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a b + !c", lambda a, b, c: (a and b) or not c),
        ("(a+b)'*c", lambda a, b, c: not (a or b) and c),
        ("a ^ b & c | a'", lambda a, b, c: a != (b and c) or not a),
        ("!!a * (b' ^ 1) + c * 0", lambda a, b, c: a and b),
        ("a * CONST1 * b'' + c * CONST0", lambda a, b, c: a and b),
    ],
)
def test_functions(text: str, wanted: object) -> None:
    assert names_in(text) == ("a", "b", "c")
    table = parse_function(text, ("a", "b", "c"))
    for row in range(8):
        assert table >> row & 1 == bool(wanted(*(bool(row >> place & 1) for place in range(3))))  # type: ignore[operator]
