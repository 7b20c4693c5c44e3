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
from bridge.cell import Block, Cell
from bridge.cell.ranges import bits_of


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
    """`words`: a sentence. `groups`: for sums, signals by the weight they have in it, the heaviest first. `bias`: of
    a sum that is a number, what it is before anything is added; `least`: what one must reach that is compared."""

    words: Sentence
    groups: tuple[tuple[int, tuple[Ref, ...]], ...] = ()
    bias: int | None = None
    least: int | None = None

    def __str__(self) -> str:
        parts = [f"{weight} * {{{', '.join(map(str, refs))}}}" for weight, refs in self.groups]
        if len(parts) == 1:
            parts[0] = parts[0].removeprefix("1 * ")
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
        return Equation(
            (f"fires when the weights of those that hold reach {need} of {sum(sizes)}:",), ordered, least=need
        )
    unit, refs = ordered[0]
    need = -(-need // unit)
    count = "any" if need == 1 else "all" if need == len(refs) else f"at least {need}"
    words: Sentence = (
        ("fires when ", refs[0]) if len(refs) == 1 else (f"fires when {count} of these {len(refs)} hold:",)
    )
    return Equation(words) if len(refs) == 1 else Equation(words, ((1, refs),), least=need)


def describe(cell: Cell) -> Iterator[tuple[str, Equation]]:
    """(name of a signal, what it computes) for every element of every block, every bit of those that are more than a
    bit, and every number of the head."""
    for block in cell.blocks:
        yield from equations_of(block, cell)
        if not block.HEAD:
            yield from _places(cell, block.name)


def _places(cell: Cell, source: str) -> Iterator[tuple[str, Equation]]:
    """What the bits of integers are."""
    for name, (low, high) in zip(cell.elements(source), cell.source_ranges(source).bounds, strict=True):
        for place in range(bits_of(low, high) if (low, high) != (0, 1) else 0):
            yield names.bit(name, place), Equation((f"is bit {place} of ", Ref(name), f", a number in {low}..{high}"))


@singledispatch
def equations_of(block: Block, cell: Cell) -> Iterator[tuple[str, Equation]]:
    """The same for one block; kinds that are not known here are called by their kind."""
    for bit in range(cell.widths[block.name]):
        yield names.element(block.name, bit), Equation((f"is bit {bit} of the {block.kind} block {block.name}",))


def read_by(cell: Cell, block: Block) -> list[str]:
    """What the elements are called that a block reads."""
    return [name for source in block.reads for name in cell.elements(source)]


def grouped(weights: Ints, read: list[str]) -> tuple[tuple[int, tuple[Ref, ...]], ...]:
    """Signals by their weight, the heaviest first."""
    levels = sorted(set(weights[weights != 0].tolist()), key=lambda weight: (-abs(weight), -weight))
    return tuple((w, tuple(Ref(read[place]) for place in np.flatnonzero(weights == w).tolist())) for w in levels)


def step_of(cell: Cell) -> str:
    """What a step is called: a byte where it reads nothing else."""
    return "byte" if cell.reads_byte and not cell.inputs else "step"


def shown_byte(byte: int) -> str:
    """A byte as people write it: a, ␣, \\n, \\xff."""
    if byte == 32:
        return "␣"
    return chr(byte) if 32 < byte < 127 else repr(bytes([byte]))[2:-1]
