"""Chances of bits from several contexts at once: what was seen under a context says how likely a 1 is, and a mixture,
which learns how far each is to be believed, makes one probability of all.

Logistic mixing in whole numbers, as compressors of the PAQ family do it (Mahoney, 2005). A weight is learned for every
context and for how often it was met, since few observations are worth little. `code_bit` encodes, or decodes where
its coder is reading: what describes a circuit is written once, for both ways.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import cache
from typing import NamedTuple

import numpy as np

from bridge.arrays import Int, Ints, Ints32
from bridge.coding.range_coder import PRECISION, WHOLE, Coder
from bridge.coding.range_coder import code_bit as code_chance
from bridge.compiled.once import compiled_once

CONTEXTS = 7  # that a bit is predicted from
KINDS = 32  # of decisions, which have weights of their own
LAST = 15  # of the places that a decision may be at, likewise
RAREST = 11.5  # bits are the most, and 2**-RAREST about the least, that a bit takes
_SLOTS = 1 << 20
_UNIT = 1 << 22  # of what contexts think
_SEEN = 255  # times that a context counts
_STEP = 256  # of logarithms of odds, which lie below 8
_REACH = 8 * _STEP
_GRADES = 12  # of how often a context was met
_ONE = 1 << 16  # of weights
_HASH, _OF_NODE, _OF_INDEX = 0x5851F42D4C957F2D, 0x9E3779B97F4A7, 0x632BE59BD9B4E  # large and odd


class Mixing(NamedTuple):
    """`contexts`: int64[CONTEXTS], of the next bits; `chances`: int32[slots, 2], by context the probability of a 1, and
    how often it was met; `weights`: int64[groups, CONTEXTS, grades] and `met`: int64[groups], by kind and place;
    `squash`, `stretch`: see `_tables`; `at`: int64[CONTEXTS, 3], what the bit is predicted from: slots, grades,
    logarithms of odds."""

    coder: Coder
    contexts: Ints
    chances: Ints32
    weights: Ints
    met: Ints
    squash: Ints
    stretch: Ints
    at: Ints


def mixing(coder: Coder) -> Mixing:
    """Nothing learned yet."""
    chances = np.zeros((_SLOTS, 2), np.int32)
    chances[:, 0] = _UNIT // 2
    groups = KINDS * (LAST + 1)
    learned = chances, np.full((groups, CONTEXTS, _GRADES), _ONE * 3 // 10), np.zeros(groups, np.int64)
    empty = np.zeros(CONTEXTS, np.int64), np.zeros((CONTEXTS, 3), np.int64)
    return Mixing(coder, empty[0], *learned, *_tables(), empty[1])


@cache
def _tables() -> tuple[Ints, Ints]:
    """(squash, stretch): int64[2 * _REACH], the probability, in 1 / WHOLE, of which the logarithm of odds is `place -
    _REACH`, in 1 / _STEP; int64[4096], the inverse, by the highest 12 bits of a probability.

    Decimal numbers are rounded in the same way on every machine.
    """
    exact = Context(prec=30)
    odds = (exact.exp(exact.divide(Decimal(_REACH - place), Decimal(_STEP))) for place in range(2 * _REACH))
    squash = np.array([int(exact.divide(Decimal(WHOLE), 1 + each)) for each in odds])
    middles = 2 * np.arange(4096) + 1 << PRECISION - 13
    return squash, np.searchsorted(squash, middles).clip(0, 2 * _REACH - 1) - _REACH


@compiled_once
def code_bit(m: Mixing, kind: Int, place: Int, node: Int, bit: Int) -> int:
    """Code a bit and give it back; when the coder is reading, the one that is given does not count.

    kind, place: whose weights are used, below KINDS, and a number from 0 on, where LAST stands for all above; node:
    which it is of the bits that are coded under `m.contexts` as they are.
    """
    group = kind * (LAST + 1) + min(place, LAST)
    one = _predicted(m, group, node)
    bit = code_chance(m.coder, one, bit)
    _learn(m, group, one, bit)
    return bit


@compiled_once
def _predicted(m: Mixing, group: Int, node: Int) -> int:
    """The probability of a 1."""
    total = 0
    for index in range(CONTEXTS):
        slot = (m.contexts[index] + node * _OF_NODE + index * _OF_INDEX) * _HASH >> 37 & (_SLOTS - 1)
        grade = _grade(m.chances[slot, 1])
        odds = m.stretch[m.chances[slot, 0] >> 10]
        m.at[index, 0], m.at[index, 1], m.at[index, 2] = slot, grade, odds
        total += m.weights[group, index, grade] * odds
    return int(m.squash[min(max(total >> 16, 1 - _REACH), _REACH - 1) + _REACH])


@compiled_once
def _grade(seen: Int) -> int:
    if seen < 8:
        return int(seen)
    return 8 if seen < 16 else 9 if seen < 48 else 10 if seen < 200 else 11


@compiled_once
def _learn(m: Mixing, group: Int, one: Int, bit: Int) -> None:
    m.met[group] += 1
    miss = ((bit << PRECISION) - one >> 8) * (4 + 600 // (m.met[group] + 30))
    for index in range(CONTEXTS):
        slot, grade, odds = m.at[index, 0], m.at[index, 1], m.at[index, 2]
        m.weights[group, index, grade] += odds * miss + (1 << 17) >> 18
        seen = m.chances[slot, 1]
        m.chances[slot, 0] += 2 * (bit * (_UNIT - 1) - m.chances[slot, 0]) // (2 * seen + 3)
        m.chances[slot, 1] = min(seen + 1, _SEEN)


@compiled_once
def hashed(a: Int, b: Int, c: Int) -> int:
    """One number, of a context, of three."""
    return int(((a * 0x2545F4914F6CDD1D + b) ^ (a >> 7)) * 0x1B873593CC9E2D51 + c * 0x19D699A5)
