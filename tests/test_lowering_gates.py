"""Rows that cost less as gates than as adders: as few as promised, right on all inputs, and proven."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge.lowering
from bridge.aig import AigBuilder
from bridge.aig.stats import depth
from bridge.cell import Cell, Embedding, Input, Logits, Scores, Threshold
from bridge.equivalence.certificate import certify
from bridge.lowering import lower
from bridge.lowering.common import common_pairs
from bridge.lowering.gated import Gated, peeled
from bridge.lowering.parts import Answer, Part, Parts, Unfit, build_row
from bridge.metadata import Objective
from support.naive import evaluate
from support.rows import fires, outputs_of, rows_cell

SMALL_WEIGHTS = st.lists(st.integers(-3, 3), min_size=1, max_size=8)


def row_cell(weights: Sequence[int], least: int) -> Cell:
    """One row whose literals must weigh `least`: a negative weight is that of a complement."""
    return rows_cell([weights], [least + sum(min(weight, 0) for weight in weights)])


def signed(weights: Sequence[int]) -> list[int]:
    return [weight if place % 3 else -weight for place, weight in enumerate(weights)]


def ands_of(cell: Cell, objective: Objective = "area") -> int:
    """Of a netlist that the certificate proves."""
    aig = lower(cell, objective=objective)
    verdict = certify(cell, aig)
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)
    return len(aig.ands)


# How many ANDs


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 8, 13, 16, 24, 33, 64])
def test_an_or_and_an_and_cost_one_node_less_than_they_have_literals(count: int) -> None:
    equal = signed([1] * count)
    mixed = signed([2 + place % 3 for place in range(count)])
    total = sum(map(abs, mixed))
    for weights, least in ((equal, 1), (equal, count), (mixed, 1), (mixed, 2), (mixed, total), (mixed, total - 1)):
        assert ands_of(row_cell(weights, least)) == count - 1


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7, 8, 12, 16, 24, 40])
def test_at_least_two_and_all_but_one_cost_three_nodes_a_literal(count: int) -> None:
    for least in (2, count - 1):
        assert ands_of(row_cell(signed([1] * count), least)) <= 3 * count - 5


@pytest.mark.parametrize("count", [6, 7, 8, 12, 16, 24, 40])
def test_at_least_three_and_all_but_two_cost_four_nodes_a_literal(count: int) -> None:
    for least in (3, count - 2):
        assert ands_of(row_cell(signed([1] * count), least)) <= 4 * count - 6


def test_a_literal_that_decides_alone_is_not_added_up() -> None:
    """The others are: at least 12 of 24 beside an OR term, behind an AND term, and both."""
    alone = ands_of(row_cell([1] * 24, 12))
    assert ands_of(row_cell([1] * 24 + [12], 12)) == alone + 1
    assert ands_of(row_cell([1] * 24 + [-20], 32)) == alone + 1
    assert ands_of(row_cell([1] * 24 + [20, 40], 32)) == alone + 2


def test_wide_ands_are_shallow() -> None:
    cell = row_cell(signed([1] * 64), 64)
    objectives: tuple[Objective, ...] = ("area", "balanced", "depth")
    for objective in objectives:
        assert ands_of(cell, objective) == 63
        assert depth(lower(cell, objective=objective)) == 6


def test_what_several_ands_have_in_common_is_built_once() -> None:
    rows = [[1] * 12 + [0] * 12, [0] * 6 + [1] * 12 + [0] * 6, [0] * 12 + [1] * 12]
    assert ands_of(rows_cell(rows, [12, 12, 12])) == 4 * 5 + 3
    complements = [[-weight for weight in row] for row in rows]
    assert ands_of(rows_cell([*rows, *complements], [12, 12, 12, -11, -11, -11])) == 4 * 5 + 3


def test_plain_adds_everything_up() -> None:
    assert ands_of(row_cell([1] * 24, 1), "plain") > 100


@pytest.mark.parametrize("count", [6, 12])
def test_rows_that_share_one_sum_keep_it(count: int) -> None:
    """A thermometer: its ends alone would be cheaper as an OR and an AND, but their sum is there."""
    rows = [[1] * count] * count
    together = ands_of(rows_cell(rows, range(1, count + 1)))
    assert together <= ands_of(rows_cell(rows[1:-1], range(2, count))) + count // 2 + 2


@pytest.mark.heavy
@given(st.lists(SMALL_WEIGHTS, min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_small_rows_are_right_proven_and_never_larger_than_adders(rows: list[list[int]], seed: int) -> None:
    width = max(map(len, rows))
    weights = [row + [0] * (width - len(row)) for row in rows]
    reach = [sum(map(abs, row)) for row in weights]
    rng = np.random.default_rng(seed)
    thresholds = [int(rng.integers(-most - 1, most + 2)) for most in reach]
    cell = rows_cell(weights, thresholds)
    aig = lower(cell)
    np.testing.assert_array_equal(outputs_of(aig), fires(weights, thresholds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bridge.lowering, "gated_rows", lambda *_: {})
        adders = len(lower(cell).ands)
    assert ands_of(cell) <= adders


@pytest.mark.heavy
@given(st.integers(2, 9), st.data())
def test_multi_bit_and_repeated_inputs(seed: int, data: st.DataObject) -> None:
    """Elements of several bits, and a source that is read twice, whose weights may cancel."""
    rng = np.random.default_rng(seed)
    low, weights = -rng.integers(0, 4, 3), rng.integers(-2, 3, (2, 6))
    given = Input("x", low, low + rng.integers(1, 5, 3))
    thresholds = np.array([data.draw(st.integers(-15, 15)) for _ in weights])
    rows = Threshold("n", ("x", "x"), weights, thresholds)
    cell = Cell((given, rows, Scores("s", ("n",), ("a", "b"), 1.0)))
    ands_of(cell)
    values = np.array(list(product(*(range(a, b + 1) for a, b in zip(given.low, given.high, strict=True)))))
    aig = lower(cell)
    outputs, _ = evaluate(aig, cell.ranges["x"].encode(values).astype(bool), np.zeros((len(values), 0)))
    found = outputs[:, [index for index, output in enumerate(aig.outputs) if output.name.endswith("[0]")]]
    np.testing.assert_array_equal(found, np.hstack([values, values]) @ weights.T >= thresholds)


def test_literals_that_are_constant_or_the_same() -> None:
    """Columns of a table that are constant, equal, or each other's complement."""
    bit = np.arange(256) & 1
    table = np.stack([bit, bit, 1 - bit, 0 * bit, 0 * bit + 1, np.arange(256) >> 1 & 1], axis=1).astype(np.uint8)
    rows = np.array([[1, 1, 0, -1, 1, 1], [1, 0, 1, 0, 0, 1], [1, 1, 1, 1, 1, 1], [-1, 1, -1, 1, -1, 1], [1] * 6])
    neurons = Threshold("n", ("emb",), rows, np.array([4, 1, 2, 2, 5]))
    cell = Cell(
        (Embedding("emb", table), neurons, Logits("l", ("n",), np.eye(5, dtype=int), np.zeros(5, int), 1.0, b"abcde"))
    )
    assert ands_of(cell) <= 4
    for objective in ("balanced", "depth", "plain"):
        ands_of(cell, objective)


