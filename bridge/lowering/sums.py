"""All weighted sums of a cell at once: rows of digits, adders shared between rows, then block by block into the graph.

Negative weights become complemented literals (`-w * x = w * not x - w`), so that a row is a sum of digits
`2**place * literal` plus a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bridge.aig import AigBuilder
from bridge.cell import Logits, Threshold
from bridge.lowering.kernels import build_adders, compare_rows, sum_rows
from bridge.lowering.sharing_kernels import all_pairs, all_triples, make_bins, pair_up, share_triples

Ints = npt.NDArray[np.int64]
ADDER = 7  # AND nodes of a full adder
COLUMNS = 36  # int32 constants and 2**16 int8 weights stay below 2**34
DIGITS = 8  # an int8 weight has a magnitude of at most 2**7
LEAST = 2  # bins that must hold a triple before its adder is shared


@dataclass(frozen=True, eq=False)
class Trace:
    """How the sums of a cell were built; a claim that `bridge.certificate` checks, not a proof.

    `variables`: the symbolic variables behind each source. `first`: the first row of each block. `shared`: int64[n, 5],
    the symbolic literals a, b, c of each shared adder and the netlist literals of its sum and carry. `left`:
    int64[n, 3], (row, place, symbolic literal) of what was left of the rows after sharing, plus `constant[row]`.
    `steps`: int64[n, 7], the adders of single rows in order: (row, place, a, b, c, sum, carry) in netlist literals. -1
    stands for a literal that the netlist does not have. `splits`: the literals of each Trees block, see `lower_trees`.
    """

    variables: Mapping[str, Ints]
    first: Mapping[str, int]
    shared: Ints
    left: Ints
    constant: Ints
    steps: Ints
    splits: Mapping[str, Ints] = field(default_factory=dict)


class Sums:
    """The rows of all Threshold and Logits blocks of a cell, over symbolic variables.

    sources: the variables behind each source; share: build adders that several rows need once; `actual[v]`: the graph
    literal of variable `v`, -1 while unknown; the caller sets it for the first `variables` of them, before it asks for
    a block that reads them.
    """

    def __init__(
        self, blocks: Sequence[Threshold | Logits], sources: Mapping[str, Ints], variables: int, share: bool
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
        self._adders = np.zeros((0, 3), np.int64)
        self._pairs = np.zeros(len(self._bins.size), np.int64)
        if share:
            self._adders = share_triples(self._bins, variables, *_frequent(all_triples(self._bins)), LEAST)
            known = variables + 2 * len(self._adders)
            self._pairs = pair_up(self._bins, known, *_frequent(all_pairs(self._bins)), LEAST)
        self.actual = np.full(variables + 2 * len(self._adders), -1, np.int64)
        self._log = np.zeros((1 + len(rows) + 3 * COLUMNS * count, 7), np.int64)

    def fired(self, builder: AigBuilder, block: Threshold) -> Ints:
        """The literals of the rows of a Threshold block."""
        least, total = _bounds(block)
        literals = np.zeros(len(least), np.int64)
        self._prepare(builder, block)
        place = (self._log, self._bins, self._pairs, self._first[block.name], self.actual)
        compare_rows(builder.graph, *place, least, total, literals)
        return literals

    def logits(self, builder: AigBuilder, block: Logits) -> list[Ints]:
        """The literals of each sum in two's complement, lowest bit first, as wide as the row's range needs."""
        weights = block.weights.astype(np.int64)
        low = block.bias + np.minimum(weights, 0).sum(axis=1)
        high = block.bias + np.maximum(weights, 0).sum(axis=1)
        widths = np.array([_width(int(a), int(b)) for a, b in zip(low, high, strict=True)])
        bits = np.zeros((len(weights), COLUMNS), np.int64)
        self._prepare(builder, block)
        place = (self._log, self._bins, self._pairs, self._first[block.name], self.actual)
        sum_rows(builder.graph, *place, low, widths, bits)
        return [row[:width] for row, width in zip(bits, widths, strict=True)]

    def trace(self, final: Callable[[Ints], Ints]) -> Trace:
        """How the sums were built, in literals of the finished netlist; `final` maps literals of the graph to them."""
        bins = self._bins
        size = bins.size
        bin_ = np.repeat(np.arange(len(size)), size)
        index = np.repeat(bins.start - np.cumsum(size) + size, size) + np.arange(len(bin_))
        left = np.stack([bin_ // bins.columns, bin_ % bins.columns, bins.items[index]], axis=1)
        log = self._log[1 : 1 + self._log[0, 0]]
        steps = np.concatenate([log[:, :2], final(log[:, 2:])], axis=1)
        shared = final(self.actual[self._variables :].reshape(-1, 2))
        adders = np.concatenate([self._adders, shared], axis=1)
        return Trace(self._sources, self._first, adders, left, bins.constant, steps)

    def _prepare(self, builder: AigBuilder, block: Threshold | Logits) -> None:
        digits = int(np.bitwise_count(np.abs(block.weights.astype(np.int64))).sum())
        builder.reserve(ADDER * (len(self._adders) + digits + COLUMNS * len(block.weights)))
        build_adders(builder.graph, self._adders, self._variables, self.actual)


def _digits(block: Threshold | Logits, variables: Ints) -> tuple[Ints, Ints, Ints]:
    """(row, symbolic literal, place) of every binary digit of every weight, sorted by row."""
    weights = block.weights.astype(np.int64)
    if isinstance(block, Threshold):  # rows that always or never fire need no adders
        least, total = _bounds(block)
        weights[(least <= 0) | (least > total)] = 0
    row, column, place = np.nonzero((np.abs(weights)[:, :, None] >> np.arange(DIGITS)) & 1)
    return row, 2 * variables[column] + (weights[row, column] < 0), place


def _frequent(keys: Ints) -> tuple[Ints, Ints]:
    """(the keys that occur often enough to share, how often)."""
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct[counts >= LEAST], counts[counts >= LEAST]


def _bounds(block: Threshold) -> tuple[Ints, Ints]:
    """(what the digits of a row must reach, the most that they can reach)."""
    weights = block.weights.astype(np.int64)
    return block.thresholds - np.minimum(weights, 0).sum(axis=1), np.abs(weights).sum(axis=1)


def _width(low: int, high: int) -> int:
    """Bits of the narrowest two's complement number that holds low..high."""
    return 1 + max(high, -low - 1, 0).bit_length()
