"""Proof that pairs of literals agree in every reachable state: signal correspondence by induction, with SAT.

All nodes of a machine that behave alike in random runs from reset are claimed to be equal, up to complement. The claims
are proven for the first step, and for any step after one in which all of them hold; where that fails, the state that
the solver found splits the classes and the induction starts again with fewer claims. What is left holds always.
(C. A. J. van Eijk 2000; H. Mony et al., Speculative reduction-based scalable redundancy identification, 2009.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.literals import inverted, through, variable_of
from bridge.arrays import Words
from bridge.equivalence.clauses import equal, signed, solver_for
from bridge.equivalence.clock import Clock
from bridge.equivalence.verdict import Answer
from bridge.execution import compile_program, run, simulate
from bridge.execution.words import random_words

_SIMULATED_BYTES = 1 << 28
_STEPS, _BATCHES = 64, 4
_CONFLICTS, _LAST_CONFLICTS = 100, 20_000
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def always_equal(machine: Aig, clock: Clock) -> bool:
    """Whether the first half of the outputs is proven equal to the second, in all states reachable from reset.

    False says nothing: the time may be over, or the pairs agree for reasons that induction does not find. Every
    reset must be 0. ToolError when python-sat is not installed.
    """
    classes = _Classes(machine)
    first = _Frames(machine, classes, clock)
    first.prove([*(first.variable() for _ in machine.inputs), *(0 for _ in machine.latches)])
    while not clock.over:
        frames = _Frames(machine, classes, clock)
        before = frames.assume([frames.variable() for _ in range(machine.first_and - 1)])
        inputs = [frames.variable() for _ in machine.inputs]
        following = [through(before, latch.next) for latch in machine.latches]
        if frames.prove(inputs + following):
            outputs = [through(before, literal) for literal in machine.output_literals().tolist()]
            half = len(outputs) // 2
            pairs = zip(outputs[:half], outputs[half:], strict=True)
            return all(frames.equal(*pair, _LAST_CONFLICTS) == "equivalent" for pair in pairs)
    return False


class _Classes:
    """`claims`: int64[variables], a literal of the first variable of its class for each variable, up to complement
    itself."""

    def __init__(self, machine: Aig) -> None:
        self.machine = machine
        keys, odd = self._keys()
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        self.claims = 2 * first[place] + (odd ^ odd[first[place]])

    def split(self, values: Words) -> None:
        """Keep together only what is equal under these values, uint64[variables, W]."""
        own = 2 * np.arange(len(self.claims))
        merged = np.flatnonzero(self.claims != own)
        some = np.union1d(merged, variable_of(self.claims[merged]))
        odd = inverted(self.claims[some])
        rows = np.where(odd[:, None] == 1, ~values[some], values[some])
        keys = _hash(rows, 0) * np.uint64(3) + variable_of(self.claims[some]).astype(np.uint64) * np.uint64(
            0x9E3779B97F4A7C15
        )
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        self.claims[some] = 2 * some[first[place]] + (odd ^ odd[first[place]])

    def isolate(self, variable: int) -> None:
        """No claim about this variable, which is not the first of its class."""
        self.claims[variable] = 2 * variable

    def _keys(self) -> tuple[Words, npt.NDArray[np.int64]]:
        """A digest of the behaviour of every variable, the same for complements, and whether it is the complement."""
        machine = self.machine
        words = int(np.clip(_SIMULATED_BYTES // (8 * _STEPS * machine.variables), 1, 8))
        program = compile_program(machine, 2 * np.arange(machine.variables))
        state = program.reset_state(words)
        keys = np.zeros(machine.variables, np.uint64)
        odd: npt.NDArray[np.int64] | None = None
        for batch in range(_BATCHES):
            inputs = random_words(1000 + batch, _STEPS, len(machine.inputs), words)
            values, state = run(program, inputs, state)
            if odd is None:
                odd = (values[0, :, 0] & np.uint64(1)).astype(np.int64)
            flip = np.where(odd == 1, _ALL, np.uint64(0))
            keys += _hash((values ^ flip[:, None]).transpose(1, 0, 2).reshape(len(keys), -1), batch)
        assert odd is not None
        return keys, odd


def _hash(rows: Words, seed: int) -> Words:
    """uint64[n]: a digest of each row; a collision only makes a claim that will be refuted."""
    digests: Words = (rows ^ rows >> np.uint64(29)) @ (random_words(seed, rows.shape[1]) | np.uint64(1))
    return digests


class _Frames:
    """Steps of the machine as clauses. Literals are `2 * variable + complement` with variable 0 false, as in an AIG;
    gates are hashed across steps."""

    def __init__(self, machine: Aig, classes: _Classes, clock: Clock) -> None:
        self.machine, self.classes, self.clock = machine, classes, clock
        self.solver = solver_for("a proof by induction")
        self.solver.add_clause([-1])
        self.count = 1
        self.gates: dict[tuple[int, int], int] = {}

    def variable(self) -> int:
        self.count += 1
        return 2 * (self.count - 1)

    def assume(self, leaves: Sequence[int]) -> list[int]:
        """A step in which all claims hold; the literal of each variable."""
        literals = [0, *leaves]
        claims = self.classes.claims.tolist()
        for v in range(1, self.machine.first_and):
            literals[v] = through(literals, claims[v]) if claims[v] != 2 * v else literals[v]
        for v, (a, b) in enumerate(self.machine.ands.tolist(), self.machine.first_and):
            target = -1 if claims[v] == 2 * v else through(literals, claims[v])
            literals.append(self._gate(through(literals, a), through(literals, b), target))
        return literals

    def prove(self, leaves: Sequence[int]) -> bool:
        """Whether all claims hold in a step from these leaves. Those that do not are withdrawn."""
        sound = True
        literals = [0]
        fanins = [(0, 0)] * self.machine.first_and + self.machine.ands.tolist()
        for v in range(1, self.machine.variables):
            a, b = fanins[v]
            is_leaf = v < self.machine.first_and
            found = leaves[v - 1] if is_leaf else self._gate(through(literals, a), through(literals, b))
            claim = int(self.classes.claims[v])
            if claim != 2 * v:
                target = through(literals, claim)
                answer = self.equal(found, target)
                if answer == "equivalent":
                    found = target
                else:
                    sound = False
                    self._withdraw(v, leaves, known=answer == "different")
            literals.append(found)
            if self.clock.over:
                return False
        return sound

    def equal(self, one: int, other: int, conflicts: int = _CONFLICTS) -> Answer:
        return "equivalent" if one == other else equal(self.solver, signed(one), signed(other), conflicts)

    def _withdraw(self, variable: int, leaves: Sequence[int], known: bool) -> None:
        claim = self.classes.claims[variable]
        if known:
            model = self.solver.get_model()
            values = [number > 0 for number in model] + [False] * (self.count - len(model))
            bits = [through(values, literal) for literal in leaves]
            self.classes.split(self._values(np.array(bits, np.uint64)))
        if self.classes.claims[variable] == claim:
            self.classes.isolate(variable)

    def _values(self, vector: Words) -> Words:
        """uint64[variables, 4] under the vector, and others that differ from it in inputs only."""
        patterns = np.repeat((np.uint64(0) - vector)[:, None], 4, axis=1)
        inputs = len(self.machine.inputs)
        noise = random_words(self.count, inputs, 4) & random_words(self.count + 1, inputs, 4)
        patterns[:inputs] ^= noise & ~np.uint64(1)
        return simulate(self.machine, patterns, 2 * np.arange(self.machine.variables))

    def _gate(self, a: int, b: int, target: int = -1) -> int:
        """The literal of `a AND b`. With a target, that is the one, made equal by clauses."""
        high, low = max(a, b), min(a, b)
        if low == 0 or high == low ^ 1:
            found = 0
        else:
            found = high if low == 1 or high == low else self.gates.get((high, low), -1)
        if found < 0:
            found = self.variable() if target < 0 else target
            self.gates[high, low] = found
            own, x, y = signed(found), signed(high), signed(low)
            self._add([-own, x], [-own, y], [own, -x, -y])
        elif target >= 0 and found != target:
            self._add([signed(found), -signed(target)], [-signed(found), signed(target)])
        return found if target < 0 else target

    def _add(self, *clauses: list[int]) -> None:
        for clause in clauses:
            self.solver.add_clause(clause)
