"""How many inputs are 1, told by signals with weights, and steps that change the signals but not whether their sum
reaches a threshold; compiled. See `bridge.truth.thresholds` for what they are for.

In the beginning every input is a signal of weight 1. Steps take some signals and leave others of the same sum:

- two of one weight: their OR and their AND (a comparator: 2 ANDs);
- three of weight w: the bits of their sum, of weights w and 2w (a full adder: 7 ANDs);
- one of weight w and one of 2w: their OR, the second, and their AND, each of weight w (unary digits: 2 ANDs).

What a signal is worth nowhere matters: where no row in which it is 0 is so near below the threshold that it would
reach it, the signal is taken to be 1; or to be 0. So comparators alone make selection networks, adders alone counters.
The last signal left is the function. A function that is there already, of either polarity, is not made again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Int, Ints, Words
from bridge.compiled import compiled_part
from bridge.truth.rewrites import mask_of

COMPARE, ADD, UNFOLD = 0, 1, 2
MOST = 24  # signals at a time
ROOM = 400  # variables
LITERAL, WEIGHT, ONES = 0, 1, 2
VARIABLES, SIGNALS, LEAST, SUMS = 0, 1, 2, 3


class Tally(NamedTuple):
    """The netlist that grows, and what its signals tell.

    `fanins`: int64[ROOM, 2], literals; a variable is their AND, or its complement where both are inverted; `values`:
    uint64[ROOM, words], the rows of every variable, so 0 in row 0; `signals`: int64[MOST, 3]: literal, weight, in how
    many rows it is 1; `sums`: uint64[inputs + 1, words], the rows whose sum is that; `counts`: int64[4]: how many
    variables and signals there are, the threshold, the largest sum and one more; `first`: the first AND.
    """

    fanins: Ints
    values: Words
    signals: Ints
    sums: Words
    counts: Ints
    first: int


@compiled_part
def ones(words: Words) -> int:
    """How many bits are 1."""
    total = np.uint64(0)
    for index in range(len(words)):
        total += _ones(words[index])
    return int(total)


@compiled_part
def _ones(word: np.uint64) -> np.uint64:
    word = word - (word >> np.uint64(1) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return word * np.uint64(0x0101010101010101) >> np.uint64(56)


@compiled_part
def common(tally: Tally, one: Int, two: Int) -> int:
    """In how many rows both literals are 1."""
    left, right, first, second = tally.values[one >> 1], tally.values[two >> 1], mask_of(one), mask_of(two)
    total = np.uint64(0)
    for word in range(len(left)):
        total += _ones((left[word] ^ first) & (right[word] ^ second))
    return int(total)


@compiled_part
def _and(tally: Tally, one: Int, two: Int) -> int:
    """The AND of two literals: one that is there, or a new one."""
    used = tally.counts[VARIABLES]
    left, right, first, second = tally.values[one >> 1], tally.values[two >> 1], mask_of(one), mask_of(two)
    inverted = int(one & two & 1)  # in row 0 every variable is 0
    polarity, made = mask_of(inverted), tally.values[used]
    for word in range(len(made)):
        made[word] = (left[word] ^ first) & (right[word] ^ second) ^ polarity
    for variable in range(used):
        same = True
        for word in range(len(made)):
            if tally.values[variable, word] != made[word]:
                same = False
                break
        if same:
            return 2 * variable + inverted
    tally.fanins[used, 0], tally.fanins[used, 1] = one, two
    tally.counts[VARIABLES] += 1
    return 2 * int(used) + inverted


@compiled_part
def _put(tally: Tally, literal: int, weight: Int) -> None:
    count, rows = tally.counts[SIGNALS], 64 * tally.values.shape[1]
    many = ones(tally.values[literal >> 1])
    tally.signals[count, LITERAL], tally.signals[count, WEIGHT] = literal, weight
    tally.signals[count, ONES] = rows - many if literal & 1 else many
    tally.counts[SIGNALS] += 1


@compiled_part
def _take(tally: Tally, place: Int) -> int:
    """The signal's literal; it is none afterwards, and the last one has its place."""
    literal = tally.signals[place, LITERAL]
    tally.counts[SIGNALS] -= 1
    for column in range(3):
        tally.signals[place, column] = tally.signals[tally.counts[SIGNALS], column]
    return int(literal)


