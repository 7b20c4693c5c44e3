"""Linear and integer programs against every corner and every whole point, and their multiples as a proof."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.truth.programs import Polytope


@st.composite
def programs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Rows, what each may be at most, costs, and up to where the numbers go from 0."""
    width, rows = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    numbers = st.integers(-5, 5)
    matrix = draw(st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=rows, max_size=rows))
    most = draw(st.lists(st.integers(-6, 9), min_size=rows, max_size=rows))
    costs = draw(st.lists(numbers, min_size=width, max_size=width))
    return np.array(matrix, float), np.array(most, float), np.array(costs, float), draw(st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(programs())
def test_whole_numbers_against_all(program: tuple[np.ndarray, np.ndarray, np.ndarray, int]) -> None:
    rows, most, costs, end = program
    points = np.array(list(itertools.product(range(end + 1), repeat=len(costs))), float)
    allowed = points[(points @ rows.T <= most).all(axis=1)]
    polytope = Polytope(np.zeros(len(costs)), np.full(len(costs), float(end)), whole=True)
    polytope.add(rows, most)
    found = polytope.least(costs)
    assert (found is None) == (len(allowed) == 0)
    if found is not None:
        assert found.value == pytest.approx((allowed @ costs).min())
        assert (rows @ np.rint(found.point) <= most).all()


@settings(max_examples=60, deadline=None)
@given(programs())
def test_multiples_prove_the_least(program: tuple[np.ndarray, np.ndarray, np.ndarray, int]) -> None:
    rows, most, costs, end = program
    polytope = Polytope(np.zeros(len(costs)), np.full(len(costs), float(end)))
    polytope.add(rows[:1], most[:1])
    polytope.least(-costs)  # what was asked before does not matter
    polytope.add(rows[1:], most[1:])
    found = polytope.least(costs)
    if found is not None:
        assert (found.multiples >= 0).all()
        bound = -found.multiples @ most + end * np.minimum(costs + found.multiples @ rows, 0).sum()
        assert bound == pytest.approx(found.value, abs=1e-6)
        assert (rows @ found.point <= most + 1e-6).all()


def test_ends_can_move() -> None:
    polytope = Polytope(np.zeros(2), np.full(2, 9.0))
    polytope.add(np.array([[-1.0, -1.0]]), np.array([-3.0]))
    found = polytope.least(np.array([1.0, 2.0]))
    assert found is not None
    assert found.value == pytest.approx(3)
    polytope.between(np.zeros(2), np.array([1.0, 9.0]))
    found = polytope.least(np.array([1.0, 2.0]))
    assert found is not None
    assert found.value == pytest.approx(5)
    polytope.between(np.zeros(2), np.ones(2))
    assert polytope.least(np.zeros(2)) is None


def test_no_time_no_answer() -> None:
    polytope = Polytope(np.zeros(3), np.ones(3), whole=True)
    polytope.add(-np.array([[2.0, 3.0, 4.0], [5.0, 1.0, 2.0]]), -np.array([4.0, 3.0]))
    assert polytope.least(np.ones(3), seconds=0.0) is None


def test_the_solver_prints_nothing() -> None:
    script = "import numpy as np; from bridge.truth.programs import Polytope; "
    script += "print(Polytope(np.zeros(2), np.ones(2)).least(-np.ones(2)).value)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("-2.0\n", "")
