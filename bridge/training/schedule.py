"""Learning rate over a run: a short linear warm-up, then half a cosine down to a hundredth."""

from __future__ import annotations

import math

WARM_UP = 0.03
FLOOR = 0.01


def rate(fraction: float) -> float:
    """Multiplier of the learning rate; fraction: how much of the run is done, 0..1."""
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(fraction, 1.0))
    return min(1.0, fraction / WARM_UP) * (FLOOR + (1 - FLOOR) * cosine)
