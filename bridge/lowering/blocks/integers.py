"""What blocks of integers become. A number is the literals of its bits, as `bridge.cell.ranges` holds them.

Bits that no value of an element spells may do anything; all here assume that they do not come up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.aig import FALSE, AigBuilder
from bridge.arrays import Ints
from bridge.cell import Input
from bridge.cell.blocks import Levels, Luts, Maximum, Table, Trees
from bridge.cell.ranges import Ranges, bits_of
from bridge.lowering.embedding import lower_table
from bridge.lowering.held import Held
from bridge.lowering.making import Lowered, Making, lower_block
from bridge.lowering.reached import Number, at_least, count_reached, not_less, unsigned

LARGE = 1 << 10  # rows of a table of which those that never come up repeat others, instead of fitting what is there


def numbers_of(literals: Ints, ranges: Ranges) -> list[Number]:
    """The bits of all elements, apart."""
    return [part.tolist() for part in ranges.apart(literals)]


def bits_read(literals: Ints, ranges: Ranges) -> Ints:
    """int64[elements]: the literals of elements that are bits; those that are never 1 are held in none."""
    return np.array([(number or [FALSE])[0] for number in numbers_of(literals, ranges)], np.int64)


def extended(number: Number, low: int, width: int) -> Number:
    """The number in two's complement of so many bits, or in plain binary if it cannot be negative."""
    return number + [number[-1] if low < 0 else FALSE] * (width - len(number))


def lower_levels(builder: AigBuilder, block: Levels, read: Ints, ranges: Ranges, held: Held | None) -> list[Number]:
    """The number of thresholds that each element reaches. ranges: what is read can be; held: how, if not as it is."""
    rows = block.row_of(len(ranges)).tolist()
    found = []
    for element, (number, bounds) in enumerate(zip(numbers_of(read, ranges), ranges.bounds, strict=True)):
        thresholds = block.thresholds[rows[element]].astype(np.int64)
        moved = thresholds if held is None else held.moved(element, thresholds)
        found.append(count_reached(builder, number, bounds, moved.tolist()))
    return found


def lower_values(builder: AigBuilder, block: Table, read: Ints, ranges: Ranges, own: Ranges) -> list[Number]:
    """Every bit of the value as a decision diagram of the bits of the element."""
    rows = block.row_of(len(ranges)).tolist()
    found = []
    for element, number in enumerate(numbers_of(read, ranges)):
        low, high = int(ranges.low[element]), int(ranges.high[element])
        spelled = ranges.of([element]).spelled()[:, 0]
        care = (spelled >= low) & (spelled <= high)
        values = block.values[rows[element], np.clip(spelled, low, high) - block.low].astype(np.int64)
        columns = values[:, None] >> np.arange(own.widths[element]) & 1
        within = care if len(care) <= LARGE else None
        found.append(lower_table(builder, number, columns.astype(np.uint8), within) if number else columns[0].tolist())
    return found


def lower_luts(builder: AigBuilder, block: Luts, read: Ints) -> Ints:
    """int64[n]: the literals of all tables."""
    places = np.arange(1 << block.inputs.shape[1], dtype=np.uint64)
    columns = (block.tables[:, None] >> places & np.uint64(1)).astype(np.uint8)
    chosen = read[block.inputs].tolist()
    made = [lower_table(builder, own, column[:, None])[0] for own, column in zip(chosen, columns, strict=True)]
    return np.array(made, np.int64)


def lower_maximum(
    builder: AigBuilder, block: Maximum, read: Ints, ranges: Ranges, own: Ranges
) -> tuple[list[Number], list[Number]]:
    """The largest of each group, and how it was found: the first two of those that wait are compared, see `larger_of`,
    and the larger one waits at the end."""
    numbers, bounds = numbers_of(read, ranges), ranges.bounds
    found, inner = [], []
    for group, width in zip(block.groups.tolist(), own.widths.tolist(), strict=True):
        waiting = [(numbers[element], bounds[element]) for element in dict.fromkeys(group)]
        while len(waiting) > 1:
            (a, (low, high)), (b, (other, most)) = waiting[:2]
            both = max(low, other), max(high, most)
            chain, larger = larger_of(builder, (a, low), (b, other))
            inner += [chain, larger[: bits_of(*both)]]
            waiting = [*waiting[2:], (inner[-1], both)]
        number, (low, _) = waiting[0]
        found.append(extended(number, low, width))
    return found, inner


