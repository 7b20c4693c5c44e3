"""Adders and XORs that rows share, in a form that is changed step by step: what `moves.py` moves about.

A *unit* is a full adder of three variables or the XOR of two; a *use* is one of it in a column, where it takes digits.
An adder gives two new digits there, its sum and, one column up, its carry; an XOR gives none, but adds its two digits
together first. A digit has at most one use. A unit lives as long as it has a home: a use, or for an XOR an adder that
begins with it. What is given up last is taken up first again (three stacks), so that steps are undone exactly by their
opposites in reverse order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Int, Ints
from bridge.compiled import compiled_part
from bridge.lowering.triples import MADE, carry_of

NONE = -1
XOR = 3  # ANDs


def _adder_cost(carries: int, third: int) -> int:
    """ANDs of two XORs and an OR for each carry, and a product where those of the first XOR are of other signs."""
    plain = carries & (1 | 2 << third)
    return 6 + carries.bit_count() + (carries & ~plain).bit_count() * bool(plain)


COSTS = np.array([[_adder_cost(carries, third) for third in range(3)] for carries in range(16)])


class Units(NamedTuple):
    """All int64.

    Of digits: `variable`; `column`, NONE where there is none; `sign`; `user`, its use or NONE; `spot`, its place among
    the `members` of its column; `after`, `before`: the ring of digits of one variable. Of variables: `ring`, one of
    its digits, and how `often` it is there. Of columns: `start`, `size` of its members, `counts` of those that no
    adder takes, `pairs`, how many XORs. Of uses: `unit`; `taken[3]`, digits in order of their variables; `given[2]`.
    Of units: `inputs[3]`, the last NONE in an XOR; `third`, as in `Shared`; `read[4]`, how many uses read each carry,
    or have these signs of an XOR; `homes`. `table`: where a unit is found by its inputs. Stacks, their
    height first: `digits`, `uses`, `adders`, `xors` that are free. `energy[1]`: ANDs of all units. `first`: the
    variable of the sum of unit 0, which others follow as in `Shared`.
    """

    variable: Ints
    column: Ints
    sign: Ints
    user: Ints
    spot: Ints
    after: Ints
    before: Ints
    ring: Ints
    often: Ints
    start: Ints
    size: Ints
    members: Ints
    counts: Ints
    pairs: Ints
    unit: Ints
    taken: Ints
    given: Ints
    inputs: Ints
    third: Ints
    read: Ints
    homes: Ints
    table: Ints
    digits: Ints
    uses: Ints
    adders: Ints
    xors: Ints
    energy: Ints
    first: int
    places: int


@compiled_part
def pop(stack: Ints) -> Int:
    stack[0] -= 1
    return np.int64(stack[1 + stack[0]])


@compiled_part
def push(stack: Ints, entry: Int) -> None:
    stack[1 + stack[0]] = entry
    stack[0] += 1


@compiled_part
def _hash(units: Units, a: Int, b: Int, c: Int) -> Int:
    mixed = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(b) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed = (mixed ^ mixed >> np.uint64(29) ^ np.uint64(c + 1)) * np.uint64(0xBF58476D1CE4E5B9)
    return np.int64(mixed >> np.uint64(24)) & (len(units.table) - 1)


@compiled_part
def _slot(units: Units, a: Int, b: Int, c: Int) -> Int:
    """Where the table has that unit, or would have it."""
    slot = _hash(units, a, b, c)
    while units.table[slot] != NONE:
        inputs = units.inputs[units.table[slot]]
        if inputs[0] == a and inputs[1] == b and inputs[2] == c:
            break
        slot = (slot + 1) & (len(units.table) - 1)
    return slot


@compiled_part
def find(units: Units, a: Int, b: Int, c: Int) -> Int:
    """The unit of these variables in order, or NONE."""
    return np.int64(units.table[_slot(units, a, b, c)])


@compiled_part
def _entered(units: Units, a: Int, b: Int, c: Int) -> Int:
    """A new unit without a home."""
    unit = pop(units.xors) if c == NONE else pop(units.adders)
    units.table[_slot(units, a, b, c)] = unit
    units.inputs[unit, 0], units.inputs[unit, 1], units.inputs[unit, 2] = a, b, c
    units.read[unit] = 0
    units.homes[unit] = 0
    return unit


@compiled_part
def _left(units: Units, unit: Int) -> None:
    """Forget a unit without a home. Those behind it in the table move up where they are looked for before the gap."""
    mask = len(units.table) - 1
    inputs = units.inputs[unit]
    gap = _slot(units, inputs[0], inputs[1], inputs[2])
    slot = gap
    while True:
        slot = (slot + 1) & mask
        if units.table[slot] == NONE:
            break
        inputs = units.inputs[units.table[slot]]
        home = _hash(units, inputs[0], inputs[1], inputs[2])
        if ((slot - home) & mask) >= ((slot - gap) & mask):
            units.table[gap] = units.table[slot]
            gap = slot
    units.table[gap] = NONE
    if units.inputs[unit, 2] == NONE:
        push(units.xors, unit)
    else:
        push(units.adders, unit)


@compiled_part
def cost(units: Units, unit: Int) -> Int:
    """ANDs of a unit: of an XOR, what it saves is taken off, but products of literals of other signs are needed too."""
    if units.homes[unit] == 0:
        return np.int64(0)
    read = units.read[unit]
    if units.inputs[unit, 2] == NONE:
        equal, other = np.int64(read[0] > 0) + np.int64(read[3] > 0), np.int64(read[1] > 0) + np.int64(read[2] > 0)
        return XOR - XOR * np.int64(units.homes[unit]) + min(equal, other)
    carries = np.int64(0)
    for kind in range(4):
        carries |= np.int64(read[kind] > 0) << kind
    return np.int64(COSTS[carries, units.third[unit]])


@compiled_part
def first_two(units: Units, unit: Int) -> tuple[Int, Int]:
    """The variables with whose XOR an adder begins."""
    a, b, c = units.inputs[unit]
    return (b if units.third[unit] == 0 else a), (b if units.third[unit] == 2 else c)


@compiled_part
def _lean(units: Units, unit: Int, third: Int) -> None:
    """Let an adder begin with an XOR: of the two that are not its third."""
    units.third[unit] = third
    a, b = first_two(units, unit)
    pair = find(units, a, b, NONE)
    if pair == NONE:
        pair = _entered(units, a, b, NONE)
    units.energy[0] -= cost(units, pair)
    units.homes[pair] += 1
    units.energy[0] += cost(units, pair)


@compiled_part
def _unlean(units: Units, unit: Int) -> None:
    a, b = first_two(units, unit)
    pair = find(units, a, b, NONE)
    units.energy[0] -= cost(units, pair)
    units.homes[pair] -= 1
    units.energy[0] += cost(units, pair)
    if units.homes[pair] == 0:
        _left(units, pair)


@compiled_part
def lean_on(units: Units, unit: Int, third: Int) -> None:
    """Let an adder begin with another XOR."""
    units.energy[0] -= cost(units, unit)
    _unlean(units, unit)
    _lean(units, unit, third)
    units.energy[0] += cost(units, unit)


@compiled_part
def add_digit(units: Units, variable: Int, column: Int, sign: Int) -> Int:
    """A new digit of a column."""
    digit = pop(units.digits)
    units.variable[digit], units.column[digit], units.sign[digit] = variable, column, sign
    units.user[digit] = NONE
    units.spot[digit] = units.start[column] + units.size[column]
    units.members[units.spot[digit]] = digit
    units.size[column] += 1
    units.counts[column] += 1
    other = digit if units.often[variable] == 0 else units.ring[variable]
    units.ring[variable] = digit
    units.often[variable] += 1
    units.after[digit] = digit if other == digit else units.after[other]
    units.before[digit] = other
    units.before[units.after[digit]] = digit
    units.after[other] = digit
    return digit


@compiled_part
def _remove_digit(units: Units, digit: Int) -> None:
    """Of no use."""
    column, variable = units.column[digit], units.variable[digit]
    units.column[digit] = NONE
    units.size[column] -= 1
    units.counts[column] -= 1
    last = units.members[units.start[column] + units.size[column]]
    units.members[units.spot[digit]] = last
    units.spot[last] = units.spot[digit]
    units.often[variable] -= 1
    units.ring[variable] = units.after[digit]
    units.before[units.after[digit]] = units.before[digit]
    units.after[units.before[digit]] = units.after[digit]
    push(units.digits, digit)


@compiled_part
def take(units: Units, a: Int, b: Int, c: Int, third: Int) -> Int:
    """A new use of free digits of one column, in order of their variables, c NONE for an XOR. third: of a new unit."""
    variable, sign = units.variable, units.sign
    use = pop(units.uses)
    x, y, z = variable[a], variable[b], (np.int64(NONE) if c == NONE else variable[c])
    unit = find(units, x, y, z)
    if unit == NONE:
        unit = _entered(units, x, y, z)
        if c != NONE:
            _lean(units, unit, third)
    units.unit[use] = unit
    units.taken[use, 0], units.taken[use, 1], units.taken[use, 2] = a, b, c
    units.given[use] = NONE
    _count(units, use, 1)
    units.user[a] = units.user[b] = use
    if c != NONE:
        units.user[c] = use
        column, flips = units.column[a], sign[a] | sign[b] << 1 | sign[c] << 2
        units.counts[column] -= 3
        first = units.first + MADE * unit
        units.given[use, 0] = add_digit(units, first, column, (flips ^ flips >> 1 ^ flips >> 2) & 1)
        if column % units.places < units.places - 1:
            kind, dual = carry_of(flips)
            units.given[use, 1] = add_digit(units, first + 1 + kind, column + 1, dual)
    return use


@compiled_part
def _count(units: Units, use: Int, more: Int) -> None:
    """Count a use of its unit, or with -1 count it no longer."""
    unit = units.unit[use]
    a, b, c = units.taken[use]
    units.energy[0] -= cost(units, unit)
    units.homes[unit] += more
    if c == NONE:
        units.pairs[units.column[a]] += more
        units.read[unit, units.sign[a] | units.sign[b] << 1] += more
    else:
        kind, _ = carry_of(units.sign[a] | units.sign[b] << 1 | units.sign[c] << 2)
        units.read[unit, kind] += more
    units.energy[0] += cost(units, unit)


@compiled_part
def drop(units: Units, use: Int) -> None:
    """End a use, of whose digits given none has one."""
    unit = units.unit[use]
    a, b, c = units.taken[use]
    if units.given[use, 1] != NONE:
        _remove_digit(units, units.given[use, 1])
    if c != NONE:
        _remove_digit(units, units.given[use, 0])
        units.counts[units.column[a]] += 3
        units.user[c] = NONE
    units.user[a] = units.user[b] = NONE
    _count(units, use, -1)
    if units.homes[unit] == 0:
        if c != NONE:
            _unlean(units, unit)
        _left(units, unit)
    push(units.uses, use)
