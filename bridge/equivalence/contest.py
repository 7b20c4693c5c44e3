"""ABC's engines and the algebra of adders on one question, side by side: which of them is quick nobody can tell before,
and the others may take a hundred times as long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bridge.aig import Aig
from bridge.arrays import Bits
from bridge.equivalence.arithmetic import by_adders
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim, ask, replay, simulate_apart
from bridge.equivalence.sweep import Sweeping
from bridge.toolchain import Tool
from bridge.toolchain.process import check_interrupt
from bridge.toolchain.race import race

# Most proofs take less, and are not worth more than one process.
_HEAD_START = 1.5  # seconds of work, and one more for each so many nodes: large netlists several times take memory, too
_NODES_A_SECOND = 80_000
_HEAD_PART = 0.25  # of all seconds are the most that makes: other engines need some, too
_AT_A_TIME = 3
_ALGEBRA = 2.0  # seconds, and one more for each so many nodes: of each of its parts that are quick, or do not pay
_ALGEBRA_NODES = 30_000
_PATTERNS = 64  # times as many as before: most gates of LUTs that are broken show it for few inputs


class _Watched(Clock):
    """Of a work in a race: who looks at it is ended with the race."""

    @property
    def over(self) -> bool:
        check_interrupt()
        return super().over

    def within(self, seconds: float) -> Clock:
        return _Own(self.left, seconds)


class _Own(_Watched):
    """Of a part of such a work, which has so many seconds of its thread: others work beside it."""

    def __init__(self, budget: float, seconds: float) -> None:
        super().__init__(budget)
        self._end = time.thread_time() + seconds

    @property
    def over(self) -> bool:
        return time.thread_time() >= self._end or super().over


def contest(
    a: Aig, b: Aig, abc: Tool, engines: Sequence[str], seconds: float, sweeping: Sweeping | None = None
) -> Claim:
    """The first answer that one of these engines gives, a difference with its vector, replayed; if there is none, what
    the first engine says. `sweeping`: of the two, if algebra and sweeping are to take part; it may go on afterwards."""
    deadline, nodes = Clock(seconds), a.variables + b.variables
    works = [partial(_asked, engine, a, b, abc, deadline) for engine in engines]
    if sweeping is not None:
        algebra = _ALGEBRA + nodes / _ALGEBRA_NODES
        works.insert(1, partial(by_ourselves, a, b, _Watched(seconds), algebra, sweeping))
    head_start = head_start_of(nodes, seconds)
    results = race(works, _decisive, at_a_time=_AT_A_TIME, head_start=head_start)
    return next(filter(_decisive, results), results[0] if results else Claim("undecided", why="no engine"))


def head_start_of(nodes: int, seconds: float) -> float:
    """Seconds in which the first engine has the machine for itself."""
    return max(_HEAD_START, min(_HEAD_START + nodes / _NODES_A_SECOND, _HEAD_PART * seconds))


def _decisive(claim: Claim) -> bool:
    return claim.answer != "undecided"


def by_ourselves(a: Aig, b: Aig, clock: Clock, algebra: float, sweeping: Sweeping) -> Claim:
    """What no tool is asked for: more patterns, then the algebra of adders, in so many seconds, and sweeping."""
    vector = seen_apart(a, b, clock)
    if vector is not None:
        return Claim("different", vector, method="simulation")
    return by_adders(a, b, clock, algebra, sweeping)


def seen_apart(a: Aig, b: Aig, clock: Clock) -> Bits | None:
    """An input vector on which the netlists differ, uint8[inputs], among many more than are tried before anybody is
    asked; None if none was met, or the clock is over."""
    for seed in range(1, _PATTERNS):
        if clock.over:
            return None
        vector = simulate_apart(a, b, seed=seed)
        if vector is not None:
            return vector
    return None


def _asked(engine: str, a: Aig, b: Aig, abc: Tool, deadline: Clock) -> Claim:
    claim = ask(engine, a, b, abc, deadline.share(1.0))
    shown = claim.vector is not None and replay(a, b, claim.vector) is not None
    if claim.answer == "equivalent" or shown:
        return replace(claim, method=engine)
    return Claim("undecided", why=claim.why, method=engine)
