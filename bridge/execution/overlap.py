"""How much of a text occurs in another one: whoever measures a model on what it was trained on should know."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Bits, Words

WINDOW = 64  # bytes: long enough that a window of prose occurs twice only where text was copied; a power of two
SAMPLES = 4096  # windows of the text, evenly spread
BLOCK = 1 << 20  # positions of the other text at a time
_BASE = 0x9E3779B97F4A7C15  # of a polynomial modulo 2**64


def overlap(text: bytes, other: bytes) -> float:
    """The share, 0 .. 1, of the windows of `text` that occur anywhere in `other`; of a short text, all or nothing."""
    if len(text) < WINDOW:
        return float(text in other)
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(text, np.uint8), WINDOW)
    places = np.unique(np.linspace(0, len(windows) - 1, min(SAMPLES, len(windows))).astype(np.int64))
    powers = np.array([pow(_BASE, WINDOW - 1 - place, 1 << 64) for place in range(WINDOW)], np.uint64)
    hashes = (windows[places].astype(np.uint64) * powers).sum(axis=1)
    wanted, counts = np.unique(hashes, return_counts=True)
    likely = np.zeros(1 << 16, np.bool_)
    likely[wanted >> np.uint64(48)] = True
    found = np.zeros(len(wanted), np.bool_)
    data = np.frombuffer(other, np.uint8)
    for start in range(0, len(data) - WINDOW + 1, BLOCK):
        held = _rolling(data[start : start + BLOCK + WINDOW - 1])
        held = held[likely[held >> np.uint64(48)]]
        at = np.minimum(np.searchsorted(wanted, held), len(wanted) - 1)
        found[at[wanted[at] == held]] = True
    return float(counts[found].sum() / counts.sum())


def _rolling(data: Bits) -> Words:
    """The hash of every window: halves are put together, 1, 2, 4, .. bytes long."""
    hashes: Words = data.astype(np.uint64)
    size = 1
    while size < WINDOW:
        hashes = hashes[:-size] * np.uint64(pow(_BASE, size, 1 << 64)) + hashes[size:]
        size *= 2
    return hashes
