"""A learned table, of 256 bytes or of code nodes, as multiplexers: a shared decision diagram per bit.

Every distinct function of the lower byte bits (or its complement) is built once.
"""

from __future__ import annotations

import numpy as np

from bridge.aig import FALSE, AigBuilder
from bridge.cell.blocks import Bits


def lower_table(builder: AigBuilder, byte: list[int], table: Bits) -> list[int]:
    """byte: k literals, lowest bit first; table: uint8[2**k, bits] -> one literal per column."""
    made: dict[bytes, int] = {}
    return [_lookup(builder, byte, np.ascontiguousarray(column), made) for column in table.T]


def padded(table: Bits) -> Bits:
    """uint8[2**k, bits]: rows that no code node has repeat the one whose multiplexer then disappears."""
    rows = list(range(len(table)))
    for missing in range(len(table), 1 << max(1, (len(table) - 1).bit_length())):
        rows.append(rows[missing - (1 << (missing.bit_length() - 1))] if missing else 0)
    return np.asarray(table, np.uint8)[rows]


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
