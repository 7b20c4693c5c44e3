"""Engines by turns: each gets the same few seconds in a round, and twice as many in the next one.

What a turn may take does not depend on the budget, so that a larger budget never makes an answer come later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bridge.equivalence.clock import Clock

Found = TypeVar("Found")

FIRST = 1.0


def in_rounds(engines: Sequence[Callable[[float], Found | None]], clock: Clock, first: float = FIRST) -> Found | None:
    """What the first engine finds that finds anything; None when the clock is over. An engine is called with the
    seconds that it may take: `first`, then twice as many in each round, and never more than are left."""
    seconds = first
    while not clock.over:
        for engine in engines:
            found = engine(min(seconds, clock.left))
            if found is not None:
                return found
            if clock.over:
                break
        seconds *= 2
    return None
