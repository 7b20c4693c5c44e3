"""Several ways to one answer, side by side: the first that finds it ends the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from bridge.toolchain.process import check_interrupt, forget_threads, interrupt_threads

Result = TypeVar("Result")

_PAUSE = 0.05


def race(
    works: Sequence[Callable[[], Result]], decisive: Callable[[Result], bool], head_start: float = 0.0
) -> list[Result]:
    """The results, with a decisive one last if there is one. Each work waits for one tool, in a thread of its own.

    The first has the machine for itself for `head_start` seconds, or until it ends; then all others start.
    """
    mine: set[int] = set()
    found: list[Result] = []

    def begun(work: Callable[[], Result]) -> Result:
        mine.add(threading.get_ident())
        return work()

    with ThreadPoolExecutor(max(1, len(works))) as pool:
        running = {pool.submit(begun, work) for work in works[:1]}
        later, start = works[1:], time.monotonic() + head_start
        try:
            while running or later:
                if later and (not running or time.monotonic() >= start):
                    running |= {pool.submit(begun, work) for work in later}
                    later = ()
                done, running = wait(running, _PAUSE, FIRST_COMPLETED)
                check_interrupt()
                found += [future.result() for future in done]
                winner = next((result for result in found if decisive(result)), None)
                if winner is not None:
                    return [*(result for result in found if result is not winner), winner]
            return found
        finally:
            _end(running, mine)


def _end(running: set[Future[Result]], threads: set[int]) -> None:
    while wait(running, _PAUSE).not_done:
        interrupt_threads(set(threads))
    forget_threads(threads)
