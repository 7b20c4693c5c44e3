"""Whole matrices of dependence: which of many sources affects which of many targets, every entry decided.

Cones give the easy no, simulation the easy yes (every source is inverted in thousands of runs at once), and SAT on
unequal cofactors closes what is left. What "affects" means: see `bridge.analysis.dependences.affects`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.dependences.answer import ANSWERS, NO, UNDECIDED, YES
from bridge.analysis.dependences.boundary import approach, repeated
from bridge.analysis.dependences.cofactors import SAT_METHOD, cofactor_answers
from bridge.analysis.dependences.question import Pairs, pose_all
from bridge.analysis.dependences.switches import Switched, change, switched
from bridge.analysis.dependences.tables import by_block, save_table
from bridge.analysis.edits import refuse_resampled
from bridge.analysis.places import SameNodes
from bridge.analysis.runs import Runs, random_runs, reached_runs
from bridge.analysis.signals import Bit, Signal
from bridge.analysis.text.runs import text_runs
from bridge.arrays import Bits, Flags, Ints, Words
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.execution.words import first_stream
from bridge.printable import Listener, Progress, counted, html_table, unheard
from bridge.printable.notebook import Chart, Framed

NOTHING, STRUCTURE, SIMULATION, SAT = 0, 1, 2, 3
METHODS = ("nothing", "structure", "simulation", SAT_METHOD)

WORDS = 16  # 1024 runs a round
TOGETHER = 128  # sources inverted in one call
ROUNDS = 64
FRUITLESS = 6  # rounds without a find after which SAT takes over
TRIES = 4  # fruitless searches at the boundary of one target
_SIMULATED, _SEARCHED = 0.25, 0.5  # the parts of the seconds after which simulation, searching must have ended
_WORTH_A_PROCESS = 40  # open entries
_LEAST_SECONDS = 1.0  # for one source


@dataclass(frozen=True, eq=False, repr=False)
class DependenceMatrix(Framed):
    """`answers`: uint8[sources, targets] of NO, YES, UNDECIDED; `methods`: uint8 of the same shape, NOTHING,
    STRUCTURE, SIMULATION or SAT, what decided; `seconds`: wall time; `same_node`: source bits that share a node of the
    netlist with other names, and are changed with them."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    steps: int
    answers: Bits
    methods: Bits
    seconds: float
    same_node: SameNodes = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many entries there are, what the cones left open, and who decided what: `entries`, `structure_no`,
        `open_after_structure`, `simulation_yes`, `open_after_simulation`, `sat_yes`, `sat_no`, `undecided`."""
        pairs = (len(METHODS) * self.answers.astype(np.int64) + self.methods).ravel()
        no, yes, undecided = np.bincount(pairs, minlength=len(ANSWERS) * len(METHODS)).reshape(3, -1).tolist()
        return {
            "entries": self.answers.size,
            "structure_no": no[STRUCTURE],
            "open_after_structure": self.answers.size - no[STRUCTURE],
            "simulation_yes": yes[SIMULATION],
            "open_after_simulation": yes[SAT] + no[SAT] + sum(undecided),
            "sat_yes": yes[SAT],
            "sat_no": no[SAT],
            "undecided": sum(undecided),
        }

    def by_block(self) -> tuple[list[str], list[str], Ints]:
        """Blocks of the sources, of the targets, and between each two int64[blocks, blocks] how many pairs are YES."""
        return by_block(self.sources, self.targets, (self.answers == YES).astype(np.int64))

    def columns(self) -> dict[str, list[str]]:
        """One row a source: `source`, then yes, no or undecided for each target."""
        answers = np.array(ANSWERS)[self.answers]
        return {"source": [*self.sources]} | {
            name: answers[:, place].tolist() for place, name in enumerate(self.targets)
        }

    def plot(self) -> Chart:
        """By block, how many pairs of a source and a target are YES."""
        return Chart.grid(*self.by_block(), "pairs that affect")

    def to_json(self) -> dict[str, Any]:
        """`steps seconds`, the counts, how many targets each source affects, `targets` and `same_node`."""
        affected = np.count_nonzero(self.answers == YES, axis=1).tolist()
        return {
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            **self.counts(),
            "affected": dict(zip(self.sources, affected, strict=True)),
            "targets": list(self.targets),
            "same_node": {name: [*others] for name, others in self.same_node.items()},
        }

    def save(self, path: str | Path) -> None:
        """Write `.npz` (arrays `sources targets answers methods`) or `.csv` (one row a source: yes, no, undecided)."""
        arrays = {"answers": self.answers, "methods": self.methods, "steps": self.steps}
        save_table(path, self.sources, self.targets, np.array(ANSWERS)[self.answers].tolist(), arrays)

    def _repr_html_(self) -> str:
        rows = ((key.replace("_", " "), f"{value:,}") for key, value in self.counts().items())
        return html_table(rows, (), f"{len(self.sources)} x {len(self.targets)}, {counted(self.steps, 'step')}")


def dependence(
    model: Cell | Aig,
    sources: Iterable[str] | None = None,
    targets: Iterable[str] | None = None,
    steps: int = 1,
    *,
    bits: bool = False,
    text: bytes | None = None,
    seconds: float = 900.0,
    memory: float | None = None,
    jobs: int = 2,
    progress: Listener = unheard,
) -> DependenceMatrix:
    """Decide all pairs. By default sources are all state bits and inputs, targets all state bits and all outputs, those
    of a number (`logit.97[0]`, `logit.97[1]`, ...) together.

    A source of several bits affects if any change of them does, see `affects`. `bits`: groups are taken
    apart, one row or column a bit. `text` only helps to find the yes: states that it visits
    are tried too. Entries left after `seconds`, or when a process holds `memory` MiB, are UNDECIDED. `jobs`: processes
    for SAT. InputError for unknown names, steps outside 1 .. 64, and what is drawn at random.
    """
    check_text(text)
    refuse_resampled(model, "dependence")
    clock = Clock(seconds, memory)
    pairs = pose_all(model, sources, targets, steps, at_once=text is not None)
    work = _Work(pairs.taken_apart() if bits else pairs)
    work.simulate(clock, text, progress)
    work.solve(clock, max(1, jobs), progress)
    return DependenceMatrix(*work.pairs.names, steps, work.answers, work.methods, clock.seconds, work.pairs.same_node)


@dataclass(frozen=True, eq=False)
class _View:
    """Some columns, the netlist prepared for their bits, and where those of each begin and end: int64[columns + 1]."""

    columns: Ints
    prepared: Switched
    bounds: Ints


class _Work:
    """The matrix while it is filled."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs, self.aig, self.targets, self.steps = pairs, pairs.aig, pairs.targets, pairs.steps
        self.bits, self.places = pairs.nodes
        found = pairs.found
        self.answers = np.where(found, UNDECIDED, NO).astype(np.uint8)
        self.methods = np.where(found, NOTHING, STRUCTURE).astype(np.uint8)
        self.seeds = np.full(found.shape, -1, np.int32)  # of the runs that showed an entry

    @property
    def open(self) -> Flags:
        still: Flags = self.answers == UNDECIDED
        return still

    def simulate(self, clock: Clock, text: bytes | None, progress: Listener) -> None:
        """Rounds of runs until they find nothing more, then runs at the boundaries of what is still open."""
        total, fruitless = max(1, int(self.open.sum())), 0
        view = self._view(np.arange(len(self.targets)))
        for seed in range(ROUNDS):
            before = int(self.open.sum())
            if not before or fruitless >= FRUITLESS or clock.full or clock.seconds > _SIMULATED * clock.budget:
                break
            self._round(view, self._runs(seed, text), seed)
            fruitless = fruitless + 1 if int(self.open.sum()) == before else 0
            progress(Progress(0.5 * (1 - int(self.open.sum()) / total), "simulation"))
        random = np.random.default_rng(0)
        view = self._view(np.flatnonzero(self.open.any(axis=0)))
        for column in view.columns[np.argsort(-self.open[:, view.columns].sum(axis=0), kind="stable")].tolist():
            fruitless = 0
            while self.open[:, column].any() and fruitless < TRIES and not clock.full:
                if clock.seconds >= _SEARCHED * clock.budget:
                    break
                before = int(self.open[:, column].sum())
                self._search(view, column, text, random)
                fruitless = fruitless + 1 if int(self.open[:, column].sum()) == before else 0
                progress(Progress(0.5 * (1 - int(self.open.sum()) / total), "simulation at boundaries"))

    def _view(self, columns: Ints) -> _View:
        targets = [self.targets[column] for column in columns]
        bounds = np.cumsum([0, *(len(target.bits) for target in targets)])
        return _View(columns, switched(self.aig, self.bits, [bit for target in targets for bit in target.bits]), bounds)

    def _runs(self, seed: int, text: bytes | None) -> Runs:
        if text is not None and seed % 2:
            return text_runs(self.aig, text, self.steps, 64 * WORDS, seed)
        make = reached_runs if seed % 4 == 2 else random_runs
        return make(self.aig, self.steps, WORDS, seed)

    def _round(self, view: _View, runs: Runs, seed: int, *, known: bool = True) -> None:
        """`known`: these runs are those of the seed."""
        base = view.prepared.base(runs)[:, :, None, :]
        live = np.flatnonzero(self.open[:, view.columns].any(axis=1))
        for start in range(0, len(live), TOGETHER):
            chosen = live[start : start + TOGETHER].tolist()
            changed = view.prepared.changed(runs, [change(self.places[row], WORDS, seed) for row in chosen])
            shown = (changed != base).any(axis=(0, 3))
            groups = np.logical_or.reduceat(shown, view.bounds[:-1], axis=0).T
            for row, hits in zip(chosen, groups, strict=True):
                columns = view.columns[hits & self.open[row, view.columns]]
                self.answers[row, columns], self.methods[row, columns] = YES, SIMULATION
                self.seeds[row, columns] = seed if known else -1

    def _search(self, view: _View, column: int, text: bytes | None, random: np.random.Generator) -> None:
        """From a pair of runs that is known to differ in the target, find others right at its boundary."""
        known = np.flatnonzero((self.answers[:, column] == YES) & (self.seeds[:, column] >= 0))
        if not len(known):
            return
        source = int(random.choice(known))
        seed = int(self.seeds[source, column])
        runs, some = self._runs(seed, text), change(self.places[source], WORDS, seed)
        place = int(np.flatnonzero(view.columns == column)[0])
        inside = slice(view.bounds[place], view.bounds[place + 1])
        different = view.prepared.changed(runs, [some])[:, inside, 0] ^ view.prepared.base(runs)[:, inside]
        step, bit, word = random.choice(np.argwhere(different)).tolist()
        lane = 64 * word + first_stream(different[step, bit, word : word + 1])

        def value(some: Runs) -> Words:
            rows: Words = view.prepared.base(some)[step, inside.start + bit]
            return rows

        others = random_runs(self.aig, self.steps, WORDS, int(random.integers(1 << 31)))
        common = int(np.bitwise_count(value(others)).sum()) > 32 * WORDS
        start = repeated(runs.single(lane)[:2], WORDS)
        if bool(value(start)[0] & np.uint64(1)) == common:
            start = view.prepared.with_change(start, some.repeated(lane))
        for side in approach(value, *((others, start) if common else (start, others)), random):
            self._round(view, side, int(random.integers(1 << 31)), known=False)

    def solve(self, clock: Clock, jobs: int, progress: Listener) -> None:
        """SAT for what is open, one job for each source."""
        rows = [(row, np.flatnonzero(columns)) for row, columns in enumerate(self.open) if columns.any()]
        if not rows:
            return
        left, entries = clock.left, int(self.open.sum())
        limits = max(_LEAST_SECONDS, left * jobs / len(rows)), time.monotonic() + left, clock.memory
        tasks = ((self.aig, *self._task(row, columns), self.steps, *limits) for row, columns in rows)
        for done, ((row, columns), found) in enumerate(zip(rows, _results(tasks, entries, jobs), strict=True)):
            for answer in (NO, YES):
                settled = columns[[code == answer for code in found]]
                self.answers[row, settled], self.methods[row, settled] = answer, SAT
            progress(Progress(0.5 + 0.5 * (done + 1) / len(rows), f"SAT, {int(self.open.sum())} open"))

    def _task(self, row: int, columns: Ints) -> tuple[list[Bit], list[Signal]]:
        return [self.bits[place] for place in self.places[row]], [self.targets[column] for column in columns]


def _results(tasks: Iterable[tuple[Any, ...]], entries: int, jobs: int) -> Iterator[list[int]]:
    if jobs == 1 or entries < _WORTH_A_PROCESS:
        yield from map(_solve, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_solve, tasks)


def _solve(task: tuple[Any, ...]) -> list[int]:
    """NO, YES or UNDECIDED for every target of one source; after the deadline nothing is tried."""
    aig, group, targets, steps, seconds, deadline, memory = task
    clock = Clock(min(seconds, deadline - time.monotonic()), memory)
    if clock.over:
        return [UNDECIDED] * len(targets)
    return [ANSWERS.index(found.answer) for found in cofactor_answers(aig, group, targets, steps, clock)]
