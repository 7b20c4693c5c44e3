"""What each kind of block becomes: the literals of its bits, and of what it holds next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch

import numpy as np

from bridge.aig import AigBuilder, names
from bridge.arrays import Flags, Ints
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
    Luts,
    Maximum,
    Node,
    Scores,
    Table,
    Threshold,
    Trees,
)
from bridge.cell.blocks import OLD, Summed
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.lowering import integers
from bridge.lowering.adders import Sums, add_rows, add_shared
from bridge.lowering.automaton import lower_automaton
from bridge.lowering.embedding import lower_table, padded
from bridge.lowering.integers import Number
from bridge.lowering.plan import Plan
from bridge.lowering.rows import Rows
from bridge.lowering.trees import lower_trees
from bridge.lowering.triples import MADE

ADDER = 7  # AND nodes of a full adder


@dataclass(frozen=True, eq=False)
class Lowered:
    """What a block became. `bits`: int64[bits], the literals of those of its elements; `numbers`: of a head, those of
    each number; `following`: what its latches hold after the step, where that comes with the bits; `sums`: how its rows
    were added; `splits`, `inner`: see `Trace`."""

    bits: Ints
    numbers: Sequence[Number] = ()
    following: list[int] | None = None
    sums: Sums | None = None
    splits: Ints | None = None
    inner: Ints | None = None


@dataclass(frozen=True, eq=False)
class Making:
    """A netlist in the making: its inputs and latches are there, and the blocks so far, `made`.

    `byte`, `node`, `given`, `held`: the literals of the inputs, and of the latches, by block. `known`: int64[variables
    of the plan], the literal of each, -1 for those to come. `cared`: bool[256], the bytes that matter.
    """

    builder: AigBuilder
    cell: Cell
    rows: Rows
    plan: Plan
    byte: list[int]
    node: list[int]
    given: Mapping[str, list[int]]
    held: Mapping[str, list[int]]
    known: Ints
    cared: Flags
    made: dict[str, Lowered] = field(default_factory=dict)

    def literals(self, source: str) -> Ints:
        """int64[width]: those of the bits of a source. ValueError for blocks that are not made yet."""
        found: Ints = self.known[self.rows.variables[source]]
        if (found < 0).any():
            raise ValueError(f"{source} is read before it is lowered")
        return found

    def read(self, block: Block) -> Ints:
        """int64[in]: the literals of all its sources side by side."""
        return np.concatenate([self.literals(source) for source in block.reads])

    def sums(self, block: Summed) -> Sums:
        """Its rows, built."""
        first, count, columns = self.rows.first[block.name], len(block.constants), self.rows.columns
        digits = int(columns.size[first * columns.places : (first + count) * columns.places].sum())
        self.builder.reserve(2 * ADDER * (len(self.plan.shared.inputs) + digits + columns.places * count))
        add_shared(self.builder.graph, self.plan.shared, self.known)
        return add_rows(self.builder.graph, self.plan, self.known, first, count)

    def ranges(self, block: Block) -> Ranges:
        """What the elements that it reads can be."""
        return Ranges.joined([self.cell.ranges[source.removeprefix(OLD)] for source in block.reads])


def lower_blocks(cell: Cell, rows: Rows, plan: Plan, cared: Flags, apart: bool) -> Making:
    """Every block in its turn, then what the latches hold next, and the outputs. apart: see `lower`."""
    making = _started(cell, rows, plan, cared)
    builder = making.builder
    for block in cell.blocks:
        made = making.made[block.name] = lower_block(block, making)
        if not block.AT_START and not block.HEAD:
            bits = [builder.buffer(literal) if apart else literal for literal in made.bits.tolist()]
            making.known[rows.variables[block.name]] = bits
            if block.name not in making.given:
                for name, literal in zip(cell.signals(block.name), bits, strict=True):
                    builder.point(name, literal)
    for name, held in making.held.items():
        for latch, literal in zip(held, next_literals(cell.by_name[name], making), strict=True):
            builder.set_next(latch, literal)
    for number, bits in zip(cell.numbers, making.made[cell.last.name].numbers, strict=True):
        for bit, literal in enumerate(bits):
            builder.output(names.element(number, bit), builder.buffer(literal) if apart else literal)
    return making


def _started(cell: Cell, rows: Rows, plan: Plan, cared: Flags) -> Making:
    """Inputs and latches, and what is known at the start of a step."""
    builder = AigBuilder(cell.name)
    byte = builder.inputs(names.BYTE if cell.reads_byte else ())
    code = cell.readout.code if cell.serial else None
    node = [builder.input(names.node(bit)) for bit in range(code.bits if code else 0)]
    given = {block.name: builder.inputs(cell.signals(block.name)) for block in cell.inputs}
    known = np.full(rows.count + MADE * len(plan.shared.inputs), -1, np.int64)
    held = {}
    for name in cell.held:
        held[name] = [builder.latch(latch) for latch in cell.latches(name)]
        source = OLD + name if cell.by_name[name].HAS_OLD else name
        if cell.at_start(source):
            known[rows.variables[source]] = held[name]
    return Making(builder, cell, rows, plan, byte=byte, node=node, given=given, held=held, known=known, cared=cared)


@singledispatch
def lower_block(block: Block, making: Making) -> Lowered:
    """The literals of its bits, and what goes with them. InputError for kinds that have no lowering."""
    raise InputError(f"block {block.name!r}: {block.kind} blocks cannot be lowered")


@singledispatch
def next_literals(block: Block, making: Making) -> list[int]:
    """What the latches of a block hold after the step."""
    literals: list[int] = making.made[block.name].following or making.literals(block.name).tolist()
    return literals


@lower_block.register
def _(block: Embedding, making: Making) -> Lowered:
    return Lowered(np.array(lower_table(making.builder, making.byte, block.table, making.cared), np.int64))


@lower_block.register
def _(block: Node, making: Making) -> Lowered:
    return Lowered(np.array(lower_table(making.builder, making.node, padded(block.table)), np.int64))


@lower_block.register
def _(block: Automaton, making: Making) -> Lowered:
    held = making.held[block.name]
    following, bits = lower_automaton(making.builder, making.byte, held, block, making.cared)
    return Lowered(np.array(bits, np.int64), following=following)


@lower_block.register
def _(block: Trees, making: Making) -> Lowered:
    read, own = making.read(block), making.cell.ranges[block.name]
    asked = None
    if block.integers or not making.ranges(block).plain.all():
        block, read = integers.questions_of(making.builder, block, read, making.ranges(block), own)
        asked = read[block.splits[:, 0]]
    splits = lower_trees(making.builder, block, read)
    width = max(own.widths.max(), 1)
    return Lowered(splits[block.roots].ravel()[width * own.owners + own.places], splits=splits, inner=asked)


@lower_block.register
def _(block: Threshold, making: Making) -> Lowered:
    sums = making.sums(block)
    return Lowered(sums.bits[:, 0], sums=sums)


@lower_block.register
def _(block: Linear | Logits, making: Making) -> Lowered:
    sums, first = making.sums(block), making.rows.first[block.name]
    numbers = [row[:top].tolist() for row, top in zip(sums.bits, making.rows.ends.top[first:], strict=False)]
    return Lowered(integers.flat(numbers), numbers, sums=sums)


@lower_block.register
def _(block: Input, making: Making) -> Lowered:
    return Lowered(np.array(making.given[block.name], np.int64))


@lower_block.register
def _(block: Levels, making: Making) -> Lowered:
    return Lowered(
        integers.flat(integers.lower_levels(making.builder, block, making.read(block), making.ranges(block)))
    )


@lower_block.register
def _(block: Table, making: Making) -> Lowered:
    read, ranges, own = making.read(block), making.ranges(block), making.cell.ranges[block.name]
    return Lowered(integers.flat(integers.lower_values(making.builder, block, read, ranges, own)))


@lower_block.register
def _(block: Luts, making: Making) -> Lowered:
    read = integers.bits_read(making.read(block), making.ranges(block))
    return Lowered(integers.lower_luts(making.builder, block, read))


@lower_block.register
def _(block: Maximum, making: Making) -> Lowered:
    read, ranges, own = making.read(block), making.ranges(block), making.cell.ranges[block.name]
    numbers, inner = integers.lower_maximum(making.builder, block, read, ranges, own)
    return Lowered(integers.flat(numbers), inner=integers.flat(inner))


@lower_block.register
def _(block: Scores, making: Making) -> Lowered:
    read = making.read(block)
    return Lowered(read, integers.twos_complement(read, making.ranges(block)))


@lower_block.register
def _(block: Latch, making: Making) -> Lowered:
    own, select = making.cell.ranges[block.name], making.cell.ranges[block.select.removeprefix(OLD)]
    selects = integers.bits_read(making.literals(block.select), select)[own.owners].tolist()
    parts = selects, *(making.literals(source).tolist() for source in (block.value, OLD + block.name))
    return Lowered(np.array([making.builder.mux(*three) for three in zip(*parts, strict=True)], np.int64))


@lower_block.register
def _(block: Delay, making: Making) -> Lowered:
    return Lowered(np.array(making.held[block.name], np.int64))


@next_literals.register
def _(block: Delay, making: Making) -> list[int]:
    held = making.held[block.name]
    return [*making.literals(block.source).tolist(), *held][: len(held)]
