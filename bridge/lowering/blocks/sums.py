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
    held = making.rows.held.get(block.name)
    widths = making.rows.ends.top[first:] if held is None else held.ranges.widths
    numbers = [row[:width].tolist() for row, width in zip(sums.bits, widths.tolist(), strict=False)]
    return Lowered(flat(numbers), numbers, sums=sums)


@lower_block.register
def _(block: Scores, making: Making) -> Lowered:
    read = making.read(block)
    return Lowered(read, twos_complement(read, making.cell.ranges_read(block)))
