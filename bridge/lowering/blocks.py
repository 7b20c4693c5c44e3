"""What each kind of block becomes: the literals of its bits, and of what it holds next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch

import numpy as np

from bridge.aig import AigBuilder, names
from bridge.arrays import Flags, Ints
from bridge.cell import Automaton, Block, Cell, Delay, Embedding, Latch, Node, Trees, Weighted
from bridge.cell.blocks import OLD
from bridge.errors import InputError
from bridge.lowering.adders import Sums, add_rows, add_shared
from bridge.lowering.automaton import lower_automaton
from bridge.lowering.embedding import lower_table, padded
from bridge.lowering.plan import Plan
from bridge.lowering.rows import PLACES, Rows
from bridge.lowering.trees import lower_trees
from bridge.lowering.triples import MADE

ADDER = 7  # AND nodes of a full adder


@dataclass(frozen=True, eq=False)
class Lowered:
    """What a block became. `bits`: int64[width], their literals (a head: int64[rows, places], those of each number);
    `following`: what its latches hold after the step, where that comes with the bits; `sums`: how its rows were added;
    `splits`: see `lower_trees`."""

    bits: Ints
    following: list[int] | None = None
    sums: Sums | None = None
    splits: Ints | None = None


@dataclass(frozen=True, eq=False)
class Making:
    """A netlist in the making: its inputs and latches are there, and the blocks so far, `made`.

    `byte`, `node`, `held`: the literals of the inputs, and of the latches by block. `known`: int64[variables of the
    plan], the literal of each, -1 for those to come. `cared`: bool[256], the bytes that matter.
    """

    builder: AigBuilder
    cell: Cell
    rows: Rows
    plan: Plan
    byte: list[int]
    node: list[int]
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

    def sums(self, block: Weighted) -> Sums:
        """Its rows, built."""
        digits = int(np.bitwise_count(np.abs(block.weights.astype(np.int64))).sum())
        self.builder.reserve(2 * ADDER * (len(self.plan.shared.inputs) + digits + PLACES * len(block.weights)))
        add_shared(self.builder.graph, self.plan.shared, self.known)
        return add_rows(self.builder.graph, self.plan, self.known, self.rows.first[block.name], len(block.weights))


def lower_blocks(cell: Cell, rows: Rows, plan: Plan, cared: Flags, apart: bool) -> Making:
    """Every block in its turn, then what the latches hold next, and the outputs. apart: see `lower`."""
    making = _started(cell, rows, plan, cared)
    builder = making.builder
    for block in cell.blocks:
        made = making.made[block.name] = lower_block(block, making)
        if not block.AT_START and not block.HEAD:
            bits = [builder.buffer(literal) if apart else literal for literal in made.bits.tolist()]
            making.known[rows.variables[block.name]] = bits
            for index, literal in enumerate(bits):
                builder.point(names.element(block.name, index), literal)
    for name, held in making.held.items():
        for latch, literal in zip(held, next_literals(cell.by_name[name], making), strict=True):
            builder.set_next(latch, literal)
    first, numbers = rows.first[cell.head.name], making.made[cell.head.name].bits.tolist()
    for row, name in enumerate(cell.readout.names(cell.serial)):
        for bit, literal in enumerate(numbers[row][: rows.ends.top[first + row]]):
            builder.output(names.element(name, bit), builder.buffer(literal) if apart else literal)
    return making


def _started(cell: Cell, rows: Rows, plan: Plan, cared: Flags) -> Making:
    """Inputs and latches, and what is known at the start of a step."""
    builder = AigBuilder(cell.name)
    byte = [builder.input(name) for name in names.BYTE]
    code = cell.readout.code
    node = [builder.input(names.node(bit)) for bit in range(code.bits if code and cell.serial else 0)]
    known = np.full(rows.count + MADE * len(plan.shared.inputs), -1, np.int64)
    held = {}
    for name, part in cell.state_slices.items():
        held[name] = [builder.latch(names.state(name, index)) for index in range(part.stop - part.start)]
        source = OLD + name if cell.by_name[name].HAS_OLD else name
        if cell.at_start(source):
            known[rows.variables[source]] = held[name]
    return Making(builder, cell, rows, plan, byte=byte, node=node, held=held, known=known, cared=cared)


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
    splits = lower_trees(making.builder, block, making.read(block))
    return Lowered(splits[block.roots].ravel(), splits=splits)


@lower_block.register
def _(block: Weighted, making: Making) -> Lowered:
    sums = making.sums(block)
    return Lowered(sums.bits[:, 0] if block.COMPARES else sums.bits, sums=sums)


@lower_block.register
def _(block: Latch, making: Making) -> Lowered:
    parts = (making.literals(source).tolist() for source in (*block.reads, OLD + block.name))
    return Lowered(np.array([making.builder.mux(*three) for three in zip(*parts, strict=True)], np.int64))


@lower_block.register
def _(block: Delay, making: Making) -> Lowered:
    return Lowered(np.array(making.held[block.name], np.int64))


@next_literals.register
def _(block: Delay, making: Making) -> list[int]:
    held = making.held[block.name]
    return [*making.literals(block.source).tolist(), *held][: len(held)]
