"""Tables of bytes and of code nodes, in the ways of `bridge.lowering`: `embedding`, `decoded` and `monomials`."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Flags
from bridge.cell import Embedding, Node
from bridge.cell.blocks import Bits
from bridge.lowering.decoded import lower_shallow, lower_smallest
from bridge.lowering.embedding import lower_table, padded
from bridge.lowering.making import Lowered, Making, lower_block
from bridge.lowering.monomials import lower_freely
from bridge.lowering.plan import FULL, PLAIN, SHALLOW, SMALL


@lower_block.register
def _(block: Embedding, making: Making) -> Lowered:
    return _lowered(making, making.byte, block.table, making.cared)


@lower_block.register
def _(block: Node, making: Making) -> Lowered:
    return _lowered(making, making.node, padded(block.table))


def _lowered(making: Making, inputs: list[int], table: Bits, care: Flags | None = None) -> Lowered:
    return Lowered(np.array(_WAYS[making.plan.style](making.builder, inputs, table, care), np.int64))


_WAYS = {PLAIN: lower_table, SMALL: lower_smallest, SHALLOW: lower_shallow, FULL: lower_freely}
