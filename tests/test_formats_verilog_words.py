"""Verilog's expressions: widths, signs and every operator, by both readers, against plain Python on all inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.formats.verilog import parse_verilog
from support.naive import evaluate
from support.verilog import READERS, parse

HEADER = "module m(input [3:0] a, input signed [2:0] s, input c, input d, output [{0}:0] y);\n{1}\nendmodule\n"


def signed(value: int, width: int) -> int:
    return value - (1 << width if value >> (width - 1) & 1 else 0)


def parity(value: int) -> int:
    return value.bit_count() & 1


# (expression, width of what it is assigned to, its value of a, s, c, d; s as a number below 8)
EXPRESSIONS: list[tuple[str, int, Callable[[int, int, int, int], int]]] = [
    ("0", 1, lambda a, s, c, d: 0),
    ("1", 1, lambda a, s, c, d: 1),
    ("2", 2, lambda a, s, c, d: 2),
    ("-1", 40, lambda a, s, c, d: -1),
    ("'d3", 3, lambda a, s, c, d: 3),
    ("'1", 7, lambda a, s, c, d: -1),
    ("'0", 7, lambda a, s, c, d: 0),
    ("4'sb1010", 6, lambda a, s, c, d: -6),
    ("4'b1010", 6, lambda a, s, c, d: 10),
    ("8'o1_7", 8, lambda a, s, c, d: 15),
    ("12'habc >> 4", 8, lambda a, s, c, d: 0xAB),
    ("a", 6, lambda a, s, c, d: a),
    ("s", 6, lambda a, s, c, d: signed(s, 3)),
    ("a", 2, lambda a, s, c, d: a),
    ("~a", 6, lambda a, s, c, d: ~a),
    ("~s", 6, lambda a, s, c, d: ~signed(s, 3)),
    ("a ~^ s", 6, lambda a, s, c, d: ~(a ^ s)),
    ("a ^~ c", 4, lambda a, s, c, d: ~(a ^ c)),
    ("a & s | c ^ d", 4, lambda a, s, c, d: a & s | c ^ d),
    ("a + s", 5, lambda a, s, c, d: a + s),
    ("s + s", 5, lambda a, s, c, d: 2 * signed(s, 3)),
    ("a - s - 1", 5, lambda a, s, c, d: a - s - 1),
    ("-s", 5, lambda a, s, c, d: -signed(s, 3)),
    ("+s", 5, lambda a, s, c, d: signed(s, 3)),
    ("(a + 1) >> 1", 5, lambda a, s, c, d: (a + 1) >> 1),
    ("{a + 4'd1} >> 1", 5, lambda a, s, c, d: ((a + 1) & 15) >> 1),
    ("a << s", 6, lambda a, s, c, d: a << s),
    ("a <<< 2", 6, lambda a, s, c, d: a << 2),
    ("a >> {c, d}", 4, lambda a, s, c, d: a >> (2 * c + d)),
    ("s >>> c", 5, lambda a, s, c, d: signed(s, 3) >> c),
    ("$unsigned(s) >>> 1", 5, lambda a, s, c, d: s >> 1),
    ("$signed(a) >>> s", 6, lambda a, s, c, d: signed(a, 4) >> s),
    ("$signed(a)", 6, lambda a, s, c, d: signed(a, 4)),
    ("a == s", 2, lambda a, s, c, d: a == s),
    ("a === 4'd3", 1, lambda a, s, c, d: a == 3),
    ("s != -1", 1, lambda a, s, c, d: s != 7),
    ("s !== 3'sd2", 1, lambda a, s, c, d: s != 2),
    ("a < s", 1, lambda a, s, c, d: a < s),
    ("s < 1", 1, lambda a, s, c, d: signed(s, 3) < 1),
    ("s <= $signed(a)", 1, lambda a, s, c, d: signed(s, 3) <= signed(a, 4)),
    ("a > 7", 1, lambda a, s, c, d: a > 7),
    ("s >= 3'd5", 1, lambda a, s, c, d: s >= 5),
    ("!a", 1, lambda a, s, c, d: not a),
    ("a && c || !d", 1, lambda a, s, c, d: bool((a and c) or not d)),
    ("&a", 1, lambda a, s, c, d: a == 15),
    ("|a", 1, lambda a, s, c, d: a != 0),
    ("^a", 1, lambda a, s, c, d: parity(a)),
    ("~&a", 1, lambda a, s, c, d: a != 15),
    ("~|a", 3, lambda a, s, c, d: a == 0),
    ("~^a", 3, lambda a, s, c, d: not parity(a)),
    ("^~s", 1, lambda a, s, c, d: not parity(s)),
    ("~(^a)", 3, lambda a, s, c, d: ~parity(a)),
    ("c ? a : s", 5, lambda a, s, c, d: a if c else s),
    ("c ? d ? 1 : s : 2 - 1", 5, lambda a, s, c, d: (1 if d else signed(s, 3)) if c else 1),
    ("a ? c : d", 1, lambda a, s, c, d: c if a else d),
    ("1'h1 ? c : 1'hx", 1, lambda a, s, c, d: c),
    ("{c, s, 2'd1}", 8, lambda a, s, c, d: c << 5 | s << 2 | 1),
    ("{2{c, d}}", 6, lambda a, s, c, d: (2 * c + d) * 5),
    ("{3{s[2]}}", 3, lambda a, s, c, d: 7 * (s >> 2)),
    ("{a[2:1], a[0]}", 3, lambda a, s, c, d: a & 7),
    ("s[2:0]", 5, lambda a, s, c, d: s),
]


def values(aig: Aig) -> list[int]:
    """The output as a number, for all inputs, the first one fastest."""
    inputs = np.arange(1 << 9)[:, None] >> np.arange(9) & 1
    outputs, _ = evaluate(aig, inputs.astype(bool), np.zeros((len(inputs), 0), bool))
    return [int(value) for value in outputs.astype(object) @ [1 << bit for bit in range(outputs.shape[1])]]


@pytest.mark.parametrize(("expression", "width", "value"), EXPRESSIONS, ids=[text for text, _, _ in EXPRESSIONS])
def test_expressions(expression: str, width: int, value: Callable[[int, int, int, int], int]) -> None:
    text = HEADER.format(width - 1, f"assign y = {expression};").encode()
    first, second = (parse_verilog(text, "x.v", reader=reader) for reader in READERS)
    assert first == second
    parts = [(n & 15, n >> 4 & 7, n >> 7 & 1, n >> 8 & 1) for n in range(1 << 9)]
    assert values(first) == [int(value(*part)) % (1 << width) for part in parts]


def test_vectors_that_count_from_anywhere() -> None:
    aig = parse(
        "module m(input [1:-2] a, input [3:4] b, output [-1:0] y, output [-3:-3] z);\n"
        "assign y = a[-1:-2]; assign z[-3] = b[3] & a[1];\nendmodule"
    )
    assert aig.inputs == ("a[-2]", "a[-1]", "a[0]", "a[1]", "b[4]", "b[3]")
    assert [(output.name, output.literal) for output in aig.outputs] == [("y[0]", 2), ("y[-1]", 4), ("z[-3]", 14)]


def test_gates_cost_what_they_cost() -> None:
    """No node for a constant branch, and no constants folded into what is written as gates."""
    counts = {"c ? d : a[0]": 3, "c ? 1'h0 : d": 1, "c ? d : 1'h1": 1, "c ? 1'h1 : 1'h0": 0, "c & 1'h1": 1, "c ~^ d": 3}
    for expression, ands in counts.items():
        aig = parse_verilog(HEADER.format(0, f"assign y = {expression};").encode(), "x.v")
        assert len(aig.ands) == ands, expression


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "body",
    [
        "assign y = ^{999999999{a}};",
        "assign y = ^{65536{{65536{a}}}};",
        "wire [65535:0] v, w; assign v = {65536{c}}; assign w = v << v << v;",
        f"wire [65535:0] {'x' * 100_000}; assign y = c;",
        "assign y = " + "9" * 5000 + ";",
    ],
    ids=["replication", "nested", "arithmetic", "name", "decimal"],
)
def test_bombs(body: str, reader: str) -> None:
    with pytest.raises(InputError, match=r"^x\.v:2: [^\n]{,300}$"):
        parse_verilog(HEADER.format(0, body).encode(), "x.v", reader=reader)  # type: ignore[arg-type]
