"""Registers in Verilog and BLIF: every flip-flop of Yosys, `always`, clocks under other names, initial values."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from itertools import product

import numpy as np
import pytest

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.formats import Frontend
from bridge.formats.blif import parse_blif
from bridge.formats.cells import CELLS, flip_flop_pins
from bridge.formats.verilog import parse_verilog
from support.naive import evaluate
from support.verilog import READERS, parse

FAMILIES = [
    ("$_FF_", 0),
    ("$_DFF_", "C"),
    ("$_DFFE_", "CE"),
    ("$_DFF_", "CRv"),
    ("$_DFFE_", "CRvE"),
    ("$_SDFF_", "CRv"),
    ("$_SDFFE_", "CRvE"),
    ("$_SDFFCE_", "CRvE"),
    ("$_ALDFF_", "CL"),
    ("$_ALDFFE_", "CLE"),
    ("$_DFFSR_", "CSR"),
    ("$_DFFSRE_", "CSRE"),
]


def cells() -> list[tuple[str, dict[str, str]]]:
    """(the name of a flip-flop, polarity of each pin and value at reset), all of them."""
    found = []
    for family, parts in FAMILIES:
        choices = ["01" if part == "v" else "NP" for part in parts] if parts else []
        for values in product(*choices):
            text = "".join(values)
            name = f"{family}{text}_" if text else family
            found.append((name, dict(zip(parts or "", text, strict=True))))
    return found


def expected(name: str, polarity: dict[str, str], q: int, pins: dict[str, int]) -> tuple[int, int]:
    """(what readers see, the next state), as Yosys' manual has it."""
    on = {pin: pins[pin] == (polarity[pin] == "P") for pin in polarity if pin not in "vC"}
    reset = int(polarity.get("v", "0"))

    def at_once(value: int) -> int:
        if name.startswith(("$_DFF_", "$_DFFE_")) and on.get("R"):
            return reset
        if name.startswith("$_ALDFF") and on["L"]:
            return pins["AD"]
        if name.startswith("$_DFFSR") and (on["R"] or on["S"]):
            return 0 if on["R"] else 1
        return value

    seen = at_once(q)
    enabled = on.get("E", True)
    following = pins["D"] if enabled else seen
    if name.startswith("$_SDFF") and on["R"] and (enabled or not name.startswith("$_SDFFCE")):
        following = reset
    return seen, at_once(following)


def check_cell(aig: Aig, name: str, polarity: dict[str, str]) -> None:
    (latch,) = aig.latches
    assert latch.name == "q"
    width = len(aig.inputs)
    inputs = np.arange(2 << width)[:, None] >> np.arange(width) & 1
    state = np.arange(2 << width)[:, None] >> width & 1
    outputs, following = evaluate(aig, inputs.astype(bool), state.astype(bool))
    for row, q, seen, after in zip(inputs, state[:, 0], outputs[:, 0], following[:, 0], strict=True):
        pins = dict(zip(aig.inputs, map(int, row), strict=True))
        assert (int(seen), int(after)) == expected(name, polarity, int(q), pins), (name, pins, q)


# From Yosys' manual, over A, B, C ... and S, T, U, V.
GATES: dict[str, Callable[..., int]] = {
    "$_BUF_": lambda A: A,
    "$_NOT_": lambda A: not A,
    "$_AND_": lambda A, B: A & B,
    "$_NAND_": lambda A, B: not A & B,
    "$_ANDNOT_": lambda A, B: A & (not B),
    "$_OR_": lambda A, B: A | B,
    "$_NOR_": lambda A, B: not A | B,
    "$_ORNOT_": lambda A, B: A | (not B),
    "$_XOR_": lambda A, B: A ^ B,
    "$_XNOR_": lambda A, B: not A ^ B,
    "$_MUX_": lambda A, B, S: B if S else A,
    "$_NMUX_": lambda A, B, S: not (B if S else A),
    "$_MUX4_": lambda A, B, C, D, S, T: (A, B, C, D)[S + 2 * T],
    "$_MUX8_": lambda A, B, C, D, E, F, G, H, S, T, U: (A, B, C, D, E, F, G, H)[S + 2 * T + 4 * U],
    "$_AOI3_": lambda A, B, C: not (A & B) | C,
    "$_OAI3_": lambda A, B, C: not (A | B) & C,
    "$_AOI4_": lambda A, B, C, D: not (A & B) | (C & D),
    "$_OAI4_": lambda A, B, C, D: not (A | B) & (C | D),
}


