"""The code tree of an alphabet: symbols that are followed by, or follow, the same things sit close together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.codetree import CodeTree

Floats = npt.NDArray[np.float64]
Symbols = npt.NDArray[np.uint8]
Tree = int | tuple["Tree", "Tree"]


def learn_code(text: Symbols, count: int) -> CodeTree:
    """Merge the two groups of symbols whose union tells least less about the symbol before, until one is left
    (agglomerative information bottleneck: Slonim and Tishby, 1999). text: ranks of symbols, below `count`."""
    if count < 2:
        raise ValueError("an alphabet of one symbol needs no code")
    profiles = np.zeros((count, count))
    np.add.at(profiles, (text[1:], text[:-1]), 1.0)
    groups: list[Tree] = list(range(count))
    losses = np.full((count, count), np.inf)
    for index in range(count - 1):
        losses[index, index + 1 :] = _losses(profiles[index], profiles[index + 1 :])
    while len(groups) > 1:
        a, b = (int(place) for place in np.unravel_index(losses.argmin(), losses.shape))
        groups[a] = (groups[a], groups[b])
        profiles[a] += profiles[b]
        groups.pop(b)
        profiles = np.delete(profiles, b, 0)
        losses = np.delete(np.delete(losses, b, 0), b, 1)
        fresh = _losses(profiles[a], profiles)
        losses[a, a + 1 :], losses[:a, a] = fresh[a + 1 :], fresh[:a]
    return CodeTree.of(_numbered(groups[0]))


def _losses(one: Floats, others: Floats) -> Floats:
    """What merging one profile with each of the others loses of mutual information, in nats times text."""
    loss: Floats = _negentropy(one) + _negentropy(others) - _negentropy(one + others)
    return loss


def _negentropy(counts: Floats) -> Floats:
    """sum n log n - N log N over the last axis."""
    total = counts.sum(axis=-1)
    result: Floats = (counts * np.log(np.maximum(counts, 1e-12))).sum(axis=-1) - total * np.log(
        np.maximum(total, 1e-12)
    )
    return result


def _numbered(tree: Tree) -> list[list[int]]:
    """Nodes in preorder: the node of a group comes right before those of its parts."""
    children: list[list[int]] = []
    stack: list[tuple[Tree, int, int]] = [(tree, -1, 0)]
    while stack:
        part, parent, side = stack.pop()
        number = ~part if isinstance(part, int) else len(children)
        if parent >= 0:
            children[parent][side] = number
        if not isinstance(part, int):
            children.append([0, 0])
            stack += [(part[1], number, 1), (part[0], number, 0)]
    return children
