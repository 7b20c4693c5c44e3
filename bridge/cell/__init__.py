"""The quantized cell: `Cell`, its blocks, the integer oracle `Cell.step`, and cell files."""

from bridge.cell.blocks import (
    Automaton,
    Block,
    Delay,
    Embedding,
    Latch,
    Logits,
    Node,
    Threshold,
    Trees,
    Weighted,
    fill_unseen,
)
from bridge.cell.model import Cell
from bridge.cell.unroll import unrolled

__all__ = [
    "Automaton",
    "Block",
    "Cell",
    "Delay",
    "Embedding",
    "Latch",
    "Logits",
    "Node",
    "Threshold",
    "Trees",
    "Weighted",
    "fill_unseen",
    "unrolled",
]