# Parts


@given(st.lists(st.integers(1, 6), min_size=1, max_size=7), st.data())
def test_any_parts_reach_what_their_literals_weigh(weights: list[int], data: st.DataObject) -> None:
    """However they are joined, and in whatever order they are asked."""
    builder = AigBuilder()
    parts, made = Parts(builder), list[Part]()
    for name, weight in enumerate(weights):
        made.append(Part(name, weight, 0, [Answer(1, weight, builder.input(str(name)))]))
    while len(made) > 1:
        one = made.pop(data.draw(st.integers(0, len(made) - 1)))
        made.insert(0, parts.join(one, made.pop(data.draw(st.integers(0, len(made) - 1)))))
    answers = []
    for least in data.draw(st.permutations(range(-1, sum(weights) + 2))):
        try:
            answers.append((least, parts.reaches(made[0], least)))
        except Unfit:
            continue
    for index, (_, answer) in enumerate(answers):
        builder.output(f"{index}[0]", answer.literal)
    found = outputs_of(builder.build())
    for index, (least, answer) in enumerate(answers):
        assert answer.low <= least <= answer.high
        for asked in (least, max(answer.low, 0), min(answer.high, sum(weights) + 1)):
            np.testing.assert_array_equal(found[:, index], fires([weights], [asked])[:, 0])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=9), st.data())
def test_what_is_peeled_off_decides(weights: list[int], data: st.DataObject) -> None:
    weights = sorted(weights, reverse=True)
    least = data.draw(st.integers(1, sum(weights)))
    groups, core = peeled(weights, least)
    end = groups[-1].end if groups else 0

    def decided(bits: Sequence[int]) -> bool:
        for kind, first, last, _ in groups:
            if kind == "any" and any(bits[first:last]):
                return True
            if kind == "all" and not all(bits[first:last]):
                return False
        return core <= sum(weight * bit for weight, bit in zip(weights[end:], bits[end:], strict=True))

    for bits in product([0, 1], repeat=len(weights)):
        assert decided(bits) == (np.dot(weights, bits) >= least)


def test_trees_as_deep_as_they_come() -> None:
    """Levels that make a chain of an OR of many literals."""
    builder = AigBuilder()
    literal, literals = builder.input("x"), []
    for index in range(3000):
        literal = builder.and_(literal, builder.input(str(index)))
        literals.append(literal)
    gated = Gated.of(range(0, 6000, 2), [1] * 3000, 1)
    assert build_row(builder, gated, literals, 0)[0] > 1


@given(st.lists(st.sets(st.integers(2, 30), min_size=1, max_size=9), max_size=8))
def test_common_pairs_leave_every_set_what_it_is(sets: list[set[int]]) -> None:
    meant = {element: {element} for element in range(2, 31)}
    for elements, pairs in zip(sets, common_pairs(sets), strict=True):
        left = set(elements)
        for one, other, both in pairs:
            meant[both] = meant[one] | meant[other]
            left = left - {one, other} | {both}
        assert set().union(*(meant[element] for element in left)) == elements
        assert sum(len(meant[element]) for element in left) == len(elements)
