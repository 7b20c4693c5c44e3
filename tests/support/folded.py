"""Folded networks of random weights, and at their limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.cell.folded import BIAS, Folded
from bridge.cell.passes import LANES

SYMBOLS = b"abcdefgh"
SHAPES = ((LANES, LANES), (2 * LANES, LANES), (LANES, 2 * LANES))  # units and codes
LIMITS = (  # weight, bias, scale and shift
    (0, BIAS - 1, 1023, 24),
    (0, -BIAS, 1023, 24),
    (-3, BIAS, 1023, 1),
    (0, 0, 0, 24),
    (-3, 0, 1, 16),
    (-3, -BIAS, 1, 23),
)


def drawn(seed: int, units: int = LANES, codes: int = LANES) -> Folded:
    random = np.random.default_rng(seed)
    rows = 3 * units + len(SYMBOLS)
    embedding = random.integers(-8, 8, (len(SYMBOLS), codes)).astype(np.int8)
    weights = random.integers(-3, 4, (rows, units + codes)).astype(np.int8)
    return Folded(SYMBOLS, embedding, weights, random.integers(-900, 900, rows), random.integers(20, 900, rows), 13)


def even(weight: int, bias: int, scale: int, shift: int) -> Folded:
    """All rows alike."""
    rows = 3 * LANES + 2
    weights, codes = np.full((rows, 2 * LANES), weight, np.int8), np.full((2, LANES), -8, np.int8)
    return Folded(b"ab", codes, weights, np.full(rows, bias), np.full(rows, scale), shift)


def sparse(seed: int) -> Folded:
    """One that is packed in some 1,100 bytes, which it saves of 24,000 that it writes."""
    net = drawn(seed)
    kept = np.random.default_rng(seed).random(net.weights.shape) < 0.1
    return replace(net, weights=net.weights * kept, shift=11)
