"""States of automata, by the words that lead to them, and code nodes: what the elements that tell some of them mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Automaton, Block, Cell, Delay, Node
from bridge.printable import few

SHOWN = 12  # words of one element


def words_to(block: Automaton, among: Sequence[int]) -> list[bytes | None]:
    """For every state the shortest text that leads there from the start, the first of these; None if none does."""
    words: list[bytes | None] = [None] * len(block.following)
    words[0] = b""
    waiting = [0]
    for start in waiting:
        for byte in among:
            end, word = int(block.following[start, byte]), words[start]
            if words[end] is None and word is not None:
                words[end] = word + bytes([byte])
                waiting.append(end)
    return words


def gloss(cell: Cell, name: str, element: int, among: Sequence[int]) -> str:
    """When an element of an automaton is 1, or one of the code node; delays of them likewise; else nothing."""
    block, places, _ = looked_back(cell, name, np.array([element]))
    return meaning(block, int(places[0]), among)


@singledispatch
def meaning(block: Block, element: int, among: Sequence[int]) -> str:
    """When an element is 1, in words; nothing for kinds whose numbers say more."""
    return ""


@meaning.register
def _(block: Node, element: int, among: Sequence[int]) -> str:
    ones = np.flatnonzero(block.table[:, element]).tolist()
    return f"code node {few([str(node) for node in ones], SHOWN)}" if ones else ""


@meaning.register
def _(block: Automaton, element: int, among: Sequence[int]) -> str:
    ones, words = np.flatnonzero(block.table[:, element]).tolist(), words_to(block, among)
    known = sorted((word for state in ones if (word := words[state]) is not None), key=lambda word: (len(word), word))
    told = [repr(word.decode("latin-1")) if word else "no text" for word in known]
    return f"in the states of {few(told, SHOWN)}" if told else ""


def looked_back(cell: Cell, name: str, places: Ints) -> tuple[Block, Ints, Ints]:
    """Through delays, to where the elements of a block, int64[n], were computed: which block, which of its elements,
    and how many steps ago, int64[n] each."""
    block, ages = cell.by_name[name], np.zeros_like(places)
    while back := delayed(block, cell, places):
        block, places, ages = back[0], back[1], ages + back[2]
    return block, places, ages


@singledispatch
def delayed(block: Block, cell: Cell, places: Ints) -> tuple[Block, Ints, Ints] | None:
    """The same through one delay; None for what is no delay."""
    return None


@delayed.register
def _(block: Delay, cell: Cell, places: Ints) -> tuple[Block, Ints, Ints] | None:
    width = cell.widths[block.source]
    return cell.by_name[block.source], places % width, places // width + 1
