"""The matrix of shares: how often each source affects each target, in place of a wiring diagram.

What is in an entry is what `graded` gives for it; runs are shared. What no path connects is exactly 0. Where all states
and inputs are asked about, entries are sampled first and then counted exactly, those of small cones first, as far as
seconds go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.aig.cone import cone, cone_of
from bridge.aig.literals import variable_of
from bridge.analysis.dependences.counting import BDD, EVERY, SAMPLED, intervals
from bridge.analysis.dependences.counting import counted as exactly
from bridge.analysis.dependences.graded import MEASURED, ON_TEXT, POSITIONS, STRUCTURE, differing
from bridge.analysis.dependences.question import ANY_STATE, Pairs, pose_all
from bridge.analysis.dependences.swaps import runs_on, swaps
from bridge.analysis.dependences.switches import Change, switched
from bridge.analysis.dependences.tables import by_block, save_table
from bridge.analysis.places import SameNodes, told
from bridge.analysis.runs import ALL, Runs
from bridge.analysis.signals import Signal, target_literals
from bridge.arrays import Bits, Flags, Floats, Ints, Words
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.execution.words import random_words
from bridge.printable import Listener, Progress, counted, html_table, unheard
from bridge.printable.notebook import Chart, Framed

UNTRIED = "not tried"  # the time was over
METHODS = (STRUCTURE, EVERY, BDD, SAMPLED, MEASURED, UNTRIED)
MOST_COUNTED, MOST_NODES = 4096, 1 << 18  # entries tried, and nodes of the BDD of each
_SAMPLED, _ONE = 0.5, 0.05  # parts of the seconds for sampling, and of those left for one entry


@dataclass(frozen=True, eq=False, repr=False)
class Shares(Framed):
    """`shares` (NaN where not tried), `low`, `high`: float64[sources, targets], see `Graded`; `methods`: uint8 of
    the same shape, places in METHODS; `scope`: which cases they are about, `cases`: of each source; `same_node`: as in
    `DependenceMatrix`; `why`: what was not tried."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    steps: int
    scope: str
    shares: Floats
    low: Floats
    high: Floats
    methods: Bits
    cases: Ints
    seconds: float
    why: str = ""
    same_node: SameNodes = field(default_factory=dict)

    @property
    def exact(self) -> Flags:
        """bool[sources, targets]"""
        return np.isin(self.methods, [METHODS.index(method) for method in (STRUCTURE, EVERY, BDD)])

    def by_block(self) -> tuple[list[str], list[str], Floats]:
        """Blocks of the sources, of the targets, and the mean share between each two: float64[blocks, blocks]."""
        sources, targets, sums = by_block(self.sources, self.targets, self.shares)
        return sources, targets, sums / by_block(self.sources, self.targets, np.ones_like(self.shares))[2]

    def counts(self) -> dict[str, int]:
        """How many entries came from which method."""
        return {method: int((self.methods == place).sum()) for place, method in enumerate(METHODS)}

    def columns(self) -> dict[str, list[Any]]:
        """One row a source: `source`, then its share for each target; NaN where it was not tried."""
        return {"source": [*self.sources]} | dict(zip(self.targets, self.shares.T.tolist(), strict=True))

    def plot(self) -> Chart:
        """The mean share by block."""
        return Chart.grid(*self.by_block(), "mean share")

    def to_json(self) -> dict[str, Any]:
        """`steps scope seconds cases methods sources targets shares low high exact why same_node`, matrices as lists of
        rows; a share is null where it was not tried."""
        matrices = {key: np.round(getattr(self, key), 9).tolist() for key in ("low", "high")}
        known = [[None if share != share else share for share in row] for row in np.round(self.shares, 9).tolist()]
        matrices["shares"] = known
        facts = {"steps": self.steps, "scope": self.scope, "seconds": round(self.seconds, 3), "methods": self.counts()}
        names = {"sources": [*self.sources], "targets": [*self.targets], "cases": self.cases.tolist()}
        same = {name: [*others] for name, others in self.same_node.items()}
        return {**facts, **names, **matrices, "exact": self.exact.tolist(), "why": self.why, "same_node": same}

    def save(self, path: str | Path) -> None:
        """Write `.npz` (arrays `sources targets shares low high methods cases`) or `.csv` (the shares)."""
        arrays = {key: getattr(self, key) for key in ("shares", "low", "high", "methods", "cases", "steps")}
        save_table(path, self.sources, self.targets, self.shares.tolist(), arrays | {"method_names": np.array(METHODS)})

    def __str__(self) -> str:
        size = f"{len(self.sources)} x {len(self.targets)} shares within {counted(self.steps, 'step')}, {self.scope}"
        parts = [f"{count:,} {method}" for method, count in self.counts().items() if count]
        return "; ".join(
            filter(None, [f"{size}: {', '.join(parts)}, {self.seconds:.1f} s", self.why, told(self.same_node)])
        )

    def _repr_html_(self) -> str:
        sources, targets, means = self.by_block()
        rows = ([name, *row] for name, row in zip(sources, means.tolist(), strict=True))
        return html_table(rows, ("mean share, from \\ to", *targets), str(self))


