"""What a run leaves while it is under way: its record and metrics on disk, and word for whoever listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.files.folder import Folder
from bridge.flow.folder import RESULT, write_metrics, write_record
from bridge.flow.netlist import Netlist
from bridge.flow.result import Counts, FlowProgress, FlowResult
from bridge.flow.schema import Flow
from bridge.flow.search import Candidate, Search

Listener = Callable[[FlowProgress], None]


@dataclass
class Branch:
    """Where a run, or one of its alternatives, is now; `ways`: the alternatives that it is trying side by side."""

    at: Search
    ways: list[Branch] = field(default_factory=list)

    def so_far(self) -> Search:
        """With what the ways have found."""
        return self.at.joined([way.so_far() for way in self.ways])


@dataclass
class Recorder:
    """Writes into the folder of a run, one thing at a time. `start`: what the record says from the beginning; `kept`:
    whether the folder outlives the run."""

    folder: Folder
    flow: Flow
    start: Mapping[str, Any]
    root: Branch
    progress: Listener
    kept: bool
    lock: threading.RLock = field(default_factory=threading.RLock)
    _saved: tuple[Candidate, str] | None = None
    _noted: bool = False

    def begin(self, label: str, counts: Counts) -> None:
        """Before a tool runs: leave what came from the cache, and say so."""
        with self.lock:
            if not self._noted:
                self.save("running")
            remark = f"{label}, from {counts.ands:,} ANDs"
            self.progress(FlowProgress(remark=remark, label=label, counts=counts))

    def step(self, branch: Branch, at: Search, key: str) -> None:
        """The branch has taken a step. `key`: all that this depended on."""
        record = at.steps[-1]
        with self.lock:
            branch.at = at
            write_metrics(self.folder.below(record.folder), record, key)
            self._noted = False
            if not record.cached:  # else nothing is lost that took time
                self.save("running")
            remark = f"{record.label} left {record.counts.ands:,} ANDs ({record.outcome})"
            self.progress(FlowProgress(remark=remark, label=record.label, counts=record.counts, record=record))

    def join(self, branch: Branch) -> Search:
        """Make what the ways of a branch have found its own."""
        with self.lock:
            branch.at, branch.ways = branch.so_far(), []
        return branch.at

    def save(self, state: str, failure: str = "") -> FlowResult:
        at = self.root.so_far()
        result, best = at.result(self.flow, self.folder.path if self.kept else None), at.answer()[0]
        if self._saved is None or self._saved[0] is not best:
            netlist = Netlist(result.aig)
            self.folder.write(RESULT, netlist.data)
            self._saved = best, netlist.sha256
        write_record(self.folder, self.start, result, self._saved[1], state, failure)
        self._noted = True
        return result
