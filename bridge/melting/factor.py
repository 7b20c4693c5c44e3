"""Sums of two numbers that several rows of weights add, as blocks of their own.

The lowering shares what it adds bit by bit, three bits at a time. Numbers of four bits and more are better shared
whole: `x + 4 y` is one adder chain, and every row that holds both numbers so then adds one number in the place of two.
The greedy choice of such *words*, by what they save, is that of multiplierless matrix products (M. Potkonjak et al.,
1996; da4ml, 2025). The rows that are left share bit by bit as before.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.cell.blocks import Block, Linear
from bridge.cell.checks import MAX_SOURCE_BITS
from bridge.cell.ranges import Ranges, bits_of

NARROW = 3  # bits of numbers that no word is made of: three bits at a time are better
SHARED = 2  # digits of each use of a word that rows would save anyway, three bits at a time
LEAST = 4  # digits that a word must save beyond these, over all its uses but one
MOST_PAIRS = 1 << 20  # of terms of the same row that are looked at; more columns are taken in groups
MOST_STAGES = 8  # of words of words
MOST_BLOCKS = 400
_Pattern = tuple[int, int, int, int]  # two words, how much further the second is shifted, and the sign between them
_Term = tuple[int, int, int]  # a word, its shift, its sign


def factored(cell: Cell) -> Cell:
    """The same cell, where the sums that rows of `Linear` blocks share are in `Linear` blocks before these, `*.shared1`
    and so on. All blocks that there were have the values that they had; none of a width below four bits is touched, nor
    multiples of single numbers, which are added up in fewer signed digits."""
    heads = set(cell.last.reads)
    blocks: list[Block] = []
    for index, block in enumerate(cell.blocks):
        room = MOST_BLOCKS - len(blocks) - (len(cell.blocks) - index)
        sums = _linear(block) if room > MOST_STAGES else None
        if sums is None or np.count_nonzero(sums.weights, axis=1).max() < 2:
            blocks.append(block)
        else:
            blocks += _apart(sums, cell.ranges_read(sums), _binary if sums.name in heads else _shortest)
    return cell if len(blocks) == len(cell.blocks) else replace(cell, blocks=tuple(blocks))


def composed(cell: Cell) -> Cell:
    """The cell without what `factored` added: every such block of sums reads all by itself."""
    blocks: dict[str, Block] = {}
    for block in cell.blocks:
        sums, own = _linear(block), [name for name in blocks if name.startswith(f"{block.name}.shared")]
        stages = [stage for name in own if (stage := _linear(blocks.pop(name)))]
        blocks[block.name] = _whole(sums, stages) if sums and stages else block
    return cell if len(blocks) == len(cell.blocks) else replace(cell, blocks=tuple(blocks.values()))


def _whole(block: Linear, stages: list[Linear]) -> Linear:
    """A block with the words of its stages put back."""
    made = np.eye(stages[0].weights.shape[1], dtype=np.int64)
    for stage in stages:
        made = np.concatenate([made, stage.weights.astype(np.int64) @ made])
    return replace(block, sources=stages[0].sources, weights=block.weights @ made, taps=stages[0].taps)


@singledispatch
def _linear(block: Block) -> Linear | None:
    """The block if it is of the one kind whose rows are factored."""
    return None


@_linear.register
def _(block: Linear) -> Linear | None:
    return block


def _apart(block: Linear, read: Ranges, digits: Callable[[int], list[tuple[int, int]]]) -> list[Block]:
    """The block, after those of the words that its rows share."""
    low, high = read.low, read.high
    if block.taps is not None:
        low, high = (np.append(bound, 0)[block.taps] for bound in (low, high))
        low, high = low.min(axis=0), high.max(axis=0)
    found = _Search(block.weights.astype(np.int64), Ranges(low, high), digits)
    positions = 1 if block.taps is None else len(block.taps)
    words = len(found.words)
    if not words or len(read) + words * positions > MAX_SOURCE_BITS:
        return [block]
    found.prove(block.weights.astype(np.int64))
    return [*_stages(block, found, len(read)), _rest(block, found, len(read))]


def _stages(block: Linear, found: _Search, width: int) -> Iterator[Linear]:
    """A block for the words of each stage, which read those before."""
    for stage in range(1, max(found.stage) + 1):
        order = found.order(stage - 1)
        here = [word for word in range(found.columns, len(found.stage)) if found.stage[word] == stage]
        weights = np.zeros((len(here), len(order)), np.int64)
        where = {word: column for column, word in enumerate(order)}
        for row, word in enumerate(here):
            for part, factor in zip(found.words[word][:2], found.factors(word), strict=True):
                weights[row, where[part]] += factor
        bias = np.zeros(len(here), np.int64)
        yield Linear(f"{block.name}.shared{stage}", _sources(block, stage), weights, bias, _taps(block, order, width))


def _rest(block: Linear, found: _Search, width: int) -> Linear:
    order = found.order(max(found.stage))
    weights = found.left()[:, order]
    return replace(
        block,
        sources=_sources(block, max(found.stage) + 1),
        weights=weights,
        taps=_taps(block, order, width),
    )


def _sources(block: Linear, stage: int) -> tuple[str, ...]:
    return (*block.sources, *(f"{block.name}.shared{before}" for before in range(1, stage)))


def _taps(block: Linear, order: list[int], width: int) -> Ints | None:
    """Where the columns and then the words stand in each position."""
    if block.taps is None:
        return None
    positions, columns = block.taps.shape
    words = width + np.arange(len(order) - columns) * positions + np.arange(positions)[:, None]
    return np.concatenate([block.taps, words], axis=1).astype(np.int64)


def _binary(weight: int) -> list[tuple[int, int]]:
    """Places and signs of the binary digits, which leaves the bounds of a sum as they are."""
    return [(place, 1 if weight > 0 else -1) for place in range(abs(weight).bit_length()) if abs(weight) >> place & 1]


def _shortest(weight: int) -> list[tuple[int, int]]:
    """Those of the fewest signed digits: 7 is 8 - 1."""
    sign, rest, place = (1 if weight > 0 else -1), abs(weight), 0
    found = []
    while rest:
        if rest & 1:
            digit = 2 - (rest & 3)
            found.append((place, digit * sign))
            rest -= digit
        rest, place = rest >> 1, place + 1
    plain = _binary(weight)
    return found if len(found) < len(plain) else plain


@dataclass(frozen=True)
class _Use:
    """Where two terms of a row stand as a pattern has them."""

    row: int
    one: _Term
    other: _Term


class _Search:
    """Rows as sums of terms, and the words that were taken out of them, the most saving ones first. `low`, `high`,
    `stage`: of all columns and words."""

    def __init__(self, weights: Ints, ranges: Ranges, digits: Callable[[int], list[tuple[int, int]]]) -> None:
        self.columns = weights.shape[1]
        self.low, self.high = ranges.low.tolist(), ranges.high.tolist()
        self.stage = [0] * self.columns
        self.words: dict[int, _Pattern] = {}
        self._weights = weights
        self._rows: list[set[_Term]] = [set() for _ in weights]
        self._holders: dict[int, set[int]] = defaultdict(set)
        self._count: dict[_Pattern, int] = defaultdict(int)
        self._queue: list[tuple[int, _Pattern, int]] = []
        self._left: list[tuple[int, _Term]] = []
        wide = np.flatnonzero(ranges.widths > NARROW)
        narrow = np.flatnonzero(ranges.widths <= NARROW)
        self._narrow = np.zeros_like(weights)
        self._narrow[:, narrow] = weights[:, narrow]
        for columns in _groups(weights, wide, digits):
            self._take(columns, digits)

    def _take(self, columns: Ints, digits: Callable[[int], list[tuple[int, int]]]) -> None:
        """Search among some columns."""
        self._count.clear()
        for row, weights in enumerate(self._weights[:, columns].tolist()):
            pairs = zip(columns.tolist(), weights, strict=True)
            self._rows[row] = {(column, *digit) for column, weight in pairs for digit in digits(weight)}
            terms = sorted(self._rows[row])
            for index, one in enumerate(terms):
                self._holders[one[0]].add(row)
                for other in terms[index + 1 :]:
                    self._count[_pattern(one, other)] += 1
        for pattern in self._count:
            self._offer(pattern)
        while self._queue:
            self._next()
        self._left += [(row, term) for row, terms in enumerate(self._rows) for term in sorted(terms)]

    def _next(self) -> None:
        """Take the best pattern out of all rows, unless it is found less often than was thought."""
        _, pattern, count = heapq.heappop(self._queue)
        if self._count[pattern] != count:
            if self._count[pattern] < count:
                self._offer(pattern)
            return
        uses = list(self._uses(pattern))
        if len(uses) < count:
            self._count[pattern] = len(uses)
            self._offer(pattern)
        else:
            self._replace(pattern, uses)

    def _offer(self, pattern: _Pattern) -> None:
        count, saved = self._count[pattern], self._saved(pattern)
        if (count - 1) * (saved - SHARED) >= LEAST:
            heapq.heappush(self._queue, ((1 - count) * saved, pattern, count))

    def _saved(self, pattern: _Pattern) -> int:
        """Digits that each use saves."""
        one, other = pattern[:2]
        if max(self.stage[one], self.stage[other]) >= MOST_STAGES:
            return 0
        parts = bits_of(self.low[one], self.high[one]) + bits_of(self.low[other], self.high[other])
        return parts - bits_of(*self._bounds(pattern))

    def _bounds(self, pattern: _Pattern) -> tuple[int, int]:
        one, other = pattern[:2]
        first, second = _factors(pattern)
        ends = self.low[other] * second, self.high[other] * second
        return self.low[one] * first + min(ends), self.high[one] * first + max(ends)

    def _uses(self, pattern: _Pattern) -> Iterator[_Use]:
        """Those that have no term in common."""
        one, other, shift, sign = pattern
        for row in sorted(self._holders[one] & self._holders[other]):
            terms, taken = self._rows[row], set[_Term]()
            for term in sorted(term for term in terms if term[0] == one):
                fellow = other, term[1] + shift, term[2] * sign
                if fellow in terms and not taken & {term, fellow}:
                    taken |= {term, fellow}
                    yield _Use(row, term, fellow)

    def _replace(self, pattern: _Pattern, uses: list[_Use]) -> None:
        word = len(self.stage)
        self.words[word] = pattern
        low, high = self._bounds(pattern)
        self.low.append(low)
        self.high.append(high)
        self.stage.append(1 + max(self.stage[pattern[0]], self.stage[pattern[1]]))
        touched = set[_Pattern]()
        for use in uses:
            terms = self._rows[use.row]
            for term in (use.one, use.other):
                terms.remove(term)
                for rest in terms:
                    self._count[_pattern(term, rest)] -= 1
            new = word, min(use.one[1], use.other[1]), use.one[2]
            for rest in terms:
                made = _pattern(new, rest)
                self._count[made] += 1
                touched.add(made)
            terms.add(new)
            self._holders[word].add(use.row)
        for made in sorted(touched):
            self._offer(made)

    def factors(self, word: int) -> tuple[int, int]:
        """What a word multiplies its two parts by."""
        return _factors(self.words[word])

    def order(self, stage: int) -> list[int]:
        """The columns, and then the words up to a stage, stage by stage, as the sources have them."""
        words = sorted((self.stage[word], word) for word in self.words if self.stage[word] <= stage)
        return [*range(self.columns), *(word for _, word in words)]

    def left(self) -> Ints:
        """int64[rows, columns and words]: what the rows still add."""
        weights = np.zeros((len(self._rows), len(self.stage)), np.int64)
        weights[:, : self.columns] = self._narrow
        for row, (word, shift, sign) in self._left:
            weights[row, word] += sign << shift
        return weights

    def prove(self, weights: Ints) -> None:
        """Put the words back into the rows: these are the weights that there were."""
        made = np.zeros((len(self.stage), self.columns), np.int64)
        made[: self.columns] = np.eye(self.columns, dtype=np.int64)
        for word, (one, other, *_) in self.words.items():
            first, second = self.factors(word)
            made[word] = first * made[one] + second * made[other]
        assert np.array_equal(self.left() @ made, weights), "words that do not add up to the weights"


def _pattern(one: _Term, other: _Term) -> _Pattern:
    if one > other:
        one, other = other, one
    return one[0], other[0], other[1] - one[1], one[2] * other[2]


def _factors(pattern: _Pattern) -> tuple[int, int]:
    shift, sign = pattern[2:]
    return (1, sign << shift) if shift >= 0 else (1 << -shift, sign)


def _groups(weights: Ints, wide: Ints, digits: Callable[[int], list[tuple[int, int]]]) -> list[Ints]:
    """Columns that are searched together, as few groups as the pairs of terms in each row allow."""
    if not len(wide):
        return []
    numbers, which = np.unique(weights[:, wide], return_inverse=True)
    sizes = np.array([len(digits(number)) for number in numbers.tolist()], np.int64)
    terms = sizes[which.reshape(len(weights), -1)].sum(axis=1)
    pairs = int((terms**2).sum()) // 2
    return np.array_split(wide, min(len(wide), 1 + pairs // MOST_PAIRS))