def shares(
    model: Cell | Aig,
    sources: str | Iterable[str] | None = None,
    targets: str | Iterable[str] | None = None,
    steps: int = 1,
    *,
    text: bytes | None = None,
    positions: int = POSITIONS,
    seed: int = 0,
    seconds: float = 300.0,
    memory: float | None = None,
    progress: Listener = unheard,
) -> Shares:
    """By default from all state bits, the byte and other inputs, to all state bits and all outputs, those of a number
    together. `positions`: cases of each source that are run (times how many other values it has). InputError as
    `dependence`."""
    check_text(text)
    clock = Clock(seconds, memory)
    table = _Table(pose_all(model, sources, targets, steps, at_once=text is not None, whole_byte=True))
    why = table.run(text, positions, seed, clock, progress)
    if text is None and not why:
        table.settle(clock)
    return Shares(
        *table.pairs.names,
        steps,
        ANY_STATE if text is None else ON_TEXT,
        table.shares,
        low=table.low,
        high=table.high,
        methods=table.methods,
        cases=table.cases,
        seconds=clock.seconds,
        why=why,
        same_node=table.pairs.same_node,
    )


class _Table:
    """The matrix while it is filled."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs, self.aig, self.steps, self.found = pairs, pairs.aig, pairs.steps, pairs.found
        shape = self.found.shape
        self.shares: Floats = np.where(self.found, np.nan, 0.0)
        self.low: Floats = np.zeros(shape)
        self.high: Floats = np.where(self.found, 1.0, 0.0)
        self.methods: Bits = np.where(self.found, METHODS.index(UNTRIED), METHODS.index(STRUCTURE)).astype(np.uint8)
        self.cases: Ints = np.zeros(shape[0], np.int64)

    def run(self, text: bytes | None, positions: int, seed: int, clock: Clock, progress: Listener) -> str:
        """Fill by running; why not all sources were tried."""
        sources, targets = self.pairs.sources, self.pairs.targets
        bounds = np.cumsum([0, *(len(target.bits) for target in targets)])[:-1]
        nodes, places = self.pairs.nodes
        runs = self._runs(text, positions, seed)
        prepared = switched(self.aig, nodes, [bit for target in targets for bit in target.bits])
        base = prepared.base(runs)
        for row, (source, own) in enumerate(zip(sources, places, strict=True)):
            if row and (clock.over or (text is None and clock.seconds > _SAMPLED * clock.budget)):
                return f"only {row} of {len(sources)} sources were tried; allow more seconds"
            if self.found[row].any():
                differ, cases = np.zeros(len(targets), np.int64), 0
                for inverted in self._inverted(source, text, runs, seed):
                    changed = prepared.changed(runs, [Change(own, inverted)])[:, :, 0] ^ base
                    where = np.bitwise_or.reduce(inverted, axis=0)
                    apart = np.bitwise_or.reduceat(np.bitwise_or.reduce(changed, axis=0), bounds, axis=0) & where
                    differ += np.bitwise_count(apart).sum(axis=1, dtype=np.int64)
                    cases += int(np.bitwise_count(where).sum())
                self._fill(row, differ, cases, text is not None, 64 * runs.words)
            progress(Progress((row + 1) / len(sources)))
        return ""

    def _runs(self, text: bytes | None, positions: int, seed: int) -> Runs:
        if text is not None:
            return runs_on(self.aig, text, self.steps, positions, seed)
        rows = len(self.aig.latches) + self.steps * len(self.aig.inputs)
        state, inputs = np.split(random_words(seed, rows, -(-positions // 64)), [len(self.aig.latches)])
        return Runs(state, inputs.reshape(self.steps, len(self.aig.inputs), -1))

    def _inverted(self, source: Signal, text: bytes | None, runs: Runs, seed: int) -> Iterator[Words]:
        """uint64[nodes, W]: which nodes of a source are inverted in which runs, for every other value."""
        if text is not None:
            return swaps(self.aig, source, text, runs, seed)[1]
        width = len(source.nodes)
        return iter([random_words(seed, width, runs.words) if width > 1 else np.full((1, runs.words), ALL)])

    def _fill(self, row: int, differ: Ints, cases: int, measured: bool, places: int) -> None:
        found = self.found[row]
        share = differ / max(1, cases)
        # The swaps of one place are no cases of their own.
        certain = min(cases, places)
        low, high = intervals(np.rint(share * certain).astype(np.int64), certain)
        self.cases[row] = cases
        self.shares[row], self.low[row] = share, low
        self.high[row] = np.where(found, high, 0.0)
        self.methods[row, found] = METHODS.index(MEASURED if measured else SAMPLED)

    def settle(self, clock: Clock) -> None:
        """Count exactly, small cones first."""
        open_entries = np.argwhere(self.methods == METHODS.index(SAMPLED))[:MOST_COUNTED]
        sizes = {column: self._size(column) for column in {*open_entries[:, 1].tolist()}}
        for row, column in sorted(map(tuple, open_entries.tolist()), key=lambda entry: sizes[entry[1]]):
            if clock.over:
                return
            form, more = differing(self.pairs.question(row, column, clock))
            found, _ = exactly(cone(form, [0]), Clock(clock.share(_ONE), clock.memory), MOST_NODES)
            if found is not None:
                share = float(found.share * more)
                self.shares[row, column] = self.low[row, column] = self.high[row, column] = share
                self.methods[row, column] = METHODS.index(found.method)

    def _size(self, column: int) -> int:
        literals = target_literals(self.aig, self.pairs.targets[column].bits)
        return int(cone_of(self.aig, variable_of(literals)).sum())
