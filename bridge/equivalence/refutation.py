"""What cannot be, for checkers outside: clauses (DIMACS), and a DRAT proof that they contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from bridge.arrays import Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.errors import ToolError
from bridge.files import write_atomic


def refutation(clauses: Ints, clock: Clock, what: str) -> Ints:
    """The proof, flat as that of `Solver.refutation`; clauses: int64[n], each ended by 0.

    InputError when they do not contradict each other; ToolError, which names `what`, when the clock is over.
    """
    with Solver(clauses, clock) as solver:
        proof = solver.refutation()
    if proof is None:
        raise ToolError(f"{what} came to no end: {solver.why}")
    return proof


def write_refutation(cnf: str | Path, drat: str | Path, clauses: Ints, proof: Ints, *comments: str) -> int:
    """Write both, the clauses after the comments; returns how many lines the proof has."""
    count, variables = int((clauses == 0).sum()), int(np.abs(clauses).max(initial=1))
    head = [*(_ascii(f"c {comment}") for comment in comments), f"p cnf {variables} {count}"]
    lines = _drat(proof)
    write_atomic(cnf, "\n".join([*head, *_rows(clauses), ""]))
    write_atomic(drat, "\n".join([*lines, ""]))
    return len(lines)


def named(names: Mapping[int, str]) -> list[str]:
    """A comment for each variable that has a name."""
    return [f"{number} {name}" for number, name in names.items()]


def _rows(flat: Ints) -> Iterator[str]:
    start = 0
    numbers = flat.tolist()
    for end in np.flatnonzero(flat == 0).tolist():
        yield " ".join(map(str, numbers[start : end + 1]))
        start = end + 1


def _drat(proof: Ints) -> list[str]:
    """A line for every lemma and deletion; the last one is the empty clause."""
    lines = []
    for line in _rows(proof):
        kind, rest = line.split(" ", 1)
        lines.append(rest if kind == "1" else f"d {rest}")
    return lines if lines and lines[-1] == "0" else [*lines, "0"]


def _ascii(line: str) -> str:
    return line.encode("ascii", "backslashreplace").decode().replace("\n", " ")
