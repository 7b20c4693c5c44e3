"""Small cells of every kind with what is easily forgotten: one symbol, no state, integers whose
ranges do not fill their bits, blocks that compute the same, rows that never fire, heads that read states.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.cell import (
    Automaton,
    Block,
    Cell,
    Delay,
    Embedding,
    Input,
    Latch,
    Levels,
    Linear,
    Logits,
    Maximum,
    Node,
    Product,
    Scores,
    Threshold,
)
from support.cells import random_code

KINDS = ("text", "code", "serial", "classes of bytes", "classes of steps", "classes")


class _Growing:
    """Blocks so far, and how many elements each of them gives."""

    def __init__(self, rng: np.random.Generator, symbols: bytes) -> None:
        self.rng, self.symbols = rng, symbols
        self.blocks: list[Block] = []
        self.widths: dict[str, int] = {}

    def add(self, block: Block, width: int) -> None:
        self.blocks.append(block)
        self.widths[block.name] = width

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def some(self) -> list[str]:
        names = [*self.widths]
        return [name for name in names if self.chance(0.7)] or [str(self.rng.choice(names))]

    def read(self, sources: Sequence[str]) -> int:
        return sum(self.widths[source.removeprefix("old.")] for source in sources)

    def threshold(self, name: str, rows: int, sources: Sequence[str]) -> None:
        weights = self.rng.integers(-2, 3, (rows, self.read(sources)))
        self.add(Threshold(name, tuple(sources), weights, self.rng.integers(-2, 4, rows)), rows)


def unusual_cell(seed: int, kind: str = "") -> Cell:
    """Of one of KINDS, by default any."""
    rng = np.random.default_rng(seed)
    kind = kind or str(rng.choice(KINDS))
    least = 2 if kind in ("code", "serial") else 1
    symbols = bytes(sorted(rng.choice(list(b"abcdqx \n09"), int(rng.integers(least, 5)), replace=False).tolist()))
    cell = _Growing(rng, symbols)
    if kind in ("classes", "classes of steps"):
        _inputs(cell)
    else:
        _letters(cell)
    if kind != "classes":
        _past(cell)
    _integers(cell)
    if kind != "classes":
        _memories(cell)
    _neurons(cell)
    _head(cell, kind)
    return Cell(tuple(cell.blocks), f"unusual{seed}")


def _inputs(cell: _Growing) -> None:
    for name in ("x", "y")[: int(cell.rng.integers(1, 3))]:
        width = int(cell.rng.integers(1, 3))
        low = cell.rng.integers(-2, 2, width)
        cell.add(Input(name, low, low + cell.rng.integers(0, 4, width)), width)


def _letters(cell: _Growing) -> None:
    rng, width = cell.rng, int(cell.rng.integers(1, 4))
    table = rng.integers(0, 2, (3, width))[rng.integers(0, 3, 256)]
    table[[*cell.symbols]] = rng.integers(0, 2, (len(cell.symbols), width))
    cell.add(Embedding("emb", table.astype(np.uint8)), width)
    if cell.chance(0.4):
        states, column = int(rng.integers(2, 5)), np.zeros(256, np.int64)
        column[[*cell.symbols]] = 1 + np.arange(len(cell.symbols))
        following = rng.integers(0, states, (states, len(cell.symbols) + 1))[:, column]
        cell.add(Automaton("word", following, rng.integers(0, 2, (states, 2))), 2)


def _past(cell: _Growing) -> None:
    if cell.chance(0.5):
        source, steps = str(cell.rng.choice([*cell.widths])), int(cell.rng.integers(1, 3))
        cell.add(Delay("past", source, steps), steps * cell.widths[source])


def _integers(cell: _Growing) -> None:
    if not cell.chance(0.6):
        return
    rng, sources, rows = cell.rng, tuple(cell.some()), int(cell.rng.integers(1, 3))
    weights = rng.integers(-2, 3, (rows, cell.read(sources)))
    cell.add(Linear("sum", sources, weights, rng.integers(-2, 3, rows)), rows)
    if cell.chance(0.7):
        steps = int(rng.choice([1, 2, 4, 5]))
        cell.add(Levels("level", "sum", np.sort(rng.integers(-3, 4, (rows, steps)), axis=1)), rows)
    if cell.chance(0.4):
        cell.add(Product("product", "level" if "level" in cell.widths else "sum", "sum"), rows)


def _memories(cell: _Growing) -> None:
    if cell.chance(0.8):
        rows, sources = int(cell.rng.integers(1, 4)), cell.some()
        sources += ["old.memory"] if cell.chance(0.6) else []
        cell.widths["memory"] = rows
        cell.threshold("select", rows, sources)
        cell.threshold("value", rows, sources)
        cell.add(Latch("memory", "select", "value"), rows)
    if "level" in cell.widths and cell.chance(0.6):
        cell.threshold("when", cell.widths["level"], cell.some())
        cell.add(Latch("number", "when", "level"), cell.widths["level"])
    if cell.chance(0.3):
        source = str(cell.rng.choice([*cell.widths]))
        cell.add(Delay("before", source, 1), cell.widths[source])


def _neurons(cell: _Growing) -> None:
    rows = int(cell.rng.integers(1, 4))
    cell.threshold("h", rows, cell.some())
    if cell.chance(0.3):
        own = cell.blocks[-1]
        assert isinstance(own, Threshold)
        cell.add(Threshold("twin", own.sources, own.weights[::-1].copy(), own.thresholds[::-1].copy()), rows)
    if cell.chance(0.3):
        cell.add(Maximum("most", ("h",), np.arange(rows)[None]), 1)


def _head(cell: _Growing, kind: str) -> None:
    rng, count = cell.rng, len(cell.symbols)
    code = random_code(rng, count) if kind in ("code", "serial") else None
    if code is not None and kind == "serial":
        cell.add(Node("node_bits", rng.integers(0, 2, (len(code), 2)).astype(np.uint8)), 2)
        cell.threshold("asked", 2, [*(name for name in cell.some() if name != "node_bits"), "node_bits"])
    sources = tuple(dict.fromkeys([*cell.some(), *(["asked"] if kind == "serial" else [])]))
    rows = count if code is None else 1 if kind == "serial" else len(code)
    if kind.startswith("classes"):
        rows = int(rng.integers(1, 4))
    weights, bias = rng.integers(-3, 4, (rows, cell.read(sources))), rng.integers(-2, 3, rows)
    if kind.startswith("classes"):
        cell.add(Linear("out", sources, weights, bias), rows)
        cell.blocks.append(Scores("score", ("out",), ("cat", "dog", "ox")[:rows], 0.5))
    else:
        cell.blocks.append(Logits("logit", sources, weights, bias, 0.5, cell.symbols, code))
