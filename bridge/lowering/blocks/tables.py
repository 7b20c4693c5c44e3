"""Tables of bytes and of code nodes, see `bridge.lowering.embedding`."""

from __future__ import annotations

import numpy as np

from bridge.cell import Embedding, Node
from bridge.lowering.embedding import lower_table, padded
from bridge.lowering.making import Lowered, Making, lower_block


@lower_block.register
def _(block: Embedding, making: Making) -> Lowered:
    return Lowered(np.array(lower_table(making.builder, making.byte, block.table, making.cared), np.int64))


@lower_block.register
def _(block: Node, making: Making) -> Lowered:
    return Lowered(np.array(lower_table(making.builder, making.node, padded(block.table)), np.int64))
