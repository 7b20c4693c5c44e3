"""The search for few units that keep a question, see `claim.broken`, from being broken.

Units that alone can break it are needed in any reason: all of their values are run, and then they are constants. The
rest is left out part by part: runs of random values find what breaks it, SAT shows that nothing does, one rival at a
time. What was once enough against a rival, or has once broken it, is not asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.aig.literals import variable_of
from bridge.analysis.explaining.climb import Climb
from bridge.analysis.explaining.units import STATE, Sampling
from bridge.analysis.minimal import Minimal, Told, cardinality_minimal, subset_minimal
from bridge.arrays import Bits, Flags
from bridge.equivalence.clauses import gates, signed
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.execution.compile.program import Program, compile_program
from bridge.execution.machines.run import run
from bridge.execution.words import packed, unpacked

LANES = 1024
TRIES = 2  # of so many lanes
ROUNDS = 32  # in which what breaks it is made smaller
FEW = 300  # conflicts for all rivals at once
FIRST, MORE = 500, 4  # conflicts for each rival at first, and times as many each time
OPEN = 4  # solvers kept


class Search:
    """A question, an output for each rival, and the units of its inputs; a context, which has a solver."""

    def __init__(self, whole: Aig, sampling: Sampling, climb: Climb, clock: Clock) -> None:
        self._whole, self._sampling, self._climb, self._clock = whole, sampling, climb, clock
        self._conflicts = FIRST
        self._random = np.random.default_rng(0)
        self._everything = frozenset(range(len(sampling.units)))
        self.needed = self._alone()
        self._hit = [frozenset([unit]) for unit in self.needed]
        self._form = self._with_constants(self.needed)
        self._program = compile_program(self._form)
        self._cores: list[list[frozenset[int]]] = [[] for _ in self._form.outputs]
        together = self.folded(self.needed)
        self._any, self._read = signed(together.outputs[0].literal), _read(together)
        self._solver = Solver(gates(together), clock)
        self._open: dict[frozenset[int], tuple[Aig, Solver]] = {}
        self._tried: dict[frozenset[int], int] = {}

    def __enter__(self) -> Search:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for solver in (self._solver, *(opened for _, opened in self._open.values())):
            solver.close()

    def subset(self) -> Minimal:
        """Units of which none can be left out. What SAT cannot decide after few conflicts is asked again, with more of
        them, once all else is left out."""
        order = sorted(self._everything, key=lambda unit: (unit in self.needed, unit))
        states = sum(unit.kind == STATE for unit in self._sampling.units)
        while True:
            if self.suffices(self.needed).answer:
                few = tuple(sorted(self.needed))
                return Minimal(tuple(order), True, few, self.needed, len(few), hit=tuple(self._hit))
            found = subset_minimal(order, self.suffices, self._clock, first=states)
            if found.minimal or self._clock.over:
                least, hit = max(found.least, len(self.needed)), tuple(self._hit)
                return replace(found, elements=tuple(self._everything), least=least, hit=hit).shown_by(hit)
            order = [unit for unit in order if unit in found.kept]
            self._conflicts *= MORE

    def least(self, found: Minimal) -> Minimal:
        """As few as there can be."""
        self._conflicts = 0
        return cardinality_minimal(found, self.suffices, self._clock)

    def suffices(self, kept: frozenset[int]) -> Told:
        """The oracle of `bridge.analysis.minimal`."""
        hit = next((hit for hit in self._hit if not hit & kept), None)
        if hit is not None:
            return Told(False, hit)
        for _ in range(TRIES if kept != self._everything else 0):
            lanes = self._sampling.lanes(kept, LANES, self._random)
            broken = self._broken(self._program, lanes)
            if broken.any():
                return self._told(lanes[:, int(broken.argmax())])
        climbed = None if kept == self._everything else self._climb.broken(kept, self._random)
        if climbed is not None and self._broken(self._program, climbed[:, None]).all():
            return self._told(climbed)
        return self._decided(kept)

    def folded(self, kept: frozenset[int]) -> Aig:
        """One output: 1 where the kept units are as they were, and the question is broken."""
        form = self._with_constants(kept)
        builder, leaves = AigBuilder.like(form)
        found = FALSE
        for literal in builder.instance(form, leaves):
            found = builder.or_(found, literal)
        builder.output("broken", found)
        return builder.build()

    def _alone(self) -> frozenset[int]:
        """The units of which one value alone breaks it."""
        lanes, owners = self._sampling.singles()
        return (
            frozenset(owners[self._broken(compile_program(self._whole), lanes)].tolist())
            if len(owners)
            else frozenset()
        )

    def _with_constants(self, kept: frozenset[int]) -> Aig:
        builder, leaves = AigBuilder.like(self._whole)
        literals = np.array(leaves, np.int64)
        for unit in kept:
            bits = self._sampling.units[unit].bits
            literals[bits] = self._sampling.base[bits]
        image = builder.copy(self._whole, literals)
        return builder.build_like(self._whole, image)

    def _broken(self, program: Program, lanes: Bits) -> Flags:
        """bool[n], of uint8[inputs, n]."""
        words = packed(lanes)
        outputs, _ = run(program, words[None], np.zeros((0, words.shape[1]), np.uint64))
        return unpacked(np.bitwise_or.reduce(outputs[0], axis=0), lanes.shape[1]).astype(np.bool_)

    def _told(self, values: Bits) -> Told:
        """That values of all inputs, uint8[inputs], break it: few of the changes are enough."""
        changed = self._sampling.changed(values)
        for _ in range(ROUNDS):
            subsets = self._fewer(changed)
            broken = self._broken(self._program, self._sampling.only(values, subsets))
            sizes = np.where(broken, subsets.sum(axis=0), len(changed))
            if sizes.min() >= len(changed):
                break
            changed = frozenset(np.flatnonzero(subsets[:, int(sizes.argmin())]).tolist())
        self._hit.append(changed)
        return Told(False, changed)

    def _fewer(self, changed: frozenset[int]) -> Flags:
        """bool[units, LANES]: random parts of them, some of them all but one."""
        some = np.array(sorted(changed), np.int64)
        parts = self._random.random((len(some), LANES)) < self._random.random(LANES)
        for lane, left_out in enumerate(self._random.permutation(len(some))[: LANES // 2].tolist()):
            parts[:, lane] = True
            parts[left_out, lane] = False
        subsets = np.zeros((len(self._everything), LANES), np.bool_)
        subsets[some] = parts
        return subsets

    def _decided(self, kept: frozenset[int]) -> Told:
        """By SAT: all rivals at once, which may tell what is not needed; or what is kept as constants, one rival after
        the other."""
        known = [next((core for core in cores if core <= kept), None) for cores in self._cores]
        left = [rival for rival, core in enumerate(known) if core is None]
        if not left:
            return Told(True, self.needed.union(*filter(None, known)))
        answer = self._solver.solve([self._any, *self._assumed(kept)], conflicts=FEW)
        if answer:
            return self._told(self._values(self._solver, self._read))
        if answer is False:
            core = self.needed | self._core()
            for cores in self._cores:
                cores.append(core)
            return Told(True, core)
        return self._one_by_one(kept, left)

    def _one_by_one(self, kept: frozenset[int], rivals: Sequence[int]) -> Told:
        if self._tried.get(kept) == self._conflicts:
            return Told(None)
        form, solver = self._opened(kept)
        for rival in rivals:
            literal = form.outputs[rival].literal
            answer = bool(literal) and solver.solve([signed(literal)], conflicts=self._conflicts)
            if answer is None:
                self._tried[kept] = self._conflicts
                return Told(None)
            if answer:
                return self._told(self._values(solver, _read(form)))
            self._cores[rival].append(kept)
        return Told(True)

    def _opened(self, kept: frozenset[int]) -> tuple[Aig, Solver]:
        """With what is kept as constants; the solvers asked last are still there, with what they have learnt."""
        found = self._open.pop(kept, None)
        if found is None:
            form = self._with_constants(kept)
            found = form, Solver(gates(form), self._clock)
        self._open[kept] = found
        while len(self._open) > OPEN:
            self._open.pop(next(iter(self._open)))[1].close()
        return found

    def _assumed(self, kept: frozenset[int]) -> list[int]:
        """That the inputs of these units are as they were. Input i is variable i + 2 of the clauses."""
        bits = [bit for unit in kept - self.needed for bit in self._sampling.units[unit].bits.tolist()]
        return [bit + 2 if self._sampling.base[bit] else -bit - 2 for bit in bits if self._read[bit + 1]]

    def _values(self, solver: Solver, read: Flags) -> Bits:
        """uint8[inputs]: those of the solver's model; what nothing reads is as it was."""
        count = len(self._sampling.base)
        values = np.zeros(count, np.bool_)
        values[: len(solver.model) - 2] = solver.model[2 : count + 2]
        return np.where(read[1 : count + 1], values, self._sampling.base).astype(np.uint8)

    def _core(self) -> frozenset[int]:
        """The units that the solver needed."""
        bits = [abs(literal) - 2 for literal in self._solver.core]
        return self._sampling.owners([bit for bit in bits if bit < len(self._sampling.base)])


def _read(form: Aig) -> Flags:
    """bool[variables]: whether anything reads it."""
    flags = np.zeros(form.variables, np.bool_)
    flags[variable_of(np.concatenate([form.ands.ravel().astype(np.int64), form.output_literals()]))] = True
    return flags
