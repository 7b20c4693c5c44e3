"""Cofactors and SAT: does a target differ between two runs that differ in some bits during step 1?

For one bit the runs have it 0 and 1: the cofactors of the unrolled netlist. For several, one run has them as they are
and the other has them free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import through
from bridge.analysis.dependences.answer import Found
from bridge.analysis.dependences.conditions import Condition, led, masked, met_in, unled
from bridge.analysis.dependences.replay import Witness, inverted_for, shortest
from bridge.analysis.signals import Bit, Signal
from bridge.analysis.unrolling import FREE, View, unroll
from bridge.arrays import Bits, Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim
from bridge.equivalence.sweep import sweep_each

SAT_METHOD = "SAT on unequal cofactors"


@dataclass(frozen=True)
class Pair:
    """`ours`, `theirs`: the two runs, with the target bits in all steps as outputs; `group`: what is changed, bits on
    different nodes; `free`: are they free in the second? `claims`: see `pair_of`."""

    aig: Aig
    ours: Aig
    theirs: Aig
    group: tuple[Bit, ...]
    steps: int
    free: bool
    claims: Ints | None
    condition: Condition | None = None

    def witness(self, vector: Bits, targets: Sequence[Bit]) -> Witness | None:
        """The runs under values of the inputs, uint8[inputs], replayed."""
        origin = None
        if self.condition is not None:
            vector, origin = unled(self.aig, self.condition, self.ours, vector)
        latches, width = len(self.aig.latches), self.steps * len(self.aig.inputs)
        state, rows, values = np.split(vector, [latches, latches + width])
        if self.claims is not None:
            known = np.concatenate([np.zeros(self.aig.first_and - latches, np.uint8), state])
            state = through(known, self.claims).astype(np.uint8)
        inputs = rows.reshape(self.steps, len(self.aig.inputs))
        bits = inverted_for(self.aig, self.group, values, state, inputs[0]) if self.free else self.group
        if self.condition is not None and not met_in(self.aig, self.condition, state, inputs[0]):
            return None
        found = shortest(self.aig, bits, targets, state, inputs)
        return found and replace(found, origin=origin, from_reset=origin is None)


def pair_of(
    aig: Aig,
    group: Sequence[Bit],
    targets: Sequence[Bit],
    steps: int,
    claims: Ints | None = None,
    condition: Condition | None = None,
) -> Pair:
    """claims: int64[latches], what the latches of the first run equal, see `bridge.equivalence.literals_of`. Under a
    condition, which the first run satisfies, the targets are shown as 0 where it does not."""
    views: list[View] = [(step, bit) for bit in targets for step in range(1, steps + 1)]
    # What is claimed to equal a latch keeps the value of the first run when the latch is changed.
    free = condition is not None or len(group) > 1 or (claims is not None and any(bit.latch >= 0 for bit in group))
    if free:
        forced, count = dict.fromkeys((bit.variable for bit in group), FREE), len(group)
        met: list[View] = [(1, condition.holds)] if condition else []
        ours = unroll(aig, [*views, *met], free=count, steps=steps, claims=claims)
        theirs = unroll(aig, views, forced, free=count, steps=steps, claims=claims)
    else:
        variable = group[0].variable
        ours, theirs = (unroll(aig, views, {variable: value}, steps=steps, claims=claims) for value in (0, 1))
    if condition is not None:
        ours, theirs = masked(*(led(aig, condition, form) for form in (ours, theirs)))
    return Pair(aig, ours, theirs, tuple(group), steps, free=free, claims=claims, condition=condition)


def cofactor_answers(
    aig: Aig,
    group: Sequence[Bit],
    targets: Sequence[Signal],
    steps: int,
    clock: Clock,
    claims: Ints | None = None,
    condition: Condition | None = None,
) -> Iterator[Found]:
    """For every target, in order: does it differ between runs that differ in the group in step 1?"""
    pair = pair_of(aig, group, [bit for target in targets for bit in target.bits], steps, claims, condition)
    answers = sweep_each(pair.ours, pair.theirs, clock)
    for target in targets:
        yield _summed(pair, target, [next(answers) for _ in range(steps * len(target.bits))])


def _summed(pair: Pair, target: Signal, answers: Sequence[Claim]) -> Found:
    for found in answers:
        if found.vector is not None:
            witness = pair.witness(found.vector, target.bits)
            return Found("undecided" if witness is None else "yes", SAT_METHOD, witness)
    return Found("undecided" if any(found.answer == "undecided" for found in answers) else "no", SAT_METHOD)
