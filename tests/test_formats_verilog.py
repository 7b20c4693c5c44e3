"""Structural Verilog: round trips through both front ends, ABC and Yosys; everything else is one clear error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, Latch, Output
from bridge.errors import InputError
from bridge.formats import Frontend
from bridge.formats.aiger import parse_aiger
from bridge.formats.names import signal_names
from bridge.formats.verilog import parse_verilog
from bridge.formats.verilog_write import format_verilog
from support.naive import evaluate
from support.strategies import aigs
from support.tools import convert
from support.verilog import READERS, module, parse

ABC = "read_verilog in.v; strash; write_verilog out.v"
YOSYS = "read_verilog in.v; hierarchy -auto-top; proc; techmap; aigmap; write_verilog -noattr{} out.v"


def same_behaviour(mine: Aig, theirs: Aig, resets: bool = True) -> None:
    """`theirs` is what a tool made of our file: the same interface and states under the file's names."""
    names = signal_names(mine)
    # ABC takes our clock for one more input, and adds a clock of its own.
    data = [name for place, name in enumerate(names.inputs) if place != names.clock_input]
    assert [name for name in theirs.inputs if name in data] == data
    assert {*theirs.inputs} <= {*data, names.clock}
    assert [output.name for output in theirs.outputs] == names.outputs
    order = [names.latches.index(latch.name) for latch in theirs.latches]
    assert sorted(order) == list(range(len(names.latches)))
    assert not resets or [latch.reset for latch in theirs.latches] == [mine.latches[place].reset for place in order]
    random = np.random.default_rng(0)
    values = {name: random.random(64) < 0.5 for name in (*names.inputs, names.clock)}
    state = random.random((64, len(mine.latches))) < 0.5
    outputs, following = evaluate(mine, _columns(values, names.inputs), state)
    found = evaluate(theirs, _columns(values, theirs.inputs), state[:, order])
    np.testing.assert_array_equal(found[0], outputs)
    np.testing.assert_array_equal(found[1], following[:, order])


def _columns(values: dict[str, np.ndarray], names: Sequence[str]) -> np.ndarray:
    return np.array([values[name] for name in names], bool).reshape(len(names), 64).T


@pytest.mark.heavy
@given(aigs(properties=True), st.booleans())
def test_round_trip(aig: Aig, cells: bool) -> None:
    assert parse(format_verilog(aig, cells=cells)) == aig


def test_the_text() -> None:
    aig = Aig(
        inputs=("a[0]", "b"),
        latches=(Latch("s", 9, 1), Latch("t", 1, None)),
        ands=np.array([[6, 3], [10, 4]]),
        outputs=(Output("y", 12), Output("b", 1)),
        points=(Output("h", 11),),
        name="tiny",
    )
    assert format_verilog(aig).splitlines() == [
        '// aigbridge {"aigbridge":1,"name":"tiny","names":{"b_1":"b"},"points":{"h":"~n5"}}',
        "module tiny (",
        "  clk,",
        "  \\a[0] ,",
        "  b,",
        "  y,",
        "  b_1",
        ");",
        "  input clk, \\a[0] , b;",
        "  output y, b_1;",
        "  reg s, t;",
        "  wire n5, n6, n4_n;",
        "  assign n5 = s & ~\\a[0] ;",
        "  assign n6 = n5 & b;",
        "  assign n4_n = ~t;",
        "  assign y = n6;",
        "  assign b_1 = 1'b1;",
        "  always @(posedge clk) begin",
        "    s <= n4_n;",
        "    t <= 1'b1;",
        "  end",
        "  initial begin",
        "    s = 1'b1;",
        "  end",
        "endmodule",
    ]
    cells = format_verilog(aig, cells=True)
    assert "  not (n1_n, \\a[0] );\n" in cells
    assert "  and (n5, s, n1_n);\n" in cells


@pytest.mark.heavy
@given(aigs(least_outputs=1), st.booleans())
@settings(max_examples=12, derandomize=True)
def test_through_abc(aig: Aig, cells: bool) -> None:
    same_behaviour(aig, parse(convert("abc", format_verilog(aig, cells=cells), ".v", ABC, "out.v")))


@pytest.mark.heavy
@given(aigs(least_outputs=1), st.booleans())
@settings(max_examples=10, derandomize=True)
def test_through_yosys(aig: Aig, cells: bool) -> None:
    source = format_verilog(aig, cells=cells)
    same_behaviour(aig, parse(convert("yosys", source, ".v", YOSYS.format(""), "out.v")))
    same_behaviour(aig, parse(convert("yosys", source, ".v", YOSYS.format(" -noexpr"), "out.v")), resets=False)


