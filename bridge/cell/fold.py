"""Blocks folded into one another, with the same values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.cell.blocks import Block, Integers, Levels, Linear, Threshold
from bridge.cell.blocks.base import INT32


def biased(block: Block, biases: Integers) -> Block | None:
    """The block with int64[elements] added to its elements; None for one that cannot add them."""
    if not isinstance(block, Linear) or block.taps is not None:
        return None
    return replace(block, bias=block.bias + biases)


def neurons(block: Block, sums: Block) -> Block | None:
    """What compares each sum of `sums`, that nothing else reads, with one threshold, as neurons of the sums' sources;
    None if `block` is something else or the numbers do not fit into neurons."""
    if not isinstance(block, Levels) or block.thresholds.shape[1] != 1:
        return None
    if not isinstance(sums, Linear) or sums.taps is not None or np.abs(sums.weights).max() > 127:
        return None
    thresholds = block.thresholds[block.row_of(len(sums.weights)), 0].astype(np.int64) - sums.bias
    if np.abs(thresholds).max() > INT32[1]:
        return None
    return Threshold(block.name, sums.sources, sums.weights, thresholds)
