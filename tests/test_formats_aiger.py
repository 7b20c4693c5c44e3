"""AIGER, ASCII and binary: round trips, foreign files, malformed files, and the real ABC as a second reader."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, Latch, Output, Properties
from bridge.errors import InputError
from bridge.formats.aiger import parse_aiger, read_aiger
from bridge.formats.aiger_write import format_aiger
from support.naive import evaluate
from support.strategies import aigs
from support.tools import convert

EXAMPLES = 19


def parse(text: bytes) -> Aig:
    return parse_aiger(text, "x.aig")


@given(aigs(properties=True))
def test_round_trip(aig: Aig) -> None:
    for binary in (True, False):
        data = format_aiger(aig, binary=binary)
        assert parse(data) == aig
        assert format_aiger(parse(data), binary=binary) == data


def test_the_examples_of_the_format(shared: Path) -> None:
    files = sorted((shared / "data" / "aiger").glob("*.a?g"))
    assert len(files) == EXAMPLES
    for file in files:
        aig = read_aiger(file)
        assert parse(format_aiger(aig)) == aig
        assert parse(format_aiger(aig, binary=False)) == aig
        if file.suffix == ".aig":
            own = format_aiger(aig).split(b"\n")[: 1 + len(aig.latches) + len(aig.outputs)]
            assert file.read_bytes().split(b"\n")[: len(own)] == own


def test_all_sections() -> None:
    aig = parse(
        b"aag 4 1 1 1 2 1 1 2 1\n2\n4 6 4\n8\n7\n1\n2\n0\n2\n3\n5\n6 2 4\n8 6 3\n"
        b"j0 liveness\nc0 assume\no0 out put\nl0 s[0]\nc\nfirst\n\nlast\n"
    )
    assert aig == Aig(
        inputs=("i0",),
        latches=(Latch("s[0]", 6, None),),
        ands=np.array([[4, 2], [6, 3]]),
        outputs=(Output("out put", 8),),
        comment="first\n\nlast",
        properties=Properties(
            bad=(Output("b0", 7),),
            constraints=(Output("assume", 1),),
            justice=(("liveness", (2, 3)), ("j1", ())),
            fairness=(Output("f0", 5),),
        ),
    )


def test_gaps_unused_variables_and_any_order_are_numbered_anew() -> None:
    aig = parse(b"aag 1000000000000 2 0 1 3\n40\n2000000000000\n21\n20 9 41\n8 40 7\n6 40 2000000000000\n")
    assert aig.ands.tolist() == [[4, 2], [7, 2], [9, 3]]
    assert aig.outputs == (Output("o0", 11),)


def test_points_of_an_unordered_file_follow_its_numbering() -> None:
    aig = parse(b'aag 9 2 0 1 1\n8\n6\n18\n18 6 8\nc\n{"aigbridge":1,"points":{"p":19}}\n')
    assert aig.points == (Output("p", 7),)
    assert aig.comment == ""


def test_names_are_made_distinct() -> None:
    aig = parse(b"aag 4 3 1 2 0\n2\n4\n6\n8 8\n2\n4\ni1 x\nl0 x\ni0 i2\no1 o0\n")
    assert aig.inputs == ("i2", "x", "i2_1")
    assert [latch.name for latch in aig.latches] == ["x_1"]
    assert [output.name for output in aig.outputs] == ["o0_1", "o0"]


def test_symbols_that_are_no_text_keep_their_bytes() -> None:
    data = b"aig 1 1 0 0 0\ni0 \xff\xc3\xa9 \xed\xa0\x80\nc\n\x80\n"
    assert parse(data).inputs == ("\udcffé \udced\udca0\udc80",)
    assert format_aiger(parse(data)) == data


@pytest.mark.parametrize("name", ["two\nlines", "\ud800"])
def test_names_that_cannot_be_written(name: str) -> None:
    with pytest.raises(InputError, match=r"a name|the name"):
        format_aiger(Aig((name,), (), np.empty((0, 2)), ()))


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (b"hello\n", "1:", "not an AIGER file"),
        (b"aig 3 2 0 1 1\r\n6\r\n\x02\x02", "byte 0:", "carriage return"),
        (b"aag 1 1 0 1 0\n2", "1:", "more than the 15 bytes"),
        (b"aag 2 1 0 0 1\n2\n4 2 2\ni", "4:", "expected a symbol"),
        (b"aag 2 1 0 0 1\n2\n4 2", "3:", "ends too early"),
        (b"aag 2 1 0 1 0\n2\n2,0\n", "3:", "blanks between them"),
        (b"aig2 1 0 1 1 0 0 0 1\n\x02\x00", "byte 0:", "no sections J and F"),
        (b"aig2 1 0 1 2 0\n\x02\x01", "byte 17:", "ends too early"),
        (b"aig2 1 0 1 1 0\n\x02\x07", "byte 16:", "difference of two literals"),
        (b"aig 1 1 0 1 0\n2\ncm\x00\x00\x00\x08abcd", "byte 17:", "in the middle of ABC's extension 'm'"),
        (b"aig 1 1 0 1 0\n2\ncc\x00\x00\x00\x04\x00\x00\x00\x01", "byte 17:", "last 1 outputs are constraints"),
        (b"aig 1 1 0 1 0\n2\nca\x00\x00\x00\x01x", "byte 17:", "boxes"),
        (b"aig 1 1 0 1 0\n2\ncs\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x01", "byte 17:", "initial values"),
        (b"aag -1 0 0 0 0\n", "1:", "not an AIGER file"),
        (b"aag 1000000000000000000 1 0 0 1000000000000000000\n2\n", "1:", "not an AIGER file"),
        (b"aig 100000000000000000 0 0 0 100000000000000000\n", "byte 0:", "more than the 48 bytes"),
        (b"aig 999999999 999999999 0 0 0\n", "byte 0:", "too many for a file"),
        (b"aag 1 0 0 0 2\n2 1 1\n4 1 1\n", "1:", "does not fit the sum"),
        (b"aig 5 1 0 0 1\n\x02\x00", "byte 0:", "does not fit the sum"),
        (b"aag 1 1 0 1 0\n2\n2 2\n", "3:", "too many numbers"),
        (b"aag 1 0 1 0 0\n2\n\n", "2:", "too few numbers"),
        (b"aag 1 1 0 1 0\n2\nx\n", "3:", "expected numbers"),
        (b"aag 1 1 0 1 0\n2\n99999999999999999999999\n", "3:", "too large"),
        (b"aag 2 2 0 0 0\n2\n3\n", "3:", "must be an even literal"),
        (b"aag 2 2 0 0 0\n2\n0\n", "3:", "must be an even literal"),
        (b"aag 3 2 0 0 1\n2\n4\n4 2 2\n", "4:", "literal 4 is defined twice"),
        (b"aag 1 1 0 1 0\n2\n9\n", "3:", "literal 9 is above the header's maximum"),
        (b"aag 9 1 0 1 0\n2\n9\n", "3:", "literal 9 is not defined"),
        (b"aag 1 1 0 0 0\n4\n", "2:", "above the header's maximum"),
        (b"aag 3 1 0 0 2\n2\n4 6 2\n6 4 2\n", "3:", "AND 4 depends on itself"),
        (b"aag 2 1 0 0 1\n2\n4 5 2\n", "3:", "AND 4 depends on itself"),
        (b"aag 1 0 1 0 0\n2 2 7\n", "2:", "reset must be 0, 1 or its own literal"),
        (b"aag 1 1 0 0 0\n2\ni1 a\n", "3:", "i1 names nothing"),
        (b"aag 1 1 0 0 0\n2\ni0 a\ni0 b\n", "4:", "given twice"),
        (b"aag 1 1 0 0 0\n2\n2\n", "3:", "expected a symbol"),
        (b'aag 1 1 0 0 0\n2\nc\n{"aigbridge":1,"points":{"p":7}}\n', "3:", "literal 7 is above"),
        (b'aag 1 1 0 0 0\n2\nc\n{"aigbridge":1,"points":{"p":-2}}\n', "3:", "not a literal"),
        (b'aag 1 1 0 0 0\n2\nc\n{"aigbridge":1,"points":[2]}\n', "3:", "must map names to literals"),
        (b"aig 3 2 0 0 1\n\x02", "byte 14:", "no room for 1 ANDs"),
        (b"aig 3 2 0 0 1\n", "byte 0:", "more than the 14 bytes"),
        (b"aig 3 2 0 0 1\n\x82\x80", "byte 14:", "ends too early"),
        (b"aig 3 2 0 0 1\n\x00\x00", "byte 14:", "difference of two literals"),
        (b"aig 3 2 0 0 1\n\x02\x09", "byte 15:", "difference of two literals"),
        (b"aig 3 2 0 0 1\n\xff\xff\xff\xff\xff\xff\x01\x00", "byte 14:", "difference of two literals"),
        (b"aig 3 2 0 1 1\n6\n\x02\x02garbage\n", "byte 18:", "expected a symbol"),
        (b"aig 1 0 1 1 0\n2\n4\n", "byte 16:", "literal 4 is above"),
    ],
)
def test_malformed_files_are_one_error_with_the_place(text: bytes, place: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_aiger(text, "dir/x.aig")
    message = str(caught.value)
    assert message.startswith((f"dir/x.aig:{place}", f"dir/x.aig: {place}"))
    assert why in message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (b"aig 3 2 0 2 1\n6\n2\n\x01\x03c", b"aig 3 2 0 2 1\n6\n2\n\x01\x03"),
        (b"aag 1 1 0 1 0\n2\n2", b"aag 1 1 0 1 0\n2\n2\n"),
        (b"aag 0 0 0 0 0", b"aag 0 0 0 0 0\n"),
        (b"aig 0 0 0 1 0\n1", b"aig 0 0 0 1 0\n1\n"),
        (b"aag 1 1 0 1 0\n2\n2\n\n", b"aag 1 1 0 1 0\n2\n2\n"),
        (b"aag 1 1 0 1 0\n2\n2\n\ni0 a\n \nc\n\nx", b"aag 1 1 0 1 0\n2\n2\ni0 a\nc\n\nx\n"),
        (b"aag 1 1 0 1 0\n2\n2\ni0 a b", b"aag 1 1 0 1 0\n2\n2\ni0 a b\n"),
        (b"aag 1 1 0 1 0\r\n2\r\n3\r\ni0 a\r\nc\r\nx\r\ny", b"aag 1 1 0 1 0\n2\n3\ni0 a\nc\nx\ny\n"),
        (b"aig 1 1 0 1 0\r\n3\r\n", b"aig 1 1 0 1 0\n3\n"),
        (b"aag\t2 1 0 1  1 \n2\t\n 4\n4  2\t3 \n", b"aag 2 1 0 1 1\n2\n4\n4 2 3\n"),
        (b"aag 1 1 0 1 0\n2\n2\ni0\no0\tx\n", b"aag 1 1 0 1 0\n2\n2\no0 x\n"),
        (b"aag 1 1 0 1 0\n2\n2\ncmade by hand\nin May\n", b"aag 1 1 0 1 0\n2\n2\nc\nmade by hand\nin May\n"),
        (b"aag 1 1 0 1 0\n2\n2\nc 2024\n", b"aag 1 1 0 1 0\n2\n2\nc\n 2024\n"),
        (b"aag 1 1 0 0 0 1 1\n2\n2\n3\no0 y\no1 z\n", b"aag 1 1 0 0 0 1 1\n2\n2\n3\nb0 y\nc0 z\n"),
        (b"aig2 2 1 1 2 0\n\x02\x04\x07", b"aig 2 1 1 2 0\n2\n4\n1\n"),
    ],
)
def test_what_programs_write_beside_the_standard(text: bytes, plain: bytes) -> None:
    assert parse(text) == parse(plain)


def test_extensions_of_abc() -> None:
    data = b"aig 1 1 0 1 0\n2\n"
    named, old = b"n\x00\x00\x00\x07work/s\x00", b"nwork/s\x00"
    mapping, boxes = b"m\x00\x00\x00\x05\n\x00\xff\x03c", b"h\x00\x00\x00\x14" + bytes([0, 0, 0, 1] * 5)
    for extension in (named, old, mapping + named, boxes + named):
        aig = parse(data + b"c" + extension + b"\nmade by ABC\n")
        assert aig == replace(parse(data), name="work/s", comment="made by ABC")
        assert parse(format_aiger(aig)) == aig


DESIGN = """
module t(input clk, input a, input b, output q, output [1:0] y);
  reg r = 1; reg [1:0] n = 2;
  always @(posedge clk) begin r <= a ^ r; n <= n + b; end
  assign q = r; assign y = n ^ {2{a & r}};