def test_every_gate_of_yosys() -> None:
    assert {*CELLS} - {*GATES} == {"$_MUX16_"}
    for name, function in GATES.items():
        pins = list(signature(function).parameters)
        connected = ", ".join(f".{pin}({pin})" for pin in pins)
        header = f"module m({', '.join(f'input {pin}' for pin in pins)}, output y);"
        aig = parse_verilog(f"{header}\n\\{name} g ({connected}, .Y(y));\nendmodule".encode(), "x.v")
        subckt = f".subckt {name} Y=y {' '.join(f'{pin}={pin}' for pin in pins)}"
        blif = f".model m\n.inputs {' '.join(pins)}\n.outputs y\n{subckt}\n.end\n"
        assert parse_blif(blif.encode(), "x.blif") == aig
        rows = np.array(list(product((0, 1), repeat=len(pins))))
        outputs, _ = evaluate(aig, rows.astype(bool), np.zeros((len(rows), 0), bool))
        assert outputs[:, 0].tolist() == [bool(function(*map(int, row))) for row in rows], name


@pytest.mark.parametrize(("name", "polarity"), cells(), ids=[name for name, _ in cells()])
def test_every_flip_flop_of_yosys(name: str, polarity: dict[str, str]) -> None:
    pins = sorted(flip_flop_pins(name))
    assert pins
    connected = ", ".join(f".{pin}({pin})" for pin in pins)
    verilog = (
        f"module m({', '.join(f'input {pin}' for pin in pins)}, output q);\n\\{name} r ({connected}, .Q(q));\nendmodule"
    )
    aig = parse_verilog(verilog.encode(), "x.v")
    check_cell(aig, name, polarity)
    subckt = f".subckt {name} {' '.join(f'{pin}={pin}' for pin in pins)} Q=q"
    assert parse_blif(f".model m\n.inputs {' '.join(pins)}\n.outputs q\n{subckt}\n.end\n".encode(), "x.blif") == aig


def test_the_second_reader_reads_cells_too() -> None:
    aig = parse(
        """module m(input clk, input d, input r, output y);
        wire q; \\$_DFF_PN1_  f /* name */ (.C(clk), .D(d), .Q(q), .R(r)); assign y = ~q;
        \\$_DFF_P_ open (.C(clk), .D(d), .Q()); \\$_AND_ g (.A(d), .B(q), .Y()); \\$_NOT_ h (.A(d));
        endmodule"""
    )
    assert [latch.name for latch in aig.latches] == ["q"]
    # 0 as the reset is low: q, seen, is ~r | held.
    assert len(aig.ands) == 2


def test_always() -> None:
    """Later assignments win; bits that a branch leaves alone keep their value."""
    aig = parse(
        """module m(input clk, input [1:0] e, input d, output reg [2:0] q, output reg p);
        always @(posedge clk) begin
          p <= ~p;
          if (e) begin q[1:0] <= {d, q[0]}; if (e[1] == 1) p <= d; end
          else q <= 3'd5;
          if (e == 3) q[2] <= 1'b0;
        end endmodule"""
    )
    assert [latch.name for latch in aig.latches] == ["p", "q[0]", "q[1]", "q[2]"]
    rows = np.array(list(product((0, 1), repeat=7)))
    _, following = evaluate(aig, rows[:, :3].astype(bool), rows[:, 3:].astype(bool))
    for (e0, e1, d, p, q0, _, q2), (p_after, *q_after) in zip(rows, following.astype(int), strict=True):
        wanted = [q0, d, 0 if e0 and e1 else q2] if e0 or e1 else [1, 0, 1]
        assert (p_after, q_after) == (d if e1 else 1 - p, wanted)


@pytest.mark.parametrize(
    "block",
    [
        "always @(posedge clk, negedge r) if (!r) q <= 1; else q <= d;",
        "always @(posedge clk or negedge r) if (~r) q <= 1'b1; else q <= d;",
        "always @(negedge r, posedge clk) if (r) q <= d; else q <= 1;",
        "always @(posedge clk, negedge r) if (r == 0) begin q <= 1; end else begin q <= d; end",
        "always_ff @(posedge clk, negedge r) if (!r) q <= 1; else if (1) q <= d;",
        "wire n = ~r; always @(posedge clk, posedge n) if (n) q <= 1; else q <= d;",
    ],
)
def test_asynchronous_resets(block: str) -> None:
    """It acts in its step: readers see the reset value, and so does the next state."""
    aig = parse(
        f"module m(input clk, input r, input d, output reg q, output reg late);\n{block}\n"
        "always @(posedge clk) late <= q;\nendmodule"
    )
    assert [latch.name for latch in aig.latches] == ["q", "late"]
    rows = np.array(list(product((0, 1), repeat=4)))
    outputs, following = evaluate(aig, rows[:, :2].astype(bool), rows[:, 2:].astype(bool))
    for (r, d, q, late), seen, after in zip(rows, outputs.astype(int), following.astype(int), strict=True):
        assert (seen.tolist(), after.tolist()) == ([q if r else 1, late], [d if r else 1, q if r else 1])


