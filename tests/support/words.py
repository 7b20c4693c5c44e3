"""What a text cell holds after each byte of a text, by name, from `Cell.read`; and what words say it should be.

As a script: on many random cells of every head.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from bridge.analysis.words.neurons import InBytes, as_bytes
from bridge.analysis.words.rules import Rules
from bridge.cell import Cell
from support.cells import random_cell, random_tree_cell
from support.integer_cells import random_integer_cell

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


def small_cells(seed: int) -> Iterator[Cell]:
    yield random_cell(seed, layers=2, latches=False)
    yield random_cell(seed, layers=1, latches=True, recurrence=True)
    yield random_tree_cell(seed, serial=bool(seed % 2))
    yield random_integer_cell(seed, state=True, text=True)


def texts(entry: InBytes, seed: int) -> Iterator[list[int]]:
    rng = np.random.default_rng(seed)
    for length in (1, 2, 3, 5, 9):
        yield rng.choice(entry.among, length).tolist()


def check(cell: Cell, found: list[InBytes], seed: int) -> int:
    """How many values were compared."""
    compared = 0
    for text in texts(found[0], seed):
        past = history(cell, text)
        for entry in found:
            value = past[-1].get(entry.name)
            if value is None:
                continue
            if entry.sum is not None:
                total = said_by_sum(entry, past, text)
                assert value == (total if entry.sum.threshold is None else total >= entry.sum.threshold), entry
                compared += 1
            if entry.rules is not None:
                rules = entry.starts.get(len(text), entry.rules)
                if rules.cubes is not None:
                    assert holds(rules, text) == value, (entry, text)
                    compared += 1
    return compared


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 75
    compared = 0
    for seed in range(count):
        for cell in small_cells(seed):
            found = as_bytes(cell)
            compared += check(cell, found, seed) if found else 0
    print(f"{compared} values of {4 * count} cells agree")


if __name__ == "__main__":
    main()
