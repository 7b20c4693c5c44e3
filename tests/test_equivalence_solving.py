"""The SAT process: answers, cores, what is added later, and how it ends when time, memory or the child is gone."""

from __future__ import annotations

import itertools
import os
import signal

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.errors import InputError, ToolError

CLAUSES = st.lists(st.lists(st.sampled_from([-4, -3, -2, -1, 1, 2, 3, 4]), min_size=1, max_size=3), max_size=14)


def pigeons(count: int) -> list[list[int]]:
    """So many pigeons in one hole less: hard for a solver from 11 on."""
    places = {(bird, hole): count * bird + hole + 1 for bird in range(count) for hole in range(count - 1)}
    clauses = [[places[bird, hole] for hole in range(count - 1)] for bird in range(count)]
    pairs = itertools.combinations(range(count), 2)
    return clauses + [[-places[a, hole], -places[b, hole]] for a, b in pairs for hole in range(count - 1)]


def satisfied(clauses: list[list[int]]) -> bool:
    return any(
        all(any(values[abs(literal) - 1] == (literal > 0) for literal in clause) for clause in clauses)
        for values in itertools.product([False, True], repeat=4)
    )


@pytest.mark.heavy
@settings(max_examples=25)
@given(CLAUSES, st.lists(st.sampled_from([-4, -3, -2, -1, 1, 2, 3, 4]), max_size=3))
def test_answers_models_and_cores(clauses: list[list[int]], assumptions: list[int]) -> None:
    with Solver(clauses, Clock(20)) as solver:
        answer = solver.solve(assumptions)
        assert answer == satisfied([*clauses, *([literal] for literal in assumptions)])
        if answer:
            known = solver.model
            assert all(any(known[abs(literal)] == (literal > 0) for literal in clause) for clause in clauses)
        else:
            assert set(solver.core) <= set(assumptions)
            assert not satisfied([*clauses, *([literal] for literal in solver.core)])


def test_clauses_are_added_between_questions() -> None:
    with Solver([[1, 2]], Clock(20)) as solver:
        assert solver.solve([-1])
        assert solver.model[2]
        solver.add([[-2]])
        assert solver.solve([-1]) is False
        assert solver.core == [-1]
        assert solver.solve()


def test_it_is_killed_when_the_time_is_over() -> None:
    before = set(psutil.Process().children(recursive=True))
    with Solver(pigeons(14), Clock(0.5)) as solver:
        assert solver.solve() is None
        assert "0.5 s" in solver.why
        assert set(psutil.Process().children(recursive=True)) == before
        assert solver.solve() is None


def test_one_call_may_be_short() -> None:
    with Solver(pigeons(14), Clock(60)) as solver:
        assert solver.solve(conflicts=50) is None
        assert solver.solve(seconds=0.3) is None
        assert "0.3 s" in solver.why
        solver.add([[200], [-200]])
        assert solver.solve() is False


@pytest.mark.heavy
def test_memory_is_limited() -> None:
    whole = Clock(60, memory=psutil.Process().memory_info().rss / (1 << 20) + 80)
    with Solver((), whole.part(0.9).within(50)) as solver:
        solver.add([[number, number + 1, number + 2] for number in range(1, 2_000_000, 3)])
        assert solver.solve() is None
        assert "memory" in solver.why
    assert not whole.over
    assert whole.why == solver.why


def test_a_child_that_crashes_is_an_error() -> None:
    before = set(psutil.Process().children())
    with Solver([[1]], Clock(20)) as solver:
        assert solver.solve()
        (child,) = [
            new for new in psutil.Process().children() if new not in before and "sat_child" in str(new.cmdline())
        ]
        os.kill(child.pid, signal.SIGBUS)
        with pytest.raises(ToolError, match="cadical"):
            solver.solve()


def test_a_refutation_ends_in_the_empty_clause() -> None:
    with Solver([[1, 2], [1, -2], [-1, 2], [-1, -2]], Clock(20)) as solver:
        proof = solver.refutation()
        assert proof is not None
        assert proof.tolist()[-2:] == [1, 0]
    with Solver([[1, 2]], Clock(20)) as solver, pytest.raises(InputError, match="do not contradict"):
        solver.refutation()
