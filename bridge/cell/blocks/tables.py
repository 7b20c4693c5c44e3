"""Tables: the bits of a byte (Embedding) or of the code node that is asked about (Node)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bridge.arrays import Bits
from bridge.cell.blocks.base import BYTE, NODE, Array, Block, Integers, Surroundings, Values, WidthOf
from bridge.errors import InputError

BITS = Array(np.uint8, 2, 0, 1)


@dataclass(frozen=True, eq=False, repr=False)
class Lookup(Block):
    """Bits of one number that is read. `table`: uint8[numbers, bits] of 0 and 1."""

    table: Integers

    ARRAYS: ClassVar[Mapping[str, Array]] = {"table": BITS}
    NUMBER: ClassVar[str]

    @property
    def patterns(self) -> Bits:
        return self.table

    def width(self, width_of: WidthOf) -> int:
        return int(self.table.shape[1])

    def bits(self, values: Values) -> Bits:
        found: Bits = self.table[values[self.NUMBER]]
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Embedding(Lookup):
    """byte -> learned bits. `table`: uint8[256, bits] of 0 and 1."""

    NUMBER: ClassVar[str] = BYTE
    READS_BYTE: ClassVar[bool] = True
    NEURAL: ClassVar[bool] = True

    def check(self, cell: Surroundings) -> None:
        if self.table.shape[0] != 256 or self.table.shape[1] < 1:
            raise InputError(f"block {self.name!r}: table must have shape [256, bits], not {list(self.table.shape)}")


@dataclass(frozen=True, eq=False, repr=False)
class Node(Lookup):
    """The code node that is asked about -> learned bits. `table`: uint8[nodes, bits] of 0 and 1.

    A cell that has one is *serial*: its head gives one score, that of the node; its state must not depend on the node.
    """

    NUMBER: ClassVar[str] = NODE

    @property
    def nodes(self) -> int:
        return len(self.table)

    def check(self, cell: Surroundings) -> None:
        if self.table.shape[1] < 1:
            raise InputError(f"block {self.name!r}: table must have shape [nodes, bits], not {list(self.table.shape)}")


def fill_unseen(table: Integers, symbols: bytes) -> Integers:
    """Give every byte outside `symbols` the row of its nearest seen relative in the tree of byte bits 7 to 0.

    That way a multiplexer of the lowered table whose one side is unseen disappears. table: int[256, bits], or
    int[len(symbols), bits] with the rows of the symbols only.
    """
    rows = np.asarray(table)
    relatives: list[int] = [-1] * 256
    for rank, symbol in enumerate(symbols):
        relatives[symbol] = symbol if len(rows) == 256 else rank
    for bit in range(8):
        for byte in range(256):
            if relatives[byte] < 0:
                base = (byte ^ (1 << bit)) >> bit << bit
                relatives[byte] = next((r for r in relatives[base : base + (1 << bit)] if r >= 0), -1)
    return rows[relatives]
