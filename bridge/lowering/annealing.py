"""Which adders and XORs rows share, by simulated annealing (Kirkpatrick, Gelatt, Vecchi, 1983) of what was found
greedily: the netlist grows where it may, the less the longer it lasts, and ends smaller than it was or is left alone.
"""

from __future__ import annotations

import numpy as np

from bridge.arrays import Int, Ints
from bridge.compiled import compiled
from bridge.errors import InputError
from bridge.lowering.columns import Columns, columns_of, in_order
from bridge.lowering.moves import ALWAYS, MOST_STEPS, Search, anneal
from bridge.lowering.plan import Plan, Shared
from bridge.lowering.rows import Rows
from bridge.lowering.sense import row_cost
from bridge.lowering.triples import MADE
from bridge.lowering.units import NONE, Units, add_digit, take
from bridge.printable import Listener, Progress, unheard

MOVES = 1000  # for each digit, times the effort
STAGES = 64
HOT, COLD = 0.8, 0.3  # ANDs: of so many more, one move in e is kept
WORST = 16  # ANDs that a move may add
MOST_DIGITS = 1 << 20
MOST_MOVES = 5 * 10**9  # an hour or two: netlists say what efforts they had, and to check them is to repeat those
AT_ONCE = 1 << 22  # moves before the next word on how far it is
SEED = 0x9E3779B97F4A7C15


def annealed(rows: Rows, plan: Plan, effort: int, progress: Listener = unheard) -> Plan:
    """A plan of fewer ANDs, or the same one. InputError where the rows are too large, or too large for that effort."""
    digits = int(rows.columns.size.sum())
    if digits > MOST_DIGITS:
        raise InputError(f"an effort goes with cells of at most {MOST_DIGITS:,} binary digits of weights")
    if MOVES * effort * digits > MOST_MOVES:
        most = MOST_MOVES // (MOVES * digits)
        raise InputError(f"an effort of {effort} is too much for {digits:,} binary digits of weights; at most {most}")
    search = search_of(rows)
    take_over(search, plan)
    start = total(search)
    moves = MOVES * effort * digits // STAGES
    for stage, heat in enumerate(np.geomspace(HOT, COLD, STAGES)):
        chances = (np.exp(-np.arange(WORST) / heat) * ALWAYS).astype(np.int64)
        for made in range(0, moves, AT_ONCE):
            progress(Progress(remark=f"adders to share, effort {effort}: {(stage + made / moves) / STAGES:.0%} done"))
            anneal(search, min(AT_ONCE, moves - made), chances)
    return _plan_from(plan, search.units) if total(search) < start else plan


def total(search: Search) -> int:
    """ANDs of all units and rows."""
    return int(search.units.energy[0] + search.costs.sum())


def search_of(rows: Rows) -> Search:
    """The digits of all rows, without any use."""
    columns, height = rows.columns, len(rows.ends.top)
    units = _units_of(columns, rows.count)
    _add_digits(units, *in_order(columns))
    return Search(
        units=units,
        columns=columns._replace(size=units.counts),
        ends=rows.ends,
        costs=np.zeros(height, np.int64),
        steps=np.zeros((MOST_STEPS + 2, 5), np.int64),
        moves=np.zeros(1, np.int64),
        marked=_none(len(units.ring), 2),
        before=_none(height, 2),
        common=_none(256),
        chance=np.array([SEED], np.uint64),
    )


def _units_of(columns: Columns, count: int) -> Units:
    """Room for all digits that there can be: an adder takes two from its column, and gives one to the next."""
    sizes = columns.size.reshape(-1, columns.places)
    uses, given = np.zeros_like(sizes), np.zeros(len(sizes), np.int64)
    for place in range(columns.places):
        given = (sizes[:, place] + given) // 2
        uses[:, place] = given
    room = sizes + uses
    room[:, 1:] += uses[:, :-1]
    adders, places = int(uses.sum()), int(room.sum())
    digits, xors = int(sizes.sum()) + 2 * adders, places // 2 + adders
    per_column, numbers = np.zeros_like(columns.size), adders + xors
    return Units(
        variable=_none(digits),
        column=_none(digits),
        sign=_none(digits),
        user=_none(digits),
        spot=_none(digits),
        after=_none(digits),
        before=_none(digits),
        ring=_none(count + MADE * adders),
        often=np.zeros(count + MADE * adders, np.int64),
        start=np.cumsum(room) - room.ravel(),
        size=per_column.copy(),
        members=_none(places),
        counts=per_column.copy(),
        pairs=per_column.copy(),
        unit=_none(numbers),
        taken=_none(numbers, 3),
        given=_none(numbers, 2),
        inputs=_none(numbers, 3),
        third=_none(numbers),
        read=np.zeros((numbers, 4), np.int64),
        homes=np.zeros(numbers, np.int64),
        table=_none(1 << (2 * numbers).bit_length()),
        digits=_stack(0, digits),
        uses=_stack(0, numbers),
        adders=_stack(0, adders),
        xors=_stack(adders, numbers),
        energy=np.zeros(1, np.int64),
        first=count,
        places=columns.places,
    )


