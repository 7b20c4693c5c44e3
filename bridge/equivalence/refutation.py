"""What cannot be, for checkers outside: clauses (DIMACS), and a DRAT proof that they contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.arrays import Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.errors import ToolError
from bridge.files import write_atomic
from bridge.printable import counted


class Unfinished(ToolError):
    """The time or the memory was used up before a proof was found: nothing was written."""


@dataclass(frozen=True)
class Written:
    """A DRAT proof in a file, of so many `lines`, and its clauses beside it; or `why` it was not written."""

    path: str
    lines: int = 0
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"proof": None, "no_proof": self.why} if self.why else {"proof": self.path, "proof_lines": self.lines}

    def __str__(self) -> str:
        if self.why:
            return f"{self.path} was not written: {self.why}"
        return f"{self.path}: {counted(self.lines, 'line')} of DRAT for the clauses in {self.path}.cnf"


def attempted(path: str | Path, write: Callable[[], int]) -> Written:
    """Write a proof of an answer that is known; that stays when the proof comes to no end. write: how many lines it
    wrote, or Unfinished."""
    try:
        return Written(str(path), write())
    except Unfinished as error:
        return Written(str(path), why=str(error))


def refutation(clauses: Ints, clock: Clock, what: str) -> Ints:
    """The proof, flat as that of `Solver.refutation`; clauses: int64[n], each ended by 0.

    InputError when they do not contradict each other; Unfinished, which names `what`, when the clock is over.
    """
    with Solver(clauses, clock) as solver:
        proof = solver.refutation()
    if proof is None:
        raise Unfinished(f"{what} came to no end: {solver.why}")
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
