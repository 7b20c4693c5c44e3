"""All weighted sums of a cell at once: rows of digits, adders shared between rows, then block by block into the graph.

Negative weights become complemented literals (`-w * x = w * not x - w`), so that a row is a sum of digits
`2**place * literal` plus a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bridge.aig import AigBuilder, Built
from bridge.aig.literals import through
from bridge.arrays import Ands, Ints
from bridge.cell import Weighted
from bridge.lowering.adders import PLAIN, SMALL, build_adders, compare_rows, sum_rows, top_columns
from bridge.lowering.columns import make_bins
from bridge.lowering.pairs import all_pairs, pair_up, with_adders
from bridge.lowering.timing_kernels import Timing, row_times
from bridge.lowering.triples import LEAST, MADE, WIDEST, all_triples, share_triples

ADDER = 7  # AND nodes of a full adder
COLUMNS = 36  # int32 constants and 2**16 int8 weights stay below 2**34
ROUNDS = (4, 3, LEAST)  # what many columns need is chosen first, and rare triples are counted where less is left
MOST_TRIPLES = 1 << 24  # counted before the search begins
DIGITS = 8  # an int8 weight has a magnitude of at most 2**7
_NOTHING = np.zeros(0, np.int64)
NO_TIMING = Timing(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING.astype(np.bool_))


def _last(kinds: int) -> int:
    """Which variable of a shared adder comes after the XOR of the others, for the fewest ANDs; kinds: its carries."""
    return min(range(3), key=lambda last: bool(kinds & (1 | 2 << last)) * (kinds & ~(1 | 2 << last)).bit_count())


_LAST = np.array([_last(kinds) for kinds in range(16)])


@dataclass(frozen=True, eq=False)
class Trace:
    """How the sums of a cell were built; a claim that `bridge.equivalence.certificate` checks, not a proof.

    `variables`: the symbolic variables behind each source; `bits`: their netlist literals. `first`: the first row of
    each block. `shared`: int64[n, 7], the symbolic literals a, b, c, sum, carry of the shared adders, once for each
    carry, and the netlist literals of sum and carry. `left`: int64[n, 3], (row, place, symbolic literal) of what was
    left of the rows after sharing, plus `constant[row]`. `turned`: int64[rows], 1 for rows that add the complements of
    these literals, for the complement of the result. `steps`: int64[n, 9], the adders of single rows in order, see
    `columns_kernels`, in netlist literals. `dropped`: uint32[m, 2], ANDs that the adders have but the netlist does not
    need; they are numbered after its own. `splits`: the literals of each Trees block, see `lower_trees`.
    """

    variables: Mapping[str, Ints]
    bits: Mapping[str, Ints]
    first: Mapping[str, int]
    shared: Ints
    left: Ints
    constant: Ints
    turned: Ints
    steps: Ints
    dropped: Ands
    splits: Mapping[str, Ints] = field(default_factory=dict)


class Sums:
    """The rows of all Threshold and Logits blocks of a cell, over symbolic variables.

    sources: the variables behind each source; style: see `compare_rows`; all but PLAIN build adders that several rows
    need once; deadlines: the level that each of the first `variables` may have, and the deepest output, where rows must
    not get later by sharing; `actual[v]`: the graph literal of variable `v`, -1 while unknown; the caller sets it for
    the first `variables` of them, before it asks for a block that reads them.
    """

    def __init__(
        self,
        blocks: Sequence[Weighted],
        sources: Mapping[str, Ints],
        variables: int,
        style: int = SMALL,
        deadlines: Ints | None = None,
    ) -> None:
        self._sources = sources
        self._first: dict[str, int] = {}
        count, parts = 0, []
        for block in blocks:
            self._first[block.name] = count
            row, literal, place = _digits(block, np.concatenate([sources[source] for source in block.sources]))
            parts.append((count + row, literal, place))
            count += len(block.weights)
        rows, literals, places = (np.concatenate(part) for part in zip(*parts, strict=True))
        often = np.lexsort((literals, -np.bincount(literals >> 1, minlength=variables)[literals >> 1], places, rows))
        self._bins = make_bins(rows[often], literals[often], places[often], count, COLUMNS)
        self._variables = variables
        self._adders = np.zeros((0, 4), np.int64)
        self._thirds = np.zeros(0, np.int64)
        self._pairs = np.zeros(len(self._bins.size), np.int64)
        self._timing = NO_TIMING
        if deadlines is not None:
            self._timing = self._timed(blocks, deadlines, len(rows))
        if style != PLAIN:
            for least in ROUNDS:
                self._share(least)
            self._pair_up(variables + MADE * len(self._adders))
        self.actual = np.full(variables + MADE * len(self._adders), -1, np.int64)
        self._log = np.zeros((1 + len(rows) + 3 * COLUMNS * count, 9), np.int64)
        self._style = style
        self._turned = np.zeros(count, np.int64)

    def fired(self, builder: AigBuilder, block: Weighted) -> Ints:
        """The literals of the rows of a Threshold block."""
        least, total = _bounds(block)
        literals = np.zeros(len(least), np.int64)
        self._prepare(builder, block)
        place = (self._log, self._bins, self._pairs, self._first[block.name], self.actual)
        compare_rows(builder.graph, *place, least, total, self._style, self._turned, literals)
        return literals

    def logits(self, builder: AigBuilder, block: Weighted) -> list[Ints]:
        """The literals of each sum in two's complement, lowest bit first, as wide as the row's range needs."""
        low, widths = _range(block)
        bits = np.zeros((len(low), COLUMNS), np.int64)
        self._prepare(builder, block)
        place = (self._log, self._bins, self._pairs, self._first[block.name], self.actual)
        sum_rows(builder.graph, *place, low, widths, self._style, self._turned, bits)
        return [row[:width] for row, width in zip(bits, widths, strict=True)]

    def _share(self, least: int) -> None:
        """Build once the adders that at least so many columns need."""
        triples = _frequent(all_triples(self._bins, _widest(self._bins.size)), least)
        known = self._variables + MADE * len(self._adders)
        more = share_triples(self._bins, known, *triples, least, self._timing)
        self._adders = np.concatenate([self._adders, more])

    def _pair_up(self, variables: int) -> None:
        """Choose which two literals of every adder are added first."""
        rows = len(self._bins.size)
        everything = with_adders(self._bins, self._adders)
        pairs = pair_up(everything, variables, *_frequent(all_pairs(everything), LEAST), rows, self._timing)
        order = everything.items[everything.start[rows:, None] + np.arange(3)] >> 1
        third = _LAST[self._adders[:, 3]]
        if len(self._timing.limit):
            third = self._timing.arrival[self._adders[:, :3]].argmax(axis=1)
        cheapest = self._adders[np.arange(len(order)), third]
        last = np.where(pairs[rows:] > 0, order[:, 2], cheapest)
        self._thirds = (self._adders[:, :3] == last[:, None]).argmax(axis=1)
        self._pairs = pairs[:rows]
        self._bins = everything._replace(start=everything.start[:rows], size=everything.size[:rows])

    def _timed(self, blocks: Sequence[Weighted], deadlines: Ints, digits: int) -> Timing:
        """When everything arrives: bits at their deadlines, new variables not yet."""
        limits, ends = [], []
        for block in blocks:
            if block.COMPARES:
                limits.append(deadlines[self._sources[block.name]])
                least, total = _bounds(block)
                ends.append((top_columns(least, total), least, np.zeros(len(least), np.bool_)))
            else:
                low, widths = _range(block)
                limits.append(np.full(len(low), deadlines[-1]))
                ends.append((widths, low, np.ones(len(low), np.bool_)))
        top, offset, whole = (np.concatenate(part) for part in zip(*ends, strict=True))
        offset = np.where(whole, offset, (1 << top) - offset)
        arrival = np.concatenate([deadlines[:-1], np.zeros(MADE * (digits // LEAST + 1), np.int64)])
        timing = Timing(arrival, np.concatenate(limits), top, offset, whole)
        alone = row_times(self._bins, self._pairs, timing)
        return timing._replace(limit=np.maximum(timing.limit, alone))

    def trace(self, built: Built) -> Trace:
        """How the sums were built, in literals of the netlist that the builder has built."""
        final = built.literals
        bins = self._bins
        size = bins.size
        bin_ = np.repeat(np.arange(len(size)), size)
        index = np.repeat(bins.start - np.cumsum(size) + size, size) + np.arange(len(bin_))
        left = np.stack([bin_ // bins.columns, bin_ % bins.columns, bins.items[index]], axis=1)
        log = self._log[1 : 1 + self._log[0, 0]]
        steps = np.concatenate([log[:, :2], final(log[:, 2:])], axis=1)
        bits = {source: final(self.actual[variables]) for source, variables in self._sources.items()}
        rows = left, bins.constant, self._turned, steps
        return Trace(self._sources, bits, self._first, self._shared(final), *rows, built.dropped)

    def _shared(self, final: Callable[[Ints], Ints]) -> Ints:
        """See Trace.shared."""
        adder, kind = np.nonzero(self._adders[:, 3:] >> np.arange(MADE - 1) & 1)
        first = self._variables + MADE * adder
        inputs = 2 * self._adders[adder, :3] + (kind[:, None] == [1, 2, 3])
        total, carry = 2 * first + (kind > 0), 2 * (first + 1 + kind)
        built = [final(through(self.actual, literals)) for literals in (total, carry)]
        return np.column_stack([inputs, total, carry, *built])

    def _prepare(self, builder: AigBuilder, block: Weighted) -> None:
        digits = int(np.bitwise_count(np.abs(block.weights.astype(np.int64))).sum())
        builder.reserve(2 * ADDER * (len(self._adders) + digits + COLUMNS * len(block.weights)))
        build_adders(builder.graph, self._adders, self._thirds, self._variables, self.actual)


def _digits(block: Weighted, variables: Ints) -> tuple[Ints, Ints, Ints]:
    """(row, symbolic literal, place) of every binary digit of every weight, sorted by row."""
    weights = block.weights.astype(np.int64)
    if block.COMPARES:  # rows that always or never fire need no adders
        least, total = _bounds(block)
        weights[(least <= 0) | (least > total)] = 0
    row, column, place = np.nonzero((np.abs(weights)[:, :, None] >> np.arange(DIGITS)) & 1)
    return row, 2 * variables[column] + (weights[row, column] < 0), place


def _widest(sizes: Ints) -> int:
    """How many literals of each bin may take part, so that there are at most MOST_TRIPLES."""

    def triples(widest: int) -> int:
        n = np.minimum(sizes, widest)
        return int((n * (n - 1) * (n - 2)).sum()) // 6

    return max((widest for widest in range(3, WIDEST + 1) if triples(widest) <= MOST_TRIPLES), default=3)


def _frequent(keys: Ints, least: int) -> tuple[Ints, Ints]:
    """(the keys that occur at least so often, how often)."""
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct[counts >= least], counts[counts >= least]


def _bounds(block: Weighted) -> tuple[Ints, Ints]:
    """(what the digits of a row must reach, the most that they can reach)."""
    weights = block.weights.astype(np.int64)
    return block.constants - np.minimum(weights, 0).sum(axis=1), np.abs(weights).sum(axis=1)


def _range(block: Weighted) -> tuple[Ints, Ints]:
    """(the least value of every row, the bits of two's complement that hold all its values)."""
    weights = block.weights.astype(np.int64)
    low = block.constants + np.minimum(weights, 0).sum(axis=1)
    high = block.constants + np.maximum(weights, 0).sum(axis=1)
    return low, np.array([_width(int(a), int(b)) for a, b in zip(low, high, strict=True)])


def _width(low: int, high: int) -> int:
    """Bits of the narrowest two's complement number that holds low..high."""
    return 1 + max(high, -low - 1, 0).bit_length()
