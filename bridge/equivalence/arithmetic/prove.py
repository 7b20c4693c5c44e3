"""`by_adders`: the algebra of adders as one engine among others."""

from __future__ import annotations

from dataclasses import replace

from bridge.aig import Aig
from bridge.equivalence.arithmetic.adders import Adders
from bridge.equivalence.arithmetic.inner import with_words_of
from bridge.equivalence.arithmetic.words import METHOD, adds_up
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim, beside
from bridge.equivalence.sweep import sweep

_MOST_NODES = 400_000


def by_adders(a: Aig, b: Aig, clock: Clock) -> Claim:
    """Are the outputs equal as words? If not, are words inside, and is the rest by SAT sweeping? For combinational
    netlists with the same inputs and outputs, in the same order; "different" with a vector."""
    if len(a.ands) + len(b.ands) > _MOST_NODES:
        return Claim("undecided", why="they are too large", method=METHOD)
    adders = Adders(beside(a, b))
    found = adds_up(adders, a, clock)
    if found.answer == "equivalent" or clock.over:
        return found
    shared = with_words_of(adders, a, b, clock)
    if shared is None:
        return found
    rest = sweep(a, shared, clock)
    return replace(rest, method=f"{METHOD}, {rest.method}")
