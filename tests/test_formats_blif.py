"""BLIF: round trips, covers against their truth tables, ABC both ways, and malformed files."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, Latch, Output
from bridge.equivalence import check_equivalence
from bridge.errors import InputError
from bridge.formats.blif import parse_blif
from bridge.formats.blif_write import format_blif
from support.naive import evaluate
from support.strategies import aigs
from support.tools import convert


def parse(text: str | bytes) -> Aig:
    return parse_blif(text.encode() if isinstance(text, str) else text, "x.blif")


def same_function(mine: Aig, theirs: Aig) -> None:
    random = np.random.default_rng(0)
    inputs = random.random((64, len(mine.inputs))) < 0.5
    state = random.random((64, len(mine.latches))) < 0.5
    for left, right in zip(evaluate(mine, inputs, state), evaluate(theirs, inputs, state), strict=True):
        np.testing.assert_array_equal(left, right)


@given(aigs(properties=True, constant_fanins=False))
def test_round_trip(aig: Aig) -> None:
    assert parse(format_blif(aig)) == aig


@given(aigs())
def test_constant_fanins_fold(aig: Aig) -> None:
    back = parse(format_blif(aig))
    same_function(aig, back)
    kept = [replace(output, literal=0) for output in aig.points]
    assert [replace(output, literal=0) for output in back.points] == kept
    same_function(replace(aig, outputs=aig.points), replace(back, outputs=back.points))
    assert (back.inputs, back.name, back.comment) == (aig.inputs, aig.name, aig.comment)


def test_the_text() -> None:
    aig = Aig(
        inputs=("a[0]",),
        latches=(Latch("s", 7, None), Latch("t", 1, 1)),
        ands=np.array([[4, 3]]),
        outputs=(Output("y", 9), Output("zero", 0)),
        points=(Output("h", 9),),
    )
    assert format_blif(aig).splitlines() == [
        '# aigbridge {"aigbridge":1,"name":"","points":{"h":"~n4"}}',
        ".model top",
        ".inputs a[0]",
        ".outputs y zero",
        ".latch n2_n s 2",
        ".latch n3_n t 1",
        ".names s a[0] n4",
        "10 1",
        ".names t n2_n",
        "0 1",
        ".names n3_n",
        "1",
        ".names n4 y",
        "0 1",
        ".names zero",
        ".end",
    ]


@given(st.data(), st.integers(0, 6), st.sampled_from("01"))
def test_covers(data: st.DataObject, width: int, phase: str) -> None:
    cubes = data.draw(st.lists(st.text("01-", min_size=width, max_size=width), max_size=8))
    names = [f"i{index}" for index in range(width)]
    text = f".model m\n.inputs {' '.join(names)}\n.outputs y\n.names {' '.join([*names, 'y'])}\n"
    aig = parse(text + "".join(f"{cube} {phase}\n".lstrip() for cube in cubes) + ".end\n")
    patterns = list(product("01", repeat=width))
    outputs, _ = evaluate(aig, np.array(patterns, int).reshape(len(patterns), width), np.zeros((len(patterns), 0)))
    for pattern, found in zip(patterns, outputs[:, 0], strict=True):
        covered = any(all(c in ("-", bit) for c, bit in zip(cube, pattern, strict=True)) for cube in cubes)
        assert found == (covered == (phase == "1") if cubes else False)


def test_what_other_writers_write() -> None:
    aig = parse(
        "# made by hand\n.model counter\n.inputs \\\n  up clk # and the clock\n.outputs q\n.clock clk\n\n"
        ".latch next q re clk 3\n.latch q p re NIL 0\r\n.names up q \\\nnext\n10 1 # xor\n01 1\n.end\nafter the end\n"
    )
    assert (aig.name, aig.inputs) == ("counter", ("up",))
    assert [(latch.name, latch.reset) for latch in aig.latches] == [("q", None), ("p", 0)]
    assert len(aig.ands) == 3


def test_an_input_kept_for_the_clock_clocks_the_latches() -> None:
    aig = Aig(("a", "clk"), (Latch("q", 2, None),), np.empty((0, 2)), (Output("y", 6),))
    text = format_blif(aig)
    assert ".inputs a clk\n" in text
    assert ".latch n3_n q re clk 2\n" in text
    assert parse(text) == aig
    for tool, commands in (
        ("abc", "read_blif in.blif; strash; write_blif out.blif"),
        ("yosys", "read_blif in.blif; write_blif out.blif"),
    ):
        back = parse(convert(tool, text, ".blif", commands, "out.blif"))
        assert set(back.inputs) <= {"a", "clk"}
        assert len(back.latches) == 1


def test_wide_covers_make_balanced_trees() -> None:
    names = " ".join(f"i{index}" for index in range(5000))
    aig = parse(f".model m\n.inputs {names}\n.outputs y\n.names {names} y\n{'1' * 5000} 1\n.end\n")
    assert (len(aig.ands), aig.levels().max()) == (4999, 13)


@given(aigs(least_outputs=1), st.sampled_from(["strash", "strash; if -K 6"]))
@settings(max_examples=10, derandomize=True)
def test_through_abc(aig: Aig, commands: str) -> None:
    back = parse(
        convert("abc", format_blif(aig), ".blif", f"read_blif in.blif; {commands}; write_blif out.blif", "out.blif")
    )
    same_function(aig, back)
    assert [latch.reset for latch in back.latches] == [latch.reset for latch in aig.latches]


def model(body: str) -> str:
    return f".model m\n.inputs a b\n.outputs y\n{body}\n.end\n"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("hello\n.end\n", 1, "expected `.model` first"),
        ("# nothing\n", 1, "no model"),
        (model(".model m"), 4, "'m' is defined twice"),
        (".model a b\n.end\n", 1, "one model"),
        (model(""), 3, "'y' is read but nothing drives it"),
        (model(".names z y\n1 1"), 4, "'z' is read but nothing drives it"),
        (model(".names a y\n.names b y"), 5, "more than one driver"),
        (model(".names a\n1"), 4, "more than one driver"),
        (model(".inputs a"), 4, "more than one driver"),
        (model(".outputs y"), 4, "declared twice"),
        (model(".names a v y\n11 1\n.names y v\n1 1"), 6, "combinational cycle"),
        (model(".names"), 4, "must name an output"),
        (model(".names a y\n2 1"), 5, "expected 1 characters"),
        (model(".names a y\n11 1"), 5, "expected 1 characters"),
        (model(".names a y\n1"), 5, "expected 1 characters"),
        (model(".names a y\n1 1 1"), 5, "expected 1 characters"),
        (model(".names a y\n1 x"), 5, "must be 0 or 1"),
        (model(".names a y\n1 1\n0 0"), 6, "must not mix"),
        (model("11 1"), 4, "neither a command nor part of a cover"),
        (model(".latch a"), 4, "expected `.latch"),
        (model(".latch a q 4"), 4, "must be 0, 1, 2 or 3"),
        (model(".latch a q xx b 0"), 4, "must be one of re"),
        (model(".latch a q ah b 0"), 4, "only latches on an edge"),
        (model(".latch a q re b 0\n.latch a r fe b 0"), 5, "both edges of the clock 'b'"),
        (model(".names a b c\n11 1\n.latch a q re c 0"), 6, "clock 'c' is not an input"),
        (model(".latch a q re b 0\n.latch a r re a 0"), 5, "two clocks"),
        (model(".latch b q re b 0\n.names q y\n1 1"), 4, "clock 'b' is used as data"),
        (model(".subckt m a=b"), 1, "'m' contains itself"),
        (model(".subckt k a=b"), 4, "'k' is no model of this file"),
        (model(".gate NAND2 A=a B=b O=y"), 4, "name its library (--library), or write it unmapped"),
        (model(".mlatch DFF D=a Q=y b 0"), 4, "a cell of a library"),
        (model(".subckt"), 4, "must name a model"),
        (model(".subckt $_AND_ A=a Y=y"), 4, "exactly the pins A, B, Y"),
        (model(".subckt $_AND_ A B=b Y=y"), 4, "expected pin=signal"),
        (model(".subckt $_AND_ A=a A=b Y=y"), 4, "connected twice"),
        (model(".subckt $_DLATCH_P_ E=a D=b Q=y"), 4, "level-sensitive latch"),
        (model(".subckt k q=a\n.end\n.model k\n.inputs p"), 4, "has no port 'q'"),
        (model(".gateinit y=1\n.names y"), 4, "must give the output of a flip-flop"),
        (model(".search other.blif"), 4, "'.search' is not part of"),
        (model(".start_kiss"), 4, "'.start_kiss' is not part of"),
        (model('.names a y\n1 1\n# aigbridge {"aigbridge":1,"points":{"h":"n9"}}'), 6, "no signal of this file"),
    ],
)
def test_malformed_files_are_one_error_with_the_line(text: str, line: int, why: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_blif(text.encode(), "dir/x.blif")
    assert str(caught.value).startswith(f"dir/x.blif:{line}: ")
    assert why in str(caught.value)
    assert caught.value.exit_code == 2


@given(data=st.data())
@settings(max_examples=60)
def test_damaged_files_are_an_error_or_another_netlist(data: st.DataObject) -> None:
    raw = bytearray(format_blif(data.draw(aigs())).encode())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(1, len(raw)))]
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        parse(bytes(raw)).validate()


TABLES = """.model m
.inputs a b c
.outputs y z
.subckt $lut A[0]=a A[1]=b A[2]=c Y=y
.param LUT 01101100
.param WIDTH 00000000000000000000000000000011
.subckt $lut A=b Y=z
.param LUT 01
.end
"""


def test_tables_of_yosys() -> None:
    """As `synth -lut 4; write_blif -icells -param` writes them."""
    plain = ".model m\n.inputs a b c\n.outputs y z\n.names c b a y\n010 1\n011 1\n101 1\n110 1\n.names b z\n0 1\n.end\n"
    assert check_equivalence(parse(TABLES), parse(plain)).answer == "equivalent"
    for wrong in (
        TABLES.replace(".param LUT 01\n", ""),
        TABLES.replace("LUT 01\n", "LUT 0110\n"),
        TABLES.replace("LUT 01\n", "LUT 0x\n"),
        TABLES.replace("A[1]=b", "A[3]=b"),
    ):
        with pytest.raises(InputError, match=r"x\.blif:[47]: cell '\$lut' must have pins"):
            parse(wrong)
