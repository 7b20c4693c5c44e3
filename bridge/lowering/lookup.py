"""Tables of any bits as logic: of words of which one is chosen, the bits of that one.

Lupanov's representation (1958): the bits of a word are cut into groups, the words that have the same pattern in a group
are joined by ORs, and the patterns that have the same half, down to bits. With groups of k bits a word costs one gate a
group beside its own, whatever is in it, as long as most patterns occur several times: about log2(words) - 3 bits each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bridge.aig import AigBuilder
from bridge.arrays import Bits, Ints

SLACK = 2  # how many groups sizes below and above the usual one are tried


def look_up(builder: AigBuilder, chosen: Sequence[int], bits: Bits) -> list[int]:
    """A literal for each column of bits, uint8[words, width]. chosen: a literal a word, at most one of which is 1; if
    none is, all columns are 0."""
    group = best_group(bits)
    found: list[int] = []
    for start in range(0, bits.shape[1], group):
        part = bits[:, start : start + group]
        found += _halves(builder, _joined(builder, chosen, patterns(part).tolist()), part.shape[1])
    return found


def choose_words(builder: AigBuilder, address: Sequence[int], count: int) -> list[int]:
    """A literal for each of the numbers 0 .. count - 1: is it the address, given from its lowest bit on."""
    if not address:
        return [1]
    if len(address) == 1:
        return [address[0] ^ 1, address[0]][:count]
    middle = len(address) // 2
    low = choose_words(builder, address[:middle], min(count, 1 << middle))
    high = choose_words(builder, address[middle:], (count - 1 >> middle) + 1)
    return [builder.and_(high[word >> middle], low[word & (1 << middle) - 1]) for word in range(count)]


def join(builder: AigBuilder, literals: Iterable[int]) -> int:
    """The OR of literals, 0 of none."""
    row = list(literals)
    while len(row) > 1:
        last = row[len(row) & ~1 :]
        row = [builder.or_(row[place], row[place + 1]) for place in range(0, len(row) - 1, 2)] + last
    return row[0] if row else 0


def patterns(bits: Bits) -> Ints:
    """int64[words]: the numbers that rows of bits are, the first bit the lowest."""
    return bits.astype(np.int64) @ (1 << np.arange(bits.shape[1], dtype=np.int64))


def best_group(bits: Bits) -> int:
    """The width of groups that costs least, by how many patterns there are."""
    usual = max(1, len(bits).bit_length() - 3)
    sizes = range(max(1, usual - SLACK), min(usual + SLACK, bits.shape[1]) + 1)
    return min(sizes, key=lambda size: _price(bits, size), default=1)


def _price(bits: Bits, size: int) -> int:
    """Gates, about: an OR a word, two ORs a pattern."""
    price = 0
    for start in range(0, bits.shape[1], size):
        numbers = patterns(bits[:, start : start + size])
        price += int(np.count_nonzero(numbers)) + len(np.unique(numbers))
    return price


def _joined(builder: AigBuilder, literals: Iterable[int], numbers: Iterable[int]) -> dict[int, int]:
    """By number other than 0: the OR of the literals that have it."""
    members: dict[int, list[int]] = {}
    for literal, number in zip(literals, numbers, strict=True):
        if number:
            members.setdefault(number, []).append(literal)
    return {number: join(builder, some) for number, some in members.items()}


def _halves(builder: AigBuilder, joined: dict[int, int], width: int) -> list[int]:
    """The bits of patterns of that width."""
    if width == 1:
        return [joined.get(1, 0)]
    low = width // 2
    parts = ((low, [number & (1 << low) - 1 for number in joined]), (width - low, [number >> low for number in joined]))
    return [
        bit for size, numbers in parts for bit in _halves(builder, _joined(builder, joined.values(), numbers), size)
    ]
