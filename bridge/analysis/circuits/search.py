"""Fewest elements that suffice whatever the rest is: bounds first, guesses at what breaks a circuit, then SAT.

A set of kept elements suffices if, in every state and on all inputs that meet the condition, the circuit behaves
whatever values stand for the other elements. More elements suffice if fewer do. Bounds prove that a set suffices, a run
shows that one does not; SAT decides what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bridge.analysis.circuits.bounds import Bounds
from bridge.analysis.circuits.cases import by_cases
from bridge.analysis.circuits.covering import covered
from bridge.analysis.circuits.guesses import breaking
from bridge.analysis.circuits.layers import BATCH, Layers
from bridge.analysis.circuits.setting import KEPT, MET, OWN_FROM, Setting
from bridge.analysis.minimal import Minimal, Told, cardinality_minimal, subset_minimal
from bridge.arrays import Bits, Flags, Ints
from bridge.equivalence.clauses import clauses_of
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.execution.words import packed, random_words, unpacked

BOUNDS, CASES, SAT = "bounds", "cases of neurons", "SAT"
PATIENCE, LEAST = 0.1, 2.0  # of the time left, and seconds, that one question may take
RIVALS = 6
RANDOM = 16  # words of values for the rest that a circuit is tried on in the end


@dataclass(eq=False)
class Oracle:
    """Does a set of kept elements suffice? `some`: uint8[free], inputs that meet the condition; `methods`: what proved
    something so far; `witness`: for the first "no", uint8[free] and uint8[rests]."""

    setting: Setting
    layers: Layers | None
    some: Bits
    clock: Clock
    methods: set[str] = field(default_factory=set)
    witness: tuple[Bits, Bits] | None = None
    hits: list[frozenset[int]] = field(default_factory=list)
    solver: Solver | None = None

    def __call__(self, kept: frozenset[int]) -> Told:
        for hit in self.hits:
            if not hit & kept:
                return Told(False, hit)
        flags = np.zeros((1, len(self.setting.elements)), np.bool_)
        flags[0, [*kept]] = True
        if self.layers is not None:
            if self.layers.suffices(flags)[0]:
                self.methods.add(BOUNDS)
                return Told(True, frozenset(np.flatnonzero(self.fewer(flags[0])).tolist()))
            if self.guess(flags)[0]:
                return Told(False, self.hits[-1])
            safe, guesses = by_cases(self.layers, flags[0], self.clock)
            if safe:
                self.methods.add(CASES)
                return Told(True)
            if len(guesses) and self.shown(np.repeat(flags, len(guesses), axis=0), self.setting.spelled(guesses)).any():
                return Told(False, self.hits[-1])
        return self._by_sat(kept)

    @cached_property
    def order(self) -> Ints:
        """The elements, those first of which the prediction loses least."""
        if self.layers is None:
            return np.arange(len(self.setting.elements))[::-1]
        slack = np.maximum(self.layers.slack(self.layers.whole)[0], 1)
        return np.argsort((self.layers.losses / slack[:, None]).max(axis=0), kind="stable")

    def fewer(self, kept: Flags) -> Flags:
        """bool[elements]: a part of a set that suffices by bounds."""
        assert self.layers is not None
        kept, left = kept.copy(), self.order[kept[self.order]]
        while len(left) and not self.clock.over:
            some, left = left[:BATCH], left[BATCH:]
            some = some[self.layers.suffices(_without(kept, [[place] for place in some]))]
            while len(some):
                sizes = [1 << bit for bit in range(len(some).bit_length())]
                fine = self.layers.suffices(_without(kept, [some[:size] for size in sizes]))
                if not fine.any():
                    break
                size = sizes[int(np.flatnonzero(fine)[-1])]
                kept[some[:size]], some = False, some[size:]
                if len(some):
                    some = some[self.layers.suffices(_without(kept, [[place] for place in some]))]
        return kept

    def guess(self, kept: Flags) -> Flags:
        """bool[batch]: for which of the circuits, bool[batch, elements], a guess is shown to break it."""
        assert self.layers is not None
        found = np.zeros(len(kept), np.bool_)
        for rival in range(RIVALS):
            open_ = np.flatnonzero(~found)
            if not len(open_) or self.clock.over:
                break
            for rows in np.array_split(open_, -(-len(open_) // BATCH)):
                rest = Bounds(*(np.repeat(end, len(rows), axis=0) for end in self.layers.anything))
                broken, values = breaking(self.layers, kept[rows], rest, rival)
                if broken.any():
                    found[rows[broken]] = self.shown(kept[rows[broken]], self.setting.spelled(values[broken]))
        return found

    def shown(self, kept: Flags, rest: Bits, free: Bits | None = None) -> Flags:
        """bool[batch]: which of the circuits are broken, the condition being met, when these values, uint8[batch,
        rests], stand for what is not kept. free: uint8[batch, free]."""
        free = np.repeat(self.some[None], len(kept), axis=0) if free is None else free
        results = unpacked(self.setting.run(packed(free.T), packed(kept.T), packed(rest.T)), len(kept)).astype(np.bool_)
        broken: Flags = results[MET] & ~results[KEPT]
        own = results[OWN_FROM : OWN_FROM + rest.shape[1]].T
        for row in np.flatnonzero(broken):
            apart = (own[row] != rest[row].astype(np.bool_)) & ~kept[row, self.setting.owners]
            self.hits.append(frozenset(self.setting.owners[apart].tolist()))
            if self.witness is None:
                self.witness = free[row], rest[row]
        return broken

    def _by_sat(self, kept: frozenset[int]) -> Told:
        setting = self.setting
        if self.solver is None:
            self.solver = Solver(clauses_of(setting.broken)[0], self.clock)
        first = setting.free + 2  # input i of the netlist is variable i + 2 of the clauses
        assumed = [first + place for place in sorted(kept)]
        answer = self.solver.solve(assumed, seconds=max(LEAST, PATIENCE * self.clock.left))
        if answer is None:
            return Told(None)
        self.methods.add(SAT)
        if not answer:
            return Told(True, frozenset(literal - first for literal in self.solver.core))
        values = np.zeros(len(setting.form.inputs), np.uint8)
        model = self.solver.model[2 : len(values) + 2]
        values[: len(model)] = model
        flags = values[None, setting.free : setting.free + len(setting.elements)].astype(np.bool_)  # more may be kept
        rest = values[setting.free + len(setting.elements) :]
        if not self.shown(flags, rest[None], values[None, : setting.free])[0]:
            raise AssertionError("values that SAT found do not break the circuit")
        return Told(False, self.hits[-1])

    def close(self) -> None:
        """End the process of the solver."""
        if self.solver is not None:
            self.solver.close()

    def tried(self, kept: Flags, seed: int = 0) -> None:
        """Run a circuit that suffices on random values for the rest. AssertionError if one breaks it."""
        words, setting = RANDOM, self.setting
        free = np.repeat(packed(self.some[:, None].repeat(64, axis=1)), words, axis=1)
        flags = np.repeat(packed(kept[:, None].repeat(64, axis=1)), words, axis=1)
        results = setting.run(free, flags, random_words(seed, len(setting.owners), words))
        if (results[MET] & ~results[KEPT]).any():
            raise AssertionError("random values break a circuit that was proven to suffice")


def _without(kept: Flags, parts: Sequence[Ints | list[Ints]]) -> Flags:
    """bool[parts, elements]: the set without each part."""
    rows = np.repeat(kept[None], len(parts), axis=0)
    for row, part in zip(rows, parts, strict=True):
        row[part] = False
    return rows


def fewest(oracle: Oracle, smallest: bool) -> Minimal:
    """A subset-minimal circuit, or with `smallest` one of the fewest elements there are."""
    count = len(oracle.setting.elements)
    order = oracle.order.tolist()
    whole = oracle(frozenset(order))
    if whole.answer and oracle.layers is not None and whole.part is not None:
        kept = np.zeros(count, np.bool_)
        kept[[*whole.part]] = True
        for some in np.array_split(np.flatnonzero(kept), -(-max(1, int(kept.sum())) // BATCH)):
            oracle.guess(_without(kept, [[place] for place in some]))
    found = subset_minimal(order, lambda kept: whole if len(kept) == count else oracle(kept), oracle.clock)
    found = found.shown_by(oracle.hits)
    if smallest and oracle.layers is not None:
        found = covered(oracle.layers, found, oracle.clock.left)
        if found.answer and oracle(frozenset(found.kept)).answer is not True:
            raise AssertionError("a circuit that covers the margin does not suffice")
    if smallest and not found.smallest:
        found = cardinality_minimal(found, oracle, oracle.clock)
    if found.answer:
        flags = np.zeros(count, np.bool_)
        flags[[*found.kept]] = True
        oracle.tried(flags)
    return found
