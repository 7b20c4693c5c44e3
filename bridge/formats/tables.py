"""Truth tables of a few inputs as few ANDs, in compiled code: what the readers make of a cover, however poor a sum of
products it is.

A table is a uint64, bit `i` its value where input `k` is bit `k` of `i`; of fewer than six inputs it is repeated. It is
split at a selector `s` into `s ? one : zero`: an input, or a function of some inputs of which the table needs to know
no more (Ashenhurst's disjoint decomposition), so that neither `zero` nor `one` depends on them. The cheapest selector
is found by trying all of them, all the way down.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from bridge.arrays import Ands, Int, Ints, Words
from bridge.compiled import compiled, compiled_part
from bridge.formats.statements import MOST_TABLE_INPUTS

MOST_TABLE_ANDS = 93  # multiplexers down to two inputs, of which a parity takes three ANDs
COLUMNS = tuple(np.uint64(sum(1 << row for row in range(64) if row >> place & 1)) for place in range(MOST_TABLE_INPUTS))
ALL, _NONE, _ONE = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0), np.uint64(1)
_SLOTS = 1 << 16
_WORST = 1 << 20


class Tables(NamedTuple):
    """What is known of tables, both polarities under the one that is 0 in the first row. It is forgotten when another
    one needs the slot. `keys`: uint64[slots], 0 for none; `costs`: int64[slots], their ANDs; `selectors`, `zeros`,
    `ones`: uint64[slots], how they are best split; `inputs`: int64[6], the literals of the inputs of the table in hand.
    """

    keys: Words
    costs: Ints
    selectors: Words
    zeros: Words
    ones: Words
    inputs: Ints


def empty_tables() -> Tables:
    """Nothing is known yet."""
    keys, selectors, zeros, ones = (np.zeros(_SLOTS, np.uint64) for _ in range(4))
    inputs = np.zeros(MOST_TABLE_INPUTS, np.int64)
    return Tables(keys, np.zeros(_SLOTS, np.int64), selectors, zeros, ones, inputs)


def ands_of(table: int, inputs: list[int], first: int) -> tuple[int, list[tuple[int, int]]]:
    """The literal of a table of 3 to 6 literals, 2^n bits, and the ANDs that it needs, whose variables begin at
    `first`."""
    tables, ands = _known(), np.empty((MOST_TABLE_ANDS, 2), np.uint32)
    tables.inputs[:] = 0
    tables.inputs[: len(inputs)] = inputs
    rows = 1 << len(inputs)
    repeated = table * (int(ALL) // ((1 << rows) - 1))
    literal, count = build_table(tables, np.uint64(repeated), ands, first, 0)
    return int(literal), [(high, low) for high, low in ands[:count].tolist()]


@cache
def _known() -> Tables:
    return empty_tables()


@compiled_part
def _zero(table: np.uint64, place: Int) -> np.uint64:
    """The table where the input is 0."""
    left = table & ~COLUMNS[place]
    return left | (left << np.uint64(1 << place))


@compiled_part
def _one(table: np.uint64, place: Int) -> np.uint64:
    """The table where the input is 1."""
    left = table & COLUMNS[place]
    return left | (left >> np.uint64(1 << place))


@compiled_part
def _support(table: np.uint64) -> Int:
    """The inputs that it depends on, as bits."""
    found = 0
    for place in range(MOST_TABLE_INPUTS):
        if _zero(table, place) != _one(table, place):
            found |= 1 << place
    return np.int64(found)


@compiled_part
def _split(table: np.uint64, bound: Int) -> tuple[np.uint64, np.uint64, np.uint64]:
    """(selector, zero, one) for a set of inputs; a selector of 0 where the table needs to know more of them."""
    zero = one = table
    for place in range(MOST_TABLE_INPUTS):
        if bound >> place & 1:
            zero = _zero(zero, place)
    selector, found = _NONE, False
    row = (0 - bound) & bound  # all subsets of the set, after the empty one
    while row:
        part, inside = table, ALL
        for place in range(MOST_TABLE_INPUTS):
            if bound >> place & 1:
                if row >> place & 1:
                    part, inside = _one(part, place), inside & COLUMNS[place]
                else:
                    part, inside = _zero(part, place), inside & ~COLUMNS[place]
        if part != zero:
            if found and part != one:
                return _NONE, zero, one
            found, one = True, part
            selector |= inside
        row = (row - bound) & bound
    return selector, zero, one


@compiled_part
def _joining(zero: np.uint64, one: np.uint64) -> Int:
    """The ANDs that a selector takes between these two."""
    if zero in (_NONE, ALL) or one in (_NONE, ALL):
        return np.int64(0 if zero == ~one else 1)
    if zero != ~one and (zero & ~one == _NONE or one & ~zero == _NONE):
        return np.int64(2)
    return np.int64(3)


@compiled_part
def _slot(table: np.uint64) -> np.int64:
    return np.int64((table * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48))


@compiled_part
def _cost(tables: Tables, table: np.uint64) -> Int:
    """The ANDs of a table, were nothing shared; how it is best split is kept in its slot."""
    if table & _ONE:
        table = ~table
    support = _support(table)
    if support & (support - 1) == 0:
        return np.int64(0)
    slot = _slot(table)
    if tables.keys[slot] == table:
        return np.int64(tables.costs[slot])
    best: Int = np.int64(_WORST)
    selector = zero = one = _NONE
    bound = (0 - support) & support
    while bound != support:
        by, low, high = _split(table, bound)
        if by != _NONE:
            cost = _joining(low, high) + _cost(tables, by) + _cost(tables, low)
            if low != ~high:
                cost += _cost(tables, high)
            if cost < best:
                best, selector, zero, one = cost, by, low, high
        bound = (bound - support) & support
    tables.keys[slot], tables.costs[slot] = table, best
    tables.selectors[slot], tables.zeros[slot], tables.ones[slot] = selector, zero, one
    return best


@compiled_part
def _and(ands: Ands, first: Int, since: Int, count: Int, a: Int, b: Int) -> tuple[Int, Int]:
    """(the literal of a AND b, the ANDs now); what the table in hand has already, since that AND, is taken."""
    high, low = max(a, b), min(a, b)
    if low == 0 or high == low ^ 1:
        return np.int64(0), count
    if low == 1 or high == low:
        return high, count
    for each in range(since, count):
        if ands[each, 0] == high and ands[each, 1] == low:
            return np.int64(2 * (first + each)), count
    ands[count, 0], ands[count, 1] = high, low
    return np.int64(2 * (first + count)), count + 1


@compiled_part
def _built(tables: Tables, table: np.uint64, ands: Ands, first: Int, since: Int, count: Int) -> tuple[Int, Int]:
    """(the literal of a table, the ANDs now)."""
    flip = np.int64(table & _ONE)
    if flip:
        table = ~table
    if table == _NONE:
        return flip, count
    for place in range(MOST_TABLE_INPUTS):
        if table == COLUMNS[place]:
            return tables.inputs[place] ^ flip, count
    _cost(tables, table)
    slot = _slot(table)
    by, zero, one = tables.selectors[slot], tables.zeros[slot], tables.ones[slot]
    choice, count = _built(tables, by, ands, first, since, count)
    low, count = _built(tables, zero, ands, first, since, count)
    high, count = _built(tables, one, ands, first, since, count)
    # Where one implies the other, the selector matters to that alone.
    if zero & ~one != _NONE or zero == ~one:
        low, count = _and(ands, first, since, count, choice ^ 1, low)
    if one & ~zero != _NONE or zero == ~one:
        high, count = _and(ands, first, since, count, choice, high)
    either, count = _and(ands, first, since, count, low ^ 1, high ^ 1)
    return either ^ 1 ^ flip, count


@compiled
def build_table(tables: Tables, table: np.uint64, ands: Ands, first: Int, count: Int) -> tuple[Int, Int]:
    """Add the ANDs of a table of `tables.inputs` after the first `count` of `ands`, which has room for
    MOST_TABLE_ANDS more -> (its literal, the ANDs now)."""
    return _built(tables, table, ands, np.int64(first), np.int64(count), np.int64(count))
