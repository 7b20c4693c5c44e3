"""A second engine, independent of ABC: our own clauses, solved by Glucose (python-sat), swept from the inputs upwards.

Every node of the second netlist is looked for in the first: by its fanins, else among the nodes that behave alike under
simulation, where a SAT solver must prove it. What was found stands for the node from then on, so that deep logic is
compared a few gates at a time; what remains is decided at the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.equivalence.engines import Bits, Clock, random_patterns
from bridge.errors import ToolError
from bridge.execution import simulate

_WORDS = 16
_CANDIDATES = 2
_CONFLICTS = 200
_LAST_CONFLICTS = 5000
_MOST_VARIABLES = 20_000
_NOWHERE = -1


@dataclass(frozen=True)
class Swept:
    """`equivalent`: None when the time was over; `vector`: uint8[inputs], where the solver says that they differ."""

    equivalent: bool | None
    vector: Bits | None = None


def sweep(ours: Aig, theirs: Aig, clock: Clock) -> Swept:
    """Compare two combinational netlists with the same inputs and outputs, in the same order.

    ToolError when python-sat is not installed.
    """
    return next((found for found in sweep_each(ours, theirs, clock) if not found.equivalent), Swept(True))


def sweep_each(ours: Aig, theirs: Aig, clock: Clock) -> Iterator[Swept]:
    """`sweep`, one answer for every output, in order; all of them share what was learnt."""
    state = _Sweep(ours, theirs)
    state.match_all(clock)
    for mine, other in zip(ours.output_literals().tolist(), theirs.output_literals().tolist(), strict=True):
        found = state.compare(mine, other, clock)
        yield Swept(found, state.vector() if found is False else None)


class _Sweep:
    """`image`: for every variable of `theirs`, the literal of `ours` proven to have its value, or nowhere."""

    def __init__(self, ours: Aig, theirs: Aig) -> None:
        self.ours, self.theirs = ours, theirs
        self.nodes = {(a, b): 2 * v for v, (a, b) in enumerate(ours.ands.tolist(), ours.first_and)}
        self.image = [2 * v for v in range(theirs.first_and)] + [_NOWHERE] * len(theirs.ands)
        self.solver = _Solver(self)

    def match_all(self, clock: Clock) -> None:
        alike = self._alike()
        for variable, (a, b) in enumerate(self.theirs.ands.tolist(), self.theirs.first_and):
            found = self._by_fanins(self._mapped(a), self._mapped(b))
            if found == _NOWHERE and clock.seconds < clock.budget:
                found = next((c for c in alike(variable) if self._same(2 * variable, c)), _NOWHERE)
            self.image[variable] = found

    def compare(self, mine: int, other: int, clock: Clock) -> bool | None:
        """Whether the literal of ours equals the one of theirs; None when the time is over."""
        if self._mapped(other) == mine:
            return True
        while clock.seconds < clock.budget:
            answer = self.solver.equal(mine, other, _LAST_CONFLICTS)
            if answer is not None:
                return answer
        return None

    def vector(self) -> Bits:
        """The inputs of the last difference."""
        return self.solver.inputs(len(self.ours.inputs))

    def _mapped(self, literal: int) -> int:
        found = self.image[literal >> 1]
        return found if found == _NOWHERE else found ^ (literal & 1)

    def _by_fanins(self, a: int, b: int) -> int:
        if a == _NOWHERE or b == _NOWHERE:
            return _NOWHERE
        high, low = max(a, b), min(a, b)
        if low == 0 or high == low ^ 1:
            return 0
        if low == 1 or high == low:
            return high
        return self.nodes.get((high, low), _NOWHERE)

    def _same(self, other: int, mine: int) -> bool:
        self.solver = self.solver if len(self.solver.numbers) < _MOST_VARIABLES else _Solver(self)
        return self.solver.equal(mine, other, _CONFLICTS) is True

    def _alike(self) -> Any:
        """A function from a variable of theirs to a few literals of ours that behaved the same."""
        words = random_patterns(len(self.ours.inputs), _WORDS, seed=1)
        values = [simulate(aig, words, 2 * np.arange(aig.variables)) for aig in (self.ours, self.theirs)]
        # Both polarities of a function are filed under the one that is 0 for the first pattern.
        flips = [(rows[:, :1] & np.uint64(1)).astype(bool) for rows in values]
        keys = [np.where(flip, ~rows, rows) for rows, flip in zip(values, flips, strict=True)]
        places: dict[bytes, list[int]] = {}
        for variable, key in enumerate(keys[0]):
            known = places.setdefault(key.tobytes(), [])
            if len(known) < _CANDIDATES:
                known.append(2 * variable ^ int(flips[0][variable, 0]))

        def candidates(variable: int) -> Iterator[int]:
            for literal in places.get(keys[1][variable].tobytes(), ()):
                yield literal ^ int(flips[1][variable, 0])

        return candidates


class _Solver:
    """The gates that were asked for as clauses. A node of theirs with an image in ours is never encoded."""

    def __init__(self, owner: _Sweep) -> None:
        try:
            from pysat.solvers import Glucose4
        except ImportError as error:
            raise ToolError("a second opinion needs python-sat (pip install python-sat)") from error
        self.owner = owner
        self.solver: Any = Glucose4()
        self.numbers: dict[tuple[bool, int], int] = {}
        self._number(False, 0)
        self.solver.add_clause([-1])

    def equal(self, mine: int, other: int, conflicts: int) -> bool | None:
        """Whether a literal of ours equals one of theirs; None after so many conflicts."""
        left, right = self._encoded(False, mine), self._encoded(True, other)
        for assumptions in ([left, -right], [-left, right]):
            self.solver.conf_budget(conflicts)
            answer = self.solver.solve_limited(assumptions=assumptions)
            if answer is not False:
                return False if answer else None
        self.solver.add_clause([left, -right])
        self.solver.add_clause([-left, right])
        return True

    def inputs(self, count: int) -> Bits:
        model = self.solver.get_model()
        numbers = [self.numbers.get((False, variable), 0) for variable in range(1, count + 1)]
        return np.array([number > 0 and model[number - 1] > 0 for number in numbers], np.uint8)

    def _encoded(self, foreign: bool, literal: int) -> int:
        """The solver's literal; the gates below it become clauses first."""
        foreign, literal = self._resolved(foreign, literal)
        waiting, gates = [(foreign, literal >> 1)], []
        while waiting:
            key = waiting.pop()
            aig = self.owner.theirs if key[0] else self.owner.ours
            if key in self.numbers or key[1] < aig.first_and:
                continue
            own = self._number(*key)
            fanins = [self._resolved(key[0], int(fanin)) for fanin in aig.ands[key[1] - aig.first_and]]
            waiting += [(side, fanin >> 1) for side, fanin in fanins]
            gates.append((own, fanins))
        for own, fanins in gates:
            a, b = (self._signed(side, fanin) for side, fanin in fanins)
            for clause in ([-own, a], [-own, b], [own, -a, -b]):
                self.solver.add_clause(clause)
        return self._signed(foreign, literal)

    def _resolved(self, foreign: bool, literal: int) -> tuple[bool, int]:
        mapped = self.owner._mapped(literal) if foreign else literal
        return (True, literal) if mapped == _NOWHERE else (False, mapped)

    def _signed(self, foreign: bool, literal: int) -> int:
        number = self._number(foreign, literal >> 1)
        return -number if literal & 1 else number

    def _number(self, foreign: bool, variable: int) -> int:
        return self.numbers.setdefault((foreign, variable), len(self.numbers) + 1)
