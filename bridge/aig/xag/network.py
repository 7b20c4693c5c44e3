"""The XOR-AND graph of a netlist: how few *real* ANDs it has when XORs and complements are free.

That is what counts where logic is evaluated under encryption (garbled circuits, secret sharing, homomorphic
encryption): an upper bound of the multiplicative complexity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.graph import Aig
from bridge.aig.literals import through
from bridge.aig.xag.cover import covered
from bridge.aig.xag.graph import ROOM, add_ands, compacted, empty_xag
from bridge.arrays import Ands, Flags, Ints, Words
from bridge.compiled import compiled

ROUNDS = 3  # the third saves one in a hundred


@dataclass(frozen=True, eq=False)
class Xag:
    """Gates over `leaves` variables: variable 0 is the constant, then come inputs and latches, then the gates.

    `fanins`: uint32[n, 2], literals, the larger first, of gates that precede their readers; `odd`: bool[n], which gates
    are XORs, the others are ANDs; `roots`: int64[roots], the literals of outputs, next states and properties, as
    `Aig.roots`.
    """

    leaves: int
    fanins: Ands
    odd: Flags
    roots: Ints

    @property
    def ands(self) -> int:
        return len(self.odd) - self.xors

    @property
    def xors(self) -> int:
        return int(self.odd.sum())

    @property
    def and_depth(self) -> int:
        """The most ANDs on a path."""
        return int(_depths(self.fanins, self.odd, self.leaves).max())

    def evaluate(self, words: Words) -> Words:
        """uint64[roots, w] for uint64[leaves, w]: 64 patterns a word."""
        values = np.zeros((1 + self.leaves + len(self.odd), words.shape[1]), np.uint64)
        values[1 : 1 + self.leaves] = words
        _evaluate(self.fanins, self.odd, values)
        complements = (self.roots & 1).astype(np.uint64) * np.uint64(0xFFFFFFFFFFFFFFFF)
        result: Words = values[self.roots >> 1] ^ complements[:, None]
        return result

    def to_aig(self, like: Aig) -> Aig:
        """An Aig with the interface of the one that this was made of, and none of its points; an XOR becomes three
        ANDs."""
        builder, leaves = AigBuilder.like(like, 3 * len(self.odd))
        image = np.array([0, *leaves, *[0] * len(self.odd)], np.int64)
        for index, ((a, b), odd) in enumerate(zip(self.fanins.tolist(), self.odd.tolist(), strict=True)):
            gate = builder.xor if odd else builder.and_
            image[1 + self.leaves + index] = gate(through(image, a), through(image, b))
        roots = through(image, self.roots).tolist()
        for output in like.outputs:
            builder.output(output.name, roots.pop(0))
        for _, literal in zip(like.latches, leaves[len(like.inputs) :], strict=True):
            builder.set_next(literal, roots.pop(0))
        return builder.build(like.comment, like.properties.mapped(lambda _: roots.pop(0)))


def xag(aig: Aig, rounds: int = ROUNDS) -> Xag:
    """Its gates, with what is equal over GF(2) merged and what nothing reads gone, then so often covered anew by forms
    of as few ANDs as there can be, until a round saves nothing; the first round saves most."""
    leaves = aig.first_and - 1
    graph = empty_xag(aig.first_and + ROOM * len(aig.ands), leaves)
    image = np.zeros(aig.variables, np.int64)
    image[1 : aig.first_and] = 2 * np.arange(1, aig.first_and)
    add_ands(graph, aig.ands, image)
    made = Xag(leaves, *compacted(graph, leaves, through(image, aig.roots())))
    for seed in range(rounds):
        smaller = Xag(leaves, *covered(leaves, made.fanins, made.odd, made.roots, seed))
        if (smaller.ands, smaller.xors) >= (made.ands, made.xors):
            break
        made = smaller
    return made


@compiled
def _depths(fanins: Ands, odd: Flags, leaves: int) -> Ints:
    """int64[variables]: the most ANDs on a path to each."""
    depths = np.zeros(1 + leaves + len(odd), np.int64)
    for index in range(len(odd)):
        a, b = fanins[index]
        depths[1 + leaves + index] = max(depths[a >> 1], depths[b >> 1]) + (not odd[index])
    return depths


@compiled
def _evaluate(fanins: Ands, odd: Flags, values: Words) -> None:
    first = len(values) - len(odd)
    ones = ~np.uint64(0)
    for index in range(len(odd)):
        a, b = fanins[index]
        for word in range(values.shape[1]):
            left = values[a >> 1, word] ^ (ones if a & 1 else np.uint64(0))
            right = values[b >> 1, word] ^ (ones if b & 1 else np.uint64(0))
            values[first + index, word] = left ^ right if odd[index] else left & right
