"""What a text cell holds after each byte of a text, by name, from `Cell.read`; and what words say it should be."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from bridge.analysis.words.neurons import InBytes
from bridge.analysis.words.rules import Rules
from bridge.cell import Cell

Values = dict[str, int]


def history(cell: Cell, text: Sequence[int]) -> list[Values]:
    """By name: all elements of blocks and their bits in each step, what latches held before it, numbers of the head."""
    state, found = cell.reset(1), []
    for byte in text:
        values = cell.read(state, np.array([byte], np.uint8))
        here: Values = {}
        for name in cell.widths:
            if name not in values:
                continue
            here |= zip(cell.elements(name), values[name][0].tolist(), strict=True)
            bits = cell.ranges[name].encode(values[name].astype(np.int64))[0].tolist()
            here |= zip(cell.signals(name), bits, strict=True)
        for name in cell.sources:
            if name.startswith("old."):
                here |= zip((f"{each} before" for each in cell.elements(name)), values[name][0].tolist(), strict=True)
        here |= zip(cell.numbers, cell.ask(values)[0].tolist(), strict=False) if not cell.serial else {}
        found.append(here)
        state = cell.following(values)
    return found


def holds(rules: Rules, text: Sequence[int]) -> int:
    """Of the text up to its last byte."""
    assert rules.cubes is not None
    inside = any(all(text[-1 - age] in some for age, some in cube.items()) for cube in rules.cubes)
    return int(inside != rules.unless)


def said_by_sum(entry: InBytes, past: Sequence[Values], text: Sequence[int]) -> int:
    """The value of the sum after the text, from tables and terms."""
    assert entry.sum is not None
    total = entry.sum.constant
    for age, table in entry.sum.tables.items():
        total += int(table[text[-1 - age] if age < len(text) else 256])
    for name, weight in entry.sum.terms.items():
        ago = re.fullmatch(r"(.*) (\d+) ago", name)
        name, age = (ago[1], int(ago[2])) if ago else (name, 0)
        total += weight * (past[-1 - age][name] if age < len(past) else 0)
    return total
