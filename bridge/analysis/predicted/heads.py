"""What a head predicts, as logic: the gates of `argmax`, `greedy`, `logit.X`, `margin.X.Y`, `probability.X`.

Each function takes the literals of the head's numbers (logits of all symbols, or scores of all code nodes), two's
complement, lowest bit first, and gives those of an answer. What the answers are in numpy: `bridge.readout.Readout`.

`probability`: a number that changes just where the probability of the symbol does, as a real number. exp(scale) is
transcendental (the theorem of Lindemann and Weierstrass: scale is rational), so for logits the sum of exp(scale * d)
over the differences d to the other symbols changes just if they are not the same ones in another order: sorted, they
are the number. For a code tree the product of 1 + exp(scale * t) over the path, t being positive where the code bit is
the unlikelier one, is a power of x = exp(scale), the sum of the positive t, times the product of all 1 + x**-|t|. Such
a product tells its factors: that of the largest |t| alone has a root of unity of order 2|t|, and so on down. So it
changes just if the |t| in order, or the sum of the positive t, do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder
from bridge.analysis.predicted.arithmetic import (
    Number,
    any_of,
    below,
    chosen,
    clipped,
    constant,
    difference,
    extended,
    filled,
    looked_up,
    magnitude,
    masked,
    negated,
    ordered,
    total,
)
from bridge.errors import InputError
from bridge.readout import Readout
from bridge.readout.fixedpoint import FixedPoint

BYTE_BITS = 8
WIDEST_TABLE = 14

Numbers = Sequence[Number]
Player = tuple[Number, list[int]]  # a number, and what has it, the bits of a byte, say
Logic = Callable[[AigBuilder, Readout, Numbers, Sequence[int]], list[int]]  # the last: ranks of the symbols asked for


def argmax(builder: AigBuilder, readout: Readout, numbers: Numbers, _ranks: Sequence[int] = ()) -> list[int]:
    """The bits of the likeliest byte, the lowest of equals."""
    if readout.code is not None:
        return _shortest(builder, readout, numbers)
    players = [(number, constant(symbol, BYTE_BITS)) for number, symbol in zip(numbers, readout.symbols, strict=True)]
    return largest(builder, players)[1]


def largest(builder: AigBuilder, players: Sequence[Player]) -> Player:
    """The one with the largest number, the first of equals."""
    while len(players) > 1:  # neighbours play; the earlier one wins a draw
        pairs = zip(players[::2], players[1::2], strict=False)
        players = [*(_larger(builder, one, other) for one, other in pairs), *players[len(players) & ~1 :]]
    return players[0]


def is_largest(builder: AigBuilder, numbers: Numbers, place: int) -> int:
    """Is the number at that place the largest, the first of equals?"""
    found = TRUE
    for other, number in enumerate(numbers):
        if other < place:
            found = builder.and_(found, difference(builder, number, numbers[place])[-1])
        elif other > place:
            found = builder.and_(found, difference(builder, numbers[place], number)[-1] ^ 1)
    return found


def greedy(builder: AigBuilder, readout: Readout, numbers: Numbers, _ranks: Sequence[int] = ()) -> list[int]:
    """The bits of the byte to which the likelier code bits lead."""
    if readout.code is None:
        return argmax(builder, readout, numbers)
    found = [constant(symbol, BYTE_BITS) for symbol in readout.symbols]
    reached: dict[int, list[int]] = {}
    for node in range(readout.code.nodes - 1, -1, -1):
        zero, one = (reached[child] if child >= 0 else found[~child] for child in readout.code.children[node])
        reached[node] = chosen(builder, _positive(builder, numbers[node]), one, zero)
    return reached[0]


def logit(builder: AigBuilder, readout: Readout, numbers: Numbers, ranks: Sequence[int]) -> list[int]:
    """See `Readout.logits`."""
    (rank,) = ranks
    if readout.code is None:
        return list(numbers[rank])
    return negated(builder, _length(builder, readout, numbers, _path(readout, rank)))


def margin(builder: AigBuilder, readout: Readout, numbers: Numbers, ranks: Sequence[int]) -> list[int]:
    """The logit of the first symbol less that of the second; with a code tree only where their paths part."""
    one, other = ranks
    if readout.code is None:
        return difference(builder, numbers[one], numbers[other])
    paths = _path(readout, one), _path(readout, other)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*paths, strict=False)))
    ours, theirs = (_length(builder, readout, numbers, path[shared:]) for path in paths)
    return difference(builder, [*theirs, FALSE], [*ours, FALSE])


def _length(builder: AigBuilder, readout: Readout, numbers: Numbers, path: Sequence[tuple[int, int]]) -> list[int]:
    """What these code bits cost together, unsigned."""
    length, tables = [FALSE], _Tables(readout.fixed)
    for node, bit in path:
        ways = _Ways(builder, tables, numbers[node])
        length = total(builder, length, total(builder, ways.both, ways.extra[bit]))
    return length


def probability(builder: AigBuilder, readout: Readout, numbers: Numbers, ranks: Sequence[int]) -> list[int]:
    """Changes just where the probability does."""
    (rank,) = ranks
    if readout.code is None:
        others = [number for place, number in enumerate(numbers) if place != rank]
        gaps = [difference(builder, numbers[rank], other) for other in others]
        width = max(map(len, gaps), default=1)
        return _in_order(builder, [_offset(extended(gap, width)) for gap in gaps])
    sizes, worse = [], [FALSE]
    for node, bit in _path(readout, rank):
        sizes.append(magnitude(builder, numbers[node]))
        wrong = _positive(builder, numbers[node]) if bit == 0 else numbers[node][-1]
        worse = total(builder, worse, masked(builder, wrong, sizes[-1]))
    width = max(map(len, sizes))
    return [*worse, *_in_order(builder, [filled(size, width) for size in sizes])]


def _in_order(builder: AigBuilder, numbers: Numbers) -> list[int]:
    """All bits of unsigned numbers, the smallest first."""
    return [bit for number in ordered(builder, numbers) for bit in number] or [FALSE]


def _path(readout: Readout, rank: int) -> list[tuple[int, int]]:
    """(node, bit) on the way to a symbol."""
    assert readout.code is not None
    nodes, bits = (table[rank] for table in readout.code.paths)
    return [(int(node), int(bit)) for node, bit in zip(nodes, bits, strict=True) if node >= 0]


def _positive(builder: AigBuilder, number: Number) -> int:
    return builder.and_(number[-1] ^ 1, any_of(builder, number[:-1]))


def _offset(number: Number) -> list[int]:
    """Signed -> unsigned, in the same order."""
    return [*number[:-1], number[-1] ^ 1]


def _larger(builder: AigBuilder, one: Player, other: Player) -> Player:
    later = difference(builder, one[0], other[0])[-1]  # negative: the later one is larger
    width = max(len(one[0]), len(other[0]))
    number = chosen(builder, later, extended(other[0], width), extended(one[0], width))
    return number, chosen(builder, later, other[1], one[1])


class _Ways:
    """The code lengths of a node's two bits. `distance`: the absolute value of its score; `both`: what either bit
    costs; `extra`: what a 0, what a 1 costs beyond it."""

    def __init__(self, builder: AigBuilder, tables: _Tables, score: Number) -> None:
        self.distance = clipped(builder, magnitude(builder, score), tables.fixed.reach)
        shifted = [*[FALSE] * tables.fixed.places, *self.distance]
        self.both = tables.likelier(builder, self.distance)
        self.extra = masked(builder, score[-1] ^ 1, shifted), masked(builder, score[-1], shifted)


class _Tables:
    """What the likelier code bit costs, by the absolute value of a score: a small netlist for each width of it."""

    def __init__(self, fixed: FixedPoint) -> None:
        self.fixed, self._made = fixed, dict[int, Aig]()

    def likelier(self, builder: AigBuilder, distance: Number) -> list[int]:
        width = len(distance)
        if width > WIDEST_TABLE:
            raise InputError(
                f"scores of {width + 1} bits at a scale of {self.fixed.scale:.2g} nats are too fine for code lengths "
                f"in logic; {WIDEST_TABLE + 1} bits can be looked up"
            )
        if width not in self._made:
            piece = AigBuilder()
            places = [piece.input(str(bit)) for bit in range(width)]
            for bit in looked_up(piece, places, self.fixed.likelier(np.arange(1 << width))):
                piece.output("", bit)
            self._made[width] = piece.build()
        return builder.instance(self._made[width], distance)


def _shortest(builder: AigBuilder, readout: Readout, numbers: Numbers) -> list[int]:
    """The byte of the shortest code: at every node, from the leaves up, the better one of its two sides.

    The byte stands below the length in one number, so that the lowest of equals wins.
    """
    assert readout.code is not None
    tables = _Tables(readout.fixed)
    best = {~rank: constant(symbol, BYTE_BITS) for rank, symbol in enumerate(readout.symbols)}
    most = dict.fromkeys(best, 0)
    for node in range(readout.code.nodes - 1, -1, -1):
        ways, sides = _Ways(builder, tables, numbers[node]), readout.code.children[node]
        zero, one = (_lengthened(builder, best[side], extra) for side, extra in zip(sides, ways.extra, strict=True))
        better = chosen(builder, below(builder, one, zero), one, zero)
        most[node] = _most(readout.fixed, len(ways.distance), *(most[side] for side in sides))
        best[node] = _lengthened(builder, better, ways.both)[: BYTE_BITS + most[node].bit_length()]
    return best[0][:BYTE_BITS]


def _lengthened(builder: AigBuilder, one: Number, length: Number) -> list[int]:
    """A byte and its code length, the latter with `length` added."""
    return [*one[:BYTE_BITS], *total(builder, one[BYTE_BITS:], length)]


def _most(fixed: FixedPoint, width: int, zero: int, one: int) -> int:
    """The longest that the better side can become, the sides being at most so long, under any score of that width."""
    scores = np.arange(1 - (1 << width), 1 << width)
    ways = fixed.lengths(scores)
    return int(np.minimum(zero + ways[0], one + ways[1]).max())
