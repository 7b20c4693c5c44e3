"""Incremental SAT under a clock: CaDiCaL in a process of its own, which is killed when time or memory is used up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType

import numpy as np
import psutil

from bridge.arrays import Flags, Ints
from bridge.equivalence.clock import Clock
from bridge.errors import InputError, ToolError
from bridge.toolchain import Limits, sat_child
from bridge.toolchain.served import Died, Served

NAME = "cadical195"
FOREVER = float("inf")

_CHILD = Path(sat_child.__file__)
_MIB = 1 << 20
_LEAST_MEMORY = 64 * _MIB
_LIBRARIES = 192 * _MIB  # address space of an interpreter and its libraries, which is not memory held
_OUT_OF_MEMORY = {sat_child.NO_MEMORY, -6, -9, -11}  # how it may end when an allocation fails


class Solver:
    """Clauses that grow, and questions about them; a context, at whose end the process is gone.

    `clauses`: lists of literals, or a flat array in which 0 ends each. `solve(assumptions)` is True (`model`: the
    values), False (`core`: those of the assumptions that were enough) or None: the clock is over, and `why` says how.
    With `conflicts` or `seconds` it may be None earlier; it can be asked again then, though what it learnt is lost
    after `seconds`. ToolError when python-sat is missing or its solver crashes.
    """

    def __init__(self, clauses: Iterable[Sequence[int]] | Ints = (), clock: Clock | None = None) -> None:
        self.clock = clock or Clock(FOREVER)
        self.why = ""
        self._clauses: list[Ints] = []
        self._told = 0
        self._process: Served | None = None
        self._answer: tuple[int, Ints] = (sat_child.UNKNOWN, np.zeros(0, np.int64))
        self.add(clauses)

    def __enter__(self) -> Solver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process; what was answered last can still be read, and more can be asked of a new one."""
        if self._process is not None:
            self._process.close()
        self._process, self._told = None, 0

    def add(self, clauses: Iterable[Sequence[int]] | Ints) -> None:
        """More clauses; they are sent with the next question."""
        flat = flattened(clauses)
        if len(flat):
            self._clauses.append(flat)

    def solve(self, assumptions: Iterable[int] = (), *, conflicts: int = 0, seconds: float = FOREVER) -> bool | None:
        """Can all clauses be true under these literals? conflicts: None after so many of them; 0: without a limit."""
        numbers = np.array([conflicts, *assumptions], np.int64)
        self._answer = self._asked(sat_child.SOLVE, numbers, seconds) or (sat_child.UNKNOWN, np.zeros(0, np.int64))
        return {sat_child.SATISFIABLE: True, sat_child.UNSATISFIABLE: False}.get(self._answer[0])

    @property
    def model(self) -> Flags:
        """bool[variables + 1]: the values of the last True, by variable."""
        assert self._answer[0] == sat_child.SATISFIABLE, "model: the last answer was not True"
        literals = self._answer[1]
        values = np.zeros(len(literals) + 1, np.bool_)
        values[np.abs(literals)] = literals > 0
        return values

    @property
    def core(self) -> list[int]:
        """The assumptions that were enough for the last False."""
        assert self._answer[0] == sat_child.UNSATISFIABLE, "core: the last answer was not False"
        found: list[int] = self._answer[1].tolist()
        return found

    def refutation(self) -> Ints | None:
        """A DRAT proof that all clauses contradict each other: flat, each line 1, or -1 for a deletion, its literals,
        0. None when the clock is over. InputError when they do not contradict each other."""
        clauses = np.concatenate([np.zeros(0, np.int64), *self._clauses])
        reply = self._asked(sat_child.PROVE, clauses, FOREVER)
        if reply is None:
            return None
        if reply[0] != sat_child.PROOF:
            raise InputError("the clauses do not contradict each other: there is nothing to prove")
        return reply[1]

    def _asked(self, kind: int, numbers: Ints, seconds: float) -> tuple[int, Ints] | None:
        if self.clock.over:
            self.why = self.clock.why
            return None
        self.why = f"no end after {seconds:g} s; allow more seconds" if seconds < self.clock.left else ""
        reply = None
        try:
            reply = self._exchanged(kind, numbers, self.clock.within(seconds))
        except Died as error:
            self.close()
            self._explain(error)
        if reply is None:
            self.close()
            self.why = self.why or self.clock.why
        return reply

    def _exchanged(self, kind: int, numbers: Ints, clock: Clock) -> tuple[int, Ints] | None:
        def over() -> bool:
            return clock.over

        process = self._process = self._process or Served(_CHILD, NAME, self._limits(), step="a SAT question")
        if kind == sat_child.SOLVE:
            while self._told < len(self._clauses):
                if not process.tell(sat_child.ADD, self._clauses[self._told], over):
                    return None
                self._told += 1
        return process.hear(over) if process.tell(kind, numbers, over) else None

    def _limits(self) -> Limits:
        if self.clock.memory is None:
            return Limits()
        left = self.clock.memory * _MIB - psutil.Process().memory_info().rss
        return Limits(memory=int(max(_LEAST_MEMORY, left)) + _LIBRARIES)

    def _explain(self, error: Died) -> None:
        if error.code == sat_child.NO_SOLVER:
            raise ToolError("a SAT solver needs python-sat (pip install python-sat)") from None
        if error.code not in _OUT_OF_MEMORY:
            raise error
        self.clock.ran_short()
        self.why = self.clock.why


def flattened(clauses: Iterable[Sequence[int]] | Ints) -> Ints:
    """int32[n]: lists of literals one after the other, each ended by 0; a flat array as it is."""
    if isinstance(clauses, np.ndarray):
        return clauses.astype(np.int32, copy=False)
    return np.fromiter(chain.from_iterable((*clause, 0) for clause in clauses), np.int32)
