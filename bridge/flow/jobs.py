"""Work side by side in threads: the tools are processes of their own, and compiled code releases the interpreter lock.

However many pieces of work there are, and however deep they nest, at most `jobs` of them hold a slot at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from bridge.toolchain.process import forget_threads, interrupt_threads

Result = TypeVar("Result")

_PAUSE = 0.05


class Jobs:
    """`slots`: what a piece of work holds while it computes or waits for a tool."""

    def __init__(self, jobs: int | None = None) -> None:
        self.slots = threading.Semaphore(jobs or available())
        self._threads: set[int] = set()

    def each(self, works: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do all of them, each in a thread of its own; their results in order, or the first error in that order.

        Ctrl-C ends the tools that they wait for, then the threads.
        """
        mine: set[int] = set()

        def begun(work: Callable[[], Result]) -> Result:
            mine.add(threading.get_ident())
            self._threads.add(threading.get_ident())
            return work()

        with ThreadPoolExecutor(max(1, len(works))) as pool:
            futures = [pool.submit(begun, work) for work in works]
            try:
                wait(futures)
            except BaseException:
                while wait(futures, timeout=_PAUSE).not_done:
                    interrupt_threads(set(self._threads))
                raise
            finally:
                self._threads -= mine
                forget_threads(mine)
        return [future.result() for future in futures]


def available() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
