"""Runs at the boundary of a target: where it is about to change, so that inverting a single bit is likely to show.

Some targets hardly ever change: the sign of a symbol that is nearly always unlikely. From pairs of runs with unlike
values, mixtures of the two halve their distance again and again, 64 pairs a word, until they differ in a few bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bridge.analysis.runs import Runs
from bridge.arrays import Bits, Words
from bridge.execution.words import in_all_streams, random_words

HALVINGS = 14


def approach(value: Callable[[Runs], Words], ones: Runs, zeros: Runs, random: np.random.Generator) -> tuple[Runs, Runs]:
    """Bring pairs of runs together. value(runs): uint64[W], the target; it is 1 in `ones` and 0 in `zeros` (pairs for
    which it is not go anywhere). Returns runs on either side of the boundary."""
    for _ in range(HALVINGS):
        middle = Runs(_mixed(ones.state, zeros.state, random), _mixed(ones.inputs, zeros.inputs, random))
        upper = value(middle)
        ones, zeros = _chosen(upper, middle, ones), _chosen(~upper, middle, zeros)
    return ones, zeros


def repeated(run: tuple[Bits, Bits], words: int) -> Runs:
    """One run, uint8[latches] and uint8[K, inputs], in all lanes."""
    state, inputs = (in_all_streams(bits, words) for bits in run)
    return Runs(state, inputs)


def _mixed(one: Words, other: Words, random: np.random.Generator) -> Words:
    mask = random_words(random, *one.shape)
    mixture: Words = one & mask | other & ~mask
    return mixture


def _chosen(mask: Words, some: Runs, others: Runs) -> Runs:
    """Lane by lane: `some` where the mask is 1."""
    return Runs(some.state & mask | others.state & ~mask, some.inputs & mask | others.inputs & ~mask)
