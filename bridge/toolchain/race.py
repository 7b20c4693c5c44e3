"""Several ways to one answer, side by side: the first that finds it ends the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from bridge.toolchain.allowance import Allowance
from bridge.toolchain.process import check_interrupt, forget_threads, interrupt_threads

Result = TypeVar("Result")

_PAUSE = 0.05
_LONGER = 6.0  # times the head start: what the first ones work before late ones begin


def race(
    works: Sequence[Callable[[], Result]],
    decisive: Callable[[Result], bool],
    *,
    at_a_time: int,
    head_start: float = 0.0,
) -> list[Result]:
    """The results in the order of the works, of those that ended before one was decisive.

    Each work waits for a tool, or asks `check_interrupt` now and then, in a thread of its own. The first has the
    machine for itself for `head_start` seconds of work, or until it ends. Then others begin, at most `at_a_time` in
    all; who comes after those has to wait for `_LONGER` times as much work of theirs, unless fewer than two are left:
    late beginners cost the others time, and most would be of no use.
    """
    threads: set[int] = set()

    def begun(work: Callable[[], Result]) -> Result:
        threads.add(threading.get_ident())
        return work()

    waiting, start = list(works), Allowance(head_start)
    first_ones: Allowance | None = None
    futures: list[Future[Result]] = []
    with ThreadPoolExecutor(max(1, len(works))) as pool:
        try:
            while True:
                running = [future for future in futures if not future.done()]
                if first_ones is None and (start.over or len(running) < len(futures)):
                    first_ones = Allowance(_LONGER * head_start, at_once=2)
                while waiting and len(running) < _room(len(futures), at_a_time, first_ones):
                    running.append(pool.submit(begun, waiting.pop(0)))
                    futures.append(running[-1])
                wait(running, _PAUSE, FIRST_COMPLETED)
                check_interrupt()
                found = [future.result() for future in futures if future.done()]
                if any(map(decisive, found)) or len(found) == len(works):
                    return found
        finally:
            while wait(futures, _PAUSE).not_done:
                interrupt_threads(set(threads))
            forget_threads(threads)


def _room(begun: int, at_a_time: int, first_ones: Allowance | None) -> int:
    """How many may run now. first_ones: how long the first of them, so many as may run, are by themselves; None while
    the very first is."""
    if first_ones is None:
        return 1
    return at_a_time if begun < at_a_time or first_ones.over else min(2, at_a_time)
