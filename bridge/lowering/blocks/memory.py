"""What remembers: latches that choose between their value and a new one, and delays."""

from __future__ import annotations

import numpy as np

from bridge.cell import Delay, Latch
from bridge.cell.blocks import OLD
from bridge.lowering.blocks.integers import bits_read
from bridge.lowering.making import Lowered, Making, lower_block, next_literals


@lower_block.register
def _(block: Latch, making: Making) -> Lowered:
    own, select = making.cell.ranges[block.name], making.cell.source_ranges(block.select)
    selects = bits_read(making.literals(block.select), select)[own.owners].tolist()
    parts = selects, *(making.literals(source).tolist() for source in (block.value, OLD + block.name))
    return Lowered(np.array([making.builder.mux(*three) for three in zip(*parts, strict=True)], np.int64))


@lower_block.register
def _(block: Delay, making: Making) -> Lowered:
    return Lowered(np.array(making.held[block.name], np.int64))


@next_literals.register
def _(block: Delay, making: Making) -> list[int]:
    held = making.held[block.name]
    return [*making.literals(block.source).tolist(), *held][: len(held)]
