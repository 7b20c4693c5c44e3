"""Binary code trees over symbols: how a head that scores one bit at a time names a byte.

Walking from node 0, bit after bit, one arrives at a symbol. A cell with such a head gives an integer score per node,
`p(bit = 1) = sigmoid(scale * score)`; the probability of a byte is the product along its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Floats, Ints
from bridge.errors import InputError

Group = int | tuple["Group", "Group"]


class Paths(NamedTuple):
    """What is asked on the way to a symbol: `nodes` and the `bits` that lead on, int64[n, longest path]; -1 after its
    end."""

    nodes: Ints
    bits: Ints


@dataclass(frozen=True)
class CodeTree:
    """`children[node]`: where bit 0 and bit 1 lead, a node (>= 0, always a later one) or `~rank` of a symbol.

    InputError unless every symbol `0 .. len(children)` and every node but 0 is reached exactly once.
    """

    children: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        entries = [(node, child) for node, pair in enumerate(self.children) for child in pair]
        if any(0 <= child <= node for node, child in entries):
            raise InputError("the code must lead from every node to later nodes or to symbols")
        reached = sorted(child for _, child in entries)
        if not entries or reached != [*range(-len(self.children) - 1, 0), *range(1, len(self.children))]:
            raise InputError("the code must reach every symbol and every node but the first exactly once")

    @staticmethod
    def of(children: Sequence[Sequence[int]] | npt.NDArray[np.integer]) -> CodeTree:
        """From int[nodes, 2]."""
        array = np.asarray(children)
        if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
            raise InputError(f"a code must be an integer array of shape [nodes, 2], not {list(array.shape)}")
        return CodeTree(tuple((int(a), int(b)) for a, b in array.tolist()))

    @property
    def nodes(self) -> int:
        return len(self.children)

    @property
    def bits(self) -> int:
        """Bits of the binary number of a node."""
        return max(1, (self.nodes - 1).bit_length())

    @cached_property
    def paths(self) -> Paths:
        """By rank of the symbols."""
        found: dict[int, list[tuple[int, int]]] = {}
        ways: dict[int, list[tuple[int, int]]] = {0: []}
        for node, pair in enumerate(self.children):
            for bit, child in enumerate(pair):
                (found if child < 0 else ways)[~child if child < 0 else child] = [*ways[node], (node, bit)]
        longest = max(map(len, found.values()))
        table = np.full((2, len(found), longest), -1, np.int64)
        for rank, path in found.items():
            table[:, rank, : len(path)] = np.array(path).T
        return Paths(*table)


def learn_code(text: Bits, count: int) -> CodeTree:
    """Merge the two groups of symbols whose union tells least less about the symbol before, until one is left
    (agglomerative information bottleneck: Slonim and Tishby, 1999). text: ranks of symbols, below `count`.

    InputError for a single symbol.
    """
    if count < 2:
        raise InputError("an alphabet of one symbol has no code: give a text with at least two different bytes")
    profiles = np.zeros((count, count))
    np.add.at(profiles, (text[1:], text[:-1]), 1.0)
    groups: list[Group] = list(range(count))
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
    return _negentropy(one) + _negentropy(others) - _negentropy(one + others)


def _negentropy(counts: Floats) -> Floats:
    """sum n log n - N log N over the last axis."""
    total = counts.sum(axis=-1)
    own = (counts * np.log(np.maximum(counts, 1e-12))).sum(axis=-1)
    lost: Floats = own - total * np.log(np.maximum(total, 1e-12))
    return lost


def _numbered(tree: Group) -> list[list[int]]:
    """Nodes in preorder: the node of a group comes right before those of its parts."""
    children: list[list[int]] = []
    stack: list[tuple[Group, int, int]] = [(tree, -1, 0)]
    while stack:
        part, parent, side = stack.pop()
        number = ~part if isinstance(part, int) else len(children)
        if parent >= 0:
            children[parent][side] = number
        if not isinstance(part, int):
            children.append([0, 0])
            stack += [(part[1], number, 1), (part[0], number, 0)]
    return children
