"""Decision trees as multiplexers, from the leaves up; equal subtrees, of any trees, are built once (strash)."""

from __future__ import annotations

import numpy as np

from bridge.aig import AigBuilder
from bridge.arrays import Ints
from bridge.cell import Trees
from bridge.lowering.tree_kernels import build_splits

MUX = 3  # AND nodes


def lower_trees(builder: AigBuilder, block: Trees, read: Ints) -> Ints:
    """int64[splits + leaves, bits], the literals of every split and, from the end backwards, of every leaf: index it
    with the entries of `splits` and `roots`. read: int64[in], literals of the bits of the sources."""
    builder.reserve(MUX * block.splits.shape[0] * block.leaves.shape[1])
    values = np.zeros((len(block.splits) + len(block.leaves), block.leaves.shape[1]), np.int64)
    values[len(block.splits) :] = block.leaves[::-1]
    build_splits(builder.graph, block.splits, read, values)
    return values
