"""A SAT solver as a process of its own, since CaDiCaL cannot be interrupted; started as a script.

Argument: the name of the solver in python-sat. Messages both ways: a head of two int32, kind and count, then so many
int32; see `bridge.toolchain.served`. Clauses are literals, each clause ended by 0.
"""

from __future__ import annotations

import sys
from array import array
from itertools import chain
from typing import Any

ADD, SOLVE, PROVE = range(3)
UNKNOWN, UNSATISFIABLE, SATISFIABLE, PROOF = range(4)
NO_SOLVER, NO_MEMORY = 3, 4


def main(name: str) -> None:
    try:
        from pysat.solvers import Solver
    except ImportError:
        sys.exit(NO_SOLVER)
    solver = Solver(name=name)
    while True:
        kind, numbers = _received()
        if kind == ADD:
            _add(solver, numbers)
        elif kind == SOLVE:
            _send(*_solved(solver, numbers))
        else:
            with Solver(name=name, with_proof=True) as proving:
                _add(proving, numbers)
                _send(*_proof(proving))


def _add(solver: Any, numbers: list[int]) -> None:
    start = 0
    for end, number in enumerate(numbers):
        if not number:
            solver.add_clause(numbers[start:end])
            start = end + 1


def _solved(solver: Any, numbers: list[int]) -> tuple[int, list[int]]:
    """numbers: how many conflicts it may take, 0 for any number, then the assumptions."""
    conflicts, assumptions = numbers[0], numbers[1:]
    if conflicts:
        solver.conf_budget(conflicts)
    answer = solver.solve_limited(assumptions=assumptions) if conflicts else solver.solve(assumptions=assumptions)
    if answer is None:
        return UNKNOWN, []
    if answer:
        return SATISFIABLE, solver.get_model()
    return UNSATISFIABLE, solver.get_core() or []


def _proof(solver: Any) -> tuple[int, list[int]]:
    """The DRAT proof in numbers: each line 1, or -1 for a deletion, then its literals, then 0."""
    if solver.solve():
        return SATISFIABLE, solver.get_model()
    lines = (line.split() for line in solver.get_proof() or ())
    spelled = ([-1, *map(int, line[1:])] if line[0] == "d" else [1, *map(int, line)] for line in lines if line)
    return PROOF, [*chain.from_iterable(spelled)]


def _received() -> tuple[int, list[int]]:
    head = array("i", _read(8))
    return head[0], array("i", _read(4 * head[1])).tolist()


def _read(count: int) -> bytes:
    data = sys.stdin.buffer.read(count)
    if len(data) < count:
        sys.exit(0)
    return data


def _send(kind: int, numbers: list[int]) -> None:
    sys.stdout.buffer.write(array("i", [kind, len(numbers), *numbers]).tobytes())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except MemoryError:
        sys.exit(NO_MEMORY)