@compiled_part
def _sure(tally: Tally, literal: Int, bounds: tuple[int, int], value: int) -> bool:
    """Is the signal of that value in all rows whose sums are within the bounds?"""
    values, flipped = tally.values[literal >> 1], mask_of(literal ^ value)
    for total in range(bounds[0], bounds[1]):
        for word in range(len(values)):
            if tally.sums[total, word] & (values[word] ^ flipped):
                return False
    return True


@compiled_part
def _fix(tally: Tally, place: Int, value: int) -> None:
    """Take the signal to be that value."""
    weight = tally.signals[place, WEIGHT]
    literal, sums = _take(tally, place), tally.counts[SUMS]
    values, inverted = tally.values[literal >> 1], mask_of(literal)
    for total in range(sums):
        for word in range(len(values)):
            here = tally.sums[total, word] & ~(values[word] ^ inverted)
            more = (
                tally.sums[total + weight, word] & (values[word] ^ inverted) if total + weight < sums else np.uint64(0)
            )
            tally.sums[total, word] = here | more
    tally.counts[SUMS] -= weight
    tally.counts[LEAST] -= weight * value


@compiled_part
def _halve(tally: Tally) -> None:
    """Divide the weights by two as long as they are all even."""
    while True:
        for place in range(tally.counts[SIGNALS]):
            if tally.signals[place, WEIGHT] & 1:
                return
        for place in range(tally.counts[SIGNALS]):
            tally.signals[place, WEIGHT] >>= 1
        tally.counts[SUMS] = (tally.counts[SUMS] + 1) >> 1
        tally.counts[LEAST] = (tally.counts[LEAST] + 1) >> 1
        for total in range(tally.counts[SUMS]):
            for word in range(tally.sums.shape[1]):
                tally.sums[total, word] = tally.sums[2 * total, word]


@compiled_part
def drop(tally: Tally) -> None:
    """Take to be 0 or 1 what does not matter, one signal after the other."""
    place = 0
    while place < tally.counts[SIGNALS] and tally.counts[SIGNALS] > 1:
        literal, weight, _ = tally.signals[place]
        least, most = tally.counts[LEAST], tally.counts[SUMS]
        if _sure(tally, literal, (max(0, least - weight), min(least, most)), 1):
            _fix(tally, place, 1)
        elif _sure(tally, literal, (least, min(least + weight, most)), 0):
            _fix(tally, place, 0)
        else:
            place += 1
            continue
        _halve(tally)
        place = 0


@compiled_part
def take_step(tally: Tally, kind: Int, places: tuple[int, int, int]) -> None:
    """Take a step with the signals at these places, in falling order (-1: none)."""
    weight = min(tally.signals[places[0], WEIGHT], tally.signals[places[1], WEIGHT])
    swap = tally.signals[places[0], WEIGHT] > weight  # the heavier one is the second
    one, two = _take(tally, places[0]), _take(tally, places[1])
    if swap:
        one, two = two, one
    both = _and(tally, one, two)
    if kind == ADD:
        three = _take(tally, places[2])
        apart = _and(tally, both ^ 1, _and(tally, one ^ 1, two ^ 1) ^ 1)
        carried = _and(tally, apart, three)
        _put(tally, _and(tally, carried ^ 1, _and(tally, apart ^ 1, three ^ 1) ^ 1), weight)
        _put(tally, _and(tally, both ^ 1, carried ^ 1) ^ 1, 2 * weight)
    else:
        _put(tally, _and(tally, one ^ 1, two ^ 1) ^ 1, weight)
        _put(tally, both, weight)
        if kind == UNFOLD:
            _put(tally, two, weight)
    drop(tally)
