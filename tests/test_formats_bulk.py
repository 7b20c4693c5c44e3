"""The readers of large files: what they read is what the full readers make of it, and they read no more than those."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.formats.blif import parse_blif
from bridge.formats.blif_write import format_blif
from bridge.formats.bulk import blif, verilog
from bridge.formats.bulk.gates import DEEP, Gates, empty_gates
from bridge.formats.bulk.read import NotBulk
from bridge.formats.verilog import parse_verilog
from bridge.formats.verilog_write import format_verilog
from support.strategies import aigs

Reader = Callable[[bytes, str], Aig]
SIGNALS = st.sampled_from(["a", "b", "c", "d", "e", "y", "z", "q", "r", "clk"])


def agree(text: str, bulk: Reader, full: Reader) -> Aig | None:
    """What both make of the text; None where the bulk reader leaves it to the full one."""
    data = text.encode()
    try:
        found = bulk(data, "x")
    except (NotBulk, InputError):
        return None
    assert found == full(data, "x")
    return found


@pytest.mark.heavy
@given(aigs(properties=True))
def test_what_we_write_is_read_again(aig: Aig) -> None:
    assert agree(format_blif(aig), blif.read, parse_blif) is not None
    for cells in (False, True):
        assert agree(format_verilog(aig, cells=cells), verilog.read, parse_verilog) == aig


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    leaf = st.one_of(SIGNALS, SIGNALS, st.sampled_from(["1'b0", "1'h1", "\\q ", "1'bx", "2'b0"]))
    kind = draw(st.integers(0, 6)) if depth else 0
    if kind < 2:
        return draw(leaf)
    if kind == 2:
        return f"~{draw(expressions(depth - 1))}"
    if kind == 3:
        return f"({draw(expressions(depth - 1))} )"
    operator = draw(st.sampled_from(["&", " & ", "|", " | ", "^", " ^ ", " ^~ ", " && "]))
    return f"{draw(expressions(depth - 1))}{operator}{draw(expressions(depth - 1))}"


@st.composite
def verilog_texts(draw: st.DrawFn) -> str:
    statements = []
    for _ in range(draw(st.integers(1, 6))):
        target, value, other = draw(SIGNALS), draw(expressions()), draw(expressions(1))
        gate = draw(st.sampled_from(["and", "nand", "or", "nor", "xor", "xnor", "not", "buf"]))
        statements.append(
            draw(
                st.sampled_from(
                    [
                        f"assign {target} = {value};",
                        f"assign {target}={value}, {draw(SIGNALS)} = {other} ;",
                        f"wire {target};",
                        f"(* keep *) wire {target} = {value};",
                        f'(* src = "x.v:1.2-3.4" *) {gate} ({target}, {value});',
                        f"{gate} g ({target}, {value}, {other});",
                        f"{gate} ({target}, {other}, {value}, b), (e, a);",
                        f"reg {target} = 1'b1; always @(posedge clk) {target} <= {value};",
                        f"reg {target};\nalways @ (negedge clk) begin {target} <= {value}; end "
                        f"initial {target} = 1'b0;",
                    ]
                )
            )
        )
    body = "\n".join(statements)
    return f"// a comment\nmodule m (a, b, clk, /* outputs */ y);\n input a, b, clk;\n output y;\n{body}\nendmodule\n"


@pytest.mark.heavy
@given(verilog_texts())
def test_verilog_agrees(text: str) -> None:
    agree(text, verilog.read, parse_verilog)


@st.composite
def blif_texts(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        inputs = draw(st.lists(SIGNALS, max_size=5))
        row = st.text("01-", min_size=len(inputs), max_size=len(inputs))
        phase = draw(st.sampled_from("01"))
        rows = [f"{each} {phase}".strip() for each in draw(st.lists(row, max_size=4))]
        latch = draw(st.sampled_from(["", " 2", " re clk 0", " fe clk 1", " re NIL 3", " re", " ah clk 0"]))
        lines += [" ".join([".names", *inputs, draw(SIGNALS)]), *rows]
        if draw(st.integers(0, 3)) == 0:
            lines.append(f".latch {draw(SIGNALS)} {draw(SIGNALS)}{latch}")
        lines += draw(st.sampled_from([[], [], [], ["# why", ""], [".names a \\", " z  # both", "1 1"]]))
    return "\n".join([".model m", ".inputs a b \\", "c", ".outputs y", *lines, ".end", ""])


@pytest.mark.heavy
@given(blif_texts())
def test_blif_agrees(text: str) -> None:
    agree(text, blif.read, parse_blif)


VERILOG = """// by hand
module m (clk, a, \\b[0] , y, z);
  input clk, a, \\b[0] ;
  output y, z;
  wire n1, n2;
  reg q;
  assign n1 = a & ~\\b[0] ;
  assign n2 = ~(n1 | 1'b1) ^ q;
  and g (y, n1, n2);
  assign z = ~q;
  always @(posedge clk) begin
    q <= n2;
  end
  initial begin
    q = 1'b0;
  end
endmodule
"""
BLIF = """# by hand
.model m
.inputs a b
.outputs y z
.latch n2 q re clk 0
.names a b n1
10 1
.names n1 q n2
0- 1
-1 1
.names n1 n2 y
11 0
.names z
1
.end
"""
PIECES = ["assign ", "endmodule", ".names", ".latch", ".end", "wire", "reg", "a", "q", "b[0]", "1'b0", "0", "1", "-"]
PIECES += ["~", "&", "^", "(", ")", ";", ",", "#", "//", "/*", "*/", "=", "<=", "(*", "*)", '"', "\\", "\n", " ", "é"]
CASES = [(VERILOG, verilog.read, parse_verilog), (BLIF, blif.read, parse_blif)]


@pytest.mark.parametrize(("text", "bulk", "full"), CASES)
def test_damaged_files_are_read_alike(text: str, bulk: Reader, full: Reader) -> None:
    assert agree(text, bulk, full) is not None
    chance = random.Random(18)
    for _ in range(400):
        damaged = text
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(damaged))
            damaged = damaged[:at] + chance.choice(["", *PIECES]) + damaged[at + chance.choice([0, 1, 1, 2]) :]
        agree(damaged, bulk, full)


@pytest.mark.parametrize("deep", range(DEEP - 3, DEEP + 3))
@pytest.mark.parametrize(
    "middle", ["a", "~a", "a & ~a", "a | b ^ a & ~(a)", "a & " + 2000 * "(a | b ^ (" + "a" + 4000 * ")"]
)
def test_deep_expressions_end_before_the_room_for_them_does(deep: int, middle: str) -> None:
    value = f"{'(' * deep}{middle}{')' * deep}"
    try:
        verilog.read(f"module m (a, b, y); input a, b; output y; assign y = {value}; endmodule".encode(), "x.v")
    except NotBulk:
        return
    assert deep < DEEP
    assert len(middle) < 100


@pytest.mark.parametrize("name", ["assign", "reg", "logic", "\\wire "])
def test_reserved_words_are_left_to_the_full_reader(name: str) -> None:
    with pytest.raises(NotBulk):
        verilog.read(f"module m (y); output y; assign y = {name}; assign {name} = 1'b0; endmodule".encode(), "x.v")


@pytest.mark.parametrize("line", ["\\\n", " \\\n\n", "\\ # why\n \n", "\\\n\\\n.end\n", "\\"])
@pytest.mark.parametrize("before", [".names a b n1", ".latch", "1\n.end", ".model"])
def test_joined_lines_that_hold_nothing(line: str, before: str) -> None:
    place = BLIF.index(before)
    agree(BLIF[:place] + line + BLIF[place:], blif.read, parse_blif)
    agree(BLIF[:place] + line, blif.read, parse_blif)


def test_what_follows_the_end_is_seen_in_one_go() -> None:
    """A search that tries every way to split a comment into comments has no end."""
    assert agree(BLIF + "#" * 1000 + "\n \t\n# # #", blif.read, parse_blif) is not None
    assert agree(BLIF + "#" * 1000 + "\nmore", blif.read, parse_blif) is None


@pytest.mark.parametrize("start", ["_'b0", "9'b1", "a'b1", "\"'b1"])
def test_registers_start_at_one_bit_or_are_left_to_the_full_reader(start: str) -> None:
    text = f"module m (c, y); input c; output y; reg q = {start}; assign y = q; always @(posedge c) q <= y; endmodule"
    assert agree(text.replace(start, "1'b1"), verilog.read, parse_verilog) is not None
    with pytest.raises(NotBulk):
        verilog.read(text.encode(), "x.v")


@pytest.mark.parametrize("value", ["~~a", "~ ~a", "a & ~/**/~a", "~(~~a)"])
def test_two_inversions_without_a_bracket_are_left_to_the_full_reader(value: str) -> None:
    text = "module m (a, y); input a; output y; assign y = {}; endmodule"
    assert agree(text.format("~(~a) & ~(~(a))"), verilog.read, parse_verilog) is not None
    with pytest.raises(NotBulk):
        verilog.read(text.format(value).encode(), "x.v")


@pytest.mark.parametrize("name", ["reg", "1src", "$src", "init", "endmodule"])
def test_attributes_have_plain_names_or_are_left_to_the_full_reader(name: str) -> None:
    for text in ("(* {} *) module m (y); output y; {}", "module m (y); output y; (* {} = 1 *) {}"):
        whole = text + " assign y = 1'b0; endmodule"
        assert agree(whole.format("keep", "wire z;"), verilog.read, parse_verilog) is not None
        with pytest.raises(NotBulk):
            verilog.read(whole.format(name, "wire z;").encode(), "x.v")


def test_names_chosen_to_hash_alike_are_left_to_the_full_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever hashes alike: a table without free slots is the worst case."""
    names = [f"n{index}" for index in range(300)]
    text = "\n".join([".model m", f".outputs {' '.join(names)}", *(f".names {name}\n1" for name in names), ".end"])
    assert agree(text, blif.read, parse_blif) is not None

    def crowded(data: bytes, names: int, items: int) -> Gates:
        return empty_gates(data, names, items)._replace(slots=np.zeros(256, np.int32))

    monkeypatch.setattr(blif, "empty_gates", crowded)
    with pytest.raises(NotBulk):
        blif.read(text.encode(), "x.blif")
