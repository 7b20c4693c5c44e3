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
_LOOK = 2.0  # what it finds is of use to the sweeping after it, and to a confirmation, in any case


def by_adders(a: Aig, b: Aig, clock: Clock, seconds: float = inf, sweeping: Sweeping | None = None) -> Claim:
    """Are the outputs equal as words? If not, are words inside, and is the rest by SAT sweeping?

    Most netlists have no such words: a look for nodes that are alike comes before that for words inside. The algebra of
    either kind has `seconds` at most, the look between them _LOOK times as many; the sweeping goes on at last, alone.

    For combinational netlists with the same inputs and outputs, in the same order; "different" with a vector.
    `sweeping`: what was learnt so far of these two.
    """
    if len(a.ands) + len(b.ands) > _MOST_NODES:
        return Claim("undecided", why="they are too large", method=METHOD)
    worthwhile, sweeping = len(a.ands) + len(b.ands) >= _WORTH_SWEEPING, sweeping or Sweeping(a, b)
    adders = Adders(beside(a, b))
    found = adds_up(adders, a, clock.within(seconds))
    if found.answer == "undecided" and worthwhile and not clock.over:
        found = sweeping.look(clock.within(_LOOK * seconds))
    if found.answer == "equivalent" or clock.over:
        return found
    shared = with_words_of(adders, a, b, clock.within(seconds))
    if shared is None:
        return sweeping.claim(clock) if worthwhile else found
    rest = sweep(a, shared, clock)
    return replace(rest, method=f"{METHOD}, {rest.method}")
