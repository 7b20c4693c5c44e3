"""A table of many columns: which rows are equal is asked once, and every column is an OR of such answers.

The rows of the class that has most of them give no answer: a column, or its complement, is 0 there. The answer of a
class of one row is the AND of all inputs in one polarity each, of others a decision diagram (`embedding.py`). ANDs and
ORs of which several need the same two elements join those first (`common.py`; Paar, 1997, for sums of bits): a table of
63 classes and 48 columns then takes half the nodes of multiplexers, which share whole functions of the lowest bits.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.aig.stats import depth
from bridge.arrays import Flags, Ints
from bridge.cell.blocks import Bits
from bridge.lowering.common import common_pairs
from bridge.lowering.embedding import lower_table

Way = Callable[[AigBuilder, list[int], Bits, Flags | None], list[int]]


def lower_smallest(builder: AigBuilder, inputs: list[int], table: Bits, care: Flags | None = None) -> list[int]:
    """As `lower_table`, in the fewer ANDs of both ways."""
    ands = [size for size, _ in _sizes(*_told(table, care))]
    return _WAYS[ands.index(min(ands))](builder, inputs, table, care)


def lower_shallow(builder: AigBuilder, inputs: list[int], table: Bits, care: Flags | None = None) -> list[int]:
    """The same in fewer levels, or if they are as many in fewer ANDs."""
    costs = [(levels, size) for size, levels in _sizes(*_told(table, care))]
    return _WAYS[costs.index(min(costs))](builder, inputs, table, care)


def lower_decoded(
    builder: AigBuilder, inputs: list[int], table: Bits, care: Flags | None = None, *, free: bool = False
) -> list[int]:
    """inputs: k literals, lowest bit first; table: uint8[2**k, bits]; care: bool[2**k], the rows that matter, all by
    default; free: XORs cost nothing, so that they take the place of ORs, as at most one answer is 1 -> one literal per
    column."""
    kinds, kind = np.unique(table, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    counts = np.bincount(kind if care is None else kind[care], minlength=len(kinds))
    rest = int(counts.argmax())
    if care is not None:
        kind = np.where(care, kind, rest)
    counts = np.bincount(kind, minlength=len(kinds))
    counts[rest] = 0
    answers = np.full(len(kinds), FALSE)
    single, several = np.flatnonzero(counts == 1), np.flatnonzero(counts > 1)
    answers[single] = _rows_told(builder, inputs, (kind == single[:, None]).argmax(axis=1))
    answers[several] = lower_table(builder, inputs, (kind[:, None] == several).astype(np.uint8))
    sets = [answers[(counts > 0) & column].tolist() for column in (kinds != kinds[rest]).T]
    found = _joined(builder.xor if free else builder.or_, builder, sets)
    return [literal ^ int(bit) for literal, bit in zip(found, kinds[rest], strict=True)]


def _rows_told(builder: AigBuilder, inputs: list[int], rows: Ints) -> Ints:
    """int64[n]: for each row a literal that is 1 in that row alone, from those of both halves of the inputs."""
    if len(inputs) == 1:
        return inputs[0] ^ 1 ^ rows
    half = len(inputs) // 2
    low = _rows_told(builder, inputs[:half], rows & (1 << half) - 1).tolist()
    high = _rows_told(builder, inputs[half:], rows >> half).tolist()
    return np.array([builder.and_(one, other) for one, other in zip(low, high, strict=True)], np.int64)


def _joined(gate: Callable[[int, int], int], builder: AigBuilder, sets: Sequence[list[int]]) -> list[int]:
    """The literals of each set joined by a gate of the builder: pairs that several have in common first, then those of
    the lowest levels."""
    found = []
    for literals, pairs in zip(sets, common_pairs(sets), strict=True):
        left = {literal: literal for literal in literals}
        for one, other, both in pairs:
            left[both] = gate(left.pop(one), left.pop(other))
        heap = [(_level(builder, literal), literal) for literal in left.values()]
        heapq.heapify(heap)
        while len(heap) > 1:
            joined = gate(heapq.heappop(heap)[1], heapq.heappop(heap)[1])
            heapq.heappush(heap, (_level(builder, joined), joined))
        found.append(heap[0][1] if heap else FALSE)
    return found


def _level(builder: AigBuilder, literal: int) -> int:
    return int(builder.graph.levels[literal >> 1])


def _told(table: Bits, care: Flags | None) -> tuple[bytes, int, bytes | None]:
    """A table and its rows that matter, by their contents."""
    return table.tobytes(), table.shape[1], None if care is None else care.tobytes()


@lru_cache(maxsize=64)  # each table of a cell is built twice, and some cells are lowered again and again
def _sizes(table: bytes, width: int, care: bytes | None) -> tuple[tuple[int, int], ...]:
    """ANDs and levels in each way."""
    rows = np.frombuffer(table, np.uint8).reshape(-1, width)
    built = [_alone(way, rows, None if care is None else np.frombuffer(care, np.bool_)) for way in _WAYS]
    return tuple((len(aig.ands), depth(aig)) for aig in built)


def _alone(way: Way, table: Bits, care: Flags | None) -> Aig:
    builder = AigBuilder()
    inputs = builder.inputs(map(str, range(len(table).bit_length() - 1)))
    builder.outputs(map(str, range(table.shape[1])), way(builder, inputs, table, care))
    return builder.build()


_WAYS: tuple[Way, ...] = (lower_table, lower_decoded)
