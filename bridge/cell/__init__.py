"""The quantized cell: `Cell`, its blocks, the integer oracle `Cell.step`, and cell files."""

from bridge.cell.blocks import Block, Delay, Embedding, Latch, Logits, Threshold, fill_unseen
from bridge.cell.model import Cell

__all__ = ["Block", "Cell", "Delay", "Embedding", "Latch", "Logits", "Threshold", "fill_unseen"]
