"""All weighted sums of a cell at once: rows of digits, adders shared between rows, then block by block into the graph.

Negative weights become complemented literals (`-w * x = w * not x - w`), so that a row is a sum of digits
`2**place * literal` plus a constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


class Sums:
    """The rows of all Threshold and Logits blocks of a cell, over symbolic variables.

    sources: the variables behind each source; `actual[v]`: the graph literal of variable `v`, -1 while unknown; the
    caller sets it for the first `variables` of them, before it asks for a block that reads them.
    """

    def __init__(self, blocks: Sequence[Threshold | Logits], sources: Mapping[str, Ints], variables: int) -> None:
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
        self._adders = share_triples(self._bins, variables, *_frequent(all_triples(self._bins)), LEAST)
        known = variables + 2 * len(self._adders)
        self._pairs = pair_up(self._bins, known, *_frequent(all_pairs(self._bins)), LEAST)
        self.actual = np.full(variables + 2 * len(self._adders), -1, np.int64)

    def fired(self, builder: AigBuilder, block: Threshold) -> Ints:
        """The literals of the rows of a Threshold block."""
        least, total = _bounds(block)
        literals = np.zeros(len(least), np.int64)
        self._prepare(builder, block)
        compare_rows(
            builder.graph, self._bins, self._pairs, self._first[block.name], self.actual, least, total, literals
        )
        return literals

    def logits(self, builder: AigBuilder, block: Logits) -> list[Ints]:
        """The literals of each sum in two's complement, lowest bit first, as wide as the row's range needs."""
        weights = block.weights.astype(np.int64)
        low = block.bias + np.minimum(weights, 0).sum(axis=1)
        high = block.bias + np.maximum(weights, 0).sum(axis=1)
        widths = np.array([_width(int(a), int(b)) for a, b in zip(low, high, strict=True)])
        bits = np.zeros((len(weights), COLUMNS), np.int64)
        self._prepare(builder, block)
        sum_rows(builder.graph, self._bins, self._pairs, self._first[block.name], self.actual, low, widths, bits)
        return [row[:width] for row, width in zip(bits, widths, strict=True)]

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
