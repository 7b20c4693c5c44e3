"""What a byte costs in whole numbers: the probabilities of a readout, the same on every machine.

`Readout` says what they are; here they are multiples of 2**-24, from tables of exponentials. These are made in decimal
arithmetic, whose results its standard prescribes to the last digit, and rounded once; all else is whole numbers. Where
a unit of the logits is worth so little that a table of all of them would be long, neighbours share an entry.

Many lanes of text are coded side by side, a step of all of them at a time: first for every lane whether its byte is a
symbol, and if not its eight bits; then, code bit after code bit, those of all lanes, or all symbols. So a serial
machine can be asked for all lanes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Int, Ints
from bridge.coding.range_coder import WHOLE, Coder, code_bit, decode, encode, sought
from bridge.compiled import compiled, compiled_part
from bridge.readout import Readout
from bridge.readout.model import UNSEEN_MASS

OTHER = int(UNSEEN_MASS * WHOLE)  # the probability of a byte that is no symbol
ENTRIES = 1 << 12
WIDEST = 50  # bits by which differences are shifted at most: what is left is as good as nothing
FARTHEST = 22  # nats; beyond, everything is as unlikely as can be
WEIGHT = 1 << 30  # of the likeliest symbol
_EXACT = Context(prec=40)


class Chances(NamedTuple):
    """`table`: by score, its sign apart, the probability of the likelier code bit; or by how far a logit lies below the
    largest the weight of a symbol; the last entry is that of all larger numbers; `shift`: neighbours that share an
    entry, as a power of two; `ranks`: int64[256], of every byte among the symbols, or -1; `symbols`: uint8, by rank;
    `children`: int64[nodes, 2], see `CodeTree`, none for logits; `bits`: int64[256, longest path], see `Readout.paths`.
    """

    table: Ints
    shift: int
    ranks: Ints
    symbols: Bits
    children: Ints
    bits: Ints


def chances(readout: Readout) -> Chances:
    """Of a readout."""
    symbols = np.frombuffer(readout.symbols, np.uint8).copy()
    if readout.code is None:
        table, shift = _table(readout.scale, _weight)
        return Chances(table, shift, readout.rows, symbols, np.zeros((0, 2), np.int64), np.zeros((256, 0), np.int64))
    table, shift = _table(readout.scale, _likelier)
    children = np.array(readout.code.children, np.int64)
    return Chances(table, shift, readout.rows, symbols, children, readout.paths.bits)


def _likelier(odds: Decimal) -> int:
    """1 / (1 + odds), of WHOLE; what is as good as sure is not sure."""
    return min(int(_EXACT.to_integral_value(_EXACT.divide(Decimal(WHOLE), _EXACT.add(1, odds)))), WHOLE - 1)


def _weight(odds: Decimal) -> int:
    return int(_EXACT.to_integral_value(_EXACT.multiply(WEIGHT, odds)))


def _table(scale: float, entry: Callable[[Decimal], int]) -> tuple[Ints, int]:
    """(entries of exp(-scale * distance), until they are as good as nothing; the shift of distances)."""
    unit, shift = Decimal(scale), 0
    while _EXACT.multiply(unit, ENTRIES << shift) < FARTHEST and shift < WIDEST:
        shift += 1
    table = []
    for index in range(ENTRIES):
        middle = _EXACT.divide(Decimal((2 * index + 1 << shift) - 1), 2)  # of those that share the entry
        nats = _EXACT.multiply(unit, middle)
        table.append(entry(_EXACT.exp(_EXACT.minus(nats))))
        if nats > FARTHEST:
            break
    return np.array(table, np.int64), shift


@compiled
def begin(coder: Coder, chances: Chances, found: Ints, places: Ints) -> None:
    """Code for every lane whether its byte, int64[lanes], is a symbol, and the others. places: int64[lanes] of the code
    where it goes on: at its start, or -1 where the byte is known."""
    for lane in range(len(found)):
        other = 0
        if len(chances.symbols) < 256:
            other = code_bit(coder, OTHER, int(chances.ranks[found[lane]] < 0))
        places[lane] = -other
        if other:
            byte = 0
            for place in range(7, -1, -1):
                byte |= code_bit(coder, WHOLE // 2, found[lane] >> place & 1) << place
            found[lane] = byte


@compiled
def descend(coder: Coder, chances: Chances, depth: Int, scores: Ints, found: Ints, places: Ints) -> bool:
    """Code a bit of every lane that stands at a node, with the score of it, int64[lanes]. Are there any that go on?"""
    more = False
    for lane in range(len(found)):
        place = places[lane]
        if place >= 0:
            one = _one(chances, scores[lane])
            place = chances.children[place, code_bit(coder, one, chances.bits[found[lane], depth])]
            places[lane] = place
            if place < 0:
                found[lane] = chances.symbols[~place]
            more |= place >= 0
    return more


@compiled_part
def _one(chances: Chances, score: Int) -> int:
    """The probability of a 1."""
    most = (len(chances.table) << chances.shift) - 1
    if score >= 0:
        return int(chances.table[min(score, most) >> chances.shift])
    return int(WHOLE - chances.table[-max(score, -most) >> chances.shift])


@compiled
def choose(coder: Coder, chances: Chances, numbers: Ints, byte: Int) -> int:
    """Code a byte that is a symbol, under logits int64[symbols]; the byte.

    Each symbol gets what its weight is worth and one more, so that none is impossible.
    """
    total, peak = 0, numbers.max()
    for symbol in range(len(numbers)):
        total += _weight_of(chances, peak, numbers[symbol])
    share = WHOLE - len(numbers)
    wanted, target = np.int64(chances.ranks[byte]), -1
    if coder.reading:
        target = sought(coder)
    before = 0
    for symbol in range(len(numbers)):
        after = before + _weight_of(chances, peak, numbers[symbol])
        start, end = before * share // total + symbol, after * share // total + symbol + 1
        if coder.reading and target < end:
            decode(coder, start, end - start)
            return int(chances.symbols[symbol])
        if not coder.reading and symbol == wanted:
            encode(coder, start, end - start)
            return int(byte)
        before = after
    return -1  # not reached: the last interval ends at WHOLE


@compiled_part
def _weight_of(chances: Chances, peak: Int, number: Int) -> int:
    below = np.uint64(peak) - np.uint64(number) >> np.uint64(chances.shift)
    return int(chances.table[min(below, np.uint64(len(chances.table) - 1))])
