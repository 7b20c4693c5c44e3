"""A proof that others can check: questions as clauses (DIMACS), each with a DRAT proof that they contradict each other.

A proof of a claim rests on a few such questions, its obligations: whether some bad thing can be. `obligations` says
which, `write_certificate` writes them into a folder, with a README that says what each of them means.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.literals import through
from bridge.analysis.proving.exclusion import Group, at_most_one, only, violation
from bridge.analysis.proving.machine import Watched
from bridge.analysis.proving.pdr import never_broken
from bridge.analysis.proving.steps import Assumed, laid_out
from bridge.arrays import Bits, Ints
from bridge.equivalence.clauses import flat_clauses, gates, signed
from bridge.equivalence.clock import Clock
from bridge.equivalence.invariant import violation_of
from bridge.equivalence.model_checking import Cube
from bridge.equivalence.refutation import Unfinished, named, refutation, write_refutation
from bridge.equivalence.solving import flattened
from bridge.errors import InputError
from bridge.execution import compile_program, run
from bridge.execution.words import packed, unpacked
from bridge.files import write_atomic
from bridge.printable import counted

README = "README.txt"
_HOW = """Each NAME.cnf (DIMACS) asks whether something can be; NAME.drat proves in DRAT that not. Check:
    drat-trim NAME.cnf NAME.drat
