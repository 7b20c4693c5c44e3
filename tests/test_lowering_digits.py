"""Weights as binary or signed digits, and the netlists that are made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import run
from bridge.cell import Cell, Input, Levels, Linear, Scores, Threshold
from bridge.cell.blocks import Entries
from bridge.equivalence.certificate import certify
from bridge.lowering import lower
from bridge.lowering.digits import digits_of
from bridge.metadata import Objective

WEIGHTS = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=6)


@given(st.lists(WEIGHTS, min_size=1, max_size=4), st.integers(0, 15), st.integers(0, 15))
def test_digits_add_up_to_the_weights(rows: list[list[int]], live: int, signed: int) -> None:
    entries = [(row, bit, weight) for row, own in enumerate(rows) for bit, weight in enumerate(own) if weight]
    row, bit, weight = np.array(entries, np.int64).reshape(-1, 3).T
    lives, may = ((mask >> np.arange(len(rows)) & 1).astype(np.bool_) for mask in (live, signed))
    found = digits_of(Entries(row, bit, weight), lives, may)
    assert (np.diff(found.row) >= 0).all()
    for at, own in enumerate(rows):
        here = found.row == at
        places, digits = found.place[here].tolist(), found.digit[here].tolist()
        added = dict.fromkeys(range(len(own)), 0)
        constant = int(found.constant[at])
        for place, digit in zip(places, digits, strict=True):
            added[digit >> 1] += -(1 << place) if digit & 1 else 1 << place
            constant += (digit & 1) << place
        if lives[at]:
            assert list(added.values()) == own
            assert constant == -sum(min(weight, 0) for weight in own)  # as if -w x were w (not x) - w
            most = sum(min(abs(w).bit_count(), (3 * abs(w) ^ abs(w)).bit_count()) for w in own)
            assert len(digits) == (most if may[at] else sum(abs(w).bit_count() for w in own))
        else:
            assert not digits
            assert not constant


def network(seed: int, *, low: int, most: int) -> Cell:
    """Sums that are compared and sums that are read, of numbers of three bits."""
    rng = np.random.default_rng(seed)
    given = Input("x", np.full(5, low), np.full(5, low + 7))
    sums = Linear("sum", ("x",), rng.integers(-most, most + 1, (6, 5)), rng.integers(-9, 10, 6))
    steps = Levels("h", "sum", np.sort(rng.integers(-most, most, (6, int(rng.integers(1, 4)))), axis=1))
    last = Linear("last", ("h", "x"), rng.integers(-most, most + 1, (3, 11)), rng.integers(-9, 10, 3))
    return Cell((given, sums, steps, last, Scores("score", ("last",), ("a", "b", "c"))))


@pytest.mark.parametrize("objective", ["plain", "area", "balanced", "depth", "xag"])
@pytest.mark.parametrize("low", [0, -3])
@pytest.mark.parametrize("most", [7, 127, 2**20])
def test_netlists_of_signed_digits_are_proven(most: int, low: int, objective: Objective) -> None:
    cell = network(most, low=low, most=most)
    aig = lower(cell, objective=objective)
    assert certify(cell, aig).answer == "equivalent"
    rows = np.random.default_rng(0).integers(low, low + 8, (300, 5))
    np.testing.assert_array_equal(run(aig, rows, encoded=True), run(cell, rows, encoded=True))


@pytest.mark.parametrize("bits", [6, 20])
def test_sums_of_wide_weights_and_wide_numbers_are_compared(bits: int) -> None:
    """Their digits have places beyond those that columns have at least."""
    given = Input("x", np.zeros(2, int), np.full(2, 2**bits - 1))
    sums = Linear("sum", ("x",), [[2**31 - 1, 7], [5, 2**30 - 1]], [0, 3])
    steps = Levels("h", "sum", [[9, 2**20 + 1, 2**31 - 9], [5, 2**10 + 1, 2**30 + 3]])
    cell = Cell((given, sums, steps, Linear("y", ("h",), [[1, 2]], [0]), Scores("score", ("y",), ("n",))))
    assert certify(cell, lower(cell)).answer == "equivalent"


def test_an_effort_goes_on_from_signed_digits() -> None:
    cell = network(1, low=0, most=127)
    aig = lower(cell, effort=1)
    assert certify(cell, aig).answer == "equivalent"
    assert len(aig.ands) <= len(lower(cell).ands)


@pytest.mark.parametrize("weight", [7, -7, 15, 119])
def test_a_multiple_takes_an_adder_for_every_digit_but_one(weight: int) -> None:
    given = Input("x", np.zeros(1, int), np.full(1, 15))
    cell = Cell((given, Linear("y", ("x",), np.array([[weight]]), np.zeros(1, int)), Scores("score", ("y",), ("n",))))
    aig = lower(cell)
    assert certify(cell, aig).answer == "equivalent"
    assert len(aig.ands) < 0.75 * len(lower(cell, objective="plain").ands)


def neurons(seed: int, rows: int) -> Cell:
    """Threshold neurons of wide weights, each with another threshold between never and always."""
    rng = np.random.default_rng(seed)
    given = Input("x", np.zeros(6, int), np.array([1, 1, 3, 3, 7, 7]))
    weights = rng.integers(-127, 128, (rows, 6))
    ends = [np.where(weights * sign > 0, weights, 0) @ given.high for sign in (-1, 1)]
    thresholds = np.array([rng.integers(low, high + 2) for low, high in zip(*ends, strict=True)])
    reads = Linear("y", ("n",), rng.integers(-127, 128, (2, rows)), np.arange(2))
    return Cell((given, Threshold("n", ("x",), weights, thresholds), reads, Scores("score", ("y",), ("a", "b"))))


@given(st.integers(0, 2**32 - 1), st.sampled_from(["area", "balanced", "depth", "xag"]))
def test_neurons_of_signed_digits_are_proven(seed: int, objective: Objective) -> None:
    cell = neurons(seed, 8)
    aig = lower(cell, objective=objective)
    assert certify(cell, aig).answer == "equivalent"
    rows = np.stack(np.unravel_index(np.arange(4096), (2, 2, 4, 4, 8, 8)), axis=1)
    np.testing.assert_array_equal(run(aig, rows, encoded=True), run(cell, rows, encoded=True))


def test_neurons_of_wide_weights_are_smaller() -> None:
    cell = neurons(1, 40)
    assert len(lower(cell).ands) < 0.85 * len(lower(cell, objective="plain").ands)
