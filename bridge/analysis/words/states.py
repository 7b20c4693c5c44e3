"""States of automata, by the words that lead to them, and code nodes: what the elements that tell some of them mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from bridge.aig.names import element
from bridge.arrays import Ints
from bridge.cell import Automaton, Block, Cell, Delay, Node
from bridge.printable import few, in_quotes

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


def glosses(cell: Cell, among: Sequence[int]) -> dict[str, str]:
    """By name, `word[3]`, when an element of an automaton is 1, or one of the code node; delays of them likewise; no
    other elements."""
    found, known = dict[str, str](), {block.name: meanings(block, among) for block in cell.blocks}
    for name, width in cell.widths.items():
        block, places, _ = looked_back(cell, name, np.arange(width))
        if known[block.name]:
            found |= {element(name, index): known[block.name][place] for index, place in enumerate(places.tolist())}
    return found


@singledispatch
def meanings(block: Block, among: Sequence[int]) -> list[str]:
    """When each of the elements is 1, in words; nothing for kinds whose numbers say more."""
    return []


@meanings.register
def _(block: Node, among: Sequence[int]) -> list[str]:
    nodes = [np.flatnonzero(column).tolist() for column in block.table.T]
    return [f"code node {few([str(node) for node in ones], SHOWN)}" if ones else "" for ones in nodes]


@meanings.register
def _(block: Automaton, among: Sequence[int]) -> list[str]:
    words, found = words_to(block, among), list[str]()
    for column in block.table.T:
        known = [word for state in np.flatnonzero(column).tolist() if (word := words[state]) is not None]
        known.sort(key=lambda word: (len(word), word))
        told = [in_quotes(word) if word else "no text" for word in known]
        found.append(f"in the states of {few(told, SHOWN)}" if told else "")
    return found


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