or ask any SAT solver whether NAME.cnf is unsatisfiable. Comments in a .cnf name its variables.
"""


@dataclass(frozen=True, eq=False)
class Ground:
    """What a proof rests on. `steps`: any state and so many steps without a break, `groups` being one-hot; or `cubes`,
    states that are never met, of the machine of `pdr`; or `states`, uint8[n, bytes], all that a closed loop is ever in,
    with `start`, uint8[latches, streams], where it begins."""

    steps: int | None = None
    groups: tuple[Group, ...] = ()
    cubes: Sequence[Cube] | None = None
    states: Bits | None = None
    start: Bits | None = None


@dataclass(frozen=True, eq=False)
class Obligation:
    """`clauses`: flat, each ended by 0, to contradict each other; `names`: of variables, by number; `proof`: as of
    `Solver.refutation`, where it is known without a search."""

    name: str
    meaning: str
    clauses: Ints
    names: dict[int, str] = field(default_factory=dict)
    proof: Ints | None = None


def obligations(watch: Watched, ground: Ground, clock: Clock) -> Iterator[Obligation]:
    """All that must not be, for the claim to be true. Unfinished when the clock is over first."""
    aig = watch.aig
    if ground.cubes is not None:
        form = violation_of(never_broken(watch), ground.cubes)
        meaning = "a step from inside the invariant ends outside, or breaks the claim (reset, all 0, is inside)"
        yield _asked("invariant", meaning, form)
    elif ground.states is not None and ground.start is not None:
        yield _begins(aig, ground.states, ground.start)
        yield _goes_on(watch, ground.states)
    elif ground.steps is not None:
        for step in range(1, ground.steps + 1):
            form = _form(watch, step, clock, anywhere=False)
            yield _asked(f"reset-{step}", f"the claim is broken in step {step} from reset", form)
        assumed = partial(at_most_one, groups=ground.groups) if ground.groups else None
        form = _form(watch, ground.steps + 1, clock, anywhere=True, assumed=assumed)
        under = " in which the invariant holds" if ground.groups else ""
        yield _asked(
            "step", f"after any state{under} and {counted(ground.steps, 'step')} it is broken for the first time", form
        )
        yield from _exclusions(aig, ground.groups)
    else:
        form = _form(watch, 1, clock, anywhere=True)
        yield _asked("structure", "the claim is broken (the logic of it folded to nothing)", form)


def check_folder(folder: str | Path) -> Path:
    """InputError for a folder with something in it, or that cannot be made."""
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(f"{folder}: a certificate needs a folder that is new or empty")
    above = next(each for each in place.absolute().parents if each.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(f"{folder}: a folder cannot be made in {above}")
    return place


def write_certificate(watch: Watched, ground: Ground, title: str, folder: str | Path, clock: Clock) -> tuple[str, ...]:
    """Write all obligations into a folder that is new or empty; the names of the files.

    InputError for a folder with something in it; Unfinished when the clock is over before all are proven.
    """
    place = check_folder(folder)
    found = []
    for each in obligations(watch, ground, clock):
        proof = each.proof
        found.append((each, refutation(each.clauses, clock, f"the proof of {each.name!r}") if proof is None else proof))
    place.mkdir(parents=True, exist_ok=True)
    lines = [title, "", *(f"{each.name}: it cannot be that {each.meaning}" for each, _ in found), "", _HOW]
    names = []
    for each, proof in found:
        files = place / f"{each.name}.cnf", place / f"{each.name}.drat"
        write_refutation(*files, each.clauses, proof, each.meaning, *named(each.names))
        names += [f"{each.name}.cnf", f"{each.name}.drat"]
    write_atomic(place / README, "\n".join(lines))
    return (*names, README)


def _form(watch: Watched, steps: int, clock: Clock, *, anywhere: bool, assumed: Assumed | None = None) -> Aig:
    plan = laid_out(watch.aig, watch.bad, steps, clock, anywhere=anywhere, assumed=assumed)
    if plan is None:
        raise Unfinished(f"{counted(steps, 'step')} could not be laid out: {clock.why}")
    return plan.form


def _asked(name: str, meaning: str, form: Aig) -> Obligation:
    return Obligation(name, meaning, flat_clauses(form), dict(enumerate(form.inputs, 2)))


def _exclusions(aig: Aig, groups: Sequence[Group]) -> Iterator[Obligation]:
    if not groups:
        return
    builder = AigBuilder("reset")
    resets = [builder.input(latch.name) if latch.reset is None else latch.reset for latch in aig.latches]
    builder.output("asked", at_most_one(builder, resets, groups) ^ 1)
    yield _asked("hot-reset", "two latches of a group are hot at reset", builder.build())
    form = violation(aig, groups)
    for index, group in enumerate(groups):
        first = aig.latches[group[0][0]].name
        meaning = f"after a step from a state in which the invariant holds, two of {first} and its {len(group) - 1} are"
        yield _asked(f"hot-{index}", f"{meaning} hot", only(form, index))


def _bits(aig: Aig, states: Bits) -> Bits:
    """uint8[n, latches]."""
    return np.unpackbits(states, axis=1, count=len(aig.latches), bitorder="little")


def _begins(aig: Aig, states: Bits, start: Bits) -> Obligation:
    """A state to begin with that is none of them: variable i + 1 is latch i; only latches that vary at the start are
    free."""
    same = (start == start[:, :1]).all(axis=1)
    own = np.arange(1, len(aig.latches) + 1)
    fixed = [[int(own[i]) if start[i, 0] else -int(own[i])] for i in np.flatnonzero(same)]
    inside = [row for row in _bits(aig, states) if (row[same] == start[same, 0]).all()]
    others = [np.where(row == 1, -own, own)[~same].tolist() for row in inside]
    clauses = flattened([*fixed, *others])
    return Obligation("begin", "the loop begins in a state that is not listed", clauses, _named(aig, own))


def _named(aig: Aig, numbers: Ints) -> dict[int, str]:
    return {int(number): latch.name for number, latch in zip(numbers, aig.latches, strict=True)}


def _goes_on(watch: Watched, states: Bits) -> Obligation:
    """From a listed state, the claim is broken or the next state is not the listed one that should follow."""
    aig, rows = watch.aig, _bits(watch.aig, states)
    builder = AigBuilder("loop", aig.variables)
    image = builder.copy(aig, builder.inputs(aig.leaves))
    builder.output("broken", through(image, watch.bad))
    builder.outputs((f"next {latch.name}" for latch in aig.latches), through(image, aig.next_literals()).tolist())
    form = builder.build()
    broken, *nexts = (signed(literal) for literal in form.output_literals().tolist())
    places = {row.tobytes(): place for place, row in enumerate(rows)}
    following = rows[[places[row.tobytes()] for row in _following(aig, rows)]]
    now, bits = form.variables + 1 + np.arange(len(rows)), 2 + np.arange(len(aig.latches))
    also = now + len(rows)
    literals, own = np.unique(nexts, return_index=True)
    other = np.where(following[:, own] == 1, -literals, literals)
    faults = np.column_stack([-now, -also, np.full(len(rows), broken), other, 0 * now]).ravel()
    clauses = np.concatenate([gates(form), now, [0], _implied(now, also, bits, rows), faults])
    names = _named(aig, bits) | {int(number): f"state {index}" for index, number in enumerate(now)}
    meaning = "from a listed state the claim is broken, or the next is not the one listed after it"
    # All gates have their values once the state is one that is listed, so that each is refuted by propagation alone.
    lemmas = np.stack([0 * now + 1, -now, 0 * now], axis=1).ravel()
    return Obligation("loop", meaning, clauses, names, np.concatenate([lemmas, [1, 0]]))


def _implied(marks: Ints, also: Ints, bits: Ints, rows: Bits) -> Ints:
    """Clauses: under the mark of each row, uint8[n, width], the bits are those of the row.

    `also`: a second mark of each row, which follows from the first. A checker watches two literals of a clause; with
    two marks in it these are of its own row, and a bit does not lead to the clauses of all rows.
    """
    both = np.stack([-marks, also, 0 * marks], axis=1).ravel()
    own = np.where(rows == 1, bits, -bits)
    under = (np.repeat(mark[:, None], len(bits), axis=1) for mark in (-marks, -also))
    return np.concatenate([both, np.stack([*under, own, 0 * own], axis=2).ravel()])


def _following(aig: Aig, rows: Bits) -> Bits:
    """uint8[n, latches], after a step from each."""
    state = packed(np.ascontiguousarray(rows.T))
    after = run(compile_program(aig, ()), np.zeros((1, 0, state.shape[1]), np.uint64), state)[1]
    return unpacked(after, len(rows)).T
