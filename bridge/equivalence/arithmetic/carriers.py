"""Nodes that are the carry of given addends though no few gates say so: prefix adders make them from afar.

They are found by what they do under simulation, and proven by SAT within the gates nearest above: what lies below is
left free, so that a proof stays small, and may fail to be found, but never be wrong.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np

from bridge.aig import FALSE, Aig
from bridge.arrays import Words
from bridge.equivalence.clauses import equal, signed, solver_for
from bridge.execution import simulate
from bridge.execution.words import random_patterns

_WORDS = 16
_GATES = 1000
_CONFLICTS = 2000


class Carriers:
    """Those of a combinational netlist."""

    def __init__(self, form: Aig) -> None:
        self.form = form
        self._ands: list[list[int]] = form.ands.tolist()
        self._rows = simulate(form, random_patterns(len(form.inputs), _WORDS, seed=2), 2 * np.arange(form.variables))
        self._alike: dict[bytes, list[int]] = {}
        for variable, row in enumerate(self._rows):
            self._alike.setdefault(_key(row), []).append(variable)

    def likely(self, addends: Sequence[int]) -> Iterator[int]:
        """The literals that behave like the carry of two or three literals."""
        rows = [self._row(literal) for literal in addends]
        wanted = rows[0] & rows[1] | (rows[2] & (rows[0] | rows[1]) if len(rows) == 3 else np.uint64(0))
        yield from self._behaving(wanted)

    def alike(self, literal: int) -> list[int]:
        """The literals that behave like this one."""
        return self._behaving(self._row(literal))

    def _behaving(self, row: Words) -> list[int]:
        flips = [(variable, (self._rows[variable][0] ^ row[0]) & np.uint64(1)) for variable in self._found(row)]
        return [2 * variable ^ int(flip) for variable, flip in flips]

    def _found(self, row: Words) -> list[int]:
        return self._alike.get(_key(row), [])

    def _row(self, literal: int) -> Words:
        row: Words = self._rows[literal >> 1] ^ np.uint64(0xFFFFFFFFFFFFFFFF * (literal & 1))
        return row

    def proven(self, literal: int, addends: Sequence[int]) -> bool:
        """Whether it is the carry by the gates with the highest numbers below all of them, the topmost, so to say."""
        solver = solver_for("the algebra of adders")
        solver.add_clause([-1])
        waiting = [-(each >> 1) for each in {literal, *addends}]
        heapq.heapify(waiting)
        seen, gates = set(waiting), 0
        while waiting and gates < _GATES and -waiting[0] >= self.form.first_and:
            variable = -heapq.heappop(waiting)
            one, other = self._ands[variable - self.form.first_and]
            own, a, b = signed(2 * variable), signed(one), signed(other)
            for clause in ([-own, a], [-own, b], [own, -a, -b]):
                solver.add_clause(clause)
            for fanin in (one >> 1, other >> 1):
                if -fanin not in seen:
                    seen.add(-fanin)
                    heapq.heappush(waiting, -fanin)
            gates += 1
        made = self.form.variables + 1
        a, b, c = (*map(signed, addends), signed(FALSE))[:3]
        for x, y in ((a, b), (a, c), (b, c)):
            solver.add_clause([-x, -y, made])
            solver.add_clause([x, y, -made])
        try:
            return equal(solver, signed(literal), made, _CONFLICTS) == "equivalent"
        finally:
            solver.delete()


def _key(row: Words) -> bytes:
    """The same for a row and its complement."""
    return (row ^ np.uint64(0xFFFFFFFFFFFFFFFF * int(row[0] & np.uint64(1)))).tobytes()
