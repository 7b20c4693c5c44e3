"""The blocks of a cell in readable form: what each of its signals computes, in terms of other signals.

Descriptions are tuples of words and of references to signals, so that a page can link them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from math import gcd

import numpy as np

from bridge.aig import names
from bridge.arrays import Ints
from bridge.cell import Automaton, Block, Cell, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.cell.blocks import OLD


@dataclass(frozen=True)
class Ref:
    """A signal by its name in the netlist, or its complement."""

    name: str
    inverted: bool = False

    def __str__(self) -> str:
        return f"not {self.name}" if self.inverted else self.name


Sentence = tuple[str | Ref, ...]


@dataclass(frozen=True)
class Equation:
    """`words`: a sentence. `groups`: for sums, signals by the weight they have in it, the heaviest first."""

    words: Sentence
    groups: tuple[tuple[int, tuple[Ref, ...]], ...] = ()

    def __str__(self) -> str:
        parts = [f"{weight} * {{{', '.join(map(str, refs))}}}" for weight, refs in self.groups]
        if len(parts) == 1:
            parts[0] = parts[0].removeprefix(f"{self.groups[0][0]} * ")
        return "".join(map(str, self.words)) + (f" {' + '.join(parts)}" if parts else "")


def threshold_equation(weights: Ints, threshold: int, names: list[str]) -> Equation:
    """`weights @ bits >= threshold`, negative weights as complemented signals, common factors divided out."""
    used = np.flatnonzero(weights)
    sizes = np.abs(weights[used]).tolist()
    need = int(threshold) - int(weights[weights < 0].sum())
    if need <= 0 or need > sum(sizes):
        return Equation((f"{'always fires' if need <= 0 else 'never fires'}, whatever it reads",))
    factor = gcd(*sizes)
    need, sizes = -(-need // factor), [size // factor for size in sizes]
    groups: dict[int, list[Ref]] = {}
    for place, size in zip(used.tolist(), sizes, strict=True):
        groups.setdefault(size, []).append(Ref(names[place], bool(weights[place] < 0)))
    ordered = tuple((size, tuple(groups[size])) for size in sorted(groups, reverse=True))
    if len(ordered) > 1:
        return Equation((f"fires when the weights of those that hold reach {need} of {sum(sizes)}:",), ordered)
    unit, refs = ordered[0]
    need = -(-need // unit)
    count = "any" if need == 1 else "all" if need == len(refs) else f"at least {need}"
    words: Sentence = (
        ("fires when ", refs[0]) if len(refs) == 1 else (f"fires when {count} of these {len(refs)} hold:",)
    )
    return Equation(words, () if len(refs) == 1 else ((1, refs),))


def describe(cell: Cell) -> Iterator[tuple[str, Equation]]:
    """(name of a signal, what it computes) for every bit of every block, and every number of the head."""
    cell.only_bits("the page")
    for block in cell.blocks:
        yield from equations_of(block, cell)


@singledispatch
def equations_of(block: Block, cell: Cell) -> Iterator[tuple[str, Equation]]:
    """The same for one block; kinds that are not known here are called by their kind."""
    for bit in range(cell.widths[block.name]):
        yield names.element(block.name, bit), Equation((f"is bit {bit} of the {block.kind} block {block.name}",))


def _signals(cell: Cell, sources: tuple[str, ...]) -> list[str]:
    return [name for source in sources for name in cell.signals(source)]


@equations_of.register
def _(block: Threshold, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read = _signals(cell, block.sources)
    for row, (weights, threshold) in enumerate(zip(block.weights, block.thresholds.tolist(), strict=True)):
        yield names.element(block.name, row), threshold_equation(weights.astype(np.int64), threshold, read)


@equations_of.register
def _(block: Embedding, cell: Cell) -> Iterator[tuple[str, Equation]]:
    for bit in range(block.table.shape[1]):
        ones = [byte for byte in cell.head.symbols if block.table[byte, bit]]
        shown = " ".join(map(shown_byte, ones))
        words = f"is 1 for {len(ones)} of the {len(cell.head.symbols)} bytes of the alphabet: {shown}"
        yield names.element(block.name, bit), Equation((words if ones else "is 0 for every byte of the alphabet",))


@equations_of.register
def _(block: Latch, cell: Cell) -> Iterator[tuple[str, Equation]]:
    parts = (cell.signals(source) for source in (*block.reads, OLD + block.name))
    for bit, (select, value, old) in enumerate(zip(*parts, strict=True)):
        mine = names.element(block.name, bit)
        keeps = "takes the value of ", Ref(value), " when ", Ref(select), " fires; else it keeps ", Ref(old)
        yield mine, Equation(keeps)
        yield old, Equation(("remembers ", Ref(mine), " from one byte to the next"))


@equations_of.register
def _(block: Delay, cell: Cell) -> Iterator[tuple[str, Equation]]:
    source = cell.signals(block.source)
    for bit in range(block.steps * len(source)):
        steps, place = divmod(bit, len(source))
        ago = "one byte ago" if steps == 0 else f"{steps + 1} bytes ago"
        yield names.state(block.name, bit), Equation(("is what ", Ref(source[place]), f" was {ago}"))


@equations_of.register
def _(block: Logits, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read = _signals(cell, block.sources)
    for row, name in enumerate(cell.readout.names(cell.serial)):
        weights = block.weights[row].astype(np.int64)
        levels = sorted(set(weights[weights != 0].tolist()), key=lambda weight: (-abs(weight), -weight))
        groups = ((w, tuple(Ref(read[place]) for place in np.flatnonzero(weights == w).tolist())) for w in levels)
        words = (
            f"is {int(block.bias[row])} plus the weights of those that fire; one unit is worth {block.scale:.4g} nats:"
        )
        yield name, Equation((words,), tuple(groups))


@equations_of.register
def _(block: Trees, cell: Cell) -> Iterator[tuple[str, Equation]]:
    """What they are, not every branch."""
    bits = block.leaves.shape[1]
    for bit in range(len(block.roots) * bits):
        words = f"is bit {bit % bits} of the leaf that tree {bit // bits} of {len(block.roots)} leads to"
        yield names.element(block.name, bit), Equation((words,))


@equations_of.register
def _(block: Automaton, cell: Cell) -> Iterator[tuple[str, Equation]]:
    for bit in range(block.table.shape[1]):
        words = f"is bit {bit} of a state machine of {len(block.following)} states over bytes"
        yield names.element(block.name, bit), Equation((words,))


@equations_of.register
def _(block: Node, cell: Cell) -> Iterator[tuple[str, Equation]]:
    for bit in range(block.table.shape[1]):
        yield names.element(block.name, bit), Equation((f"is 1 for {int(block.table[:, bit].sum())} code nodes",))


def shown_byte(byte: int) -> str:
    """A byte as people write it: a, ␣, \\n, \\xff."""
    if byte == 32:
        return "␣"
    return chr(byte) if 32 < byte < 127 else repr(bytes([byte]))[2:-1]
