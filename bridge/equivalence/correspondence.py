"""Which latches of a machine always have the same value, or never leave their reset (van Eijk's correspondence).

Candidates are the latches that behave alike in random runs from reset. Classes are then split until they are inductive:
whenever all members of each class agree, so do their next values, which a combinational equivalence check proves. A
class that starts equal and is inductive stays equal (C. A. J. van Eijk, Sequential equivalence checking based on
structural similarities, 2000).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder, Output, default_names
from bridge.equivalence.check import check_equivalence
from bridge.equivalence.engines import Clock
from bridge.equivalence.machine import Words, behaviour, random_words
from bridge.execution import simulate
from bridge.toolchain import Tool

Classes = npt.NDArray[np.int64]

STUCK = -1  # the class of latches that stay at 0
_ROUNDS = 200
_CHECK_SHARE = 0.5


def latch_classes(machine: Aig, clock: Clock, abc: Tool) -> Classes:
    """int64[latches]: the first latch of each one's proven class, or STUCK.

    Every reset must be 0. Where a proof is out of reach, nothing is merged.
    """
    alone = np.arange(len(machine.latches))
    if not len(alone):
        return alone
    classes = _split(np.full(len(alone), STUCK), behaviour(machine))
    for seed in range(_ROUNDS):
        classes = _simulated(machine, classes, seed)
        merged = np.flatnonzero(classes != alone)
        if not len(merged):
            return alone
        left, right = _step_pair(machine, classes, merged)
        seconds = clock.share(_CHECK_SHARE)
        proof = check_equivalence(left, right, seconds=seconds, abc=abc)
        if proof.answer == "equivalent":
            return classes
        if proof.counterexample is None:
            return alone
        vector = np.array([proof.counterexample[name] for name in left.inputs], np.uint64)
        classes = _refined(machine, classes, _around(vector, seed))
    return alone


def merged_leaves(machine: Aig, classes: Classes) -> npt.NDArray[np.int64]:
    """int64[first_and]: the literal that stands for the constant, each input and each latch."""
    own = 2 * np.arange(machine.first_and, dtype=np.int64)
    latches = own[machine.first_and - len(machine.latches) :]
    leaves = own.copy()
    leaves[machine.first_and - len(machine.latches) :] = np.where(classes == STUCK, 0, latches[classes])
    return leaves


def _split(classes: Classes, rows: Words) -> Classes:
    """Classes whose members also have equal rows; in STUCK only those whose row is 0."""
    wide = np.concatenate([classes[:, None].astype(np.uint64), rows], axis=1)
    _, first, place = np.unique(wide, axis=0, return_index=True, return_inverse=True)
    stuck = (classes == STUCK) & ~rows.any(axis=1)
    return np.where(stuck, STUCK, first[place.reshape(-1)])


def _simulated(machine: Aig, classes: Classes, seed: int) -> Classes:
    """Split by the next values after random states that satisfy the classes, until that splits no more."""
    while True:
        patterns = random_words(seed, machine.first_and - 1, 16)
        finer = _refined(machine, classes, patterns)
        if np.array_equal(finer, classes):
            return classes
        classes, seed = finer, seed + 1000


def _refined(machine: Aig, classes: Classes, patterns: Words) -> Classes:
    """Split by the next values. patterns: uint64[inputs + latches, W], made to satisfy the classes first."""
    leaves = merged_leaves(machine, classes)[1:] >> 1
    filled = np.concatenate([np.zeros_like(patterns[:1]), patterns])[leaves]
    return _split(classes, simulate(machine, filled, machine.next_literals()))


def _around(vector: Words, seed: int) -> Words:
    """The vector, and 63 like it with a few bits changed."""
    noise = random_words(seed, len(vector), 3)
    flips = noise[:, 0] & noise[:, 1] & noise[:, 2] & ~np.uint64(1)
    return ((np.uint64(0) - vector) ^ flips)[:, None]


def _step_pair(machine: Aig, classes: Classes, merged: npt.NDArray[np.int64]) -> tuple[Aig, Aig]:
    """Combinational netlists: the next value of every merged latch, and of what it is merged with."""
    builder = AigBuilder(machine.name, machine.variables)
    leaves = [0, *(builder.input(name) for name in default_names("i", machine.first_and - 1))]
    image = builder.copy(machine, np.array(leaves, np.int64)[merged_leaves(machine, classes) >> 1])
    nexts = machine.next_literals()
    nexts = image[nexts >> 1] ^ (nexts & 1)
    targets = np.where(classes[merged] == STUCK, 0, nexts[classes[merged]])
    names = default_names("o", len(merged))
    for name, literal in [*zip(names, nexts[merged].tolist(), strict=True), *enumerate(targets.tolist())]:
        builder.output(str(name), literal)
    both = builder.build()
    left, right = both.outputs[: len(names)], both.outputs[len(names) :]
    right = tuple(map(Output, names, (output.literal for output in right)))
    return replace(both, outputs=left), replace(both, outputs=right)
