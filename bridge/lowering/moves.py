"""Moves about units: a few uses end, others begin, and the ANDs that this makes more or fewer are known at once.

They are those of the units and of what each row adds up beside them, which is a closed form of how many digits its
columns have (`sense.py`). A move that makes the netlist larger is taken back more or less often, as `anneal` is told.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Int, Ints, Words
from bridge.compiled import compiled, compiled_part
from bridge.compiled.xorshift import random
from bridge.lowering.columns import Columns
from bridge.lowering.plan import Ends
from bridge.lowering.sense import ADDER, row_cost
from bridge.lowering.units import NONE, XOR, Units, drop, find, first_two, lean_on, take

MOST_STEPS = 48  # of one move
NEAR = 64  # digits of one variable among which one is chosen
BEHIND = 24  # of them that are looked at for one that fits
SLACK = 9  # ANDs that a move may lose beyond those that it is likely to save
ALWAYS = 1 << 30
TURNS, ENDS, JOINS = 32, 1, 11  # one move of so many turns an adder; of 16 others so many end a use, or join columns


class Search(NamedTuple):
    """`columns`: their sizes are how many digits each has that no adder takes; `costs`: int64[rows], ANDs of each row
    beside its units; `steps`: int64[n, 5], what the current move did: the use that began and NONE twice, or the digits
    of the one that ended, then the third of its unit, and the row; the first entry holds their number. `moves`:
    int64[1], those made; `marked`: int64[variables, 2], a digit of each variable, and the move that asked for it;
    `before`: int64[rows, 2], what a row cost before a move, and which; `common`: int64[n], digits; `chance`: uint64[1],
    the random state."""

    units: Units
    columns: Columns
    ends: Ends
    costs: Ints
    steps: Ints
    moves: Ints
    marked: Ints
    before: Ints
    common: Ints
    chance: Words


@compiled_part
def _note(search: Search, taken: tuple[Int, Int, Int], third: Int, column: Int) -> None:
    search.steps[0, 0] += 1
    step = search.steps[search.steps[0, 0]]
    step[0], step[1], step[2] = taken
    step[3], step[4] = third, column // search.units.places


@compiled_part
def _end(search: Search, digit: Int) -> bool:
    """Free a digit: end its use, and first those of what that gives. False if this takes too many steps."""
    units = search.units
    while units.user[digit] != NONE:
        use = units.user[digit]
        while True:
            total, carry = units.given[use]
            if total != NONE and units.user[total] != NONE:
                use = units.user[total]
            elif carry != NONE and units.user[carry] != NONE:
                use = units.user[carry]
            else:
                break
        if search.steps[0, 0] >= MOST_STEPS:
            return False
        a, b, c = units.taken[use]
        _note(search, (a, b, c), units.third[units.unit[use]], units.column[a])
        drop(units, use)
    return True


@compiled_part
def _use(search: Search, a: Int, b: Int, c: Int) -> bool:
    """Let these digits of one column, c NONE for an XOR, have one use; false if that cannot be."""
    units = search.units
    x, y, z, column = units.variable[a], units.variable[b], _variable(units, c), units.column[a]
    if not (_end(search, a) and _end(search, b) and (c == NONE or _end(search, c))):
        return False
    there = _is_free(units, a, x, column) and _is_free(units, b, y, column)
    if not there or (c != NONE and not _is_free(units, c, z, column)) or search.steps[0, 0] >= MOST_STEPS:
        return False
    if x > y:
        a, b, x, y = b, a, y, x
    if c != NONE and y > z:
        b, c, y, z = c, b, z, y
    if x > y:
        a, b, x, y = b, a, y, x
    _begin(search, a, b, c, np.int64(0) if c == NONE else _best_third(search, x, y, z))
    return True


@compiled_part
def _variable(units: Units, digit: Int) -> Int:
    return np.int64(NONE) if digit == NONE else units.variable[digit]


@compiled_part
def _is_free(units: Units, digit: Int, variable: Int, column: Int) -> bool:
    """Whether a digit is still this one: those that a use gave are gone with it."""
    same = units.column[digit] == column and units.variable[digit] == variable
    return bool(same and units.user[digit] == NONE)


@compiled_part
def _begin(search: Search, a: Int, b: Int, c: Int, third: Int) -> None:
    use = take(search.units, a, b, c, third)
    _note(search, (use, np.int64(NONE), np.int64(NONE)), third, search.units.column[a])


@compiled_part
def _homes(units: Units, a: Int, b: Int) -> Int:
    pair = find(units, a, b, NONE)
    return np.int64(0) if pair == NONE else units.homes[pair]


@compiled_part
def _best_third(search: Search, x: Int, y: Int, z: Int) -> Int:
    """Which of three variables leaves the XOR that most have already."""
    units = search.units
    homes = (_homes(units, y, z), _homes(units, x, z), _homes(units, x, y))
    if max(homes) == 0:
        return random(search.chance, 3)
    third = np.int64(2)
    if homes[1] > homes[2]:
        third = np.int64(1)
    if homes[0] > homes[third]:
        third = np.int64(0)
    return third


@compiled_part
def _undo(search: Search) -> None:
    units, steps = search.units, search.steps
    while steps[0, 0]:
        a, b, c, third, _ = steps[steps[0, 0]]
        if b == NONE:
            drop(units, a)
        else:
            take(units, a, b, c, third)
        steps[0, 0] -= 1


@compiled_part
def _other(search: Search, digit: Int) -> Int:
    """Another digit of the same variable, of which there are more."""
    units = search.units
    for _ in range(1 + random(search.chance, min(units.often[units.variable[digit]] - 1, NEAR))):
        digit = units.after[digit]
    return digit


@compiled_part
def _mark(search: Search, column: Int) -> None:
    """Mark the variables of a column."""
    units, marked = search.units, search.marked
    for index in range(units.start[column], units.start[column] + units.size[column]):
        digit = units.members[index]
        marked[units.variable[digit], 0] = digit
        marked[units.variable[digit], 1] = search.moves[0]


@compiled_part
def _marked(search: Search, variable: Int) -> Int:
    """The digit of a variable in the column that was marked, or NONE."""
    return search.marked[variable, 0] if search.marked[variable, 1] == search.moves[0] else np.int64(NONE)


@compiled_part
def _loss(units: Units, use: Int) -> Int:
    """About how many ANDs a use saves."""
    if units.homes[units.unit[use]] < 2:
        return np.int64(0)
    return np.int64(XOR) if units.taken[use, 2] == NONE else np.int64(ADDER)


@compiled_part
def _lost(units: Units, digit: Int) -> Int:
    """At least about how many ANDs more there are when a digit is free, and with its use ends what reads what it gives:
    one way up is followed, others one step."""
    lost, use = np.int64(0), np.int64(units.user[digit])
    while use != NONE and lost <= ADDER + SLACK:
        lost += _loss(units, use)
        total, carry = units.given[use]
        above = np.int64(NONE) if total == NONE else np.int64(units.user[total])
        beside = np.int64(NONE) if carry == NONE else np.int64(units.user[carry])
        if above == NONE:
            above, beside = beside, above
        if beside not in (NONE, above):
            lost += _loss(units, beside)
        use = above
    return lost


@compiled_part
def _all_lost(units: Units, a: Int, b: Int, c: Int) -> Int:
    """The same for digits of one column, c NONE for two."""
    user = units.user
    lost = _lost(units, a)
    if user[b] != user[a]:
        lost += _lost(units, b)
    if c != NONE and user[c] != user[a] and user[c] != user[b]:
        lost += _lost(units, c)
    return lost


@compiled_part
def _most(c: Int) -> Int:
    """How many ANDs a move may lose for a use of an XOR, where c is NONE, or an adder. What loses more is rarely kept,
    and to make and undo it takes most of the time."""
    return np.int64(SLACK + (XOR if c == NONE else ADDER))


@compiled_part
def _join(search: Search, one: Int, other: Int) -> bool:
    """One use in the columns of two digits of one variable, with one or two more that they have in common; also
    wherever else the digits are free."""
    units, common = search.units, search.common
    _mark(search, units.column[one])
    column, count = units.column[other], 0
    for index in range(units.start[column], units.start[column] + units.size[column]):
        digit = units.members[index]
        if digit != other and _marked(search, units.variable[digit]) != NONE and count < len(common):
            common[count] = digit
            count += 1
    if count == 0:
        return False
    at = random(search.chance, count)
    b, c = common[at], np.int64(NONE)
    if count > 1 and random(search.chance, 2):
        c = common[(at + 1 + random(search.chance, count - 1)) % count]
    y = _marked(search, units.variable[b])
    z = c if c == NONE else _marked(search, units.variable[c])
    use, its = units.user[one], units.user[other]
    if use != NONE and its != NONE and units.unit[use] == units.unit[its]:
        return False
    lost = _all_lost(units, one, y, z)
    if lost > _most(c) or lost + _all_lost(units, other, b, c) > _most(c):
        return False
    if not (_use(search, one, y, z) and _use(search, other, b, c)):
        return False
    _spread(search, units.user[one])
    return True


@compiled_part
def _spread(search: Search, use: Int) -> None:
    """The same use wherever its digits are free, near by."""
    units = search.units
    inputs = units.inputs[units.unit[use]]
    rare = inputs[0]
    for index in range(1, 3):
        if inputs[index] != NONE and units.often[inputs[index]] < units.often[rare]:
            rare = inputs[index]
    digit = units.ring[rare]
    for _ in range(min(units.often[rare], BEHIND)):
        digit = units.after[digit]
        if units.user[digit] != NONE or search.steps[0, 0] >= MOST_STEPS:
            continue
        a, b, c = np.int64(NONE), np.int64(NONE), np.int64(NONE)
        column = units.column[digit]
        for index in range(units.start[column], units.start[column] + units.size[column]):
            member = units.members[index]
            variable = units.variable[member] if units.user[member] == NONE else np.int64(NONE)
            a = member if variable == inputs[0] else a
            b = member if variable == inputs[1] else b
            c = member if variable == inputs[2] and variable != NONE else c
        if a != NONE and b != NONE and (c != NONE or inputs[2] == NONE):
            _begin(search, a, b, c, np.int64(0))


@compiled_part
def _copy(search: Search, one: Int, other: Int) -> bool:
    """A use of another digit of its variable, that one or one behind it, for a digit too, or the XOR with which that
    begins."""
    units = search.units
    _mark(search, units.column[one])
    own = np.int64(NONE) if units.user[one] == NONE else np.int64(units.unit[units.user[one]])
    for _ in range(BEHIND):
        use = units.user[other]
        if use != NONE and units.unit[use] != own:
            a, b, c = _fitting(search, units.unit[use])
            if one in (a, b, c) and a != NONE and b != NONE:
                return bool(_all_lost(units, a, b, c) <= _most(c) and _use(search, a, b, c))
        other = units.after[other]
    return False


@compiled_part
def _fitting(search: Search, unit: Int) -> tuple[Int, Int, Int]:
    """The digits that a use of a unit would take in the column that was marked, or now and then one of the XOR with
    which it begins: c NONE for an XOR, all NONE where they are not there."""
    units, none = search.units, np.int64(NONE)
    a, b, c = units.inputs[unit]
    if c != NONE and random(search.chance, 4) == 0:
        a, b = first_two(units, unit)
        c = none
    a, b = _marked(search, a), _marked(search, b)
    if c == NONE:
        return a, b, none
    c = _marked(search, c)
    return (a, b, c) if c != NONE else (none, none, none)


@compiled_part
def _turn(search: Search, digit: Int, chances: Ints) -> None:
    """Let the adder that takes a digit begin with another XOR."""
    units = search.units
    use = units.user[digit]
    if use == NONE or units.taken[use, 2] == NONE:
        return
    unit, energy = units.unit[use], units.energy[0]
    third = units.third[unit]
    lean_on(units, unit, (third + 1 + random(search.chance, 2)) % 3)
    if not _may(search, units.energy[0] - energy, chances):
        lean_on(units, unit, third)


@compiled_part
def _may(search: Search, more: Int, chances: Ints) -> bool:
    return bool(more <= 0 or (more < len(chances) and random(search.chance, ALWAYS) < chances[more]))


@compiled_part
def _reckon(search: Search) -> Int:
    """How many more ANDs the rows of this move have; their costs are noted."""
    before, more = search.before, np.int64(0)
    for index in range(1, 1 + search.steps[0, 0]):
        row = search.steps[index, 4]
        if before[row, 1] != search.moves[0]:
            before[row, 0], before[row, 1] = search.costs[row], search.moves[0]
            search.costs[row] = row_cost(search.columns, search.units.pairs, search.ends, row)
            more += search.costs[row] - before[row, 0]
    return more


@compiled_part
def _move(search: Search, one: Int) -> bool:
    """Change something about a digit; false if there is nothing to change, or it takes too much."""
    units = search.units
    kind = random(search.chance, 16)
    if kind < ENDS:
        return bool(units.user[one] != NONE and _end(search, one))
    if units.often[units.variable[one]] < 2:
        return False
    other = _other(search, one)
    return _join(search, one, other) if kind < ENDS + JOINS else _copy(search, one, other)


@compiled
def anneal(search: Search, moves: int, chances: Ints) -> None:
    """Try so many moves. chances: int64[n], out of ALWAYS, of keeping one that adds so many ANDs; none of more."""
    units = search.units
    for _ in range(moves):
        search.moves[0] += 1
        one = random(search.chance, len(units.variable))
        if units.column[one] == NONE:
            continue
        if random(search.chance, TURNS) == 0:
            _turn(search, one, chances)
            continue
        energy = units.energy[0]
        moved = _move(search, one)
        more = _reckon(search) if moved else np.int64(0)
        if moved and _may(search, units.energy[0] - energy + more, chances):
            search.steps[0, 0] = 0
            continue
        if moved:
            for index in range(1, 1 + search.steps[0, 0]):
                search.costs[search.steps[index, 4]] = search.before[search.steps[index, 4], 0]
        _undo(search)
