"""A table where XORs are free: the ANDs of all sets of its inputs, each built once, and every column a sum of some.

That takes 2**k - k - 1 ANDs for k inputs, however many columns there are: 247 for bytes. The sums of four neighbours
are built once, too (the method of four Russians). Where multiplexers (`embedding.py`), or the sums of what tells rows
apart (`decoded.py`), have fewer real ANDs, `lower_freely` takes those.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from bridge.aig import FALSE, TRUE, AigBuilder
from bridge.aig.xag import xag
from bridge.arrays import Flags
from bridge.cell.blocks import Bits
from bridge.lowering.decoded import lower_decoded
from bridge.lowering.embedding import lower_table

_GROUP = 4


def lower_freely(builder: AigBuilder, inputs: list[int], table: Bits, care: Flags | None = None) -> list[int]:
    """As `lower_table`, with few real ANDs."""

    def multiplexed(builder: AigBuilder, inputs: list[int], table: Bits) -> list[int]:
        return lower_table(builder, inputs, table, care)

    def decoded(builder: AigBuilder, inputs: list[int], table: Bits) -> list[int]:
        return lower_decoded(builder, inputs, table, care, free=True)

    def real_ands(way: Callable[[AigBuilder, list[int], Bits], list[int]]) -> int:
        alone = AigBuilder()
        given = alone.inputs(map(str, range(len(inputs))))
        alone.outputs(map(str, range(table.shape[1])), way(alone, given, table))
        return xag(alone.build()).ands

    return min((multiplexed, decoded, lower_by_monomials), key=real_ands)(builder, inputs, table)


def lower_by_monomials(builder: AigBuilder, inputs: list[int], table: Bits) -> list[int]:
    """inputs: k literals, lowest bit first; table: uint8[2**k, bits] -> one literal per column."""
    products = _products(builder, inputs)
    sums: dict[tuple[int, bytes], int] = {}
    found = []
    for column in _coefficients(table).T:
        parts = []
        for start in range(0, len(products), _GROUP):
            chosen = column[start : start + _GROUP]
            key = start, chosen.tobytes()
            if key not in sums:
                terms = [product for product, used in zip(products[start:], chosen, strict=False) if used]
                sums[key] = reduce(builder.xor, terms, FALSE)
            parts.append(sums[key])
        found.append(reduce(builder.xor, parts, FALSE))
    return found


def _products(builder: AigBuilder, inputs: list[int]) -> list[int]:
    """Of every set of inputs, by the mask of the set."""
    if len(inputs) < 2:
        return [TRUE, *inputs]
    half = len(inputs) // 2
    low, high = (_products(builder, part) for part in (inputs[:half], inputs[half:]))
    return [builder.and_(one, other) for other in high for one in low]


def _coefficients(table: Bits) -> Bits:
    """uint8[2**k, bits]: which products are in each column (the algebraic normal form, by the Moebius transform)."""
    found = (np.asarray(table) & 1).astype(np.uint8)
    size = 1
    while size < len(found):
        halves = found.reshape(-1, 2, size, found.shape[1])
        halves[:, 1] ^= halves[:, 0]
        size *= 2
    return found
