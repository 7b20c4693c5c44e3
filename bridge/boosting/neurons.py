"""Neurons and latches of a threshold cell as something that trees can ask about, each at the price of its gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, singledispatch
from itertools import islice

import numpy as np

from bridge.arrays import Bits, Floats
from bridge.cell import Block, Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.cell.blocks import OLD
from bridge.errors import InputError
from bridge.execution.states import excerpts, values_on
from bridge.execution.text import SEGMENT, WARMUP
from bridge.lowering.price import row_costs

BITS = 8  # of a field: its categories are their 256 values


@dataclass(frozen=True, eq=False)
class Neurons:
    """Bits of the blocks `offered` of a cell, Threshold and Latch, eight to a field.

    Raises InputError for other blocks, and where they rest on more than Embedding, Delay, Threshold and Latch blocks.
    """

    cell: Cell
    offered: tuple[str, ...]
    name = "neurons"

    def __post_init__(self) -> None:
        for name in self.offered:
            if name not in self.cell.by_name or not _offers(self.cell.by_name[name]):
                raise InputError(f"cell {self.cell.name!r} has no block {name!r} of neurons or latches")
        _behind(self.cell, self._bits)

    @property
    def groups(self) -> tuple[int, ...]:
        """Of its fields, from 0 on."""
        return tuple(range(-(-len(self._bits) // BITS)))

    @cached_property
    def _bits(self) -> list[tuple[str, int]]:
        return [(name, bit) for name in self.offered for bit in range(self.cell.widths[name])]

    @cached_property
    def _rows(self) -> Mapping[str, Floats]:
        """What every bit costs, lowered without the blocks that nothing offered reads; nothing for those of embeddings.

        All neurons share an embedding: with it in the price, trees that grow greedily never buy the first one.
        """
        kept = _behind(self.cell, self._bits)
        blocks = (_narrowed(self.cell, block, kept) for block in self.cell.blocks if block.name in kept)
        width = sum(len(kept[name]) for name in self.offered)
        head = Logits("logit", self.offered, np.zeros((2, width), int), np.zeros(2, int), 1.0, b"ab")
        paid = row_costs(Cell((*blocks, head)))
        costs = {name: np.zeros(self.cell.widths[name]) for name in kept}
        for name, own in costs.items():
            if self.cell.by_name[name].patterns is None:
                own[sorted(kept[name])] = paid[name]
        return costs

    def costs(self, bought: Iterable[int]) -> list[float]:
        """ANDs, but for embeddings, that every bit adds to those of the bits that are bought, by their numbers."""
        paid = _behind(self.cell, [self._bits[number] for number in bought])

        def added(bit: tuple[str, int]) -> float:
            needed = _behind(self.cell, [bit])
            return sum(float(self._rows[name][list(own - paid.get(name, set()))].sum()) for name, own in needed.items())

        return [added(bit) for bit in self._bits]

    def subsets(self, view: int) -> list[list[int]]:
        """Of the categories of a field: those where a bit is 1, for every bit."""
        places = range(min(BITS, len(self._bits) - BITS * view))
        return [[category for category in range(1 << BITS) if category >> place & 1] for place in places]

    def seen(self, text: bytes) -> list[Bits]:
        """uint8[n] for each field: the bits after every byte, in segments as `bridge.execution.text` cuts them."""
        data = np.frombuffer(text, np.uint8)
        first = np.arange(0, len(data), SEGMENT)
        found = np.zeros((len(self.groups), len(first), SEGMENT), np.uint8)
        before = min(WARMUP, len(data))
        steps = values_on(self.cell, data, excerpts(first - before, before + SEGMENT))
        for offset, values in enumerate(islice(steps, before, None)):
            bits = np.concatenate([values[name] for name in self.offered], axis=1)
            found[:, :, offset] = np.packbits(bits, axis=1, bitorder="little").T
        return [field.ravel()[: len(data)] for field in found]

    def blocks(self, asked: Sequence[Sequence[int]]) -> tuple[list[Block], dict[str, list[tuple[int, int]]]]:
        """The blocks behind the bits that trees ask about, by field, and (field, bit) of every bit that trees read;
        -1 for bits that they do not."""
        numbers = {self._bits[BITS * view + place]: (view, place) for view, own in enumerate(asked) for place in own}
        kept = _behind(self.cell, numbers)
        made = [_narrowed(self.cell, block, kept) for block in self.cell.blocks if kept.get(block.name)]
        names = dict.fromkeys(name for name, _ in numbers)
        return made, {name: [numbers.get((name, bit), (-1, -1)) for bit in sorted(kept[name])] for name in names}


@singledispatch
def _offers(block: Block) -> bool:
    """Are its bits something that trees may ask about?"""
    return False


@_offers.register
def _(block: Threshold | Latch) -> bool:
    return True


def _behind(cell: Cell, wanted: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    """The bits of every block that (block, bit) pairs rest on, these included; of a latch, all of its three blocks.

    InputError for kinds of blocks that are no neurons.
    """
    tied: dict[str, set[str]] = {}
    for block in cell.blocks:
        if block.HAS_OLD:
            for name in (block.name, *block.reads):
                tied.setdefault(name, set()).update((block.name, *block.reads))
    kept: dict[str, set[int]] = {}
    todo = list(wanted)
    while todo:
        name, bit = todo.pop()
        if bit in kept.setdefault(name, set()):
            continue
        kept[name].add(bit)
        todo += [(other, bit) for other in tied.get(name, ())]
        todo += _needs(cell.by_name[name], cell, bit)

    def whole(name: str) -> set[int]:
        block = cell.by_name[name]
        if not block.AT_START:
            return kept[name]
        (source,) = block.keeps
        width = cell.widths[source]
        steps = range(1 + max(kept[name]) // width)
        return {step * width + bit for step in steps for bit in whole(source)}  # it delays all that is kept

    return {name: whole(name) for name in kept}


@singledispatch
def _needs(block: Block, cell: Cell, bit: int) -> list[tuple[str, int]]:
    """The (block, bit) pairs that a bit rests on directly."""
    raise InputError(f"block {block.name!r} of cell {cell.name!r} cannot feed trees: it is no neuron or latch")


@_needs.register
def _(block: Embedding | Latch, cell: Cell, bit: int) -> list[tuple[str, int]]:
    return []


@_needs.register
def _(block: Delay, cell: Cell, bit: int) -> list[tuple[str, int]]:
    return [(block.source, bit % cell.widths[block.source])]


@_needs.register
def _(block: Threshold, cell: Cell, bit: int) -> list[tuple[str, int]]:
    columns = _columns(cell, block)
    return [columns[column] for column in np.flatnonzero(block.weights[bit]).tolist() or [0]]


def _narrowed(cell: Cell, block: Block, kept: dict[str, set[int]]) -> Block:
    return _only(block, cell, sorted(kept[block.name]), kept)


@singledispatch
def _only(block: Block, cell: Cell, rows: list[int], kept: dict[str, set[int]]) -> Block:
    """The block with these bits only, reading only what is kept of others."""
    return block


@_only.register
def _(block: Embedding, cell: Cell, rows: list[int], kept: dict[str, set[int]]) -> Block:
    return replace(block, table=block.table[:, rows])


@_only.register
def _(block: Delay, cell: Cell, rows: list[int], kept: dict[str, set[int]]) -> Block:
    return replace(block, steps=1 + rows[-1] // cell.widths[block.source])


@_only.register
def _(block: Threshold, cell: Cell, rows: list[int], kept: dict[str, set[int]]) -> Block:
    sources = tuple(source for source in block.sources if kept.get(source.removeprefix(OLD)))
    columns = [column for column, (name, bit) in enumerate(_columns(cell, block)) if bit in kept.get(name, ())]
    weights, thresholds = block.weights[rows][:, columns], block.thresholds[rows]
    return replace(block, sources=sources, weights=weights, thresholds=thresholds)


def _columns(cell: Cell, block: Threshold) -> list[tuple[str, int]]:
    """(block, bit) of everything that a row reads."""
    names = [(source.removeprefix(OLD), cell.source_width(source)) for source in block.sources]
    return [(name, bit) for name, width in names for bit in range(width)]
