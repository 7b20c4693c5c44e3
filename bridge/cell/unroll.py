"""The parallel form of a serial cell: all code nodes answered at once, by trees in which the node is a constant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.arrays import Ints
from bridge.cell.blocks import OLD, Block, Logits, Node, Trees
from bridge.cell.model import Cell
from bridge.errors import InputError


def unrolled(cell: Cell) -> Cell:
    """A cell with the same states and predictions and a row of the head for every code node; one that is not serial is
    returned as it is.

    InputError unless the blocks that depend on the node are Node blocks, one Trees block, and the head that reads it.
    """
    if not cell.serial:
        return cell
    head = cell.head
    asked = [block for block in cell.blocks if block.name in cell.asked]
    trees = [block for block in asked if isinstance(block, Trees)]
    others = [block for block in asked if not isinstance(block, Trees | Node)]
    if len(trees) > 1 or others or any(isinstance(cell.by_name[source], Node) for source in _plain(head.sources)):
        name = (others or trees[1:] or [head])[0].name
        raise InputError(f"cell {cell.name!r} cannot be unrolled: block {name!r} depends on the code node, too")
    nodes = len(head.symbols) - 1
    kept = tuple(source for source in head.sources if source not in cell.asked)
    columns = dict(zip(head.sources, cell.columns(head.sources), strict=True))
    rows = [head.weights[:, columns[source]].astype(np.int64).repeat(nodes, axis=0) for source in kept]
    sources, made, bias = kept, [], head.bias.repeat(nodes)
    if trees:
        block, places = _specialised(cell, trees[0], nodes)
        weights = np.zeros((nodes, len(block.roots), block.leaves.shape[1]), np.int64)
        for source in head.sources:
            if source == block.name:
                own = head.weights[0, columns[source]].reshape(places.shape[1], -1)
                for node in range(nodes):
                    np.add.at(weights[node], places[node], own)
        block, weights, constant = _without_constants(block, weights)
        bias += constant
        made.append(block)
        rows.append(weights.reshape(nodes, -1))
        sources = (*kept, block.name)
    weights = np.concatenate(rows, axis=1)
    if np.abs(weights).max(initial=0) > 127:
        raise InputError(f"cell {cell.name!r} cannot be unrolled: equal trees add up to weights above 127")
    wide = Logits(head.name, sources, weights, bias, head.scale, head.symbols, head.code)
    rest: list[Block] = [block for block in cell.blocks[:-1] if block.name not in cell.asked]
    return Cell((*rest, *made, wide), cell.name, cell.record)


def _without_constants(block: Trees, weights: Ints) -> tuple[Trees, Ints, Ints]:
    """The block without trees that are one leaf, unless all are; weights int64[nodes, trees, bits] of the others, and
    what the leaves add to the rows: int64[nodes]."""
    fixed = block.roots < 0
    if fixed.all():
        return block, weights, np.zeros(len(weights), np.int64)
    constant = (weights[:, fixed] * block.leaves[~block.roots[fixed]]).sum(axis=(1, 2))
    return replace(block, roots=block.roots[~fixed]), weights[:, ~fixed], constant


def _plain(sources: tuple[str, ...]) -> list[str]:
    return [source for source in sources if not source.startswith(OLD)]


def _specialised(cell: Cell, block: Trees, nodes: int) -> tuple[Trees, Ints]:
    """(a block of the distinct trees that are left when the node is known, int[nodes, trees]: which is which).

    Equal subtrees, of any trees and nodes, are made once.
    """
    constants = np.full((nodes, sum(cell.source_width(source) for source in block.sources)), -1, np.int64)
    moved = np.full(constants.shape[1], -1, np.int64)
    sources = tuple(source for source in block.sources if source not in cell.asked)
    start = 0
    for source, part in zip(block.sources, cell.columns(block.sources), strict=True):
        node = cell.by_name.get(source)
        if isinstance(node, Node):
            constants[:, part] = node.table
        else:
            moved[part] = np.arange(start, start + part.stop - part.start)
            start += part.stop - part.start
    forest = _Forest(block, moved.tolist())
    roots = [forest.known(constants[node].tolist()) for node in range(nodes)]
    distinct = list(dict.fromkeys(root for row in roots for root in row))
    places = {root: index for index, root in enumerate(distinct)}
    count = len(forest.splits)
    flip = np.array(forest.splits, np.int64).reshape(-1, 4)[::-1]
    splits = np.concatenate([flip[:, :1], _reversed(flip[:, 2:], count)], axis=1)
    least = None if block.thresholds is None else flip[:, 1]
    made = Trees(block.name, sources, splits, _reversed(np.array(distinct, np.int64), count), block.leaves, least)
    return made, np.array([[places[root] for root in row] for row in roots])


def _reversed(ends: Ints, count: int) -> Ints:
    """Splits counted from the other end, so that they lead to later ones."""
    return np.where(ends >= 0, count - 1 - ends, ends)


class _Forest:
    """Splits made once each, from the leaves up: (element, threshold, then, other); `moved`: the new number of every
    element."""

    def __init__(self, block: Trees, moved: list[int]) -> None:
        self._old: list[list[int]] = block.splits.tolist()
        self._roots: list[int] = block.roots.tolist()
        first: dict[bytes, int] = {}
        self._leaves = [first.setdefault(leaf.tobytes(), index) for index, leaf in enumerate(block.leaves)]
        self._least: list[int] = block.least.tolist()
        self._moved, self._known = moved, dict[tuple[int, int, int, int], int]()
        self.splits: list[tuple[int, int, int, int]] = []

    def known(self, constants: list[int]) -> list[int]:
        """What each root leads to where the elements with a constant, not -1, have that value."""
        found = [0] * len(self._old)

        def end(old: int) -> int:
            return found[old] if old >= 0 else ~self._leaves[~old]

        for index in range(len(self._old) - 1, -1, -1):
            bit, then, other = self._old[index]
            value, least = constants[bit], self._least[index]
            if value < 0:
                found[index] = self._split(self._moved[bit], least, end(then), end(other))
            else:
                found[index] = end(then if value >= least else other)
        return [end(root) for root in self._roots]

    def _split(self, bit: int, least: int, then: int, other: int) -> int:
        if then == other:
            return then
        key = (bit, least, then, other)
        if key not in self._known:
            self._known[key] = len(self.splits)
            self.splits.append(key)
        return self._known[key]
