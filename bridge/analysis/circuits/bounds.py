"""What the values of a cell can be where some are only known to lie between two numbers, block by block.

Bounds are sound, not exact: what is read counts as if each element were free of the others. They make circuits of
thousands of neurons cheap: a sum whose bounds lie on one side of its threshold is decided, whatever the rest is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Flags, Ints32
from bridge.cell import Automaton, Block, Cell, Embedding, Latch, Threshold, Trees
from bridge.cell.blocks import OLD, Levels, Linear, Maximum, Product
from bridge.cell.blocks.weighted import listed_sums
from bridge.cell.ranges import Ranges
from bridge.compiled import compiled

Numbers = npt.NDArray[Any]


class Bounds(NamedTuple):
    """The least and the largest that each element can be, [batch, elements] each: float32 where all are bits, else
    float64, which hold all sums exactly (see `bridge.cell.blocks.weighted`)."""

    low: Numbers
    high: Numbers

    @property
    def known(self) -> Flags:
        """bool[batch]: are all of them known?"""
        known: Flags = (self.low == self.high).all(axis=1)
        return known


Between = dict[str, Bounds]


@dataclass(frozen=True, eq=False)
class Given:
    """What is known before the step. `bytes`: bool[256], which can be read; `leaves`: by source, `old.BLOCK` or an
    Input, the bounds of its elements, [1, elements]."""

    bytes: Flags
    leaves: Mapping[str, Bounds]


def joined(parts: Sequence[Bounds]) -> Bounds:
    """Side by side."""
    return Bounds(*(np.concatenate(ends, axis=1) for ends in zip(*parts, strict=True)))


def range_bounds(ranges: Ranges) -> Bounds:
    """Anything in the range, [1, elements]."""
    kind = np.float32 if ranges.are_bits else np.float64
    return Bounds(ranges.low[None].astype(kind), ranges.high[None].astype(kind))


def bounds_of(cell: Cell, given: Given, kept: Mapping[str, Flags], rest: Mapping[str, Bounds], batch: int) -> Between:
    """By source, what readers of every block can read.

    kept: by source, bool[batch, elements], which elements have their own values; rest: what stands for the others. Of a
    source that is not named all are kept.
    """
    values: Between = {}

    def put(source: str, own: Bounds) -> None:
        ends = zip(own, rest[source], strict=True) if source in kept else ()
        values[source] = Bounds(*(np.where(kept[source], *pair) for pair in ends)) if source in kept else own

    for source, bounds in given.leaves.items():
        put(source, repeated(bounds, batch))
    for block in cell.blocks[:-1]:
        if block.AT_START:
            values[block.name] = values[OLD + block.name]
        elif block.name not in values:
            put(block.name, bounded(block, cell, given, values, batch))
    return values


def repeated(bounds: Bounds, batch: int) -> Bounds:
    return Bounds(*(np.repeat(end, batch, axis=0) for end in bounds))


def read_of(values: Between, sources: Sequence[str]) -> Bounds:
    """All that a block reads, side by side."""
    return joined([values[source] for source in sources])


def sums_between(read: Bounds, weights: Numbers, taps: Numbers | None = None) -> Bounds:
    """Of `weights @ elements`: the middle and the distance from it, both doubled, are whole numbers too. weights:
    [out, in], or listed by `taps`, [out, most] (see `bridge.cell.Threshold`)."""
    rows, twice, span = weights.astype(read.low.dtype), read.low + read.high, read.high - read.low
    if taps is None:
        rows = rows.T.copy()  # row after row
        middle, reach = twice @ rows, span @ abs(rows)
    else:
        middle, reach = listed_sums(rows, taps, twice), listed_sums(abs(rows), taps, span)
    return Bounds((middle - reach) / 2, (middle + reach) / 2)


@singledispatch
def bounded(block: Block, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    """Of one block. Kinds without a rule of their own are known where all that they read is, and else anything."""
    found = repeated(range_bounds(cell.ranges[block.name]), batch)
    if block.READS_BYTE or block.STATEFUL or not block.reads:
        return found
    known = np.logical_and.reduce([values[source].known for source in block.reads], axis=0)
    if known.any():
        read = {source: values[source].low[known].astype(_dtype(cell, source)) for source in block.reads}
        exact = block.bits(read)
        found.low[known], found.high[known] = exact, exact
    return found


def _dtype(cell: Cell, source: str) -> Any:
    return np.uint8 if cell.source_ranges(source).are_bits else np.int64


@bounded.register
def _(block: Embedding, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    rows = block.patterns[given.bytes].astype(np.float32)
    return repeated(Bounds(rows.min(axis=0)[None], rows.max(axis=0)[None]), batch)


@bounded.register
def _(block: Automaton, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    held = values[OLD + block.name]
    found, known = repeated(range_bounds(cell.ranges[block.name]), batch), held.known
    if known.any():
        rows = held.low[known].astype(np.uint8)
        read = (np.full(len(rows), byte, np.uint8) for byte in np.flatnonzero(given.bytes))
        each = [block.bits({OLD + block.name: rows, "byte": one}) for one in read]
        found.low[known], found.high[known] = np.min(each, axis=0), np.max(each, axis=0)
    return found


@bounded.register
def _(block: Latch, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    select, new, old = (values[source] for source in (block.select, block.value, OLD + block.name))
    taken, held = select.low > 0, select.high < 1
    low = np.where(taken, new.low, np.where(held, old.low, np.minimum(new.low, old.low)))
    return Bounds(low, np.where(taken, new.high, np.where(held, old.high, np.maximum(new.high, old.high))))


@bounded.register
def _(block: Threshold, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    read = read_of(values, block.sources)
    sums = sums_between(read, block.weights, block.taps)
    return Bounds(*((end >= block.thresholds).astype(np.float32) for end in sums))


@bounded.register
def _(block: Linear, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    read = Bounds(*(end.astype(np.float64) for end in read_of(values, block.sources)))
    if block.taps is None:
        sums = sums_between(read, block.weights)
        return Bounds(sums.low + block.bias, sums.high + block.bias)
    zero = np.zeros((batch, 1))
    windows = Bounds(*(np.concatenate([end, zero], axis=1)[:, block.taps] for end in read))
    ends = ((end + block.bias).transpose(0, 2, 1).reshape(batch, -1) for end in sums_between(windows, block.weights))
    return Bounds(*ends)


@bounded.register
def _(block: Levels, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    return Bounds(*(block.bits({block.source: end}).astype(np.float64) for end in values[block.source]))


@bounded.register
def _(block: Maximum, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    return Bounds(*(end[:, block.groups].max(axis=2) for end in read_of(values, block.sources)))


@bounded.register
def _(block: Product, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    left, right = values[block.left], values[block.right]
    corners = [one.astype(np.float64) * other for one in left for other in right]
    return Bounds(np.min(corners, axis=0), np.max(corners, axis=0))


@bounded.register
def _(block: Trees, cell: Cell, given: Given, values: Between, batch: int) -> Bounds:
    low, high = (np.ascontiguousarray(end, np.float64) for end in read_of(values, block.sources))
    return Bounds(*_leaves_between(block.splits, block.least, block.roots, block.leaves.astype(np.float64), low, high))


@compiled
def _leaves_between(
    splits: Ints32, least: Ints32, roots: Ints32, leaves: Numbers, low: Numbers, high: Numbers
) -> tuple[Numbers, Numbers]:
    """float64[batch, trees * width] twice: the least and the largest that each tree can come to. low, high:
    float64[batch, in]; see `bridge.cell.Trees`."""
    count, width = len(splits), leaves.shape[1]
    ends = np.empty((2, count + len(leaves), width))
    found = np.empty((2, len(low), len(roots) * width))
    ends[:, count:] = leaves[::-1]
    for row in range(len(low)):
        for split in range(count - 1, -1, -1):
            then, other = splits[split, 1], splits[split, 2]
            if low[row, splits[split, 0]] >= least[split]:
                other = then
            elif high[row, splits[split, 0]] < least[split]:
                then = other
            for bit in range(width):
                ends[0, split, bit] = min(ends[0, then, bit], ends[0, other, bit])
                ends[1, split, bit] = max(ends[1, then, bit], ends[1, other, bit])
        for tree in range(len(roots)):
            for bit in range(width):
                found[0, row, tree * width + bit] = ends[0, roots[tree], bit]
                found[1, row, tree * width + bit] = ends[1, roots[tree], bit]
    return found[0], found[1]
