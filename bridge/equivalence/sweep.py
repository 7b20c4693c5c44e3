"""SAT sweeping, a second engine, independent of ABC: our own clauses, solved by Glucose, from the inputs upwards.

Every node of the second netlist is looked for in the first: by its fanins, else among the nodes that behave alike under
simulation, where a SAT solver must prove it. What was found stands for the node from then on, so that deep logic is
compared a few gates at a time; what remains is decided at the outputs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits, Flags, Words
from bridge.equivalence.clauses import equal, solver_for
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim
from bridge.equivalence.images import NOWHERE, follow, nodes_of
from bridge.equivalence.verdict import Answer
from bridge.execution import simulate
from bridge.execution.words import random_patterns, random_words

_METHOD = "SAT sweeping"
_WORDS = 16
_CANDIDATES = 2
_CONFLICTS = 200
_LAST_CONFLICTS = 5000
# A solver with many variables is slow even where a question needs few, and what it learnt is kept in `image`.
_MOST_VARIABLES, _MOST_GROWTH = 2000, 4
_WORDS_AT_ONCE = 4


def sweep(ours: Aig, theirs: Aig, clock: Clock) -> Claim:
    """Compare two combinational netlists with the same inputs and outputs, in the same order; "undecided" when the time
    is over, "different" with a vector.

    ToolError when python-sat is not installed.
    """
    return Sweeping(ours, theirs).claim(clock)


def sweep_each(ours: Aig, theirs: Aig, clock: Clock) -> Iterator[Claim]:
    """`sweep`, one answer for every output, in order; all of them share what was learnt."""
    return _Sweep(ours, theirs).claims(clock)


class Sweeping:
    """`sweep`, which a look at the clock may end (KeyboardInterrupt), and which goes on from there when asked again.
    `seconds`: of work so far."""

    def __init__(self, ours: Aig, theirs: Aig) -> None:
        self.ours, self.theirs, self.seconds = ours, theirs, 0.0

    @cached_property
    def _state(self) -> _Sweep:
        return _Sweep(self.ours, self.theirs)

    def claim(self, clock: Clock) -> Claim:
        """What it says when this time is over, or before."""
        return self._first(lambda: self._state.claims(clock))

    def look(self, clock: Clock) -> Claim:
        """The same, "undecided", too, where an output is not soon decided when all nodes are known: that takes any
        time."""
        return self._first(lambda: self._state.looks(clock))

    def _first(self, claims: Callable[[], Iterator[Claim]]) -> Claim:
        """The first that is no proof."""
        proven, started = Claim("equivalent", method=_METHOD), time.thread_time()
        try:
            return next((found for found in claims() if found.answer != "equivalent"), proven)
        finally:
            self.seconds += time.thread_time() - started


class _Sweep:
    """`image`: for every variable of `theirs`, the literal of `ours` proven to have its value, or nowhere; `reached`:
    those before it were looked for."""

    def __init__(self, ours: Aig, theirs: Aig) -> None:
        self.ours, self.theirs = ours, theirs
        self.nodes = nodes_of(ours, found=True), nodes_of(theirs, found=False)
        self.image = np.full(theirs.variables, NOWHERE, np.int64)
        self.image[: theirs.first_and] = 2 * np.arange(theirs.first_and)
        self.solver, self.most = _Solver(self), _MOST_VARIABLES
        self.reached = theirs.first_and

    def looks(self, clock: Clock) -> Iterator[Claim]:
        """One for every output, of which each is tried once."""
        self.match_all(clock)
        for mine, other in self._outputs():
            answer: Answer = "equivalent" if self._mapped(other) == mine else "undecided"
            if answer == "undecided" and not clock.over:
                answer = self._asked(other, mine)
            yield Claim(answer, self.vector() if answer == "different" else None, method=_METHOD)

    def _outputs(self) -> Iterator[tuple[int, int]]:
        return zip(self.ours.output_literals().tolist(), self.theirs.output_literals().tolist(), strict=True)

    def claims(self, clock: Clock) -> Iterator[Claim]:
        """One for every output."""
        self.match_all(clock)
        for mine, other in self._outputs():
            answer = self.compare(mine, other, clock)
            yield Claim(answer, self.vector() if answer == "different" else None, method=_METHOD)

    def match_all(self, clock: Clock) -> None:
        """Nodes that no fanins tell are looked for among those that are alike, while there is time."""
        ours, theirs = self.nodes
        while (variable := int(follow(self.reached, theirs, ours, self.image, clock.over))) < self.theirs.variables:
            found = next((c for c in self._alike(variable) if self._same(2 * variable, c)), NOWHERE)
            self.image[variable], self.reached = found, variable + 1

    def compare(self, mine: int, other: int, clock: Clock) -> Answer:
        """Whether the literal of ours equals the one of theirs."""
        if self._mapped(other) == mine:
            return "equivalent"
        answer: Answer = "undecided"
        while answer == "undecided" and not clock.over:
            answer = self.solver.equal(mine, other, _LAST_CONFLICTS)
        return answer

    def vector(self) -> Bits:
        """The inputs of the last difference."""
        return self.solver.inputs(len(self.ours.inputs))

    def _mapped(self, literal: int) -> int:
        found = int(self.image[literal >> 1])
        return found if found == NOWHERE else found ^ (literal & 1)

    def _same(self, other: int, mine: int) -> bool:
        return self._asked(other, mine) == "equivalent"

    def _asked(self, other: int, mine: int) -> Answer:
        """Of a literal of theirs and one of ours, without long thought."""
        if len(self.solver.numbers) >= self.most:
            self.solver = _Solver(self)
        fresh = len(self.solver.numbers) == 1
        answer = self.solver.equal(mine, other, _CONFLICTS)
        self.most = max(_MOST_VARIABLES, _MOST_GROWTH * len(self.solver.numbers)) if fresh else self.most
        return answer

    @cached_property
    def _alike(self) -> Callable[[int], Iterator[int]]:
        """A function from a variable of theirs to a few literals of ours that behaved the same."""
        patterns, factors = (
            random_patterns(len(self.ours.inputs), _WORDS, seed=1),
            random_words(2, _WORDS) | np.uint64(1),
        )
        (mine, odd), (others, flips) = (_digests(aig, patterns, factors) for aig in (self.ours, self.theirs))
        order = np.argsort(mine, kind="stable")
        mine = mine[order]

        def candidates(variable: int) -> Iterator[int]:
            start = int(np.searchsorted(mine, others[variable]))
            for place in range(start, min(start + _CANDIDATES, len(mine))):
                if mine[place] != others[variable]:
                    return
                yield 2 * int(order[place]) ^ int(odd[order[place]] ^ flips[variable])

        return candidates


def _digests(aig: Aig, patterns: Words, factors: Words) -> tuple[Words, Flags]:
    """(a digest of what each variable does, whether it is that of the complement): both polarities of a function are
    filed under the one that is 0 for the first pattern."""
    digests, flips = np.zeros(aig.variables, np.uint64), np.zeros(aig.variables, np.bool_)
    for first in range(0, patterns.shape[1], _WORDS_AT_ONCE):
        some = slice(first, first + _WORDS_AT_ONCE)
        rows = simulate(aig, patterns[:, some], 2 * np.arange(aig.variables))
        flips = flips if first else (rows[:, 0] & np.uint64(1)).astype(np.bool_)
        np.invert(rows, out=rows, where=flips[:, None])
        digests += rows @ factors[some]
    return digests, flips


class _Solver:
    """The gates that were asked for as clauses. A node of theirs with an image in ours is never encoded."""

    def __init__(self, owner: _Sweep) -> None:
        self.owner = owner
        self.solver = solver_for("a second opinion")
        self.numbers: dict[tuple[bool, int], int] = {}
        self._number(False, 0)
        self.solver.add_clause([-1])

    def equal(self, mine: int, other: int, conflicts: int) -> Answer:
        """Whether a literal of ours equals one of theirs; "undecided" after so many conflicts."""
        return equal(self.solver, self._encoded(False, mine), self._encoded(True, other), conflicts)

    def inputs(self, count: int) -> Bits:
        model = self.solver.get_model()
        numbers = [self.numbers.get((False, variable), 0) for variable in range(1, count + 1)]
        return np.array([number > 0 and model[number - 1] > 0 for number in numbers], np.uint8)

    def _encoded(self, foreign: bool, literal: int) -> int:
        """The solver's literal; the gates below it become clauses first."""
        foreign, literal = self._resolved(foreign, literal)
        numbers, add = self.numbers, self.solver.add_clause
        waiting, gates = [(foreign, literal >> 1)], []
        while waiting:
            side, variable = waiting.pop()
            nodes = self.owner.nodes[side]
            if (side, variable) in numbers or variable < nodes.first:
                continue
            own = self._number(side, variable)
            left, right = (self._resolved(side, fanin) for fanin in nodes.ands[variable - nodes.first].tolist())
            waiting += [(left[0], left[1] >> 1), (right[0], right[1] >> 1)]
            gates.append((own, left, right))
        for own, left, right in gates:
            a, b = self._signed(*left), self._signed(*right)
            add([-own, a])
            add([-own, b])
            add([own, -a, -b])
        return self._signed(foreign, literal)

    def _resolved(self, foreign: bool, literal: int) -> tuple[bool, int]:
        if foreign:
            found = int(self.owner.image[literal >> 1])
            if found != NOWHERE:
                return False, found ^ (literal & 1)
        return foreign, literal

    def _signed(self, foreign: bool, literal: int) -> int:
        number = self._number(foreign, literal >> 1)
        return -number if literal & 1 else number

    def _number(self, foreign: bool, variable: int) -> int:
        return self.numbers.setdefault((foreign, variable), len(self.numbers) + 1)
