"""Rows of weights: compared, or as numbers."""

from __future__ import annotations

from bridge.cell import Linear, Logits, Scores, Threshold
from bridge.lowering.blocks.integers import flat, twos_complement
from bridge.lowering.making import Lowered, Making, lower_block


@lower_block.register
def _(block: Threshold, making: Making) -> Lowered:
    sums = making.sums(block)
    return Lowered(sums.bits[:, 0], sums=sums)


@lower_block.register
def _(block: Linear | Logits, making: Making) -> Lowered:
    sums, first = making.sums(block), making.rows.first[block.name]
    numbers = [row[:top].tolist() for row, top in zip(sums.bits, making.rows.ends.top[first:], strict=False)]
    return Lowered(flat(numbers), numbers, sums=sums)


@lower_block.register
def _(block: Scores, making: Making) -> Lowered:
    read = making.read(block)
    return Lowered(read, twos_complement(read, making.cell.ranges_read(block)))
