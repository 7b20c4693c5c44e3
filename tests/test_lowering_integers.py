"""Cells of integers as logic: random ones against their oracle, proven by certificates, and small ones by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell, Input, Latch, Levels, Linear, Luts, Maximum, Scores, Table, Threshold, Trees
from bridge.cell.blocks import Block
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.rows import Broken
from bridge.execution import trace
from bridge.lowering import lower, lower_traced
from bridge.lowering.blocks.integers import at_least
from bridge.metadata import Objective
from support.integer_cells import integer_cells, random_integer_cell
from support.naive import evaluate, numbers_of, reset_state


def batch_of(cell: Cell, rng: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    given = {block.name: rng.integers(block.low, block.high + 1, (size, len(block.low))) for block in cell.inputs}
    return given | ({"byte": rng.integers(0, 256, size).astype(np.uint8)} if cell.reads_byte else {})


def bits_for(cell: Cell, aig: Aig, given: dict[str, np.ndarray]) -> np.ndarray:
    """bool[batch, inputs] of what is given."""
    columns = {f"byte[{bit}]": given["byte"] >> bit & 1 for bit in range(8 * cell.reads_byte)}
    for block in cell.inputs:
        columns |= dict(zip(cell.signals(block.name), cell.ranges[block.name].encode(given[block.name]).T, strict=True))
    assert list(columns) == list(aig.inputs)
    size = len(next(iter(given.values())))
    return np.array(list(columns.values()), bool).reshape(len(columns), size).T


def check_against_oracle(cell: Cell, aig: Aig, seed: int, steps: int = 10, size: int = 50) -> None:
    rng = np.random.default_rng(seed)
    state, bits = cell.reset(size), reset_state(aig, size)
    for _ in range(steps if cell.held else 1):
        given = batch_of(cell, rng, size)
        state, numbers = cell.step(state, given)
        outputs, bits = evaluate(aig, bits_for(cell, aig, given), bits)
        np.testing.assert_array_equal(numbers_of(aig, outputs), numbers)
        np.testing.assert_array_equal(bits, cell.state_ranges.encode(state))


@pytest.mark.heavy
@given(integer_cells, st.sampled_from(get_args(Objective)), st.integers(0, 2**32 - 1))
def test_the_netlist_is_the_oracle(cell: Cell, objective: Objective, seed: int) -> None:
    aig = lower(cell, objective=objective)
    assert [latch.name for latch in aig.latches] == [name for block in cell.held for name in cell.latches(block)]
    check_against_oracle(cell, aig, seed)


@pytest.mark.heavy
@given(integer_cells, st.sampled_from(get_args(Objective)))
def test_every_lowering_is_proven(cell: Cell, objective: Objective) -> None:
    verdict = certify(cell, lower(cell, objective=objective))
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(8))
def test_every_inverted_fanin_breaks_the_certificate_or_is_harmless(seed: int) -> None:
    """Harmless: the numbers are the same for all inputs in their ranges, as far as these can be tried."""
    cell = random_integer_cell(seed, 5, state=seed % 2 == 1)
    aig, claimed = lower_traced(cell)
    Checker(cell, aig, claimed).run()
    rng = np.random.default_rng(seed)
    found = 0
    for node in rng.permutation(len(aig.ands))[:60].tolist():
        faulty = _flipped(aig, node, int(rng.integers(2)))
        try:
            Checker(cell, faulty, claimed).run()
        except Broken:
            found += 1
            continue
        check_against_oracle(cell, faulty, seed, size=400)
    assert found > 10 or len(aig.ands) < 60


def _flipped(aig: Aig, node: int, side: int) -> Aig:
    ands = aig.ands.copy()
    ands[node, side] ^= 1
    ands[node] = np.sort(ands[node])[::-1]
    return replace(aig, ands=ands)


@pytest.mark.parametrize("seed", range(3))
def test_text_models_of_integers_run_as_netlists(seed: int) -> None:
    cell = random_integer_cell(seed, 7, state=True, text=True)
    streams = np.random.default_rng(seed).integers(0, 256, (40, 3)).astype(np.uint8)
    for mine, oracle in zip(trace(lower(cell), streams), trace(cell, streams), strict=True):
        np.testing.assert_array_equal(mine, oracle)


@given(st.integers(-40, 40), st.integers(0, 60), st.integers(-70, 110))
def test_a_number_is_compared_with_a_constant(low: int, size: int, least: int) -> None:
    ranges = Ranges(np.array([low]), np.array([low + size]))
    builder = AigBuilder()
    number = [builder.input(str(bit)) for bit in range(ranges.bits)]
    builder.output("reached", at_least(builder, number, (low, low + size), least))
    aig = builder.build()
    values = np.arange(low, low + size + 1)
    reached = evaluate(aig, ranges.encode(values[:, None]).astype(bool), np.zeros((size + 1, 0), bool))[0][:, 0]
    assert reached.tolist() == (values >= least).tolist()
    assert len(aig.ands) <= max(ranges.bits - 1, 0)


def network(*blocks: Block, low: int = 0, high: int = 1, width: int = 2, labels: int = 1) -> Cell:
    given = Input("x", np.full(width, low), np.full(width, high))
    return Cell((given, *blocks, Scores("s", (blocks[-1].name,), tuple(f"c{index}" for index in range(labels)))))


def ands(cell: Cell) -> int:
    aig = lower(cell)
    check_against_oracle(cell, aig, 0, size=200)
    assert certify(cell, aig).answer == "equivalent"
    return len(aig.ands)


def test_what_small_blocks_cost() -> None:
    assert ands(network(Maximum("m", ("x",), np.array([[0, 1]])))) == 1
    assert ands(network(Luts("u", ("x",), np.array([[0, 1]]), np.array([8])))) == 1
    assert ands(network(Luts("u", ("x",), np.array([[0, 1]]), np.array([6])))) == 3
    assert ands(network(Linear("l", ("x",), np.array([[4, 0]]), np.array([0])))) == 0
    assert ands(network(Levels("v", "x", np.array([[1]])), labels=2)) == 0
    assert ands(network(Table("t", "x", np.array([[1, 0]])), labels=2)) == 0
    assert ands(network(Threshold("h", ("x",), np.array([[1, 1]]), np.array([2])))) == 1
    doubled = network(Linear("l", ("x",), np.array([[1, 1], [2, 2]]), np.array([0, 0])), high=7, labels=2)
    assert ands(doubled) == ands(network(Linear("l", ("x",), np.array([[1, 1]]), np.array([0])), high=7))


def test_names_of_inputs_latches_points_and_outputs() -> None:
    select = Threshold("select", ("x",), np.eye(2, dtype=int), np.array([1, 1]))
    value = Linear("value", ("x",), np.eye(2, dtype=int), np.array([0, -1]))
    cell = network(select, value, Latch("m", "select", "value"), high=2, labels=2)
    aig = lower(cell)
    assert aig.inputs == ("x[0].0", "x[0].1", "x[1].0", "x[1].1")
    latches = ["state.m[0].0", "state.m[0].1", "state.m[1].0", "state.m[1].1"]
    assert [latch.name for latch in aig.latches] == latches
    assert [output.name for output in aig.outputs] == [f"class.c0[{bit}]" for bit in range(3)] + [
        "class.c1[0]",
        "class.c1[1]",
    ]
    assert [point.name for point in aig.points[:3]] == ["select[0]", "select[1]", "value[0].0"]


def test_trees_of_features() -> None:
    splits = np.array([[0, 1, 2], [1, ~0, ~1], [1, ~1, ~2]])
    leaves = np.array([[5], [-3], [0]])
    cell = network(
        Trees("t", ("x",), splits, np.array([0, 2]), leaves, np.array([3, 200, -7])), low=-128, high=255, labels=2
    )
    assert certify(cell, lower(cell)).answer == "equivalent"
    check_against_oracle(cell, lower(cell), 1, size=500)


def test_dense_rows_become_the_same_netlist_everywhere() -> None:
    rng = np.random.default_rng(0)
    ones = rng.choice(np.array([-1, 1]), (24, 90))
    given = Input("x", np.zeros(90, np.int64), np.ones(90, np.int64))
    hidden = Threshold("h", ("x",), ones, np.zeros(24, np.int64))
    last = Linear("y", ("h",), ones[:2, :24], np.zeros(2, np.int64))
    aig = lower(Cell((given, hidden, last, Scores("s", ("y",), ("a", "b")))))
    found = hashlib.sha256(aig.ands.astype("<u4").tobytes()).hexdigest()
    assert (len(aig.ands), found[:16]) == (5326, "1ce5f21e2c8c46e3")
