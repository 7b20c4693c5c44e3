"""Counting the bits of recorded rows."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled


@compiled
def count_bits(word):
    """How many bits of a word are set: sums of ever wider fields."""
    word -= word >> np.uint64(1) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
    word = word + (word >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(word * np.uint64(0x0101010101010101) >> np.uint64(56))


@compiled
def count_rows(rows, before, started, streams, pairs, ones, toggles, joint):
    """Add to the counts what uint64[T, n, W] rows show; `before`, uint64[n, W], becomes the last of them.

    started: whether `before` holds the rows of the step before; pairs: int64[p, 2], places of signals.
    """
    for word in range(rows.shape[2]):
        left = streams - 64 * word
        mask = ~np.uint64(0) if left >= 64 else (np.uint64(1) << np.uint64(left)) - np.uint64(1)
        for step in range(len(rows)):
            for signal in range(rows.shape[1]):
                value = rows[step, signal, word]
                ones[signal] += count_bits(value & mask)
                if started or step:
                    toggles[signal] += count_bits((value ^ before[signal, word]) & mask)
                before[signal, word] = value
            for pair in range(len(pairs)):
                both = rows[step, pairs[pair, 0], word] & rows[step, pairs[pair, 1], word]
                joint[pair] += count_bits(both & mask)
