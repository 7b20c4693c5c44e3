"""Sums that are only compared with constants: what they cost, what they are called, and that they are proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell, Input, Levels, Linear, Scores, Threshold
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.rows import Broken
from bridge.lowering import lower, lower_traced
from bridge.lowering.reached import count_reached, nearest
from support.naive import evaluate, numbers_of


def layer(rows: int, width: int, bits: int, steps: int, seed: int = 0, *, even: bool = False) -> tuple[Cell, Cell]:
    """A ternary layer with that many thresholds, as Linear and Levels; with the thresholds as rows of a Threshold."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(-1, 2, (rows, width))
    reach = np.abs(weights).sum(axis=1) * ((1 << bits) - 1)
    middle = weights.sum(axis=1) * ((1 << bits) - 1) // 2
    spread = 4 * np.arange(steps) if even else np.sort(rng.integers(-reach.max() // 3, reach.max() // 3, steps))
    thresholds = middle[:, None] + rng.integers(-2, 3, (rows, 1)) + spread
    given = Input("x", np.zeros(width, int), np.full(width, (1 << bits) - 1))
    linear = Linear("sum", ("x",), weights, np.zeros(rows, int))
    names = tuple(f"c{row}" for row in range(rows))
    levels = Cell((given, linear, Levels("level", "sum", thresholds), Scores("y", ("level",), names)))
    every = Threshold("level", ("x",), weights.repeat(steps, axis=0), thresholds.ravel())
    names = tuple(f"c{row}" for row in range(rows * steps))
    return levels, Cell((given, every, Scores("y", ("level",), names)))


def ands(cell: Cell) -> int:
    aig = lower(cell)
    assert certify(cell, aig).method == "certificate"
    return len(aig.ands)


def with_numbers(cell: Cell) -> Cell:
    """The same with its sums as scores, so that they must be there as numbers."""
    names = tuple(f"c{index}" for index in range(2 * cell.widths["level"]))
    return Cell((*cell.blocks[:-1], Scores("y", ("level", "sum"), names)))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_one_threshold_costs_what_a_neuron_does(bits: int) -> None:
    levels, neurons = layer(16, 24, bits, 1)
    assert ands(levels) == ands(neurons)


@pytest.mark.parametrize("steps", [3, 7, 15])
def test_sums_that_are_only_compared_cost_less_than_numbers(steps: int) -> None:
    for even in (False, True):
        levels, _ = layer(8, 24, 2, steps, even=even)
        assert ands(levels) < ands(with_numbers(levels))


def test_even_thresholds_are_bits_of_the_sum() -> None:
    """Where the distance is a power of two, no comparison is needed but at the two ends."""
    levels, _ = layer(8, 24, 4, 15, even=True)
    sums = Cell((*levels.blocks[:2], Scores("y", ("sum",), levels.last.labels)))
    assert ands(levels) < ands(sums) + 8 * 20


def test_a_sum_that_is_only_compared_has_no_names_in_the_netlist() -> None:
    levels, _ = layer(4, 9, 2, 3)
    assert {point.name.split("[")[0] for point in lower(levels).points} == {"level"}
    every = {point.name.split("[")[0] for point in lower(levels, apart=True).points}
    assert every == {point.name.split("[")[0] for point in lower(with_numbers(levels)).points} == {"level", "sum"}


@pytest.mark.parametrize("seed", range(3))
def test_every_fault_in_a_layer_is_found(seed: int) -> None:
    cell, _ = layer(3, 9, 2, 3, seed, even=seed == 1)
    aig, trace = lower_traced(cell)
    Checker(cell, aig, trace).run()
    rng = np.random.default_rng(seed)
    read = rng.integers(0, 4, (4000, 9))
    bits = cell.ranges["x"].encode(read).astype(bool)
    expected = cell.step(cell.reset(len(read)), read)[1]
    found = 0
    for node in range(len(aig.ands)):
        faulty = inverted(aig, node, int(rng.integers(2)))
        try:
            Checker(cell, faulty, trace).run()
        except Broken:
            found += 1
            continue
        outputs, _ = evaluate(faulty, bits, np.zeros((len(read), 0), bool))
        np.testing.assert_array_equal(numbers_of(faulty, outputs), expected)
    assert found > 0.9 * len(aig.ands)


def inverted(aig: Aig, node: int, side: int) -> Aig:
    ands = aig.ands.copy()
    ands[node, side] ^= 1
    return replace(aig, ands=np.sort(ands, axis=1)[:, ::-1])


def test_what_is_claimed_of_sums_is_not_believed() -> None:
    cell, _ = layer(3, 9, 2, 3)
    aig, trace = lower_traced(cell)
    held = trace.held["sum"]
    wrong = [
        replace(held, offset=held.offset + 1),
        replace(held, offset=held.offset - 40),
        replace(held, shift=held.shift + 1),
        replace(held, alone=~held.alone),
    ]
    for claim in wrong:
        with pytest.raises(Broken):
            Checker(cell, aig, replace(trace, held={"sum": claim})).run()


@given(st.integers(-60, 20), st.integers(0, 90), st.lists(st.integers(-80, 80), min_size=1, max_size=20))
def test_thresholds_are_counted(low: int, size: int, thresholds: list[int]) -> None:
    ranges = Ranges(np.array([low]), np.array([low + size]))
    builder = AigBuilder()
    number = [builder.input(str(bit)) for bit in range(ranges.bits)]
    for literal in [*count_reached(builder, number, (low, low + size), sorted(thresholds)), 0]:
        builder.output("", literal)
    values = np.arange(low, low + size + 1)
    bits = evaluate(builder.build(), ranges.encode(values[:, None]).astype(bool), np.zeros((size + 1, 0), bool))[0]
    counts = (values[:, None] >= np.array(thresholds)).sum(axis=1)
    assert (bits @ (1 << np.arange(bits.shape[1]))).tolist() == counts.tolist()


@given(st.integers(-20, 20), st.integers(0, 40))
def test_bits_that_spell_no_value_are_read_as_the_nearest(low: int, size: int) -> None:
    ranges = Ranges(np.array([low]), np.array([low + size]))
    builder = AigBuilder()
    for literal in [*nearest(builder, [builder.input(str(bit)) for bit in range(ranges.bits)], ranges), 0]:
        builder.output("", literal)
    codes = np.arange(1 << ranges.bits)[:, None] >> np.arange(ranges.bits) & 1
    found = evaluate(builder.build(), codes.astype(bool), np.zeros((len(codes), 0), bool))[0][:, :-1]
    read = np.clip(ranges.decode(codes.astype(np.uint8)), low, low + size)
    np.testing.assert_array_equal(ranges.decode(found.astype(np.uint8)), read)
