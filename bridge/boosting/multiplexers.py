"""The trees of all code nodes as one block, which becomes multiplexers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.arrays import Flags
from bridge.boosting.forest import SCALE, Forest
from bridge.boosting.plan import Masks, Plan, Read
from bridge.cell import Block, Logits, Trees


def tree_blocks(plan: Plan, forests: Sequence[Forest], read: Read, _masks: Masks) -> list[Block]:
    """A bit for each tree, is its value not 0, and the head that adds them up."""
    places = {key: place for place, key in enumerate(key for bits in read.values() for key in bits)}
    owned = [(node, tree) for node, forest in enumerate(forests) for tree in forest.trees]
    splits, roots, leaves = [np.zeros((0, 3), np.int64)], list[int](), list[Flags]()
    weights = np.zeros((len(forests), max(len(owned), 1)), np.int64)
    first = leaf = 0
    for index, (node, tree) in enumerate(owned):
        ends = tree.splits[:, 2:].astype(np.int64)
        ends = np.where(ends >= 0, ends + first, ends - leaf)
        bits = np.array([places[field, subset] for field, subset in tree.splits[:, :2].tolist()], np.int64)
        splits.append(np.concatenate([bits[:, None], ends], axis=1))
        roots.append(first)
        leaves.append(tree.values != 0)
        weights[node, index] = tree.value
        first, leaf = first + len(tree.splits), leaf + len(tree.values)
    if not owned:
        roots, leaves = [~0], [np.zeros(1, np.bool_)]
    values = np.concatenate(leaves)[:, None].astype(np.uint8)
    block = Trees("trees", tuple(read), np.concatenate(splits), np.array(roots), values)
    biases = np.array([forest.bias for forest in forests])
    return [block, Logits("score", ("trees",), weights, biases, SCALE, plan.symbols, np.array(plan.code.children))]
