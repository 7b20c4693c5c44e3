"""Decision trees, in two ways.

*Chosen*: a split is a multiplexer of what its two ways give, from the leaves up; equal subtrees, of any trees, are
built once (strash). *Reached*: from the root down it is told which way is reached, and a bit is an OR of the leaves
reached that have it. That takes two ANDs a split for all bits together, and one for each bit that needs both ways; a
multiplexer takes three for every bit. Trees of integers are built in the cheaper of the two; those that share splits
are always chosen.
"""

from __future__ import annotations

import numpy as np

from bridge.aig import TRUE
from bridge.aig.builder import AigBuilder
from bridge.aig.strash import Graph, and_gate, mux_gate
from bridge.arrays import Flags, Ints
from bridge.cell.blocks.base import Integers
from bridge.cell.blocks.trees import Trees
from bridge.compiled import compiled
from bridge.lowering.blocks import integers
from bridge.lowering.making import Lowered, Making, lower_block

MUX = 3  # AND nodes


def lower_trees(builder: AigBuilder, block: Trees, read: Ints, reached: bool = False) -> tuple[Ints, Ints]:
    """int64[splits + leaves, bits], the literals of every split and, from the end backwards, of every leaf: index it
    with the entries of `splits` and `roots`; int64[splits, 3], see `Trace.ways`. read: int64[in], literals of the bits
    of the sources."""
    count, bits = len(block.splits), block.leaves.shape[1]
    builder.reserve(count * (MUX * bits + 2))
    values = np.zeros((count + len(block.leaves), bits), np.int64)
    values[count:] = block.leaves[::-1]
    ways = np.full((count, 3), -1, np.int64)
    if reached:
        _reach(builder.graph, block.splits, block.roots, read, ways)
    _build_splits(builder.graph, block.splits, read, ways, values)
    return values, ways


def reaching_is_cheaper(block: Trees, asked: int) -> bool:
    """Of trees over so many bits, by building both."""
    sizes = []
    for reached in (False, True):
        builder = AigBuilder("trees")
        read = np.array(builder.inputs(f"x[{index}]" for index in range(asked)), np.int64)
        values, _ = lower_trees(builder, block, read, reached)
        for index, literal in enumerate(values[block.roots].ravel().tolist()):
            builder.output(f"y[{index}]", literal)
        sizes.append(len(builder.build().ands))
    return sizes[1] < sizes[0]


@compiled
def _alone(splits: Integers, roots: Integers) -> Flags:
    """bool[trees]: does nothing but its own parent lead to any split of the tree?"""
    owner, alone = np.full(len(splits), -1, np.int64), np.ones(len(roots), np.bool_)
    for tree in range(len(roots)):
        if roots[tree] >= 0:
            if owner[roots[tree]] >= 0:
                alone[owner[roots[tree]]] = alone[tree] = False
            owner[roots[tree]] = tree
    for split in range(len(splits)):
        for way in splits[split, 1:]:
            if way >= 0 and owner[split] >= 0:
                if owner[way] >= 0:
                    alone[owner[way]] = alone[owner[split]] = False
                owner[way] = owner[split]
    return alone


@compiled
def _reach(graph: Graph, splits: Integers, roots: Integers, read: Ints, ways: Ints) -> None:
    """Fill `ways` for the trees that stand alone, from the root down."""
    alone = _alone(splits, roots)
    for tree in range(len(roots)):
        if alone[tree] and roots[tree] >= 0:
            ways[roots[tree], 0] = TRUE
    for split in range(len(splits)):
        if ways[split, 0] >= 0:
            asked = read[splits[split, 0]]
            ways[split, 1] = and_gate(graph, ways[split, 0], asked)
            ways[split, 2] = and_gate(graph, ways[split, 0], asked ^ 1)
            for side in (1, 2):
                if splits[split, side] >= 0:
                    ways[splits[split, side], 0] = ways[split, side]


@compiled
def _build_splits(graph: Graph, splits: Integers, read: Ints, ways: Ints, values: Ints) -> None:
    """Fill `values[i]`, the literals of split i, from the last on; those of the leaves are there, `values[~i]`."""
    for split in range(len(splits) - 1, -1, -1):
        bit, then, other = splits[split]
        for index in range(values.shape[1]):
            a, b = values[then, index], values[other, index]
            if ways[split, 0] < 0:
                values[split, index] = mux_gate(graph, read[bit], a, b)
                continue
            if then < 0 and a == TRUE:
                a = ways[split, 1]
            if other < 0 and b == TRUE:
                b = ways[split, 2]
            if a == ways[split, 1] and b == ways[split, 2]:
                values[split, index] = ways[split, 0]
            else:
                values[split, index] = and_gate(graph, a ^ 1, b ^ 1) ^ 1


@lower_block.register
def _(block: Trees, making: Making) -> Lowered:
    read, own = making.read(block), making.cell.ranges[block.name]
    asked, reached = None, False
    if block.integers or not making.cell.ranges_read(block).plain.all():
        block, read = integers.questions_of(making.builder, block, read, making.cell.ranges_read(block), own)
        asked, reached = read[block.splits[:, 0]], reaching_is_cheaper(block, len(read))
    splits, ways = lower_trees(making.builder, block, read, reached)
    bits = splits[block.roots].ravel()[max(own.widths.max(), 1) * own.owners + own.places]
    return Lowered(bits, splits=splits, ways=ways, inner=asked)
