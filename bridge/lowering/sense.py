"""Which of its two senses makes a row cheaper: the row as it is, or what it lacks to its largest value.

The complement of all inputs of an adder is the complement of its outputs, so both cost the same but for the constant:
where all digits add up to `highest`, their complements add up to `highest - sum`; `sum + constant` has the bits of
`-1 - sum - constant = (highest - sum) + (-1 - constant - highest)`, complemented.
"""

from __future__ import annotations

import numpy as np

from bridge.arrays import Int, Ints
from bridge.compiled import compiled, compiled_part
from bridge.lowering.columns import Columns
from bridge.lowering.endings import ending_cost
from bridge.lowering.plan import Ends

ADDER, WITH_ONE = 7, 3  # ANDs of a full adder, and of one that adds a constant 1


@compiled_part
def cheaper_sense(columns: Columns, row: Int, constant: Int, top: Int, whole: bool) -> tuple[np.int64, Int]:
    """(1 to add the complements of the digits, for the complements of all bits below `top`, or unless `whole` of that
    bit; the constant to add to them)."""
    other = (0 if whole else 2 << top) - 1 - constant - _highest(columns, row)
    if whole:
        better = _sum_cost(columns, row, other, top) < _sum_cost(columns, row, constant, top)
    else:
        none = columns.size[:0]
        plain = _comparison_cost(columns, none, row, constant, top)
        better = other >= 0 and _comparison_cost(columns, none, row, other, top) < plain
    return np.int64(better), (other if better else constant)


@compiled
def comparison_costs(columns: Columns, ends: Ends) -> Ints:
    """int64[rows]: ANDs of each row that compares, in its cheaper sense, if nothing is shared; 0 of others."""
    costs, none = np.zeros(len(ends.top), np.int64), columns.size[:0]
    for row in range(len(costs)):
        if not ends.whole[row]:
            constant = columns.constant[row] + ends.offset[row]
            _, constant = cheaper_sense(columns, row, constant, ends.top[row], False)
            costs[row] = _comparison_cost(columns, none, row, constant, ends.top[row])
    return costs


@compiled_part
def row_cost(columns: Columns, pairs: Ints, ends: Ends, row: Int) -> Int:
    """ANDs of a row in its cheaper sense, if nothing is shared, and of what its pairs do not save because they are
    sorted rather than added. pairs: int64[columns]."""
    constant, top, whole = columns.constant[row] + ends.offset[row], ends.top[row], ends.whole[row]
    other = (0 if whole else 2 << top) - 1 - constant - _highest(columns, row)
    if whole:
        return min(_sum_cost(columns, row, constant, top), _sum_cost(columns, row, other, top))
    plain = _comparison_cost(columns, pairs, row, constant, top)
    return plain if other < 0 else min(plain, _comparison_cost(columns, pairs, row, other, top))


@compiled_part
def _highest(columns: Columns, row: Int) -> Int:
    """What the digits of a row add up to if all are 1."""
    highest = np.int64(0)
    for place in range(columns.places):
        highest += columns.size[row * columns.places + place] << place
    return highest


@compiled_part
def _sum_cost(columns: Columns, row: Int, constant: Int, width: Int) -> Int:
    """ANDs of the lowest `width` sum bits of a row and a constant, if nothing is shared."""
    cost = carries = np.int64(0)
    for place in range(width):
        one = constant >> place & 1
        bits = columns.size[row * columns.places + place] + carries + one
        carries = bits // 2
        if bits > 1 + one:
            cost += ADDER * ((bits - 1) // 2) - (ADDER - WITH_ONE) * one + WITH_ONE * (bits % 2 == 0)
    return cost


@compiled_part
def _comparison_cost(columns: Columns, pairs: Ints, row: Int, constant: Int, top: Int) -> Int:
    """ANDs of the carries of a row and a constant into column `top`, if nothing is shared, and one for each pair that
    is not the first two bits of a full adder. pairs: int64[columns], or empty for none."""
    cost = pair = np.int64(0)
    carries: Int = np.int64(0)
    last = np.int64(-1)
    for place in range(columns.places):
        last = np.int64(place) if columns.size[row * columns.places + place] else last
    for place in range(top):
        one = constant >> place & 1
        column = row * columns.places + place
        bits = columns.size[column] + carries + one
        if place == top - 2 and last <= place:
            ends = ending_cost(bits - one + 2 * pair, 4 - (constant >> place & 3))
            if ends >= 0:
                return np.int64(cost + ends - 2 * pair + (pairs[column] if len(pairs) else 0))
        carries = max(np.int64(0), (bits - (3 if pair else 5)) // 2 + 1) if bits > (2 if pair else 4) else 0
        if len(pairs):
            cost += max(np.int64(0), pairs[column] - carries)
        if carries:
            cost += ADDER * carries - (ADDER - WITH_ONE) * one
            bits -= 2 * carries
            one = 0
        if pair:
            cost += (2 if one else 6) if bits == 2 else (0 if one else 2) * bits
            pair = np.int64(bits == 2)
            carries += 1 - pair
        else:
            pair = np.int64(bits == 4)
            cost += (0, 0, 0 if one else 1, 1 if one else 4, 4 if one else 8)[bits]
            carries += bits == 2 or bits == 3
    return np.int64(cost + carries + pair + columns.size[row * columns.places + top])