FROM_YOSYS = b"aag 4 3 1 1 0\n2\n4\n6\n8 6 1\n9\ni0 a\ni1 clk\ni2 d\nl0 q\no0 y\n"


@pytest.mark.parametrize("cells", [False, True])
def test_an_input_kept_for_the_clock_is_the_clock(cells: bool) -> None:
    aig = parse_aiger(FROM_YOSYS, "x.aag")
    text = format_verilog(aig, cells=cells)
    assert "  input clk, a, d;" in text
    assert "clk_1" not in text
    assert parse(text) == aig
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("//"))
    assert parse(bare).inputs == ("a", "d")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("clk", "clk2"),
        (b"8 6 1".decode(), "8 4 1"),
        ("\n9\n", "\n4\n"),
        ("q", 'q\nc\n{"aigbridge":1,"points":{"p":4}}'),
    ],
)
def test_an_input_that_is_read_or_called_otherwise_is_no_clock(old: str, new: str) -> None:
    aig = parse_aiger(FROM_YOSYS.replace(b"o0 y\n", b"").replace(old.encode(), new.encode()), "x.aag")
    assert aig.inputs[1] in ("clk", "clk2")
    text = format_verilog(aig)
    assert "clk_1" in text or "clk2" in text
    assert parse(text) == aig


def test_the_clock_of_a_tampered_comment() -> None:
    text = format_verilog(parse_aiger(FROM_YOSYS, "x.aag"))
    for facts in ('["q",0]', '["clk"]', "7", '["clk",1e999]', '["clk","x"]'):
        with pytest.raises(InputError, match=r"x\.v:1: "):
            parse_verilog(text.replace('["clk",1]', facts).encode(), "x.v")
    assert parse(text.replace('["clk",1]', '["clk",99]')).inputs == ("a", "d", "clk")


def test_yosys_writes_words() -> None:
    source = """
        module counter(input clk, input [1:0] d, input up, output reg [3:0] q, output [0:2] r);
          initial q = 4'b01x0;
          always @(posedge clk) q <= {q[2:0], up} ^ {d, ~d};
          assign r = {q[3], up, q[0]};
        endmodule"""
    aig = parse(convert("yosys", source, ".v", "read_verilog in.v; proc; aigmap; write_verilog -noattr out.v", "out.v"))
    assert aig.inputs == ("d[0]", "d[1]", "up")
    assert [output.name for output in aig.outputs] == [*(f"q[{i}]" for i in range(4)), "r[2]", "r[1]", "r[0]"]
    assert [latch.reset for latch in aig.latches] == [0, None, 1, 0]
    inputs = np.array([[1, 0, 1]], bool)
    outputs, following = evaluate(aig, inputs, np.array([[1, 0, 1, 1]], bool))
    assert outputs.astype(int).tolist() == [[1, 0, 1, 1, 1, 1, 1]]
    # {q[2:0], up} = 1011 and {d, ~d} = 0110.
    assert following.astype(int).tolist() == [[1, 0, 1, 1]]


def test_expressions_cells_and_words() -> None:
    aig = parse(
        """
        /* `not a directive */
        module m (a, v, clk, y, w, \\z[1] ); // if
          input a; input [3:0] v; wire [3:0] v; input clk;
          output y, \\z[1] ; output [2:0] w;
          wire x; wire [1:0] p, o; reg r = 1'h1; reg [1:0] q; wire s;
          assign {p, x} = {v[3:2], ~(a | v[0]) ^ (1'b1 & v[1])};
          assign o = p & ~v[1:0] | 2'b01;
          assign w[0] = o[0]; assign w[2:1] = {x, o[1]};
          \\$_MUX_  g1 (.A(a), .B(x), .S(v[3]), .Y(y));
          \\$_DFF_P_ g2 (.C(clk), .D(y), .Q(s));
          nand n1 (\\z[1] , a, x, s), n2 (k, a, a); wire k;
          always @ (posedge clk) begin q <= {r, q[1]}; r <= q[0]; end
          initial begin q <= 2'b10; end
        endmodule"""
    )
    assert aig.inputs == ("a", "v[0]", "v[1]", "v[2]", "v[3]")
    assert {latch.name: latch.reset for latch in aig.latches} == {"s": None, "q[0]": 0, "q[1]": 1, "r": 1}
    a, v0, v1, v2, v3 = inputs = np.unpackbits(np.arange(32, dtype=np.uint8)[None], axis=0, bitorder="little")[:5]
    state = np.tile(np.arange(4) % 2, (32, 1)).astype(bool)
    x = 1 - (a | v0) ^ v1
    o0, o1 = 1 | v2, v3 & (1 - v1)
    y = np.where(v3, x, a)
    s, q0, q1, r = (state[:, [latch.name for latch in aig.latches].index(name)] for name in ("s", "q[0]", "q[1]", "r"))
    outputs, following = evaluate(aig, inputs.T, state)
    expected = {"y": y, "w[0]": o0, "w[1]": o1, "w[2]": x, "z[1]": 1 - (a & x & s)}
    for index, output in enumerate(aig.outputs):
        np.testing.assert_array_equal(outputs[:, index], expected[output.name], output.name)
    for index, latch in enumerate(aig.latches):
        np.testing.assert_array_equal(following[:, index], {"s": y, "q[0]": q1, "q[1]": r, "r": q0}[latch.name])