endmodule
"""
ABC_WRITERS = {
    "write_aiger out.aig": 3,
    "write_aiger -s out.aig": 3,
    "write_aiger -s -c out.aig": 3,
    "&get -n; &write out.aig": 3,
    "&get -n; &write -n out.aig": 3,
    "&get -n; &dch; &write out.aig": 3,
    "&get -n; &if -K 4; &write out.aig": 3,
    "constr -N 1; write_aiger -s out.aig": 0,
    "constr -N 1; &get -n; &write out.aig": 0,
    "constr -N 1; &get; &write out.aig": 0,
}


@cache
def from_yosys(options: str) -> bytes:
    commands = f"read_verilog in.v; synth; aigmap; write_aiger {options} -map out.map out.aig"
    return convert("yosys", DESIGN, ".v", commands, "out.aig")


@pytest.mark.parametrize("writer", ABC_WRITERS)
def test_every_writer_of_abc(writer: str) -> None:
    source = from_yosys("-zinit -symbols")
    aig = parse(convert("abc", source, ".aig", f"read_aiger in.aig; strash; {writer}", "out.aig"))
    assert len(aig.outputs) == ABC_WRITERS[writer]
    assert len(aig.properties.bad) + len(aig.properties.constraints) == 3 - len(aig.outputs)
    if "-s" in writer or "-n" in writer:
        assert "a" in aig.inputs
        assert {"q", "y[0]", "y[1]"} == {
            o.name for o in (*aig.outputs, *aig.properties.bad, *aig.properties.constraints)
        }


@pytest.mark.parametrize(
    "options", ["", "-ascii", "-symbols", "-zinit -ascii -symbols", "-miter -symbols", "-I -O -B -L"]
)
def test_every_writer_of_yosys(options: str) -> None:
    aig = parse(from_yosys(options))
    assert len(aig.latches) == 3
    assert sorted(str(latch.reset) for latch in aig.latches) == (["0"] * 3 if "zinit" in options else ["0", "1", "1"])


def test_a_huge_claim_is_refused_at_once() -> None:
    for claim in (b"aig 900000000000000000 0 0 0 900000000000000000\n", b"aag 999999999 0 0 999999999 0\n"):
        with pytest.raises(InputError, match="more than"):
            parse(claim)
    with pytest.raises(InputError, match="more lines"):
        parse(b"aag 0 0 0 0 0 0 0 1 0\n900000000000000000\n")


@pytest.mark.heavy
@pytest.mark.parametrize("binary", [True, False])
@given(data=st.data())
@settings(max_examples=60)
def test_damaged_files_are_an_error_or_another_netlist(binary: bool, data: st.DataObject) -> None:
    raw = bytearray(format_aiger(data.draw(aigs(properties=True)), binary=binary))
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(1, len(raw)))]
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        parse(bytes(raw)).validate()


def test_a_deep_netlist_in_reverse_order() -> None:
    depth = 200_000
    lines = [f"{2 * (variable + 1)} {2 * variable} {2 * variable}" for variable in range(depth, 0, -1)]
    aig = parse(f"aag {depth + 1} 1 0 1 {depth}\n2\n{2 * depth + 2}\n{chr(10).join(lines)}\n".encode())
    assert aig.levels().max() == depth
    assert parse(format_aiger(aig)) == aig


@given(aigs(resets=(0,), least_outputs=1))
@settings(max_examples=10, derandomize=True)
def test_abc_reads_what_we_write(aig: Aig) -> None:
    # ABC refuses an output that is called like another signal.
    renamed = replace(aig, outputs=tuple(Output(f"o{k}", o.literal) for k, o in enumerate(aig.outputs)))
    back = parse(convert("abc", format_aiger(renamed), ".aig", "read_aiger in.aig; write_aiger -s out.aig", "out.aig"))
    random = np.random.default_rng(0)
    inputs = random.random((64, len(aig.inputs))) < 0.5
    state = random.random((64, len(aig.latches))) < 0.5
    for mine, theirs in zip(evaluate(aig, inputs, state), evaluate(back, inputs, state), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_abc_keeps_our_names() -> None:
    aig = parse(b"aig 3 1 1 1 1\n6\n7\n\x02\x01i0 byte[0]\nl0 state.h[3]\no0 y z\n")
    back = parse(convert("abc", format_aiger(aig), ".aig", "read_aiger in.aig; write_aiger -s out.aig", "out.aig"))
    assert (back.inputs, back.latches[0].name, back.outputs[0].name) == (("byte[0]",), "state.h[3]", "y z")
