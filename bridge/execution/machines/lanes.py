"""A cell prepared for one stream: neurons lie side by side in the lanes of vectors, their inputs select rows of tables.

A sum of weighted bits is a sum of rows of tables, one row for each number whose bits it reads (a byte, now or some
steps ago; the state of an automaton; a code node), and one for every four other bits; tables of all combinations of a
few bits in place of products are Arlazarov, Dinic, Kronrod and Faradzhev's (1970). Lane r of every row belongs to
neuron r. Memory keeps a row of words for each of the latest steps, so a delay is a look further back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Floats, Ints
from bridge.cell import Automaton, Block, Cell, Delay, Latch, Logits, Threshold, Trees
from bridge.cell.blocks import OLD, Weighted
from bridge.execution.machines.lane_machine import CHOOSE, DESCEND, GIVEN, HEAD, STATE, SUM, WORD, Plan

LANES = (np.int8, np.int16, np.int32)  # a block has the shortest that holds all its sums
FEW = 4  # bits that select a row together
WORTH = 128  # rows of a table of numbers for which it may save one selection by bits
LARGEST = 1 << 26  # bytes of all tables, and of other facts
MEMORY = 1 << 22  # words
STEPS = 64  # rows of memory between two moves of the latest to its start
COMBINATIONS = (np.arange(1 << FEW)[:, None] >> np.arange(FEW) & 1).astype(np.float64)


class Place(NamedTuple):
    """Where a block keeps its bits in a row of memory; the word before the first holds its number, if it has one."""

    column: int
    words: int


@dataclass(frozen=True, eq=False)
class Lanes:
    """`places`: of all blocks with bits but delays; `memory`: int64 words, before any byte; `start`: where the row of
    the step before the first one starts."""

    plan: Plan
    places: dict[str, Place]
    memory: Ints
    start: int


class NoForm(Exception):
    """The cell has no form in lanes with tables and memory of a sensible size."""


def lanes_of(cell: Cell) -> Lanes | None:
    """None when tables or memory would be too large, a latch keeps delayed bits of several steps, or where there are
    integers."""
    if cell.integers:
        return None
    try:
        return Packing(cell).lanes()
    except NoForm:
        return None


class Packing:
    """Collects what the steps of a cell do."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.places, self.columns = _layout(cell)
        self.depth = 1  # steps that are looked back
        self.groups: list[tuple[int, ...]] = []
        self.table: list[Bits] = []
        self.bytes = 0
        self.facts: list[Ints] = []
        self.words = 0

    def lanes(self) -> Lanes:
        read: list[tuple[int, ...]] = []
        ask: list[tuple[int, ...]] = []
        for block in self.cell.blocks:
            if not block.AT_START:
                late = block.HEAD or block.name in self.cell.asked
                (ask if late else read).append(operation(block, self))
        kept = self.depth * self.columns
        if kept > MEMORY:
            raise NoForm
        memory = np.zeros(2 * kept + STEPS * self.columns, np.int64)
        for block in self.cell.blocks:
            if block.patterns is not None:
                memory[self.places[block.name].column - 1 : kept : self.columns] = len(block.patterns)
        plan = Plan(
            read=np.array(read, np.int64).reshape(-1, 7),
            ask=np.array(ask, np.int64).reshape(-1, 7),
            groups=np.array(self.groups, np.int32).reshape(-1, 4),
            table=_aligned(self.table, self.bytes),
            words=np.concatenate([np.zeros(0, np.int64), *self.facts]),
            places=np.zeros(len(self.groups), np.int64),
            numbers=np.zeros(_padded(len(self.cell.head.bias)), np.int64),
            columns=self.columns,
            kept=kept,
        )
        return Lanes(plan, self.places, memory, kept - self.columns)

    def taps(self, source: str) -> list[tuple[str, int]]:
        """The blocks whose bits a source is made of, and how many steps ago."""
        found = taps_of(self.cell.by_name[source.removeprefix(OLD)], self, source.startswith(OLD))
        self.depth = max(self.depth, *(steps for _, steps in found))
        return found

    def back(self, latch: Latch, source: str) -> int:
        """Words from those of a latch back to those of a source."""
        (name, steps), *more = self.taps(source)
        if more:
            raise NoForm
        return steps * self.columns + self.places[latch.name].column - self.places[name].column

    def sums(self, block: Weighted, constants: Ints) -> tuple[int, int, int]:
        """(first group, end, bytes of a lane) of the sums `weights @ bits + constants`."""
        if FEW * len(constants) * sum(map(self.cell.source_width, block.sources)) > LARGEST:
            raise NoForm
        all_weights = self.cell.matrix(block)
        (low, high), used = _range(all_weights), constants[: len(all_weights)]
        limits = ((np.iinfo(lane).min, np.iinfo(lane).max) for lane in LANES)
        fitting = ((low + used).min() >= least and (high + used).max() <= most for least, most in limits)
        lane: Any = next(lane for lane, fits in zip(LANES, fitting, strict=True) if fits)
        first, start = len(self.groups), 0
        self._group(0, 0, constants[None].astype(lane))
        for source in block.sources:
            for name, steps in self.taps(source):
                end = start + self.cell.widths[name]
                weights = np.zeros((end - start, len(constants)))
                weights[:, : len(used)] = all_weights[:, start:end].T
                self._select(name, steps, weights, lane)
                start = end
        return first, len(self.groups), np.dtype(lane).itemsize

    def _select(self, name: str, steps: int, weights: Floats, lane: Any) -> None:
        """Groups for the bits that a block had some steps ago. weights: float64[bits, lanes], whole numbers."""
        back = steps * self.columns - self.places[name].column
        numbers = self.cell.by_name[name].patterns
        if numbers is not None and len(numbers) < WORTH * -(-len(weights) // FEW):
            # Partial sums may wrap: only the whole sum must fit. The last row is for the time before the text.
            rows = np.concatenate([numbers.astype(np.float64) @ weights, 0 * weights[:1]])
            self._group(back + 1, 0, rows.astype(np.int64).astype(lane))
            return
        for bit in range(0, len(weights), FEW):
            some = weights[bit : bit + FEW]
            rows = COMBINATIONS[: 1 << len(some), : len(some)] @ some
            self._group(back - bit // WORD, bit % WORD, rows.astype(np.int64).astype(lane))

    def _group(self, back: int, shift: int, rows: npt.NDArray[Any]) -> None:
        mask = (1 << (len(rows) - 1).bit_length()) - 1
        self.groups.append((back, shift, mask, self.bytes))
        self.table.append(rows.view(np.uint8).ravel())
        self.bytes += rows.nbytes
        if self.bytes > LARGEST:
            raise NoForm

    def keep(self, facts: npt.NDArray[Any]) -> int:
        """Where these stand among the words of other facts."""
        self.facts.append(facts.astype(np.int64).ravel())
        self.words += facts.size
        if 8 * self.words > LARGEST:
            raise NoForm
        return self.words - facts.size

    def patterns(self, table: Bits, words: int) -> int:
        """Where the bits of every number stand."""
        octets = np.packbits(table, axis=1, bitorder="little")
        padded = np.zeros((len(octets), 8 * words), np.uint8)
        padded[:, : octets.shape[1]] = octets
        return self.keep(padded.view("<i8"))

    def trees(self, block: Trees) -> tuple[int, int, int, int]:
        """(first root, end, start of the leaves, bits of a leaf). Splits stand among the groups."""
        bits = []
        for source in block.sources:
            for name, steps in self.taps(source):
                back = steps * self.columns - self.places[name].column
                bits += [(back - bit // WORD, bit % WORD) for bit in range(self.cell.widths[name])]
        base = len(self.groups)
        splits, roots = (np.where(ends >= 0, ends + base, ends) for ends in (block.splits[:, 1:], block.roots))
        self.groups += [(*bits[bit], *ends) for bit, ends in zip(block.splits[:, 0], splits.tolist(), strict=True)]
        first = self.keep(roots)
        return first, first + len(roots), self.keep(block.leaves), block.leaves.shape[1]


@singledispatch
def taps_of(block: Block, packing: Packing, old: bool) -> list[tuple[str, int]]:
    """The blocks whose bits those of a block are, and how many steps ago; `old`: as they were before the step."""
    return [(block.name, int(old))]


@taps_of.register
def _(block: Delay, packing: Packing, old: bool) -> list[tuple[str, int]]:
    inner = packing.taps(block.source)
    return [(name, steps + more) for more in range(1, block.steps + 1) for name, steps in inner]


@singledispatch
def operation(block: Block, packing: Packing) -> tuple[int, ...]:
    """A row of operations, see `lane_machine`; NoForm for kinds that are not known here."""
    if block.patterns is None or block.STATEFUL:
        raise NoForm
    column, words = packing.places[block.name]
    return GIVEN, column, words, packing.patterns(block.patterns, words), 0, 0, 0


@operation.register
def _(block: Logits, packing: Packing) -> tuple[int, ...]:
    bias = np.zeros(_padded(len(block.bias)), np.int64)
    bias[: len(block.bias)] = block.bias
    sums = packing.sums(block, np.zeros(len(bias), np.int64))
    return HEAD, 0, len(bias) // WORD, *sums, packing.keep(bias)


@operation.register
def _(block: Threshold, packing: Packing) -> tuple[int, ...]:
    column, words = packing.places[block.name]
    constants = np.full(WORD * words, -1)  # so that lanes without a neuron never fire
    low, high = _range(block.weights)
    constants[: len(low)] = -np.clip(block.thresholds, low, high + 1)
    return SUM, column, words, *packing.sums(block, constants), 0


@operation.register
def _(block: Latch, packing: Packing) -> tuple[int, ...]:
    column, words = packing.places[block.name]
    return CHOOSE, column, words, *(packing.back(block, source) for source in block.reads), packing.columns, 0


@operation.register
def _(block: Trees, packing: Packing) -> tuple[int, ...]:
    return DESCEND, *packing.places[block.name], *packing.trees(block)


@operation.register
def _(block: Automaton, packing: Packing) -> tuple[int, ...]:
    # Before the text all its bits are 0, which is no state: it goes on as from state 0.
    column, words = packing.places[block.name]
    following = np.concatenate([block.following, block.following[:1]]).astype(np.int64)
    back = packing.columns - column + 1
    return STATE, column, words, packing.patterns(block.table, words), packing.keep(following), back, 0


def _layout(cell: Cell) -> tuple[dict[str, Place], int]:
    """Where every block but the delays and the head keeps its bits; words of a row."""
    places, columns = {}, 0
    for block in cell.blocks[:-1]:
        if not block.AT_START:
            columns += block.patterns is not None
            places[block.name] = Place(columns, _padded(cell.widths[block.name]) // WORD)
            columns += places[block.name].words
    return places, columns


def _padded(lanes: int) -> int:
    return -(-lanes // WORD) * WORD


def _range(weights: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """The least and the greatest sum of every row."""
    wide = weights.astype(np.int64)
    return np.minimum(wide, 0).sum(axis=1), np.maximum(wide, 0).sum(axis=1)


def _aligned(parts: list[Bits], size: int) -> Bits:
    """All in one array that starts a cache line."""
    room = np.zeros(size + WORD, np.uint8)
    skipped = -room.ctypes.data % WORD
    np.concatenate(parts, out=room[skipped : skipped + size])
    return room[skipped : skipped + size]
