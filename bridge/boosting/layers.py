"""The trees of all code nodes as blocks, in layers: a tree that asks about others comes after all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.arrays import Ints
from bridge.boosting.forest import SCALE, Forest
from bridge.boosting.functions import Functions
from bridge.boosting.growth import Tree
from bridge.boosting.plan import Plan
from bridge.boosting.rules import Masks, Read
from bridge.cell import Block, Logits, Trees

Key = tuple[int, int]  # field and subset of a bit, or functions.field and a function's number
NO_TREE = Tree(np.zeros((0, 4), np.int32), np.zeros(1, np.int32))


@dataclass(frozen=True, eq=False)
class _Layer:
    """A block: a bit for each of the trees, then one for each of their functions, by number, that others ask about."""

    name: str
    trees: list[Tree]
    asked: list[int]

    @property
    def width(self) -> int:
        return len(self.trees) + len(self.asked)


def tree_blocks(plan: Plan, forests: Sequence[Forest], read: Read, _masks: Masks) -> list[Block]:
    """The trees, and the head that adds their bits up."""
    functions = forests[0].functions
    owners = {tree: node for node, forest in enumerate(forests) for tree in forest.trees} or {NO_TREE: 0}
    layers = _layers(sorted(owners, key=lambda tree: tree.number), functions)
    blocks: list[Block] = [_block(layer, layers, functions, read) for layer in layers]
    weights = np.zeros((len(forests), sum(layer.width for layer in layers)), np.int64)
    biases = np.array([forest.bias for forest in forests])
    first = 0
    for layer in layers:
        for place, tree in enumerate(layer.trees, first):
            weights[owners[tree], place] = tree.value
        first += layer.width
    head = tuple(layer.name for layer in layers)
    return [*blocks, Logits("score", head, weights, biases, SCALE, plan.symbols, np.array(plan.code.children))]


def _layers(trees: Sequence[Tree], functions: Functions) -> list[_Layer]:
    """trees: in the order in which they were added."""
    depth = 1 + max(tree.layer for tree in trees)
    layers = [_Layer(f"trees{layer}" if layer else "trees", [], []) for layer in range(depth)]
    for tree in trees:
        layers[tree.layer].trees.append(tree)
    for number in sorted({number for tree in trees for number in functions.asked(tree)}):
        layers[functions.origins[number][0].layer].asked.append(number)
    return layers


def _block(layer: _Layer, layers: Sequence[_Layer], functions: Functions, read: Read) -> Trees:
    """A bit says: is the value not 0? It reads the sources, and those layers that its trees ask about."""
    below = sorted({functions.origins[number][0].layer for tree in layer.trees for number in functions.asked(tree)})
    bits = [key for each in read.values() for key in each]
    places, width = {key: place for place, key in enumerate(bits)}, len(bits)
    for other in (layers[depth] for depth in below):
        firsts = enumerate(other.asked, width + len(other.trees))
        places |= {(functions.field, number): place for place, number in firsts}
        width += other.width
    splits, roots, leaves = _side_by_side(layer.trees, places)
    starts = dict(zip(layer.trees, roots, strict=True))
    roots += [starts[tree] + split for tree, split in (functions.origins[number] for number in layer.asked)]
    names = (*read, *(layers[depth].name for depth in below))
    return Trees(layer.name, names, splits, np.array(roots), leaves.astype(np.uint8))


def _side_by_side(trees: Sequence[Tree], places: Mapping[Key, int]) -> tuple[Ints, list[int], Ints]:
    """(splits, roots, leaves) of all trees together, see `bridge.cell.Trees`."""
    splits, roots, leaves = [], list[int](), []
    first = leaf = 0
    for tree in trees:
        ends = tree.splits[:, 2:].astype(np.int64)
        ends = np.where(ends >= 0, ends + first, ends - leaf)
        bits = np.array([places[field, subset] for field, subset in tree.splits[:, :2].tolist()], np.int64)
        splits.append(np.concatenate([bits[:, None], ends], axis=1))
        leaves.append((tree.values != 0)[:, None])
        roots.append(first if len(tree.splits) else ~leaf)
        first, leaf = first + len(tree.splits), leaf + len(tree.values)
    return np.concatenate(splits), roots, np.concatenate(leaves)
