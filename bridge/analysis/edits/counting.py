"""Logic that knows where in a text it is: a counter in latches, comparisons with it, and draws that depend on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.aig import AigBuilder
from bridge.aig.names import position
from bridge.arrays import Bits

ENDLESS = 32  # bits that count any text there is
HALF = ENDLESS // 2
ROUNDS = 8
TURNS = 1, 8, 2  # of the rounds of SIMON, a cipher of ANDs and XORs


def width_for(most: int | None) -> int:
    """How many bits count so far that `most` is told from all later positions; None: any text."""
    return ENDLESS if most is None else (most + 1).bit_length()


def names_of(width: int) -> list[str]:
    return [position(bit) for bit in range(width)]


def one_more(builder: AigBuilder, count: Sequence[int]) -> list[int]:
    """The next value of a counter that stops at its largest."""
    full = 1
    for bit in count:
        full = builder.and_(full, bit)
    carry, found = full ^ 1, []
    for bit in count:
        found.append(builder.xor(bit, carry))
        carry = builder.and_(bit, carry)
    return found


def equals(builder: AigBuilder, bits: Sequence[int], value: int) -> int:
    found = 1
    for place, bit in enumerate(bits):
        found = builder.and_(found, bit ^ 1 ^ (value >> place & 1))
    return found


def drawn(builder: AigBuilder, count: Sequence[int], width: int, seed: int) -> list[int]:
    """`width` bits that look random and depend on the seed and the ENDLESS bits of the position, nothing else."""
    right, left = list(count[:HALF]), list(count[HALF:])
    for key in np.random.default_rng(seed).integers(0, 1 << HALF, ROUNDS).tolist():
        mixed = []
        for place, bit in enumerate(right):
            one, other, third = (left[(place - turn) % HALF] for turn in TURNS)
            mixed.append(builder.xor(builder.xor(bit, builder.and_(one, other)), third) ^ (key >> place & 1))
        left, right = mixed, left
    return left[:width]


def looked_up(builder: AigBuilder, address: Sequence[int], table: Bits) -> list[int]:
    """The row of uint8[2 ** bits of the address, n] that the address, the lowest bit first, names: n literals."""
    found = []
    for column in table.T.tolist():
        for bit in address:
            pairs = zip(column[::2], column[1::2], strict=True)
            column = [builder.mux(bit, one, zero) for zero, one in pairs]
        found.append(column[0])
    return found
