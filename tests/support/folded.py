"""Folded networks of random weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.cell.folded import Folded
from bridge.cell.passes import LANES

SYMBOLS = b"abcdefgh"


def drawn(seed: int, units: int = LANES, codes: int = LANES) -> Folded:
    random = np.random.default_rng(seed)
    rows = 3 * units + len(SYMBOLS)
    embedding = random.integers(-8, 8, (len(SYMBOLS), codes)).astype(np.int8)
    weights = random.integers(-3, 4, (rows, units + codes)).astype(np.int8)
    return Folded(SYMBOLS, embedding, weights, random.integers(-900, 900, rows), random.integers(20, 900, rows), 13)


def sparse(seed: int) -> Folded:
    """One that is packed in some 1,100 bytes, which it saves of 24,000 that it writes."""
    net = drawn(seed)
    kept = np.random.default_rng(seed).random(net.weights.shape) < 0.1
    return replace(net, weights=net.weights * kept, shift=11)
