"""Seconds of work, so that a limit means the same on a busy machine as on an idle one.

They are at least as long as those of the clock. When these are over, but processors were busy with other things, as
many more are given as the work still lacks, and so on. Who does next to nothing waits, or hangs, and gets no more.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time

_LEAST_PART = 0.05  # of one processor: what gets less is not working
_ENOUGH = 0.99  # of the seconds: the rest went into starting, reading and writing


class Allowance:
    """So many seconds of work for the process `pid` and all below it, or for this one, from now on; over before that
    if `whole` is, of which it is a part. Threads may share one.

    All that a process does counts, in whatever thread, so that two works side by side in one may get less; a work alone
    gets no less than those seconds of the clock. `at_once`: of several works together, which may use so many processors
    and need that many times less of the clock.
    """

    def __init__(
        self, seconds: float, pid: int | None = None, whole: Allowance | None = None, at_once: int = 1
    ) -> None:
        self.seconds, self.pid, self.whole, self.at_once = seconds, pid, whole, at_once
        self._lock = threading.Lock()  # who asks right after another has would see no work done in between
        self._seen, self._done = time.monotonic(), 0.0
        self._before = 0.0 if pid else sum(os.times()[:4])
        self._until: float | None = self._seen + seconds / at_once

    @property
    def left(self) -> float:
        """How many seconds of the clock it lasts at least, never below 0."""
        with self._lock:
            now = time.monotonic()
            if self._until is not None and now >= self._until:
                lacking = self._lacking(now)
                self._until = now + lacking / self.at_once if lacking else None
            own = 0.0 if self._until is None else self._until - now
        return min(own, self.whole.left) if self.whole else own

    @property
    def work(self) -> float:
        """How many seconds of work are left, at least those of the clock: what a part may be given."""
        left = self.left
        return left and max(left, self.seconds - (worked(self.pid or os.getpid()) - self._before))

    @property
    def over(self) -> bool:
        return self.left <= 0.0

    def _lacking(self, now: float) -> float:
        """Seconds of work that are not done yet; none if next to nothing was done since this was asked last."""
        passed, before = now - self._seen, self._done
        self._seen, self._done = now, worked(self.pid or os.getpid()) - self._before
        working = self._done - before > _LEAST_PART * passed > 0
        return self.seconds - self._done if working and self._done < _ENOUGH * self.seconds else 0.0


def worked(pid: int) -> float:
    """Seconds of processors that this process and all below it have used, as far as the system tells."""
    import psutil  # only those who are late need it

    total = 0.0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += sum(process.cpu_times()[:4])  # user, system, and those of children that have ended
    return total