def _none(*shape: int) -> Ints:
    return np.full(shape, NONE, np.int64)


def _stack(low: int, high: int) -> Ints:
    return np.concatenate([[high - low], np.arange(low, high)[::-1]]).astype(np.int64)


@compiled
def _add_digits(units: Units, column: Ints, digit: Ints) -> None:
    for index in range(len(column)):
        add_digit(units, digit[index] >> 1, column[index], digit[index] & 1)


@compiled
def take_over(search: Search, plan: Plan) -> None:
    """Use adders and pairs as a plan does."""
    units, shared = search.units, plan.shared
    named = np.arange(shared.first + MADE * len(shared.inputs))
    for index in range(len(shared.inputs)):
        inputs = named[shared.inputs[index]]
        spots = np.argsort(np.argsort(inputs))  # a unit has them in order, and with them its carries
        inputs.sort()
        unit = _taken_everywhere(units, inputs, spots[shared.third[index]])
        own, its = shared.first + MADE * index, units.first + MADE * unit
        named[own], named[own + 1] = its, its + 1
        for at, spot in enumerate(spots):
            named[own + 2 + at] = its + 2 + spot
    for column in range(len(plan.pairs)):
        for pair in range(plan.pairs[column]):
            first = plan.left.start[column] + 2 * pair
            x, y = named[plan.left.digits[first] >> 1], named[plan.left.digits[first + 1] >> 1]
            a, b = _free_digit(units, column, min(x, y)), _free_digit(units, column, max(x, y))
            take(units, a, b, np.int64(NONE), 0)
    for row in range(len(search.costs)):
        search.costs[row] = row_cost(search.columns, units.pairs, search.ends, row)


@compiled
def _taken_everywhere(units: Units, inputs: Ints, third: Int) -> Int:
    """The adder of these variables, used wherever they are free."""
    unit: Int = np.int64(NONE)
    digit = units.ring[inputs[0]]
    for _ in range(units.often[inputs[0]]):
        digit = units.after[digit]
        b = _free_digit(units, units.column[digit], inputs[1])
        c = _free_digit(units, units.column[digit], inputs[2])
        if units.user[digit] == NONE and b != NONE and c != NONE:
            unit = units.unit[take(units, digit, b, c, third)]
    return unit


@compiled
def _free_digit(units: Units, column: Int, variable: Int) -> np.int64:
    """The free digit of a variable in a column, or NONE."""
    for index in range(units.start[column], units.start[column] + units.size[column]):
        digit = units.members[index]
        if units.variable[digit] == variable and units.user[digit] == NONE:
            return np.int64(digit)
    return np.int64(NONE)


def _plan_from(plan: Plan, units: Units) -> Plan:
    """The plan that the units are: adders after those that they read, numbered anew."""
    order = _in_order(units)
    named = np.arange(len(units.ring))
    made = np.arange(MADE)
    named[units.first + MADE * order[:, None] + made] = units.first + MADE * np.arange(len(order))[:, None] + made
    carries = (units.read[order] > 0) @ (1 << np.arange(4))
    shared = Shared(named[units.inputs[order]], carries, units.third[order], units.first)
    user = units.user
    left = np.flatnonzero((units.column != NONE) & ((user == NONE) | (units.taken[user, 2] == NONE)))
    alone = user[left] == NONE
    left = left[np.lexsort((left, user[left], alone, units.column[left]))]
    column, digit = units.column[left], 2 * named[units.variable[left]] + units.sign[left]
    room = np.bincount(column, minlength=len(units.size))
    columns = columns_of(column, digit, room, plan.left.constant, plan.left.places)
    return plan._replace(shared=shared, left=columns, pairs=units.pairs)


def _in_order(units: Units) -> Ints:
    """The adders that live, lowest levels first."""
    alive = np.flatnonzero((units.homes > 0) & (units.inputs[:, 2] != NONE))
    level = np.zeros(len(units.homes), np.int64)
    below = np.maximum(units.inputs[alive] - units.first, -MADE) // MADE
    while True:
        higher = (np.where(below >= 0, level[below] + 1, 0)).max(axis=1, initial=0)
        if np.array_equal(higher, level[alive]):
            return alive[np.argsort(higher, kind="stable")]
        level[alive] = higher
