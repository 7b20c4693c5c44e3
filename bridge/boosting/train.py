"""`train`: from a corpus to a serial cell of boosted decision trees, of the size that is wanted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from bridge.boosting.checkpoint import load_checkpoint, read_run, save_checkpoint
from bridge.boosting.export import make_blocks
from bridge.boosting.forest import Forest
from bridge.boosting.growth import Limits
from bridge.boosting.options import BoostingOptions
from bridge.boosting.plan import NODE, make_plan, offered, rows_of
from bridge.boosting.rows import recent_weights
from bridge.cell import Block, Cell
from bridge.cell.record import Source, TrainingListener, TrainingProgress, TrainingRecord
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.printable import counted, unheard

SCALE = 1 / 16  # nats that a unit of the score is worth
REACH = 3.0  # nats that a leaf may move the score at most
SPLIT = 1.0  # ANDs that a split costs at least; what it does cost is known when leaf values are chosen
PRICE = 5e-5  # nats that an AND must save at first, per byte of text
FALL = 0.75  # of the price, when little of a tree pays:
KEPT = 0.2  # of the leaves that it might have
LOWEST = 0.1  # nats; below that, there is nothing but noise to gain
FIRST = 6.0  # ANDs of a leaf, subsets included, before any is measured
REFITS = 4  # at rising prices
FEWEST = 16  # leaves for which one more tree is worth growing


@dataclass(frozen=True)
class Trained:
    """The cell; `finished` is False when the run was interrupted (the cell is usable all the same)."""

    cell: Cell
    finished: bool
    last: TrainingProgress


def train(
    corpus: Corpus,
    options: BoostingOptions,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: TrainingListener = unheard,
) -> Trained:
    """Train a cell on `corpus.training`; no held-out byte is read. The same options give the same cell.

    checkpoint: where to keep the forest, written after every tree; resume: go on from it, to the same cell, or to a
    larger one if `ands` is larger now. progress is called after every tree. Ctrl-C ends the run after the trees that
    are there. The cell never has more than `options.ands` ANDs. Raises InputError for a text of less than two different
    bytes, a budget that no tree fits into, or a checkpoint that belongs to another run or has as many ANDs already.
    """
    run = _Run(corpus, options)
    if resume:
        run.restore(checkpoint)
    finished = True
    try:
        while run.grow():
            if checkpoint is not None:
                run.save(checkpoint)
            progress(run.progress())
        for _ in range(options.passes):
            run.refit()
    except KeyboardInterrupt:
        finished = False
        run.forest.restore(run.sound)
        if not run.complete:
            raise
    if not run.complete:
        raise InputError(f"trees of {options.ands:,} ANDs find nothing in this text: a larger budget or text is needed")
    return Trained(run.cell(finished), finished, run.progress())


class _Run:
    """The state of one training run."""

    def __init__(self, corpus: Corpus, options: BoostingOptions) -> None:
        self.started = time.monotonic()
        self.corpus, self.options = corpus, options
        symbols = bytes(sorted(set(corpus.training)))
        if len(symbols) < 2:
            raise InputError(f"the training text of {corpus.name} has fewer than two different bytes to tell apart")
        self.plan = make_plan(corpus.training, symbols, options)
        weights = recent_weights(len(corpus.training) - 1, options.recency)
        self.forest = Forest(rows_of(corpus.training, self.plan, weights), self.plan.groups, offered(self.plan), SCALE)
        self.price = PRICE * len(corpus.training)
        self.ands, self.leaves = 0, 0
        self.most = options.leaves  # of the next tree
        self.lengthened: list[int] = []  # after how many trees
        self.sound = self.forest.saved()  # within the budget

    def grow(self) -> bool:
        """Add a tree if there is room and use for one.

        What saves most per AND comes first, whatever tree it is in: the price falls when a tree finds nothing more.
        """
        room = self.options.ands - self.ands
        per_leaf = max(self.ands, 1) / self.leaves if self.leaves else FIRST
        leaves = min(self.most, int(room / per_leaf))
        if leaves < FEWEST:
            if self.leaves:
                return False
            leaves = min(self.most, FEWEST)
        book = {key: array.copy() for key, array in self.forest.dictionary.state().items()}
        tree = self.forest.boost(Limits(self.price, SPLIT, leaves, float(self.options.damping), REACH))
        if len(tree.values) < max(KEPT * leaves, FEWEST):
            self.price *= FALL
        if len(tree.values) < FEWEST and len(self.forest.trees) > 1:
            self.forest.drop()
            return self.price > LOWEST
        ands = self.measure()
        if ands > self.options.ands:
            self._take_back(len(tree.values), ands, book)
            return True
        self.leaves, self.ands, self.sound = self.leaves + len(tree.values), ands, self.forest.saved()
        return True

    def _take_back(self, leaves: int, ands: int, book: dict[str, npt.NDArray[Any]]) -> None:
        """The last tree was too large: the next one has fewer leaves."""
        self.forest.drop()
        self.forest.dictionary.restore(book)
        if not self.leaves and leaves <= 2:
            raise InputError(f"trees do not fit into {self.options.ands:,} ANDs: a larger budget is needed")
        share = (self.options.ands - self.ands) / (ands - self.ands)
        self.most = max(int(0.9 * share * leaves), 0 if self.leaves else 2)

    def refit(self) -> None:
        """Fit all values again; where that makes the cell too large, at prices that make more of them equal."""
        price = self.price
        for _ in range(REFITS):
            self.forest.refit(self.options.damping, price)
            ands = self.measure()
            if ands <= self.options.ands:
                self.ands, self.sound = ands, self.forest.saved()
                return
            self.forest.restore(self.sound)
            price *= 2

    def measure(self) -> int:
        """How many ANDs the cell has now; none while it is not complete."""
        return len(lower(Cell(self._blocks())).ands) if self.complete else 0

    @property
    def complete(self) -> bool:
        """Do the trees ask which code node is meant?"""
        asked = (field for tree in self.forest.trees for field in tree.splits[:, 0].tolist())
        return self.plan.code.nodes == 1 or NODE in asked

    def save(self, path: Path) -> None:
        seconds = time.monotonic() - self.started
        place: dict[str, Any] = {"price": self.price, "ands": self.ands, "leaves": self.leaves, "seconds": seconds}
        place |= {"most": self.most, "lengthened": self.lengthened}
        save_checkpoint(path, self.forest, self.record(False).facts(), place)

    def restore(self, path: Path | None) -> None:
        if path is None:
            raise InputError("cannot resume: no checkpoint file was named")
        place = load_checkpoint(path, self.forest, self.record(False).facts())
        self.price, self.ands, self.leaves = place["price"], int(place["ands"]), int(place["leaves"])
        self.started = time.monotonic() - place["seconds"]
        self.sound = self.forest.saved()
        self.most, self.lengthened = int(place.get("most", self.options.leaves)), list(place.get("lengthened", ()))
        before = int(read_run(path)["options"]["ands"])
        if before != self.options.ands:
            if self.options.ands <= self.ands:
                raise InputError(f"the run has {self.ands:,} ANDs already: make it longer with more than that")
            self.most, self.lengthened = self.options.leaves, [*self.lengthened, len(self.forest.trees)]

    def record(self, finished: bool) -> TrainingRecord:
        return TrainingRecord(
            kind="trees",
            source=Source.of(self.corpus),
            options=self.options.facts(),
            steps=len(self.forest.trees),
            seconds=time.monotonic() - self.started,
            bits_per_byte=self.forest.bits_per_byte(),
            finished=finished,
            lengthened=tuple(self.lengthened),
        )

    def cell(self, finished: bool = False) -> Cell:
        """The cell so far, with its record."""
        return Cell(self._blocks(), "trees", self.record(finished).facts())

    def _blocks(self) -> tuple[Block, ...]:
        return make_blocks(self.plan, self.forest.trees, self.forest.dictionary.masks(), SCALE)

    def progress(self) -> TrainingProgress:
        bits, trees = self.forest.bits_per_byte(), len(self.forest.trees)
        return TrainingProgress(
            done=min(self.ands / self.options.ands, 1.0),
            remark=f"{bits:.3f} bits per byte, {counted(trees, 'tree')}",
            seconds=time.monotonic() - self.started,
            steps=trees,
            ands=self.ands,
            bits_per_byte=bits,
        )
