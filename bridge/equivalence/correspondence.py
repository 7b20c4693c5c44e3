"""Latch correspondence: which latches of a machine always have the same value, or never leave their reset.

Candidates are the latches that behave alike in random runs from reset. Classes are then split until they are inductive:
whenever all members of each class agree, so do their next values, which SAT sweeping proves, latch by latch. A class
that starts equal and is inductive stays equal (C. A. J. van Eijk, Sequential equivalence checking based on structural
similarities, 2000).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder, Output, default_names
from bridge.aig.literals import through, variable_of
from bridge.arrays import Ints, Words
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim
from bridge.equivalence.sweep import sweep_each
from bridge.execution import compile_program, run, simulate
from bridge.execution.words import random_words

STEPS, WORDS = 256, 4  # of random runs, each of 64 streams a word
STUCK = -1  # the class of latches that stay at 0
_ROUNDS = 200


def latch_classes(machine: Aig, clock: Clock) -> tuple[Ints, Ints]:
    """(int64[latches], the first latch of each one's proven class, or STUCK; the latches that were given up).

    Every reset must be 0. A latch whose proof is out of reach is not merged.
    """
    alone = np.arange(len(machine.latches))
    given_up = np.zeros(len(alone), np.bool_)
    classes = _split(np.full(len(alone), STUCK), behaviour(machine)) if len(alone) else alone
    for seed in range(_ROUNDS):
        classes = _simulated(machine, classes, seed)
        merged = np.flatnonzero(classes != alone)
        claims = list(sweep_each(*_step_pair(machine, classes, merged), clock)) if len(merged) else []
        if all(claim.answer == "equivalent" for claim in claims):
            return classes, np.flatnonzero(given_up)
        unknown = merged[[claim.answer == "undecided" for claim in claims]]
        given_up[unknown] = True
        classes = _after(machine, _isolated(classes, unknown), merged, claims, seed)
    given_up[classes != alone] = True
    return alone, np.flatnonzero(given_up)


def _after(machine: Aig, classes: Ints, merged: Ints, claims: list[Claim], seed: int) -> Ints:
    """Split by the states that the solver found; what no state splits was refuted all the same."""
    finer = classes
    for claim in claims:
        if claim.vector is not None:
            finer = _refined(machine, finer, _around(claim.vector.astype(np.uint64), seed))
    if np.array_equal(finer, classes):
        finer = _isolated(classes, merged[[claim.answer == "different" for claim in claims]])
    return finer


def _isolated(classes: Ints, latches: Ints) -> Ints:
    """Without these latches, none of which is the first of its class."""
    apart = classes.copy()
    apart[latches] = latches
    return apart


def merged_leaves(machine: Aig, classes: Ints) -> npt.NDArray[np.int64]:
    """int64[first_and]: the literal that stands for the constant, each input and each latch."""
    leaves = 2 * np.arange(machine.first_and)
    leaves[machine.first_latch :] = np.where(classes == STUCK, 0, leaves[machine.first_latch :][classes])
    return leaves


def behaviour(machine: Aig) -> Words:
    """uint64[latches, n]: the values of each latch in random runs from reset, the same for machines with the same
    number of inputs. Every reset must be known."""
    program = compile_program(machine, 2 * np.arange(machine.first_latch, machine.first_and))
    inputs = random_words(0, STEPS, len(machine.inputs), WORDS)
    values, _ = run(program, inputs, program.reset_state(WORDS))
    return values.transpose(1, 0, 2).reshape(len(machine.latches), STEPS * WORDS)


def _split(classes: Ints, rows: Words) -> Ints:
    """Classes whose members also have equal rows; in STUCK only those whose row is 0."""
    wide = np.concatenate([classes[:, None].astype(np.uint64), rows], axis=1)
    _, first, place = np.unique(wide, axis=0, return_index=True, return_inverse=True)
    stuck = (classes == STUCK) & ~rows.any(axis=1)
    return np.where(stuck, STUCK, first[place.reshape(-1)])


def _simulated(machine: Aig, classes: Ints, seed: int) -> Ints:
    """Split by the next values after random states that satisfy the classes, until that splits no more."""
    while True:
        patterns = random_words(seed, machine.first_and - 1, 16)
        finer = _refined(machine, classes, patterns)
        if np.array_equal(finer, classes):
            return classes
        classes, seed = finer, seed + 1000


def _refined(machine: Aig, classes: Ints, patterns: Words) -> Ints:
    """Split by the next values. patterns: uint64[inputs + latches, W], made to satisfy the classes first."""
    leaves = variable_of(merged_leaves(machine, classes)[1:])
    filled = np.concatenate([np.zeros_like(patterns[:1]), patterns])[leaves]
    return _split(classes, simulate(machine, filled, machine.next_literals()))


def _around(vector: Words, seed: int) -> Words:
    """The vector, and 63 like it with a few bits changed."""
    noise = random_words(seed, len(vector), 3)
    flips = noise[:, 0] & noise[:, 1] & noise[:, 2] & ~np.uint64(1)
    return ((np.uint64(0) - vector) ^ flips)[:, None]


def _step_pair(machine: Aig, classes: Ints, merged: npt.NDArray[np.int64]) -> tuple[Aig, Aig]:
    """Combinational netlists: the next value of every merged latch, and of what it is merged with."""
    builder = AigBuilder(machine.name, machine.variables)
    leaves = [0, *builder.inputs(default_names("i", machine.first_and - 1))]
    image = builder.copy(machine, through(leaves, merged_leaves(machine, classes))[1:])
    nexts = through(image, machine.next_literals())
    targets = np.where(classes[merged] == STUCK, 0, nexts[classes[merged]])
    names = default_names("o", len(merged))
    builder.outputs(2 * names, [*nexts[merged].tolist(), *targets.tolist()])
    both = builder.build()
    left, right = both.outputs[: len(names)], both.outputs[len(names) :]
    right = tuple(map(Output, names, (output.literal for output in right)))
    return replace(both, outputs=left), replace(both, outputs=right)
