"""An invariant of machines that hold a state one-hot: of some latches, at most one is ever hot.

A latch is hot where it differs from its reset, but for one latch of a group perhaps, which is hot at reset. Candidates
are the latches of one name, if that was so in random runs; what is kept is inductive: true at reset, and after every
step from a state in which all of it is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np

from bridge.aig import TRUE, Aig, AigBuilder
from bridge.aig.literals import through
from bridge.aig.names import group_of
from bridge.analysis.predicted import arithmetic
from bridge.analysis.proving.steps import satisfied
from bridge.analysis.runs import reached_runs
from bridge.arrays import Bits
from bridge.equivalence.clock import Clock
from bridge.execution import compile_program, run
from bridge.execution.words import unpacked

Group = tuple[tuple[int, int], ...]  # places of latches, and the value with which each is hot

_LEAST, _STEPS, _WORDS = 3, 16, 16


def exclusive(aig: Aig, clock: Clock) -> tuple[Group, ...] | None:
    """The groups that are proven, all together; None when the clock is over first."""
    groups = _candidates(aig)
    while groups:
        broken = _violated(aig, groups, clock)
        if broken is None:
            return None
        if not broken:
            return groups
        groups = tuple(group for index, group in enumerate(groups) if index not in broken)
    return ()


def at_most_one(builder: AigBuilder, states: Sequence[int], groups: Iterable[Group]) -> int:
    """Literal of: in every group at most one latch is hot. states: literals of all latches."""
    each = (arithmetic.at_most_one(builder, (states[place] ^ hot ^ 1 for place, hot in group)) for group in groups)
    return reduce(builder.and_, each, TRUE)


def violation(aig: Aig, groups: Sequence[Group]) -> Aig:
    """One output for each group: 1 where all are fine before a step, and this one is not after it."""
    builder = AigBuilder("violation", aig.variables)
    leaves = builder.inputs(aig.leaves)
    before = at_most_one(builder, leaves[len(aig.inputs) :], groups)
    after = through(builder.copy(aig, leaves), aig.next_literals()).tolist()
    for index, group in enumerate(groups):
        builder.output(str(index), builder.and_(before, at_most_one(builder, after, [group]) ^ 1))
    return builder.build()


def _candidates(aig: Aig) -> tuple[Group, ...]:
    named: dict[str, list[int]] = {}
    for place, latch in enumerate(aig.latches):
        if latch.reset is not None:
            named.setdefault(group_of(latch.name), []).append(place)
    if not any(len(group) >= _LEAST for group in named.values()):
        return ()
    runs = reached_runs(aig, _STEPS, _WORDS)
    program = compile_program(aig, 2 * np.arange(aig.first_latch, aig.first_and))
    rows = unpacked(run(program, runs.inputs, runs.state)[0])
    found = (_as_group(aig, group, rows[:, group]) for group in named.values() if len(group) >= _LEAST)
    return tuple(group for group in found if group)


def _as_group(aig: Aig, places: Sequence[int], rows: Bits) -> Group:
    """With the values that are hot, if at most one was in each of the states, uint8[T, places, S]; else nothing."""
    resets = np.array([aig.latches[place].reset for place in places], np.uint8)
    differs = rows ^ resets[None, :, None]
    first = int(differs.sum(axis=(0, 2), dtype=np.int64).argmax())
    for inverted in (-1, first):
        flip = (np.arange(len(places)) == inverted).astype(np.uint8)
        if (differs ^ flip[None, :, None]).sum(axis=1, dtype=np.int64).max() <= 1:
            return tuple(zip(places, (1 - (resets ^ flip)).tolist(), strict=True))
    return ()


def _violated(aig: Aig, groups: Sequence[Group], clock: Clock) -> set[int] | None:
    """Of which groups it is not inductive; None when the clock is over."""
    form = violation(aig, groups)
    found = set()
    for index in range(len(groups)):
        answer, _ = satisfied(only(form, index), clock)
        if answer is None:
            return None
        if answer:
            found.add(index)
    return found


def only(form: Aig, index: int) -> Aig:
    """With one of the outputs."""
    builder = AigBuilder(form.name, form.variables)
    builder.output("asked", builder.instance(form, builder.inputs(form.inputs))[index])
    return builder.build()