CLOCKED = "module m(input clk, input d, output q, output p);\nreg r, s;\n{0}\nassign q = r; assign p = s;\nendmodule"


@pytest.mark.parametrize(
    "body",
    [
        "wire c; assign c = clk; always @(posedge c) r <= d; always @(posedge clk) s <= r;",
        "wire c, unused; assign unused = c; buf (c, clk); always @(posedge c) begin r <= d; s <= r; end",
        "wire c, n; not (n, clk); \\$_NOT_ g (.A(n), .Y(c)); always @(posedge c) r <= d; always @(negedge n) s <= r;",
        "wire n = ~clk, gated; assign gated = n & d; always @(negedge n) begin r <= d; s <= r; end",
        "wire [1:0] v; assign v = {clk, d}; always @(posedge v[1]) begin r <= v[0]; s <= r; end",
        "always @(negedge clk) r <= d; always @(negedge clk) s <= r;",
    ],
)
def test_clocks_under_other_names(body: str) -> None:
    aig = parse(CLOCKED.format(body))
    assert (aig.inputs, len(aig.ands)) == (("d",), 0)
    assert [(latch.name, latch.next) for latch in aig.latches] == [("r", 2), ("s", 4)]


@pytest.mark.parametrize(
    "declared",
    [
        "(* init = 4'b10x0 *) reg [3:0] q;",
        '(* src = "x.v:1" *) (* init = 4\'b10x0, keep = 1 *)\nreg [3:0] q;',
        "reg [3:0] q = 4'b10x0;",
        "reg [3:0] q; initial q = 4'b10x0;",
        "reg [3:0] q; initial begin q[3:2] = 2; q[1:0] <= 2'bx0; end",
        "(* init = 4'b1xxx *) reg [3:0] q = 4'bx0x0;",
        "reg [3:0] q; (* init = 4'b10x0 *) wire [3:0] other; assign other = q;",
        "reg [3:0] q; initial {q[2], q[3]} = 2'b01; initial q[0] = 0;",
    ],
)
def test_initial_values(declared: str) -> None:
    aig = parse(
        f"module m(input clk, input d, output y);\n{declared}\n"
        "always @(posedge clk) q <= {q[2:0], d};\nassign y = q[3];\nendmodule"
    )
    assert [(latch.name, latch.reset) for latch in aig.latches] == [
        ("q[0]", 0),
        ("q[1]", None),
        ("q[2]", 0),
        ("q[3]", 1),
    ]


def test_initial_values_of_cells_ports_and_constants() -> None:
    aig = parse(
        """module m(input clk, input d, (* init = 1'h1 *) output q, output [1:0] k, output n);
        (* init = 1'h0 *) wire unrelated; assign unrelated = d;
        (* init = 2'h2 *) wire [1:0] pair; reg [1:0] fixed = 2'b10; assign k = fixed; assign n = pair[1] ^ pair[0];
        \\$_DFF_P_ f (.C(clk), .D(d), .Q(q)), g (.C(clk), .D(q), .Q(pair[0])), h (.C(clk), .D(d), .Q(pair[1]));
        endmodule"""
    )
    assert {latch.name: latch.reset for latch in aig.latches} == {"q": 1, "pair[0]": 0, "pair[1]": 1}
    assert [output.literal for output in aig.outputs[1:3]] == [0, 1]


def test_initial_values_in_the_header() -> None:
    """Only pyslang's grammar has them."""
    text = (
        "module m(input clk, d, output reg q = 1'b1, output reg [1:0] r = 2'd2);\n"
        "always @(posedge clk) begin q <= d; r <= {r[0], q}; end\nendmodule"
    )
    aig = parse_verilog(text.encode(), "x.v")
    assert [(latch.name, latch.reset) for latch in aig.latches] == [("q", 1), ("r[0]", 0), ("r[1]", 1)]
    with pytest.raises(InputError, match=r"x\.v:1: .* is not part of a structural netlist"):
        parse_verilog(b"module m(input d = 1, output y); assign y = d; endmodule", "x.v")


@pytest.mark.parametrize("reader", READERS)
def test_contradicting_initial_values(reader: Frontend) -> None:
    text = CLOCKED.replace("reg r, s;", "(* init = 1'h1 *)\nreg r = 0; reg s;").format("always @(posedge clk) r <= d;")
    with pytest.raises(InputError, match=r"x\.v:[23]: register 'r' has two initial values, 0 and 1"):
        parse_verilog(text.encode(), "x.v", reader=reader)
