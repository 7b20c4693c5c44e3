"""Sums that rows share, taken out of their weights: the same values, the same weights, fewer gates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cell import Cell, Input, Levels, Linear, Scores
from bridge.lowering import lower
from bridge.melting import factor
from bridge.melting.factor import composed, factored


def network(seed: int, *, bits: int, weights: int, sizes: tuple[int, ...] = (8, 10, 6), signed: bool = False) -> Cell:
    """Layers of integers of so many bits, then classes."""
    rng = np.random.default_rng(seed)
    low = -(1 << bits - 1) if signed else 0
    high = low + (1 << bits) - 1
    blocks: list[Input | Linear | Levels | Scores] = [
        Input("x", np.full(sizes[0], low), np.full(sizes[0], high)),
    ]
    for number, (columns, rows) in enumerate(pairwise(sizes)):
        matrix = rng.integers(-weights, weights + 1, (rows, columns))
        source = blocks[-1].name
        blocks.append(Linear(f"sum{number}", (source,), matrix, rng.integers(-9, 10, rows)))
        if number < len(sizes) - 2:
            steps = np.sort(rng.integers(-weights << bits, weights << bits, (rows, (1 << bits) - 1)), axis=1)
            blocks.append(Levels(f"h{number}", f"sum{number}", steps))
    head = Scores("scores", (blocks[-1].name,), tuple(map(str, range(sizes[-1]))))
    return Cell((*blocks, head))


def convolution(seed: int) -> Cell:
    """Windows of three of twelve numbers in two rows, with zeros at the ends."""
    rng = np.random.default_rng(seed)
    taps = np.array([[-1 if not 0 <= at + step < 12 else at + step for step in (-1, 0, 1)] for at in range(12)])
    taps = np.concatenate([taps, np.where(taps < 0, -1, taps + 12)], axis=1)
    first = Linear("sum", ("x",), rng.integers(-20, 21, (8, 6)), rng.integers(-9, 10, 8), taps)
    head = Scores("scores", ("sum",), tuple(map(str, range(96))))
    return Cell((Input("x", np.zeros(24, int), np.full(24, 63)), first, head))


def assert_equal(one: Cell, other: Cell, seed: int) -> None:
    """Every block of the first has the same values and bounds in the second, if bounds of heads are meant."""
    given = one.inputs[0]
    raw = np.random.default_rng(seed).integers(given.low, given.high + 1, (40, len(given.low)))
    values, others = one.read(one.reset(40), raw), other.read(other.reset(40), raw)
    for block in one.blocks[:-1]:
        np.testing.assert_array_equal(values[block.name], others[block.name])
    np.testing.assert_array_equal(one.ask(values), other.ask(others))
    for source in one.last.reads:
        np.testing.assert_array_equal(one.ranges[source].low, other.ranges[source].low)
        np.testing.assert_array_equal(one.ranges[source].high, other.ranges[source].high)


@given(st.integers(0, 2**32 - 1), st.sampled_from([4, 6]), st.sampled_from([1, 7, 100]), st.booleans())
def test_all_values_stay_and_so_do_the_weights(seed: int, bits: int, weights: int, signed: bool) -> None:
    cell = network(seed, bits=bits, weights=weights, signed=signed)
    made = factored(cell)
    assert_equal(cell, made, seed)
    assert composed(made).digest == cell.digest


@pytest.mark.parametrize("seed", range(3))
def test_windows_share_sums_too(seed: int) -> None:
    cell = convolution(seed)
    made = factored(cell)
    assert any(block.name.startswith("sum.shared") for block in made.blocks)
    assert_equal(cell, made, seed)
    assert composed(made).digest == cell.digest


def test_narrow_numbers_and_cells_without_sums_are_left_alone() -> None:
    for bits in (1, 2, 3):
        cell = network(1, bits=bits, weights=7)
        assert factored(cell) is cell
        assert composed(cell) is cell


def test_columns_may_be_searched_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = network(2, bits=6, weights=30)
    whole = factored(cell)
    monkeypatch.setattr(factor, "MOST_PAIRS", 200)
    made = factored(cell)
    assert_equal(cell, made, 2)
    assert composed(made).digest == composed(whole).digest == cell.digest
    assert made.digest != whole.digest


def test_a_word_that_is_wrong_is_found() -> None:
    cell = network(3, bits=6, weights=30)
    block = cell.by_name["sum0"]
    assert isinstance(block, Linear)
    weights = block.weights.astype(np.int64)
    search = factor._Search(weights, cell.ranges_read(block), factor._shortest)
    search.prove(weights)
    word, pattern = next(iter(search.words.items()))
    search.words[word] = (*pattern[:2], pattern[2] + 1, pattern[3])
    with pytest.raises(AssertionError, match="do not add up"):
        search.prove(weights)


@pytest.mark.heavy
def test_wide_numbers_need_fewer_gates() -> None:
    cell = network(4, bits=6, weights=7, sizes=(24, 24))
    assert len(lower(factored(cell)).ands) < 0.92 * len(lower(cell).ands)
