"""A learned table of 256 bytes as multiplexers: a binary decision diagram per bit, shared between bits.

Every distinct function of the lower byte bits (or its complement) is built once.
"""

from __future__ import annotations

import numpy as np

from bridge.aig import FALSE, AigBuilder
from bridge.cell.blocks import Bits


def lower_table(builder: AigBuilder, byte: list[int], table: Bits) -> list[int]:
    """byte: 8 literals, lowest bit first; table: uint8[256, bits] -> one literal per column."""
    made: dict[bytes, int] = {}
    return [_lookup(builder, byte, np.ascontiguousarray(column), made) for column in table.T]


def _lookup(builder: AigBuilder, byte: list[int], values: Bits, made: dict[bytes, int]) -> int:
    if values[0]:
        return _lookup(builder, byte, 1 - values, made) ^ 1
    if not values.any():
        return FALSE
    key = values.tobytes()
    if key not in made:
        half = len(values) // 2
        other, then = (_lookup(builder, byte, part, made) for part in (values[:half], values[half:]))
        made[key] = other if then == other else builder.mux(byte[half.bit_length() - 1], then, other)
    return made[key]
