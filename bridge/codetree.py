"""Binary code trees over symbols: how a head that scores one bit at a time names a byte.

Walking from node 0, bit after bit, one arrives at a symbol. A cell with such a head gives an integer score per node,
`p(bit = 1) = sigmoid(scale * score)`; the probability of a byte is the product along its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bridge.errors import InputError

Ints = npt.NDArray[np.int64]


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
    def paths(self) -> tuple[Ints, Ints]:
        """(nodes, bits), int64[symbols, longest path]: what is asked on the way to each symbol; -1 after its end."""
        found: dict[int, list[tuple[int, int]]] = {}
        ways: dict[int, list[tuple[int, int]]] = {0: []}
        for node, pair in enumerate(self.children):
            for bit, child in enumerate(pair):
                (found if child < 0 else ways)[~child if child < 0 else child] = [*ways[node], (node, bit)]
        longest = max(map(len, found.values()))
        table = np.full((2, len(found), longest), -1, np.int64)
        for rank, path in found.items():
            table[:, rank, : len(path)] = np.array(path).T
        return table[0], table[1]
