"""Whole numbers as literals, lowest bit first: sums, comparisons, tables, sorting; what the prediction is made of.

A *number* is two's complement unless it is called unsigned. Nothing overflows: results are as wide as they must be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import numpy as np

from bridge.aig import FALSE, TRUE, AigBuilder
from bridge.arrays import Ints
from bridge.lowering.embedding import lower_table

Number = Sequence[int]


def constant(value: int, width: int) -> list[int]:
    """The lowest `width` bits of a value."""
    return [value >> bit & 1 for bit in range(width)]


def extended(number: Number, width: int) -> list[int]:
    """With copies of the sign."""
    return [*number, *[number[-1]] * (width - len(number))]


def filled(number: Number, width: int) -> list[int]:
    """Unsigned, with zeros."""
    return [*number, *[FALSE] * (width - len(number))]


def chosen(builder: AigBuilder, select: int, then: Number, other: Number) -> list[int]:
    """`then` where the literal is 1, else `other`; unsigned, or of equal widths."""
    width = max(len(then), len(other))
    pairs = zip(filled(then, width), filled(other, width), strict=True)
    return [builder.mux(select, one, two) for one, two in pairs]


def masked(builder: AigBuilder, literal: int, number: Number) -> list[int]:
    """The number where the literal is 1, else 0."""
    return [builder.and_(literal, bit) for bit in number]


def total(builder: AigBuilder, a: Number, b: Number) -> list[int]:
    """a + b, unsigned."""
    width = max(len(a), len(b))
    bits, carry = _chain(builder, filled(a, width), filled(b, width), FALSE)
    return [*bits, carry]


def difference(builder: AigBuilder, a: Number, b: Number) -> list[int]:
    """a - b."""
    width = max(len(a), len(b)) + 1
    return _chain(builder, extended(a, width), [bit ^ 1 for bit in extended(b, width)], TRUE)[0]


def negated(builder: AigBuilder, number: Number) -> list[int]:
    """Of an unsigned number."""
    return difference(builder, [FALSE], [*number, FALSE])


def below(builder: AigBuilder, a: Number, b: Number) -> int:
    """Whether a < b, unsigned."""
    less = FALSE
    width = max(len(a), len(b))
    for one, other in zip(filled(a, width), filled(b, width), strict=True):
        less = builder.mux(builder.xor(one, other), other, less)
    return less


def magnitude(builder: AigBuilder, number: Number) -> list[int]:
    """|number|, unsigned, of the same width."""
    sign = number[-1]
    flipped = [builder.xor(bit, sign) for bit in number]
    return _chain(builder, flipped, constant(0, len(number)), sign)[0]


def clipped(builder: AigBuilder, number: Number, width: int) -> list[int]:
    """The smaller of an unsigned number and 2**width - 1."""
    beyond = any_of(builder, number[width:])
    return [builder.or_(bit, beyond) for bit in number[:width]]


def any_of(builder: AigBuilder, literals: Sequence[int]) -> int:
    """1 where one of them is."""
    return reduce(builder.or_, literals, FALSE)


def at_most_one(builder: AigBuilder, literals: Iterable[int]) -> int:
    """1 where no two of them are."""
    fine, one = TRUE, FALSE
    for literal in literals:
        fine = builder.and_(fine, builder.and_(one, literal) ^ 1)
        one = builder.or_(one, literal)
    return fine


def looked_up(builder: AigBuilder, number: Number, values: Ints) -> list[int]:
    """The value at the place that an unsigned number says. values: int64[2**len(number)], none negative."""
    width = int(values.max(initial=0)).bit_length()
    return lower_table(builder, list(number), (values[:, None] >> np.arange(width) & 1).astype(np.uint8))


def ordered(builder: AigBuilder, numbers: Sequence[Number]) -> list[list[int]]:
    """Unsigned numbers of equal widths, the smallest first."""
    row = [list(number) for number in numbers]
    for low, high in exchanges(len(row)):
        swap = below(builder, row[high], row[low])
        pair = row[low], row[high]
        row[low], row[high] = chosen(builder, swap, pair[1], pair[0]), chosen(builder, swap, *pair)
    return row


def exchanges(count: int) -> Iterator[tuple[int, int]]:
    """Pairs of places to put in order, one after the other, that sort any `count` values (Batcher's merge exchange:
    Knuth, The Art of Computer Programming 3, 5.2.2 M)."""
    top = 1 << max(0, (count - 1).bit_length() - 1)
    step = top if count > 1 else 0
    while step:
        wide, offset, distance = top, 0, step
        while True:
            yield from ((place, place + distance) for place in range(count - distance) if place & step == offset)
            if wide == step:
                break
            distance, wide, offset = wide - step, wide >> 1, step
        step >>= 1


def _chain(builder: AigBuilder, a: Number, b: Number, carry: int) -> tuple[list[int], int]:
    """(sum of equal width, carry out)."""
    bits = []
    for one, other in zip(a, b, strict=True):
        bit, carry = builder.full_adder(one, other, carry)
        bits.append(bit)
    return bits, carry
