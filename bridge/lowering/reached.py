"""How many constants a number reaches, in the fewest ANDs of three ways: by comparing it with each, by looking for it
among them, bit by bit of the count, or as a table. A number is the literals of its bits, lowest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from bridge.aig import FALSE, TRUE, AigBuilder
from bridge.cell.ranges import Ranges
from bridge.lowering.embedding import lower_table

Number = list[int]  # the literals of its bits, lowest first
Bounds = tuple[int, int]  # the least and the largest that a number can be
Way = Callable[[AigBuilder, Number, list[int], Bounds], Number]

NARROW, SMALL = 10, 7  # bits of a number that a table is tried for, and in every place where that is asked often
SEVERAL, FEW = 15, 64  # constants: more of them may be searched, and no more compared one by one


def at_least(builder: AigBuilder, number: Number, bounds: Bounds, least: int) -> int:
    """Does a number of these bounds reach a constant?"""
    low, high = bounds
    if least <= low:
        return TRUE
    if least > high:
        return FALSE
    number = unsigned(number, low)
    least += bias_of(number, low)
    reached = TRUE
    for place, bit in enumerate(number):  # from the lowest: what decides so far, unless this bit does
        reached = builder.and_(bit, reached) if least >> place & 1 else builder.or_(bit, reached)
    return reached


def unsigned(number: Number, low: int) -> Number:
    """With half of all numbers added to one in two's complement: only the last bit changes."""
    return [*number[:-1], number[-1] ^ 1] if low < 0 else number


def bias_of(number: Number, low: int) -> int:
    """What `unsigned` adds."""
    return 1 << len(number) - 1 if low < 0 else 0


def not_less(builder: AigBuilder, one: Number, two: Number) -> list[int]:
    """The last of these: is the first of two numbers, of as many bits and without sign, at least the second? The others
    say so of their lowest bits."""
    chain = [TRUE]
    for x, y in zip(one, two, strict=True):
        chain.append(builder.or_(builder.and_(x, y ^ 1), builder.and_(builder.or_(x, y ^ 1), chain[-1])))
    return chain[1:]


def nearest(builder: AigBuilder, bits: Number, ranges: Ranges) -> Number:
    """The bits of all elements, those that spell a number outside its range moved to the nearest one inside."""
    found: list[int] = []
    for low, high, width in zip(ranges.low.tolist(), ranges.high.tolist(), ranges.widths.tolist(), strict=True):
        number, bits = bits[:width], bits[width:]
        least, most = (-(1 << width - 1), (1 << width - 1) - 1) if low < 0 else (0, (1 << width) - 1)
        above = at_least(builder, number, (least, most), high + 1)
        below = at_least(builder, number, (least, most), low) ^ 1
        for place, bit in enumerate(number):
            bit = builder.mux(above, high >> place & 1, bit)
            found.append(builder.mux(below, low >> place & 1, bit))
    return found


def count_reached(builder: AigBuilder, number: Number, bounds: Bounds, thresholds: Sequence[int]) -> Number:
    """How many of the thresholds, which are in order, a number of these bounds reaches."""
    least, (low, high) = bias_of(number, bounds[0]), bounds
    constants = tuple(min(max(threshold, low), high + 1) + least for threshold in thresholds)
    bounds = low + least, high + least
    way = _WAYS[_cheapest(len(number), constants, bounds, NARROW)[1]]
    return way(builder, unsigned(number, low), list(constants), bounds)


def cost_of_count(width: int, bounds: Bounds, thresholds: Sequence[int]) -> int:
    """About the ANDs of `count_reached` for a number of so many bits that cannot be negative: tables are slow to try,
    so those that are not small are left out."""
    return _cheapest(width, tuple(thresholds), bounds, SMALL)[0]


@lru_cache(maxsize=1 << 14)
def _cheapest(width: int, thresholds: tuple[int, ...], bounds: Bounds, most: int) -> tuple[int, int]:
    """(ANDs, which of the ways); tables are tried for numbers of at most so many bits."""
    costs = []
    worth = len(thresholds) <= FEW, len(thresholds) > SEVERAL, width <= most
    for place, (way, tried) in enumerate(zip(_WAYS, worth, strict=True)):
        if tried:
            builder = AigBuilder()
            number = [builder.input("") for _ in range(width)]
            for literal in way(builder, number, list(thresholds), bounds):
                builder.output("", literal)
            costs.append((int(builder.graph.used[0]) - width, place))
    return min(costs)


def _compared(builder: AigBuilder, number: Number, thresholds: list[int], bounds: Bounds) -> Number:
    """Each comparison, counted as a thermometer."""
    reached = [at_least(builder, number, bounds, least) for least in thresholds]
    return _counted(builder, reached, len(thresholds).bit_length())


def _counted(builder: AigBuilder, reached: list[int], width: int) -> Number:
    """How many there are of literals of which each implies those before it."""
    if not width:
        return []
    half = 1 << width - 1
    top = reached[half - 1] if half <= len(reached) else FALSE
    later = [*reached[half:], *[FALSE] * (2 * half - 1 - len(reached))]
    rest = [builder.or_(b, builder.and_(a, top ^ 1)) for a, b in zip(reached[: half - 1], later, strict=True)]
    return [*_counted(builder, rest, width - 1), top]


def _searched(builder: AigBuilder, number: Number, thresholds: list[int], bounds: Bounds) -> Number:
    """The bits of the count from the highest: those before say which constant decides the next one."""
    width, number = len(thresholds).bit_length(), [*number, FALSE]
    never = 1 << len(number) - 1
    constants = np.full(1 << width, never, np.int64)
    constants[: len(thresholds)] = np.where(np.array(thresholds) > bounds[1], never, thresholds)
    found: Number = []
    for place in range(width - 1, -1, -1):
        asked = constants[(1 << place) - 1 :: 2 << place]
        possible = np.arange(len(asked)) << place + 1 <= len(thresholds)
        table = (asked[:, None] >> np.arange(len(number)) & 1).astype(np.uint8)
        constant = lower_table(builder, found, table, possible) if found else table[0].tolist()
        found.insert(0, not_less(builder, number, constant)[-1])
    return found


def _tabled(builder: AigBuilder, number: Number, thresholds: list[int], bounds: Bounds) -> Number:
    """As a table of what the number can be."""
    codes, width = np.arange(1 << len(number)), len(thresholds).bit_length()
    counts = np.searchsorted(np.array(thresholds), codes, side="right")
    columns = (counts[:, None] >> np.arange(width) & 1).astype(np.uint8)
    if not number:
        return [int(bit) for bit in columns[0]]
    return lower_table(builder, number, columns, (bounds[0] <= codes) & (codes <= bounds[1]))


_WAYS: tuple[Way, ...] = (_compared, _searched, _tabled)
