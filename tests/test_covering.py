"""What is proven with multiples from floating point is true whatever these are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis.circuits import cases, covering
from bridge.analysis.circuits.bounds import Bounds
from bridge.truth.programs import Optimum, Polytope

SIZE = 4
large = st.integers(-(1 << 44), 1 << 44)
rows = st.lists(st.lists(large, min_size=SIZE, max_size=SIZE), min_size=2, max_size=2)
multiples = st.lists(st.floats(0) | st.integers(0, 1 << 44).map(float), min_size=2, max_size=2)


@contextmanager
def solver(some: list[float]) -> Iterator[None]:
    """Says these multiples, whatever it is asked."""
    said = Optimum(0.0, np.zeros(SIZE), np.array(some))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Polytope, "least", lambda *_, **__: said)
        yield


@settings(deadline=None)
@given(rows, st.lists(large, min_size=2, max_size=2), multiples)
def test_never_are_more_elements_needed(costs: list[list[int]], needs: list[int], some: list[float]) -> None:
    with solver(some):
        least = covering._least(np.array(costs), np.array(needs))
    for kept in itertools.product((0, 1), repeat=SIZE):
        if all(
            sum(c * k for c, k in zip(row, kept, strict=True)) >= need for row, need in zip(costs, needs, strict=True)
        ):
            assert least <= sum(kept)


@settings(deadline=None)
@given(rows, st.lists(large, min_size=2, max_size=2), st.lists(large, min_size=SIZE, max_size=SIZE), large, multiples)
def test_no_margin_is_proven_that_is_not_there(
    ties: list[list[int]], least: list[int], margin: list[int], wanted: int, some: list[float]
) -> None:
    tied = [cases.Row(np.array(row), end) for row, end in zip(ties, least, strict=True)]
    box = Bounds(np.zeros(SIZE, np.int64), np.ones(SIZE, np.int64))
    with solver(some):
        values = cases._breaking(cases.Row(np.array(margin), wanted), tied, box)
    if values is None:
        for point in itertools.product((0, 1), repeat=SIZE):
            if all(int(row.weights @ point) >= row.least for row in tied):
                assert int(np.array(margin) @ point) >= wanted
