"""What makes a proof of ABC count: that our own engine confirms it, or, where that would take too long, that the engine
of ABC has passed its self-test; then the verdict says that ABC is alone with it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bridge.equivalence.selftest import fault_of, known_fault
from bridge.equivalence.verdict import Verdict
from bridge.toolchain import Tool

ALONE, CONFIRMED = ", by ABC alone", "; confirmed by "
SHARE = 0.3
_LEAST_SECONDS = 5.0
_NO_TIME = Verdict("undecided", "SAT sweeping", 0.0, reason="there was no time left for SAT sweeping")


class Confirmations:
    """How long our own engine may confirm what ABC proved: `share` of all the time, `least` seconds in any case; or
    `demanded` seconds each time, and then nothing else counts. For any number of threads."""

    def __init__(self, share: float = SHARE, least: float = _LEAST_SECONDS, demanded: float = 0.0) -> None:
        self.share, self.least, self.demanded = share, least, demanded
        self.worked = self.spent = 0.0
        self._lock = threading.Lock()

    def work(self, seconds: float) -> None:
        """So many were spent on other things."""
        with self._lock:
            self.worked += seconds

    @contextmanager
    def granted(self) -> Iterator[float]:
        """The seconds that a confirmation may take now, none if there are none; what it did take is counted."""
        with self._lock:
            left = max(self.share / (1 - self.share) * self.worked, self.least) - self.spent
            seconds = self.demanded or max(0.0, left)
            self.spent += seconds
        started = time.monotonic()
        try:
            yield seconds
        finally:
            with self._lock:
                self.spent += time.monotonic() - started - seconds


def settled(
    prove: Callable[[Sequence[str]], tuple[Verdict, str]],
    confirm: Callable[[float], Verdict],
    abc: Tool,
    engines: Sequence[str],
    confirmations: Confirmations,
) -> Verdict:
    """The verdict that `prove` reaches, as far as it can be believed.

    `prove` is given the engines that it may use, and says on which one its verdict rests, if on any; when that one
    fails the self-test, it is asked again. `confirm` is the opinion of our own engine, within so many seconds.
    """
    doubts = {engine: fault for engine in engines if (fault := known_fault(engine, abc))}
    opinion: Verdict | None = None
    while True:
        started, before = time.monotonic(), sum(os.times()[:4])
        verdict, engine = prove([engine for engine in engines if engine not in doubts])
        # Our own engine is given seconds of work: on a busy machine, those of the clock would be many times as many.
        confirmations.work(min(time.monotonic() - started, sum(os.times()[:4]) - before))
        unsure = verdict.answer == "undecided" and doubts
        if not (unsure or (verdict.answer == "equivalent" and engine)):
            return verdict
        if opinion is None:
            with confirmations.granted() as seconds:
                opinion = confirm(seconds) if seconds > 0 else _NO_TIME
        if verdict.answer == "equivalent" and opinion.answer != "undecided":
            return both_opinions(verdict, opinion)
        if unsure:
            return opinion if opinion.answer != "undecided" else _doubted(verdict, opinion, doubts)
        if confirmations.demanded:
            return both_opinions(verdict, opinion)
        fault = fault_of(engine, abc)
        if not fault:
            seconds = verdict.seconds + opinion.seconds
            return replace(verdict, method=verdict.method + ALONE, seconds=seconds, alone=True)
        doubts[engine] = fault


def both_opinions(first: Verdict, second: Verdict) -> Verdict:
    """Equivalent if both say so, different if one does (it has an input that shows it), otherwise undecided."""
    seconds = first.seconds + second.seconds
    for verdict in (first, second):
        if verdict.answer != "equivalent":
            other = second if verdict is first else first
            reason = f"{verdict.reason}; {other.method} says {other.answer}"
            if verdict.answer == "different" or other.answer != "different":
                return replace(verdict, seconds=seconds, reason=reason)
    return Verdict("equivalent", f"{base_of(first.method)}{CONFIRMED}{second.method}", seconds)


def base_of(method: str) -> str:
    """How something was proven, without a word on who confirmed it."""
    return method.split(CONFIRMED)[0].removesuffix(ALONE)


def _doubted(verdict: Verdict, opinion: Verdict, doubts: dict[str, str]) -> Verdict:
    faults = "; ".join(f"{engine} {fault}" for engine, fault in doubts.items())
    reason = f"{opinion.reason}, and this ABC is not believed: {faults}"
    return replace(verdict, seconds=verdict.seconds + opinion.seconds, reason=reason)
