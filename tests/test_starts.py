"""Every structure computes its table, and knowing that a function is a sum pays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.truth import read_truth, symmetric, table_of
from bridge.truth.starts import from_table
from bridge.truth.weighted import WeightedSum
from support.strategies import neurons, table_from

pytestmark = pytest.mark.heavy


def random_table(seed: int, inputs: int, outputs: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((outputs, 1 << inputs)) < rng.choice([0.0, 0.1, 0.5, 1.0])).astype(np.uint8)


@given(st.integers(0, 2**32), st.integers(0, 7), st.integers(1, 3), st.sampled_from(["auto", "muxes", "products"]))
def test_every_start_computes_the_table(seed: int, inputs: int, outputs: int, start: str) -> None:
    table = random_table(seed, inputs, outputs)
    np.testing.assert_array_equal(table_of(from_table(table, start)), table)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 1), min_size=2, max_size=9))
def test_symmetric_functions_from_adders(values: list[int]) -> None:
    table = np.array([values], np.uint8)[:, np.bitwise_count(np.arange(1 << (len(values) - 1)))]
    assert symmetric(table)
    np.testing.assert_array_equal(table_of(from_table(table, "sums")), table)


@settings(max_examples=8)
@given(neurons())
def test_neurons_from_adders(neuron: WeightedSum) -> None:
    table = table_from(neuron)
    np.testing.assert_array_equal(table_of(from_table(table, "neuron")), table)


@pytest.mark.parametrize(("start", "message"), [("sums", "number of ones"), ("neuron", "clipped weighted sum")])
def test_functions_that_lack_the_form(start: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_table(np.array([[0, 1, 1, 0], [0, 1, 0, 0]], np.uint8), start)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "ands"), [("ex10", 12), ("ex11", 24), ("ex12", 46), ("ex73", 125)])
def test_contest_functions(shared: Path, name: str, ands: int) -> None:
    table = read_truth(shared / "data" / "iwls2022" / f"{name}.truth")
    aig = from_table(table)
    assert len(aig.ands) <= ands
    np.testing.assert_array_equal(table_of(aig), table)
