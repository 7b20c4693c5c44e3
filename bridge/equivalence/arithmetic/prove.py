"""`by_adders`: the algebra of adders as one engine among others."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from bridge.aig import Aig
from bridge.equivalence.arithmetic.adders import Adders
from bridge.equivalence.arithmetic.inner import with_words_of
from bridge.equivalence.arithmetic.words import METHOD, adds_up
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim, beside
from bridge.equivalence.sweep import Sweeping, sweep

_MOST_NODES = 400_000
_WORTH_SWEEPING = 2_000  # nodes of both: of fewer, other engines know at once what there is to know


def by_adders(a: Aig, b: Aig, clock: Clock, seconds: float = inf, sweeping: Sweeping | None = None) -> Claim:
    """Are the outputs equal as words, which takes `seconds` at most? If not, are words inside, and is the rest by SAT
    sweeping? Large netlists without words, such as those of control, are swept as they are; `sweeping`: what was learnt
    so far of these two.

    For combinational netlists with the same inputs and outputs, in the same order; "different" with a vector.
    """
    if len(a.ands) + len(b.ands) > _MOST_NODES:
        return Claim("undecided", why="they are too large", method=METHOD)
    adders = Adders(beside(a, b))
    algebra = clock.within(seconds)
    found = adds_up(adders, a, algebra)
    if found.answer == "equivalent" or clock.over:
        return found
    shared = with_words_of(adders, a, b, algebra)
    if shared is None and len(a.ands) + len(b.ands) < _WORTH_SWEEPING:
        return found
    if shared is None:
        return (sweeping or Sweeping(a, b)).claim(clock)
    rest = sweep(a, shared, clock)
    return replace(rest, method=f"{METHOD}, {rest.method}")
