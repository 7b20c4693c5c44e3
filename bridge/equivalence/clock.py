"""A budget of seconds and memory: whoever works on a question looks at its clock, and says why when it is over.

The seconds are those of work, so that no work is ended because the machine does other things, see `Allowance`.
"""

from __future__ import annotations

import time

import psutil

from bridge.toolchain.allowance import Allowance

_LEAST_SECONDS = 0.2
_MIB = 1 << 20


class Clock:
    """The seconds since it was made, and what is left of a budget. `memory`: MiB that this process may hold, or None;
    `whole`: the clock that it is a part of."""

    def __init__(self, budget: float, memory: float | None = None, whole: Clock | None = None) -> None:
        self.started, self.budget, self.memory = time.monotonic(), budget, memory
        self._allowance = Allowance(budget)
        self._whole, self._short = whole, False

    @property
    def seconds(self) -> float:
        """Those that passed on the wall."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds, never below 0."""
        return self._allowance.left

    @property
    def over(self) -> bool:
        return self._allowance.over or self.full

    @property
    def full(self) -> bool:
        """Does this process hold more than it may?"""
        return self.memory is not None and psutil.Process().memory_info().rss > self.memory * _MIB

    def ran_short(self) -> None:
        """Note that a process that worked for it needed more memory than there is."""
        self._short = True
        if self._whole is not None:
            self._whole.ran_short()

    @property
    def why(self) -> str:
        """Why it is over, or nothing more is found, the end of a sentence."""
        if self._short or self.full:
            held = "all memory there is" if self.memory is None else f"memory of {self.memory:g} MiB"
            return f"{held} is used up; allow more with --memory"
        return f"no end after {self.budget:g} s; allow more seconds"

    def share(self, part: float) -> float:
        """That part of the seconds left, but enough to see whether a problem is easy."""
        return max(_LEAST_SECONDS, part * self.left)

    def part(self, part: float) -> Clock:
        """A clock for that share of the seconds left, with the same memory."""
        return Clock(self.share(part), self.memory, self)

    def within(self, seconds: float) -> Clock:
        """A clock for so many seconds, or those that are left, with the same memory."""
        return Clock(min(seconds, self.left), self.memory, self)