def larger_of(builder: AigBuilder, one: tuple[Number, int], two: tuple[Number, int]) -> tuple[list[int], Number]:
    """The larger of two numbers, given with the least that each can be; before it whether the lowest bits of the first,
    one more after the other, are at least those of the second."""
    low = min(one[1], two[1])
    width = max(len(number) + (low < 0 <= least) for number, least in (one, two))
    a, b = (extended(number, least, width) for number, least in (one, two))
    chain = not_less(builder, unsigned(a, low), unsigned(b, low))
    if width == 1 and low == 0:
        return chain, [builder.or_(*a, *b)]
    return chain, [builder.mux(chain[-1], x, y) for x, y in zip(a, b, strict=True)]


def questions_of(builder: AigBuilder, block: Trees, read: Ints, ranges: Ranges, own: Ranges) -> tuple[Trees, Ints]:
    """The same trees over bits, which say whether an element reaches a threshold, and the literals of these; their
    leaves are the bits that hold the widest element."""
    asked, which = np.unique(np.stack([block.splits[:, 0], block.least]), axis=1, return_inverse=True)
    numbers, bounds = numbers_of(read, ranges), ranges.bounds
    literals = [at_least(builder, numbers[element], bounds[element], least) for element, least in asked.T.tolist()]
    splits = np.column_stack([which.reshape(-1), block.splits[:, 1:]])
    bits = block.leaves.astype(np.int64)[:, :, None] >> np.arange(max(own.widths, default=0)) & 1
    leaves = bits.reshape(len(block.leaves), -1).astype(np.uint8)
    return Trees(block.name, block.sources, splits, block.roots, leaves), np.array(literals, np.int64)


def flat(numbers: Sequence[Number]) -> Ints:
    """int64[bits]: all their literals side by side."""
    return np.array([literal for number in numbers for literal in number], np.int64)


def twos_complement(literals: Ints, ranges: Ranges) -> list[Number]:
    """The numbers with a sign, whatever they can be, so that they can be read without knowing that."""
    widths = [1 + max(high, -low - 1, 0).bit_length() for low, high in ranges.bounds]
    both = zip(numbers_of(literals, ranges), ranges.low.tolist(), widths, strict=True)
    return [extended(number, low, width) for number, low, width in both]


@lower_block.register
def _(block: Input, making: Making) -> Lowered:
    return Lowered(np.array(making.given[block.name], np.int64))


@lower_block.register
def _(block: Levels, making: Making) -> Lowered:
    held = making.rows.held.get(block.source)
    ranges = making.cell.ranges_read(block) if held is None else held.ranges
    return Lowered(flat(lower_levels(making.builder, block, making.read(block), ranges, held)))


@lower_block.register
def _(block: Table, making: Making) -> Lowered:
    read, ranges, own = making.read(block), making.cell.ranges_read(block), making.cell.ranges[block.name]
    return Lowered(flat(lower_values(making.builder, block, read, ranges, own)))


@lower_block.register
def _(block: Luts, making: Making) -> Lowered:
    read = bits_read(making.read(block), making.cell.ranges_read(block))
    return Lowered(lower_luts(making.builder, block, read))


@lower_block.register
def _(block: Maximum, making: Making) -> Lowered:
    read, ranges, own = making.read(block), making.cell.ranges_read(block), making.cell.ranges[block.name]
    numbers, inner = lower_maximum(making.builder, block, read, ranges, own)
    return Lowered(flat(numbers), inner=flat(inner))
