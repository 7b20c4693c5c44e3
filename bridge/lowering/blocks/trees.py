"""Decision trees as multiplexers, from the leaves up; equal subtrees, of any trees, are built once (strash)."""

from __future__ import annotations

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.strash import Graph, mux_gate
from bridge.arrays import Ints
from bridge.cell.blocks.base import Integers
from bridge.cell.blocks.trees import Trees
from bridge.compiled import compiled
from bridge.lowering.blocks import integers
from bridge.lowering.making import Lowered, Making, lower_block

MUX = 3  # AND nodes


def lower_trees(builder: AigBuilder, block: Trees, read: Ints) -> Ints:
    """int64[splits + leaves, bits], the literals of every split and, from the end backwards, of every leaf: index it
    with the entries of `splits` and `roots`. read: int64[in], literals of the bits of the sources."""
    builder.reserve(MUX * block.splits.shape[0] * block.leaves.shape[1])
    values = np.zeros((len(block.splits) + len(block.leaves), block.leaves.shape[1]), np.int64)
    values[len(block.splits) :] = block.leaves[::-1]
    _build_splits(builder.graph, block.splits, read, values)
    return values


@compiled
def _build_splits(graph: Graph, splits: Integers, read: Ints, values: Ints) -> None:
    """Fill `values[i]`, the literals of split i, from the last on; those of the leaves are there, `values[~i]`."""
    for split in range(len(splits) - 1, -1, -1):
        bit, then, other = splits[split]
        for index in range(values.shape[1]):
            values[split, index] = mux_gate(graph, read[bit], values[then, index], values[other, index])


@lower_block.register
def _(block: Trees, making: Making) -> Lowered:
    read, own = making.read(block), making.cell.ranges[block.name]
    asked = None
    if block.integers or not making.cell.ranges_read(block).plain.all():
        block, read = integers.questions_of(making.builder, block, read, making.cell.ranges_read(block), own)
        asked = read[block.splits[:, 0]]
    splits = lower_trees(making.builder, block, read)
    width = max(own.widths.max(), 1)
    return Lowered(splits[block.roots].ravel()[width * own.owners + own.places], splits=splits, inner=asked)
