"""Functions of numbers of any width, without listing what these can be: how many constants one reaches, interval by
interval, and the larger one of two, bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from bridge.aig import FALSE, TRUE
from bridge.arrays import Ints
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate.local import Local, mask_of

_THREE = Ranges.of_bits(3)
_FIRST, _SECOND, _LAST = (np.arange(8) >> place & 1 for place in range(3))
_KEPT: Ints = np.where(_FIRST == _SECOND, _LAST, _FIRST > _SECOND).astype(np.int64)  # at least the other, if so below
_CHOSEN = np.where(_LAST, _FIRST, _SECOND)


def counts(local: Local, number: Ints, bounds: tuple[int, int], thresholds: Ints, outs: Ints) -> bool:
    """Are the literals `outs`, lowest first, the bits of how many of the thresholds a number of these bounds reaches?

    number: the literals of its bits, in two's complement if it can be negative. The count is the same on all of an
    interval between two thresholds, which is cut into blocks of numbers with equal upper bits. On each of them the
    literals must be constant whatever the lower bits are, and be seen to be so gate by gate.
    """
    low, high = bounds
    bias = 1 << len(number) - 1 if low < 0 else 0
    bits = [*number[:-1].tolist(), int(number[-1]) ^ (low < 0)]
    inside = thresholds[(thresholds > low) & (thresholds <= high)].tolist()
    edges = [low, *sorted({*inside}), high + 1]
    blocks = [block for first, end in pairwise(edges) for block in _blocks(first + bias, end + bias)]
    known, possible = _given(bits, blocks)
    expected = np.searchsorted(np.sort(thresholds), [value - bias for value, _ in blocks], side="right")
    for place, out in enumerate(outs.tolist()):
        ones = mask_of((expected >> place & 1).astype(np.bool_))
        zero, one = local.possible(out, known) or (possible, possible)
        if one & ~ones & possible or zero & ones & possible:
            return False
    return not (expected >> len(outs)).any()


def larger(local: Local, one: tuple[Ints, int], two: tuple[Ints, int], chain: Ints, outs: Ints) -> bool:
    """Are the literals `outs` the lowest bits of the larger one of two numbers, given with the least that each can be?

    chain: whether the lowest bits of the first, one more after the other, are at least those of the second.
    """
    width, signed = common_width(one, two), min(one[1], two[1]) < 0
    pairs = [*zip(_widened(*one, width), _widened(*two, width), strict=True)]
    before = TRUE
    for place, ((a, b), kept) in enumerate(zip(pairs, chain.tolist(), strict=True)):
        flip = int(signed and place == width - 1)  # half of all numbers added to both: then they have no sign
        if not local.computes(np.array([a ^ flip, b ^ flip, before]), _THREE, [kept], [_KEPT]):
            return False
        before = kept
    chosen = (np.array([a, b, before]) for a, b in pairs)
    return all(local.computes(read, _THREE, [out], [_CHOSEN]) for read, out in zip(chosen, outs.tolist(), strict=False))


def common_width(one: tuple[Ints, int], two: tuple[Ints, int]) -> int:
    """The bits of two numbers, given with the least that each can be, if they are to have as many."""
    signed = min(one[1], two[1]) < 0
    return max(len(bits) + (signed and low >= 0) for bits, low in (one, two))


def _widened(bits: Ints, low: int, width: int) -> list[int]:
    return [*bits.tolist(), *[int(bits[-1]) if low < 0 else FALSE] * (width - len(bits))]


def _blocks(first: int, end: int) -> Iterator[tuple[int, int]]:
    """(value, k) of the fewest blocks `value .. value + 2**k - 1` of equal upper bits that are first .. end - 1."""
    while first < end:
        most = (end - first).bit_length() - 1
        size = min(most, (first & -first).bit_length() - 1) if first else most
        yield first, size
        first += 1 << size


def _given(bits: list[int], blocks: list[tuple[int, int]]) -> tuple[dict[int, tuple[int, int]], int]:
    """(in which blocks each variable may be 0 and may be 1, which blocks some values of the variables spell)."""
    every = (1 << len(blocks)) - 1
    known, possible = {FALSE: (every, 0)}, every
    for place, literal in enumerate(bits):
        zero = mask_of(np.array([place < size or not value >> place & 1 for value, size in blocks]))
        one = mask_of(np.array([place < size or bool(value >> place & 1) for value, size in blocks]))
        ways = (one, zero) if literal & 1 else (zero, one)
        before = known.get(literal >> 1, (every, every))
        known[literal >> 1] = before[0] & ways[0], before[1] & ways[1]
        possible &= known[literal >> 1][0] | known[literal >> 1][1]
    return known, possible
