"""The quantized cell: `Cell`, its blocks, the integer oracle `Cell.step`, and cell files."""

from bridge.cell.blocks import (
    Automaton,
    Block,
    Delay,
    Embedding,
    Input,
    Latch,
    Levels,
    Linear,
    Logits,
    Luts,
    Maximum,
    Node,
    Product,
    Scores,
    Table,
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
    "Input",
    "Latch",
    "Levels",
    "Linear",
    "Logits",
    "Luts",
    "Maximum",
    "Node",
    "Product",
    "Scores",
    "Table",
    "Threshold",
    "Trees",
    "Weighted",
    "fill_unseen",
    "unrolled",
]
