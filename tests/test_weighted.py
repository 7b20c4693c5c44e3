"""The weights of a neuron come back from its truth table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.truth.weighted import WeightedSum, digits, weighted_sums
from support.strategies import neurons, table_from


@given(neurons())
def test_values_by_hand(neuron: WeightedSum) -> None:
    for row, value in enumerate(neuron.values().tolist()):
        total = neuron.bias + sum(weight for bit, weight in enumerate(neuron.weights) if row >> bit & 1)
        assert value == min(max(total >> neuron.places, 0), neuron.top)


@pytest.mark.heavy
@settings(max_examples=30)
@given(neurons())
def test_sums_are_right_and_found(neuron: WeightedSum) -> None:
    table = table_from(neuron)
    found = weighted_sums(table, 3)
    for each in found:
        np.testing.assert_array_equal(table_from(each), table)
    assert found


def test_what_is_no_sum() -> None:
    assert not weighted_sums(np.array([[0, 1, 1, 0]], np.uint8), 3)  # parity
    assert weighted_sums(np.array([[0, 1], [1, 0]], np.uint8), 3)  # 2 - x
    assert not weighted_sums(np.zeros((1, 1 << 15), np.uint8), 3)  # too large to look at


@given(st.integers(-(10**9), 10**9))
def test_digits_are_sparse(number: int) -> None:
    found = digits(number)
    assert sum(digit << place if digit > 0 else -(1 << place) for place, digit in found) == number
    places = [place for place, _ in found]
    assert all(after - before > 1 for before, after in itertools.pairwise(places))
