"""How much more two and more threads get done, each on streams of its own, by the wall clock."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bridge.aig import Aig
from bridge.bench.speed import loops
from bridge.bench.speed.ours import WORDS
from bridge.execution import Program, compile_program
from bridge.execution.machines.run import make_machine
from bridge.execution.stepper import ENDLESS
from bridge.printable import Listener, Progress

SECONDS = 0.1  # of wall time in one sample


def thread_scaling(aig: Aig, rounds: int, progress: Listener) -> dict[int, float]:
    """By number of threads (2, 4, ... up to the processors we may use): streams per second, as a multiple of one
    thread's in the same round; medians."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    program = compile_program(aig)
    works = [_steps(program) for _ in range(processors)]
    works[0](1)
    started = time.perf_counter()
    works[0](2)
    count = max(1, int(2 * SECONDS / (time.perf_counter() - started)))
    powers = [1 << index for index in range(1, processors.bit_length()) if 1 << index <= processors]
    ratios: dict[int, list[float]] = {threads: [] for threads in powers}
    with ThreadPoolExecutor(processors) as pool:
        for turn in range(rounds if powers else 0):
            progress(Progress(remark=f"round {turn + 1} of {rounds}: threads"))
            alone = _wall(pool, works[:1], count)
            for threads, found in ratios.items():
                found.append(threads * alone / _wall(pool, works[:threads], count))
    return {threads: statistics.median(found) for threads, found in ratios.items()}


def _steps(program: Program) -> Callable[[int], None]:
    """So many steps of 64 * WORDS streams of its own."""
    prepared = make_machine(program, WORDS, steps=ENDLESS)

    def work(count: int) -> None:
        loops.steps(prepared.machine, count)

    return work


def _wall(pool: ThreadPoolExecutor, works: list[Callable[[int], None]], count: int) -> float:
    started = time.perf_counter()
    list(pool.map(lambda work: work(count), works))
    return time.perf_counter() - started
