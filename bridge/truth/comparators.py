"""What is left of a truth table when comparators have sorted pairs of its inputs; compiled.

A state holds the different rows that some signals take, at first the inputs and all of their values, and the value of
the function in each. A comparator puts the AND of two signals in the place of one and their OR in the place of the
other; rows that become the same are one from then on. A signal without which rows of different values stay different
does not matter and is dropped: it is 0 in all rows.
"""

from __future__ import annotations

import numpy as np

from bridge.arrays import Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part

VALUE = 16  # the bit of a row that is the function's value; those below are signals
_NONE = -1


@compiled_part
def _joined(rows: Ints32, mask: Int, kept: Ints32, seen: Ints) -> int:
    """Write each of the rows once, without the signals that the mask has not, to `kept`; how many there are then, or
    `_NONE` where two of different values become the same. `seen`: int64[(1 << VALUE) + 1], at first 0: when
    each row was last met, and with which value; the last place counts the calls."""
    seen[1 << VALUE] += 1
    mark, count = 2 * seen[1 << VALUE], 0
    for row in rows:
        place, value = row & mask, row >> VALUE
        if seen[place] >> 1 != mark >> 1:
            seen[place] = mark + value
            kept[count] = place | value << VALUE
            count += 1
        elif seen[place] != mark + value:
            return _NONE
    return count


@compiled_part
def compare(rows: Ints32, pair: tuple[int, int], kept: Ints32, spare: Ints32, seen: Ints) -> int:
    """Sort two signals of all rows, the AND to the first, and drop each of them that does not matter; how many rows are
    left in `kept`, all of them where rows of different values became the same."""
    low, high = 1 << pair[0], 1 << pair[1]
    for index in range(len(rows)):
        row = rows[index]
        spare[index] = row ^ (low | high) if row & low and not row & high else row
    count = _joined(spare[: len(rows)], (1 << VALUE) - 1, kept, seen)
    if count == _NONE:
        return len(rows)
    for dropped in (high, low):
        fewer = _joined(kept[:count], (1 << VALUE) - 1 - dropped, spare, seen)
        if fewer != _NONE:
            for index in range(fewer):
                kept[index] = spare[index]
            count = fewer
    return count


@compiled
def all_next(states: Ints32, counts: Ints, inputs: int, seen: Ints) -> Ints:
    """int64[n, 4]: every comparator that makes fewer rows of a state: how many, the state, the signals."""
    found = np.empty((len(states) * inputs * (inputs - 1) // 2, 4), np.int64)
    kept, spare, many = np.empty(states.shape[1], np.int32), np.empty(states.shape[1], np.int32), 0
    for state in range(len(states)):
        rows = states[state, : counts[state]]
        for high in range(inputs):
            for low in range(high):
                count = compare(rows, (low, high), kept, spare, seen)
                if count < len(rows):
                    found[many] = count, state, low, high
                    many += 1
    return found[:many]


@compiled_part
def _mixed(number: np.uint64) -> np.uint64:
    """Scattered as splitmix64 does (Steele, Lea, Flood 2014)."""
    number = number * np.uint64(0x9E3779B97F4A7C15)
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@compiled_part
def _look(rows: Ints32, inputs: int, both: Ints) -> np.uint64:
    """A number that is the same for the same rows with their signals in another order: of how many rows of either value
    each two signals share. `both`: int64[2, inputs, inputs], any."""
    both[:] = 0
    for row in rows:
        for one in range(inputs):
            if row >> one & 1:
                for two in range(inputs):
                    both[row >> VALUE, one, two] += row >> two & 1
    total = np.uint64(0)
    for one in range(inputs):
        own = np.uint64(0)
        for two in range(inputs):
            shared = np.uint64(both[0, one, two] << 16 | both[1, one, two])
            own += _mixed(_mixed(shared) + np.uint64(one == two))
        total += _mixed(own)
    return total


@compiled
def take(states: Ints32, counts: Ints, steps: Ints, into: Ints32, inputs: int, seen: Ints) -> Ints:
    """Take the first steps (int64[n, 4], as of `all_next`) that lead to states of different looks, as many as `into`
    has room for, and write those there; int64[m]: which ones."""
    spare, both, taken = np.empty(states.shape[1], np.int32), np.empty((2, inputs, inputs), np.int64), 0
    looks, chosen = np.empty(len(into), np.uint64), np.empty(len(into), np.int64)
    for index in range(len(steps)):
        if taken == len(into):
            break
        rows, state, low, high = steps[index]
        compare(states[state, : counts[state]], (low, high), into[taken], spare, seen)
        looks[taken] = _look(into[taken, :rows], inputs, both)
        if not (looks[:taken] == looks[taken]).any():
            chosen[taken] = index
            taken += 1
    return chosen[:taken]