def test_carriage_returns_are_spaces() -> None:
    aig = Aig(("a b",), (), np.empty((0, 2)), (Output("y", 3),), points=(Output("p", 2),))
    assert parse(format_verilog(aig).replace("\n", "\r\n")) == aig


def test_ports_in_the_header() -> None:
    aig = parse(
        """module m (input clk, input wire [1:0] a, output reg q, output y);
        always @(posedge clk) q <= a[0] & a[1];
        assign y = ~q;
        endmodule"""
    )
    assert (aig.inputs, [output.name for output in aig.outputs]) == (("a[0]", "a[1]"), ["q", "y"])
    assert [output.literal for output in aig.outputs] == [6, 7]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (module("wire z;\nassign y = z;"), 5, "'z' is read but nothing drives it"),
        (module("assign b = a;"), 4, "'b' has more than one driver"),
        (module("assign y = a;\nassign y = b;"), 5, "'y' has more than one driver"),
        (module("wire u, v;\nassign u = a & v;\nassign v = ~u;\nassign y = v;"), 6, "combinational cycle through"),
        (module("assign y = y & a;"), 4, "combinational cycle through 'y'"),
        (module("wire z;"), 3, "'y' is read but nothing drives it"),
        (module("assign y = q;"), 4, "'q' is not declared"),
        (module("assign y = a[0];"), 4, "'a' has no bits"),
        (module("wire [3:0] v;\nassign y = v[4];"), 5, "not within the bounds"),
        (module("wire [3:0] v;\nassign y = v[0:1] & a;"), 5, "not within the bounds"),
        (module("wire [1:0] v;\nwire \\v[1] ;"), 5, "both a scalar and a bit"),
        (module("wire [99999999:0] v;"), 4, "more than 65536 bits"),
        (module("wire z;\nwire z;"), 5, "declared twice"),
        (module("wire a;\nwire [1:0] b;"), 5, "another width"),
        (module("input c;"), 4, "must be both a port"),
        ("module m (a, y);\ninput a;\nendmodule", 1, "port 'y' is not declared"),
        ("module m (a, a);\ninput a;\nendmodule", 1, "listed twice"),
        (module("assign y = 1'bx;"), 3, "x and z"),
        (module("wire z;\nassign z = ~1'bz;\nassign y = z & a;"), 6, "x and z"),
        (module("assign ~y = a;"), 4, ""),
        (module("assign y = 2'b100;"), 4, ""),
        (module("assign y = a * b;"), 4, ""),
        (module("assign y = a % b;"), 4, ""),
        (module("assign y = $random(a);"), 4, ""),
        (module("wire [3:0] v;\nassign y = v[a];"), 5, ""),
        (module("wire [3:0] v;\nassign y = v[1 +: 1];"), 5, ""),
        (module("assign y = {0{a}};"), 4, "at least one copy"),
        (module("wire [1:0] v [3:0];"), 4, ""),
        (module("assign #1 y = a;"), 4, ""),
        (module("assign y = (a;"), 4, ""),
        (module("\\$_FA_ g (.A(a), .Y(y));"), 4, "cell '$_FA_' is not one that we know"),
        (module("\\$_AND_ g (.A(a), .Y(y));"), 4, "exactly the pins A, B, Y"),
        (module("\\$_AND_ g (a, b, y);"), 4, "exactly the pins A, B, Y"),
        (module("\\$_DFF_P_ g (.C(clk & b), .D(a), .Q(y));"), 4, "a clock is not an input; clocks made by logic"),
        (module("other g (.A(a), .Y(y));"), 4, "cell 'other'"),
        (module("not g (y, a, b);"), 4, "'a' has more than one driver"),
        (module("and g (y, , b);"), 4, ""),
        (module("\\$_DLATCH_P_ g (.E(a), .D(b), .Q(y));"), 4, "level-sensitive latch"),
        (module("always @* y = a;"), 4, "not with the edge of a clock"),
        (module("always @(a or b) y = a;"), 4, "not with the edge of a clock"),
        (module("and g (y, a, .b(b));"), 4, ""),
        (
            module("reg q;\nassign y = q;\nalways @(posedge clk) begin\nq <= clk;\nend"),
            7,
            "clock 'clk' is used as data",
        ),
        (module("reg q;\nalways @(posedge clk)\nq <= a & q;\nassign y = q & clk;"), 7, "clock 'clk' is used as data"),
        (module("reg q;\nwire c;\nassign c = clk;\nalways @(posedge clk) q <= a;\nassign y = c;"), 3, "used as data"),
        (
            module("reg q, r;\nalways @(negedge clk) q <= a;\nalways @(posedge clk)\nr <= b;"),
            7,
            "both edges of the clock",
        ),
        (
            module("reg q, r;\nalways @(posedge clk or posedge a) if (b) q <= 0; else q <= b;"),
            5,
            "which event is the clock",
        ),
        (module("reg q;\nalways @(posedge clk or posedge a) q <= b;"), 5, "which event is the clock"),
        (module("reg q;\nalways @(clk) q <= a;"), 5, ""),
        (module("reg q;\nalways @(posedge clk) q = a;"), 5, ""),
        (module("reg q, r;\nalways @(posedge clk) q <= a;\nalways @(posedge a)\nr <= b;"), 7, "two clocks"),
        (module("wire c;\nassign c = a & b;\nreg q;\nalways @(posedge c) q <= a;"), 7, "'c' is not an input"),
        (module("initial y = 1'b0;\nassign y = a;"), 4, "is no register"),
        (module("reg q;\nalways @(posedge clk) q <= a;\ninitial q = a;"), 6, "must be a constant"),
        (module("`define x\n"), 4, "the compiler directive `define"),
        (module("`ifdef x\n`endif"), 4, "the compiler directive `ifdef"),
        (module("`default_nettype wand"), 4, "the compiler directive `default_nettype"),
        (module("reg q = 0;\nalways @(posedge clk) q <= a;\ninitial q = 1;"), 6, "two initial values, 0 and 1"),
        (module("(* init = 1'h1 *)\nreg q = 0;\nalways @(posedge clk) q <= a;"), 4, "two initial values"),
        (module("wire é;"), 4, "printable ASCII"),
        (module("generate endgenerate"), 4, "'generate' is not part"),
        (module("inout c;"), 4, "'inout' is not part"),
        (module("") + "module n;\nendmodule\n", 6, "the file has 2"),
        ("wire a;\n", 1, "the file has 0"),
        (module(f"\nassign y = {'(' * 600}a{')' * 600};"), 5, "nest deeper"),
    ],
)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_outside_the_subset(text: str, line: int, why: str, reader: Frontend) -> None:
    with pytest.raises(InputError) as caught:
        parse_verilog(text.encode(), "dir/x.v", reader=reader)
    assert str(caught.value).startswith(f"dir/x.v:{line}: ")
    assert why in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("reader", READERS)
