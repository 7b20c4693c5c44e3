"""A learned table, of 256 bytes or of code nodes, as multiplexers: a shared decision diagram per bit.

Every distinct function of the lower byte bits (or its complement) is built once. Rows that nobody cares for take the
values that fit something that is there already: the other side of their multiplexer, or any function built before.
"""

from __future__ import annotations

import numpy as np

from bridge.aig import FALSE, AigBuilder
from bridge.arrays import Flags
from bridge.cell.blocks import Bits


def lower_table(builder: AigBuilder, byte: list[int], table: Bits, care: Flags | None = None) -> list[int]:
    """byte: k literals, lowest bit first; table: uint8[2**k, bits]; care: bool[2**k], the rows that matter, all by
    default -> one literal per column."""
    lookup = _Lookup(builder, byte)
    every = np.ones(len(table), np.bool_) if care is None else care
    return [lookup.literal(column, every)[0] for column in table.T.astype(bool)]


def padded(table: Bits) -> Bits:
    """uint8[2**k, bits]: rows that no code node has repeat the one whose multiplexer then disappears."""
    rows = list(range(len(table)))
    for missing in range(len(table), 1 << max(1, (len(table) - 1).bit_length())):
        rows.append(rows[missing - (1 << (missing.bit_length() - 1))] if missing else 0)
    return np.asarray(table, np.uint8)[rows]


class _Lookup:
    """The functions built so far, by how many rows they have: what each gives in all of them, and its literal."""

    def __init__(self, builder: AigBuilder, byte: list[int]) -> None:
        self._builder, self._byte = builder, byte
        self._made: dict[int, dict[bytes, int]] = {}

    def literal(self, values: Flags, care: Flags) -> tuple[int, Flags]:
        """A function that gives these values in the rows that matter, and what it gives in all."""
        if not (values & care).any():
            return FALSE, np.zeros_like(values)
        if values[care.argmax()]:  # of a function and its complement, the same one is always built
            literal, given = self.literal(~values, care)
            return literal ^ 1, ~given
        found = self._fitting(values, care)
        if found is not None:
            return found
        half = len(values) // 2
        low, high = slice(half), slice(half, None)
        if not ((values[low] ^ values[high]) & care[low] & care[high]).any():
            literal, given = self.literal(np.where(care[low], values[low], values[high]), care[low] | care[high])
            given = np.concatenate([given, given])
        else:
            (other, left), (then, right) = (self.literal(values[part], care[part]) for part in (low, high))
            literal = self._builder.mux(self._byte[half.bit_length() - 1], then, other)
            given = np.concatenate([left, right])
        self._made.setdefault(len(values), {})[given.tobytes()] = literal
        return literal, given

    def _fitting(self, values: Flags, care: Flags) -> tuple[int, Flags] | None:
        """One of those built so far, or its complement."""
        made = self._made.get(len(values), {})
        for flip in (False, True):
            wanted = values ^ flip
            if care.all():
                literal = made.get(wanted.tobytes())
                if literal is not None:
                    return literal ^ flip, values
                continue
            for key, literal in made.items():
                given = np.frombuffer(key, np.bool_)
                if not ((given ^ wanted) & care).any():
                    return literal ^ flip, given ^ flip
        return None
