"""Small truth tables as ANDs: the same function, and no more ANDs than known circuits have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.formats.blif import parse_blif
from bridge.formats.bulk import blif
from bridge.formats.operators import tree
from bridge.formats.statements import Op
from bridge.formats.tables import MOST_TABLE_ANDS, ands_of
from bridge.formats.verilog import parse_verilog
from support.naive import evaluate


def column(place: int, count: int) -> int:
    return sum(1 << row for row in range(1 << count) if row >> place & 1)


def value_of(literal: int, ands: list[tuple[int, int]], count: int) -> int:
    """The table of a literal over inputs of the variables 1 to `count`."""
    ones = (1 << (1 << count)) - 1
    values = [0, *(column(place, count) for place in range(count))]
    for pair in ands:
        a, b = (values[each >> 1] ^ (ones if each & 1 else 0) for each in pair)
        values.append(a & b)
    return values[literal >> 1] ^ (ones if literal & 1 else 0)


@given(st.data(), st.integers(3, 6))
def test_the_function_is_that_of_the_table(data: st.DataObject, count: int) -> None:
    table = data.draw(st.integers(0, (1 << (1 << count)) - 1))
    inputs = [2 * variable for variable in range(1, count + 1)]
    literal, ands = ands_of(table, inputs, count + 1)
    assert value_of(literal, ands, count) == table
    assert len(ands) <= MOST_TABLE_ANDS


@given(st.data(), st.integers(3, 6))
def test_inputs_may_be_constant_or_alike(data: st.DataObject, count: int) -> None:
    table = data.draw(st.integers(0, (1 << (1 << count)) - 1))
    inputs = data.draw(st.lists(st.integers(0, 7), min_size=count, max_size=count))
    literal, ands = ands_of(table, inputs, 4)
    given_literals = [value_of(each, [], 3) for each in inputs]
    rows = [sum((each >> row & 1) << place for place, each in enumerate(given_literals)) for row in range(8)]
    assert value_of(literal, ands, 3) == sum((table >> address & 1) << row for row, address in enumerate(rows))
    assert all(max(pair) < 2 * (4 + place) for place, pair in enumerate(ands))


def made(count: int, *program: int | Op) -> int:
    """The table of a program in postfix over places of inputs."""
    stack: list[int] = []
    for item in program:
        if isinstance(item, int):
            stack.append(column(item, count))
        else:
            b, a = stack.pop(), stack.pop()
            stack.append({Op.AND: a & b, Op.OR: a | b, Op.XOR: a ^ b}[item])
    return stack[0]


@pytest.mark.parametrize(
    ("count", "program", "most"),
    [
        (3, (0, 1, Op.AND, 0, 2, Op.AND, Op.OR, 1, 2, Op.AND, Op.OR), 4),  # majority
        (6, (0, 1, Op.XOR, 2, Op.XOR, 3, Op.XOR, 4, Op.XOR, 5, Op.XOR), 15),
        (5, (0, 1, Op.XOR, 2, Op.AND, 3, 4, Op.XOR, Op.OR), 8),
        (6, (0, 1, Op.XOR, 2, Op.XOR, 3, Op.AND, 4, 5, Op.OR, Op.XOR), 11),  # each input once: a gate for each
        (6, (0, 1, Op.AND, 2, 3, Op.AND, Op.OR, 4, 5, Op.AND, Op.OR), 5),
    ],
)
def test_known_functions(count: int, program: tuple[int | Op, ...], most: int) -> None:
    table = made(count, *program)
    inputs = [2 * variable for variable in range(1, count + 1)]
    for turned in (table, table ^ ((1 << (1 << count)) - 1)):
        literal, ands = ands_of(turned, inputs, count + 1)
        assert (value_of(literal, ands, count), len(ands)) == (turned, most)


PARITY = [format(row, "06b") for row in range(64) if row.bit_count() & 1]
COVER = ".model m\n.inputs a b c d e f\n.outputs y\n.names a b c d e f y\n{}.end\n"


@pytest.mark.parametrize("phase", "01")
def test_a_cover_is_read_as_a_table(phase: str) -> None:
    """As a sum of products, a parity of six took 191 ANDs."""
    text = COVER.format("".join(f"{cube} {phase}\n" for cube in PARITY)).encode()
    aig = parse_blif(text, "x.blif")
    assert len(aig.ands) == 15
    assert blif.read(text, "x.blif") == aig
    rows = np.array([[row >> place & 1 for place in range(6)] for row in range(64)], bool)
    outputs, _ = evaluate(aig, rows, np.zeros((64, 0), bool))
    np.testing.assert_array_equal(outputs[:, 0], rows.sum(axis=1) % 2 == int(phase))


def test_inputs_that_no_row_names_need_no_value() -> None:
    text = b".model m\n.inputs a b\n.outputs y\n.names a nothing b y\n1-- 1\n--1 1\n.end\n"
    aig = parse_blif(text, "x.blif")
    assert len(aig.ands) == 1
    assert blif.read(text, "x.blif") == aig


def test_one_product_stays_the_tree_that_it_was() -> None:
    names = [(name,) for name in "abcdef"]
    text = COVER.format("111111 1\n").encode()
    assert len(parse_blif(text, "x.blif").ands) == sum(item is Op.AND for item in tree(names, Op.AND)) == 5


LUT = "module m (input a, b, c, d, output y); \\$lut #(.LUT({}), .WIDTH(32'd4)) u (.A({}), .Y(y)); endmodule"


@pytest.mark.parametrize("constant", ["16'h6996", "16'h8000", "16'h00fe", "8'he8", "16'hffff"])
def test_a_lut_of_verilog(constant: str) -> None:
    aig = parse_verilog(LUT.format(constant, "{d, c, b, a}").encode(), "x.v")
    rows = np.array([[row >> place & 1 for place in range(4)] for row in range(16)], bool)
    table = int(constant.partition("h")[2], 16)
    outputs, _ = evaluate(aig, rows, np.zeros((16, 0), bool))
    assert outputs[:, 0].tolist() == [table >> row & 1 for row in range(16)]
    assert len(aig.ands) == len(ands_of(table, [2, 4, 6, 8], 5)[1])


def test_a_lut_of_verilog_need_not_know_what_it_does_not_use() -> None:
    aig = parse_verilog(LUT.format("16'h8888", "{1'bx, nothing, b, a}").encode(), "x.v")
    assert len(aig.ands) == 1