def test_syntax_errors(reader: Frontend) -> None:
    for body in (
        "assign y = a",
        "assign y = ;",
        "assign = y",
        "wire;",
        "%",
        'wire "',
        "(*",
        "(* init",
        "(* = 1 *) wire q;",
        "(* *) wire q;",
    ):
        with pytest.raises(InputError, match=r"dir/x\.v:[456]: "):
            parse_verilog(module(body).encode(), "dir/x.v", reader=reader)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ('{"aigbridge":1,"points":{"h":"n7"}}', "'n7', which is no signal"),
        ('{"aigbridge":1,"points":[]}', "malformed"),
        ('{"aigbridge":1,"names":{"a":1}}', "names must be strings"),
        ('{"aigbridge":1,"bad":[["x"]]}', "malformed"),
        ('{"aigbridge":2}', "a version we do not know"),
        ('{"aigbridge":1', "malformed"),
        ('{"aigbridge":1,"names":{"a":"b"}}', "two inputs and latches are named 'b'"),
    ],
)
def test_a_comment_that_does_not_fit(facts: str, why: str) -> None:
    with pytest.raises(InputError, match=rf"x\.v:6: .*{why}"):
        parse_verilog(f"{module('assign y = a;')}// aigbridge {facts}\n".encode(), "x.v")


def test_long_comments_are_broken_into_lines() -> None:
    name = "\\" * 9000
    aig = Aig((name,), (), np.empty((0, 2)), (), comment="\n".join(["\\" * 1000] * 30))
    text = format_verilog(aig)
    assert max(map(len, text.split("\n"))) < 9100
    assert parse(text) == aig
