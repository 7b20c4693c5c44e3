"""What takes part in a bench, and how it is measured: all contenders in turn, round by round, medians."""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bridge.errors import ToolError
from bridge.printable import Listener, Progress

REPEATS = 5


@dataclass(frozen=True)
class Contender:
    """`ready`: processor seconds from the netlist to code that runs; `measure`: works a while, returns those for one
    unit of the work."""

    name: str
    ready: float
    measure: Callable[[], float]


class Absent(Exception):
    """A peer that is not installed, or cannot do this; the text says why."""


Factory: TypeAlias = Callable[[Path], Contender]


@dataclass(frozen=True)
class Row:
    """`seconds`: median over the rounds; `best`: the shortest; `ready`: as in `Contender`."""

    name: str
    seconds: float
    best: float
    ready: float


@dataclass(frozen=True)
class Ranking:
    """`rows`: the fastest first; `skipped`: who could not take part, and why."""

    rows: tuple[Row, ...]
    skipped: dict[str, str]

    def __getitem__(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)


def compare(factories: Mapping[str, Factory], rounds: int, progress: Listener) -> Ranking:
    """Prepare everyone in a temporary folder of its own, then measure in interleaved rounds."""
    contenders: list[Contender] = []
    skipped: dict[str, str] = {}
    with ExitStack() as stack:
        for name, factory in factories.items():
            progress(Progress(remark=f"preparing {name}"))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aigbridge-")))
            try:
                contenders.append(factory(folder))
            except (Absent, ToolError) as reason:
                skipped[name] = str(reason)
        samples: list[list[float]] = [[] for _ in contenders]
        for turn in range(rounds):
            for contender, times in zip(contenders, samples, strict=True):
                progress(Progress(remark=f"round {turn + 1} of {rounds}: {contender.name}"))
                times.append(contender.measure())
    rows = [
        Row(each.name, statistics.median(times), min(times), each.ready)
        for each, times in zip(contenders, samples, strict=True)
    ]
    return Ranking(tuple(sorted(rows, key=lambda row: row.seconds)), skipped)


def own_seconds(call: Callable[[], object]) -> float:
    """Processor time that a call takes in this thread."""
    started = time.thread_time()
    call()
    return time.thread_time() - started


def child_seconds(call: Callable[[], object]) -> float:
    """Processor time of the processes that a call starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
