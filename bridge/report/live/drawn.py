"""Decision trees, state machines and memories of a cell, for the page to draw: whole, with words for what they ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from bridge.analysis.words.pictures import Questions
from bridge.analysis.words.states import words_to
from bridge.arrays import Bits
from bridge.cell import Automaton, Block, Cell, Latch, Trees
from bridge.report.equations import read_by, shown_byte

MOST_ASKED = 4000  # questions that are told in words; more are told by names

Facts = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Drawn:
    """`facts`: `kind name` and more of each block, see `web/live/drawings.js`; `arrays`: int32, by names told there."""

    facts: tuple[Facts, ...]
    arrays: Mapping[str, Bits]


def drawn_of(cell: Cell) -> Drawn:
    """All that can be drawn of a cell."""
    facts, arrays = list[Facts](), dict[str, Bits]()
    for block in cell.blocks:
        for told, parts in drawable(block, cell):
            names = {key: f"{key}-{len(facts)}" for key in parts}
            facts.append({"name": block.name} | told | names)
            arrays |= {names[key]: _bytes(part) for key, part in parts.items()}
    return Drawn(tuple(facts), arrays)


def _bytes(array: Any) -> Bits:
    return np.frombuffer(np.ascontiguousarray(array, "<i4").tobytes(), np.uint8)


@singledispatch
def drawable(block: Block, cell: Cell) -> Iterator[tuple[Facts, Mapping[str, Any]]]:
    """(facts, arrays) of a block that can be drawn."""
    yield from ()


@drawable.register
def _(block: Trees, cell: Cell) -> Iterator[tuple[Facts, Mapping[str, Any]]]:
    splits = np.column_stack([block.splits, block.least])
    facts = {"kind": "trees", "width": int(block.leaves.shape[1]), "roots": block.roots.tolist()}
    yield (
        facts | {"reads": read_by(cell, block), "asks": _asked(block, cell)},
        {"splits": splits, "leaves": block.leaves},
    )


def _asked(block: Trees, cell: Cell) -> list[tuple[int, int, str]]:
    """What is asked of an element, whether it reaches so much, in words; of text models alone."""
    pairs, firsts = np.unique(np.column_stack([block.splits[:, 0], block.least]), axis=0, return_index=True)
    if not cell.text_model or len(pairs) > MOST_ASKED:
        return []
    questions = Questions(cell, block, sorted(cell.readout.symbols))
    return [(*pair, questions.of(split)) for pair, split in zip(pairs.tolist(), firsts.tolist(), strict=True)]


@drawable.register
def _(block: Latch, cell: Cell) -> Iterator[tuple[Facts, Mapping[str, Any]]]:
    if cell.ranges[block.name].are_bits:
        yield {"kind": "memory", "select": cell.elements(block.select), "value": cell.elements(block.value)}, {}


@drawable.register
def _(block: Automaton, cell: Cell) -> Iterator[tuple[Facts, Mapping[str, Any]]]:
    among = sorted(cell.readout.symbols if cell.text_model else range(256), key=_plainness)
    words = [None if word is None else _shown(word) for word in words_to(block, among)]
    yield {"kind": "automaton", "words": words, "among": among}, {"following": block.following}


def _plainness(byte: int) -> tuple[bool, bool, int]:
    """Small letters first: a text of them says most to a reader."""
    letter = chr(byte)
    return not "a" <= letter <= "z", not "A" <= letter <= "Z", byte


def _shown(word: Sequence[int]) -> str:
    return "".join(map(shown_byte, word))
