"""The fewest ANDs of every function of four bits, XORs being free, and a circuit with so many.

All circuits of up to three ANDs are gone through, which is enough for four bits: each AND is of two sums of the bits
and of the ANDs before it, and which two of the span of such sums makes no difference but for an affine part. Adding an
affine function costs no AND, so one circuit serves 32 functions. Of equally many ANDs, the fewest XORs.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Int, Ints
from bridge.compiled import compiled, compiled_part

LEAVES = 4
MOST = 3  # ANDs
TABLES = 1 << (1 << LEAVES)
AND_COST = 1 << 12  # of an XOR it is 1, so that ANDs are what counts
VARIABLES = (0xAAAA, 0xCCCC, 0xF0F0, 0xFF00)
SIDE = 8  # bits of a sum of terms in `sides`


class Forms(NamedTuple):
    """By truth table of four bits, of which a sum is a mask with the ANDs before it from bit 4 on. `ands`:
    uint8[TABLES]; `sides`: int64[TABLES], the two sums of each AND, SIDE bits each; `outs`: uint8[TABLES], the
    sum that is the function, or its complement; `cost`: int64[TABLES]."""

    ands: Bits
    sides: Ints
    outs: Bits
    cost: Ints


@cache
def all_forms() -> Forms:
    """The table; it takes some tenths of a second."""
    forms = Forms(
        np.full(TABLES, MOST + 1, np.uint8),
        np.zeros(TABLES, np.int64),
        np.zeros(TABLES, np.uint8),
        np.full(TABLES, (MOST + 1) * AND_COST, np.int64),
    )
    _fill(forms, *(_spans(LEAVES + known) for known in range(MOST)))
    return forms


def _spans(terms: int) -> Ints:
    """int64[n, 3]: two sums of so many terms for every span of two, those of the fewest terms, and the XORs in them."""
    found = set()
    for x, y in combinations(range(1, 1 << terms), 2):
        least, middle = sorted((x, y, x ^ y), key=lambda mask: (mask.bit_count(), mask))[:2]
        found.add((least, middle, least.bit_count() + middle.bit_count() - 2))
    return np.array(sorted(found), np.int64)


@compiled_part
def _sums(known: Int, table: Int, sums: Ints) -> None:
    """Add a term, the AND number `known`. sums: int64[1 << terms], the truth tables of all sums of terms."""
    first = 1 << (LEAVES + known)
    for mask in range(first):
        sums[first + mask] = sums[mask] ^ table


@compiled_part
def _offer(forms: Forms, known: Int, sides: Int, xors: Int, sums: Ints, least: Ints) -> None:
    """Note a circuit of so many ANDs for all functions that are a sum with the last one in it, where it is cheaper
    than `least`: int64[TABLES], what its ANDs and the sum of them cost."""
    for chosen in range(1 << known >> 1, 1 << known):
        cost, nonlinear = known * AND_COST + xors, sums[chosen << LEAVES]
        for place in range(known):
            cost += chosen >> place & 1
        if cost >= least[nonlinear]:
            continue
        for bits in range(1 << LEAVES):
            outside = (bits & 1) + (bits >> 1 & 1) + (bits >> 2 & 1) + (bits >> 3)
            for flip in range(2):
                table = nonlinear ^ sums[bits] ^ (TABLES - 1) * flip
                least[table] = cost
                forms.ands[table] = known
                forms.cost[table] = max(cost + outside - 1, 0)
                forms.outs[table] = bits | chosen << LEAVES
                forms.sides[table] = sides


@compiled
def _fill(forms: Forms, one: Ints, two: Ints, three: Ints) -> None:
    sums, least = np.zeros(1 << (LEAVES + MOST), np.int64), forms.cost.copy()
    for place in range(LEAVES):
        _sums(place - LEAVES, VARIABLES[place], sums)
    _offer(forms, 0, 0, 0, sums, least)
    for a in range(len(one)):
        side = one[a, 0] | one[a, 1] << SIDE
        _sums(0, sums[one[a, 0]] & sums[one[a, 1]], sums)
        _offer(forms, 1, side, one[a, 2], sums, least)
        for b in range(len(two)):
            sides, xors = side | (two[b, 0] | two[b, 1] << SIDE) << 2 * SIDE, one[a, 2] + two[b, 2]
            _sums(1, sums[two[b, 0]] & sums[two[b, 1]], sums)
            _offer(forms, 2, sides, xors, sums, least)
            for c in range(len(three)):
                table = sums[three[c, 0]] & sums[three[c, 1]]
                bound = MOST * AND_COST + xors + three[c, 2]
                worse = least[table] <= bound and least[table ^ sums[1 << LEAVES]] <= bound
                if worse and least[table ^ sums[2 << LEAVES]] <= bound and least[table ^ sums[3 << LEAVES]] <= bound:
                    continue
                _sums(2, table, sums)
                last = (three[c, 0] | three[c, 1] << SIDE) << 4 * SIDE
                _offer(forms, 3, sides | last, xors + three[c, 2], sums, least)
