"""`train`: from a corpus to a cell of boosted decision trees, of the size that is wanted.

All trees are grown at one price of an AND, so that what saves most per AND comes first wherever it is. The price that
suits the size is guessed, and found by trial: each time all trees are grown anew, since those of a falling price are
worse for their size than those of one. What room is left then is filled with the best trees that fit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any, NamedTuple

from bridge.arrays import Ints
from bridge.boosting.checkpoint import load_checkpoint, read_run, save_checkpoint
from bridge.boosting.dictionary import State as Book
from bridge.boosting.export import make_blocks
from bridge.boosting.forest import Forest, Saved
from bridge.boosting.growth import Limits, Tree
from bridge.boosting.leaves import CONJUNCTIONS, MULTIPLEXERS
from bridge.boosting.options import USUAL, BoostingOptions
from bridge.boosting.plan import make_plan, offered, rows_of
from bridge.boosting.rows import by_node, recent_weights
from bridge.boosting.search import NEAR, Search
from bridge.cell import Block, Cell
from bridge.cell.record import Form, Source, TrainingListener, TrainingProgress, TrainingRecord
from bridge.cell.trained import Trained
from bridge.compiled.interrupts import noted
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.printable import counted, unheard

REACH = 3.0  # nats that a leaf may move the score at most
PRICE = 9.6e-6  # nats per byte of text that an AND must save about, in a cell of USUAL ANDs,
SMALLER = -1.5  # of larger cells: with their size to this power
FALTER = 0.7  # of the price of trees that fill the room, when none pays
PART = 0.25  # of the room, for each tree that fills it
LOWEST = 0.1  # nats; below that, there is nothing but noise to gain
EXCESS = 1.5  # of the budget, guessed from the leaves: so large need no cell become to be too large
PER_LEAF = 0.8  # ANDs, before any are counted

State = tuple[list[Saved], Book]


class Costs(NamedTuple):
    """Of a form. `joins`: ANDs of two ends, see `leaves`; `split`: what one is taken to cost while a tree grows: not
    much, as leaf values leave out what does not pay, and many a split pays by those below it; `subsets`: of a
    group of fields, at most: every neuron has a weight for each, and each time back."""

    joins: Ints
    split: float
    subsets: int


FORMS: dict[Form, Costs] = {
    "trees": Costs(MULTIPLEXERS, 0.22, 1 << 10),
    "neurons": Costs(CONJUNCTIONS, 0.3, 1 << 9),
}


def train(
    corpus: Corpus,
    options: BoostingOptions,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: TrainingListener = unheard,
) -> Trained:
    """Train a cell on `corpus.training`; no held-out byte is read. The same options give the same cell.

    checkpoint: where to keep the forests, written after every round of trees for all code nodes; resume: go on from
    it, to the same cell, or to a larger one if `ands` is larger now. progress is called after every code node. Ctrl-C
    ends the run with the trees that are there. The cell never has more than `options.ands` ANDs. Raises InputError for
    a text of less than two different bytes, or a checkpoint that belongs to another run or has as many ANDs already.
    """
    run = _Run(corpus, options)
    if resume:
        run.resume(checkpoint)
    with noted() as interrupted:  # so that no tree is cut in two
        finished = True
        try:
            run.save(checkpoint)
            while run.searching():
                for _ in run.round():
                    progress(run.progress())
                    if interrupted.is_set():
                        raise KeyboardInterrupt
                run.save(checkpoint)
        except KeyboardInterrupt:
            finished = False
            if run.count() > options.ands or run.bits_per_byte() > run.best:
                run.take(run.sound)
            if not run.trees:
                raise
        run.ands = run.count()
        return Trained(run.cell(finished), finished, run.progress())


class _Run:
    """The state of one training run."""

    def __init__(self, corpus: Corpus, options: BoostingOptions) -> None:
        self.started = time.monotonic()
        self.corpus, self.options, self.costs = corpus, options, FORMS[options.form]
        symbols = bytes(sorted(set(corpus.training)))
        if len(symbols) < 2:
            raise InputError(f"the training text of {corpus.name} has fewer than two different bytes to tell apart")
        self.plan = make_plan(corpus.training, symbols, options)
        self.book = offered(self.plan, self.costs.subsets)
        weights = recent_weights(len(corpus.training) - 1, options.recency)
        rows = rows_of(corpus.training, self.plan, weights, float(options.repeats))
        parts = by_node(rows, self.plan.code.nodes)
        self.forests = [Forest(part, self.plan.groups, self.book, self.costs.joins) for part in parts]
        self.search = Search(PRICE * len(corpus.training) * (options.ands / USUAL) ** SMALLER)
        self.ands, self.per_leaf = 0, PER_LEAF
        self.lengthened: list[int] = []  # after how many trees
        self.start = self.sound = self.state()  # nothing yet; within the budget
        self.best = self.bits_per_byte()  # of those

    def searching(self) -> bool:
        return self.search.price > LOWEST and self.ands < NEAR * self.options.ands

    def round(self) -> Iterator[None]:
        """Trees for all code nodes, as many as pay, or as fit once the price is found."""
        options = self.options
        price = self.search.price, self.costs.split
        limits = Limits(*price, options.leaves, float(options.damping), REACH, options.sample, options.rate)
        return self._fill(limits) if self.search.close else self._grow_all(limits)

    def _grow_all(self, limits: Limits) -> Iterator[None]:
        """All that pay, and new biases, from nothing (or from the trees of a run that is made longer); keep them if
        they are the best so far within the budget."""
        self.take(self.sound if self.lengthened else self.start)
        for _ in self._grow(limits):
            yield
            if self.per_leaf * self.leaves > EXCESS * self.options.ands and self.count() > self.options.ands:
                break
        else:
            for forest in self.forests:
                forest.center(limits.damping)
        ands = self.count()
        if ands <= self.options.ands and self.bits_per_byte() <= self.best:
            self.ands, self.sound, self.best = ands, self.state(), self.bits_per_byte()
        else:
            self.take(self.sound)
        self.search.found(ands / self.options.ands)

    def _grow(self, limits: Limits) -> Iterator[None]:
        """A tree for every code node, again and again, where one pays."""
        waiting = list(self.forests)
        while waiting:
            grown = []
            for forest in waiting:
                if forest.boost(limits):
                    grown.append(forest)
                yield
            waiting = grown

    def _fill(self, limits: Limits) -> Iterator[None]:
        """A tree for every code node where a small one pays, those first that save most per leaf, as many as fit; a
        lower price for the next ones if none does."""
        most = int(PART * (self.options.ands - self.ands) / self.per_leaf)
        limits = limits._replace(leaves=max(min(limits.leaves, most), 2))
        found: list[tuple[float, int, Tree]] = []
        for node, forest in enumerate(self.forests):
            before = forest.loss()
            if forest.boost(limits):
                tree = forest.trees[-1]
                found.append(((forest.loss() - before) / len(tree.values), node, tree))
            yield
        found.sort(key=lambda each: each[:2])
        book = self.book.state()  # knows the subsets of all of them
        fitting, excess = 0, len(found) + 1
        while excess - fitting > 1:
            some = (fitting + excess) // 2
            self._extend(found[:some], book)
            fitting, excess = (some, excess) if self.count() <= self.options.ands else (fitting, some)
        self._extend(found[:fitting], book)
        self.ands, self.sound = self.count(), self.state()
        if not fitting:
            self.search.price *= FALTER

    def _extend(self, found: list[tuple[float, int, Tree]], book: Book) -> None:
        """The trees that are sound, and these of the nodes."""
        self.take((self.sound[0], book))
        for _, node, tree in found:
            self.forests[node].add(tree)

    def count(self) -> int:
        """The ANDs of the cell with the trees that it has now."""
        ands = len(lower(Cell(self._blocks())).ands)
        self.per_leaf = ands / self.leaves if ands else self.per_leaf
        return ands

    @property
    def leaves(self) -> int:
        return sum(len(tree.values) for forest in self.forests for tree in forest.trees)

    @property
    def trees(self) -> int:
        return sum(len(forest.trees) for forest in self.forests)

    def state(self) -> State:
        """Of all trees, for `take`."""
        return [forest.saved() for forest in self.forests], self.book.state()

    def take(self, state: State) -> None:
        forests, book = state
        for forest, saved in zip(self.forests, forests, strict=True):
            forest.restore(saved)
        self.book.restore(book)

    def save(self, path: Path | None) -> None:
        if path is None:
            return
        seconds = time.monotonic() - self.started
        place: dict[str, Any] = {"ands": self.ands, "seconds": seconds, "lengthened": self.lengthened}
        place |= {"search": [*astuple(self.search)], "per_leaf": self.per_leaf}
        save_checkpoint(path, self.forests, self.book, self.record(False).facts(), place)

    def resume(self, path: Path | None) -> None:
        if path is None:
            raise InputError("cannot resume: no checkpoint file was named")
        place = load_checkpoint(path, self.forests, self.book, self.record(False).facts())
        self.ands, self.lengthened, self.search = int(place["ands"]), place["lengthened"], Search(*place["search"])
        self.started, self.per_leaf = time.monotonic() - place["seconds"], float(place["per_leaf"])
        self.sound, self.best = self.state(), self.bits_per_byte()
        before = int(read_run(path)["options"]["ands"])
        if before != self.options.ands:
            if self.options.ands <= self.ands:
                raise InputError(f"the run has {self.ands:,} ANDs already: make it longer with more than that")
            self.lengthened.append(self.trees)
            if not math.isinf(self.search.enough):
                self.search = Search(self.search.enough)
                self.search.found(self.ands / self.options.ands)

    def record(self, finished: bool) -> TrainingRecord:
        return TrainingRecord(
            kind="trees",
            source=Source.of(self.corpus),
            options=self.options.facts(),
            steps=self.trees,
            seconds=time.monotonic() - self.started,
            bits_per_byte=self.bits_per_byte(),
            finished=finished,
            lengthened=tuple(self.lengthened),
        )

    def cell(self, finished: bool = False) -> Cell:
        """The cell so far, with its record."""
        return Cell(self._blocks(), "trees", self.record(finished).facts())

    def _blocks(self) -> tuple[Block, ...]:
        return make_blocks(self.plan, self.forests, self.book.masks(), self.options.form)

    def bits_per_byte(self) -> float:
        """On the rows that it is trained on, as they are weighted."""
        return sum(forest.loss() for forest in self.forests) / math.log(2) / self.forests[0].rows.text

    def progress(self) -> TrainingProgress:
        bits, ands = self.bits_per_byte(), round(self.per_leaf * self.leaves)
        return TrainingProgress(
            done=min(ands / self.options.ands, 1.0),
            remark=f"{bits:.3f} bits per byte, {counted(self.trees, 'tree')}",
            seconds=time.monotonic() - self.started,
            steps=self.trees,
            ands=ands,
            bits_per_byte=bits,
        )
