"""Truth tables become netlists of every shape, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.errors import InputError
from bridge.truth import from_table, read_truth, symmetric, table_of


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


def test_the_first_character_is_for_all_ones(tmp_path: Path) -> None:
    path = tmp_path / "and.truth"
    path.write_text("1000\n0010\n")
    assert read_truth(path).tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]
    outputs = table_of(from_table(read_truth(path)))
    assert outputs.tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [("10a0\n", ":1: a truth table"), ("100\n", ":1: 3 values"), ("10\n\n1000\n", ":3: 4 values"), (" \n", "holds no")],
)
def test_malformed_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.truth"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_truth(path)


def test_wrong_use() -> None:
    with pytest.raises(InputError, match="number of ones"):
        from_table(np.array([[0, 1, 0, 0]], np.uint8), "sums")
    builder = AigBuilder()
    latch = builder.latch("s")
    builder.set_next(latch, latch)
    builder.output("o", latch)
    with pytest.raises(InputError, match="combinational"):
        table_of(builder.build())


@pytest.mark.parametrize(("name", "ands"), [("ex10", 12), ("ex11", 24), ("ex12", 46)])
def test_contest_functions(shared: Path, name: str, ands: int) -> None:
    table = read_truth(shared / "data" / "iwls2022" / f"{name}.truth")
    aig = from_table(table)
    assert len(aig.ands) <= ands
    np.testing.assert_array_equal(table_of(aig), table)
