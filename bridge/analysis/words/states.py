"""States of automata, by the words that lead to them, and code nodes: what the elements that tell some of them mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.cell import Automaton, Cell, Delay, Node
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
    block = cell.by_name[name]
    while isinstance(block, Delay):
        element %= cell.widths[block.source]
        block = cell.by_name[block.source]
    if not isinstance(block, Automaton | Node):
        return ""
    ones = np.flatnonzero(block.table[:, element]).tolist()
    if isinstance(block, Node):
        return f"code node {few([str(node) for node in ones], SHOWN)}" if ones else ""
    words = words_to(block, among)
    known = sorted((word for state in ones if (word := words[state]) is not None), key=lambda word: (len(word), word))
    told = [repr(word.decode("latin-1")) if word else "no text" for word in known]
    return f"in the states of {few(told, SHOWN)}" if told else ""
