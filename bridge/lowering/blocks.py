"""What each kind of block becomes: the literals of its bits, and of what it holds next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, singledispatch

import numpy as np

from bridge.aig import AigBuilder, names
from bridge.arrays import Flags, Ints
from bridge.cell import Automaton, Block, Cell, Delay, Embedding, Latch, Node, Threshold, Trees
from bridge.cell.blocks import OLD
from bridge.errors import InputError
from bridge.lowering.automaton import lower_automaton
from bridge.lowering.embedding import lower_table, padded
from bridge.lowering.sharing import Sums
from bridge.lowering.trees import lower_trees


@dataclass(eq=False)
class Making:
    """A netlist in the making: its inputs and latches are there, and the literals of all blocks so far.

    `sources`: the symbolic variables of every source; `cared`: bool[256], the bytes that matter. `splits`: see
    `lower_trees`, `following`: the next values of one-hot latches, both by block.
    """

    builder: AigBuilder
    cell: Cell
    sums: Sums
    sources: Mapping[str, Ints]
    cared: Flags
    splits: dict[str, Ints] = field(default_factory=dict)
    following: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        code = self.cell.readout.code
        self.byte = [self.builder.input(name) for name in names.BYTE]
        width = code.bits if code and self.cell.serial else 0
        self.node = [self.builder.input(names.node(bit)) for bit in range(width)]
        for name, held in self.held.items():
            source = OLD + name if self.cell.by_name[name].HAS_OLD else name
            if self.cell.at_start(source):
                self.define(source, np.array(held, np.int64))

    @cached_property
    def held(self) -> dict[str, list[int]]:
        """The literals of the latches of every block that has some."""
        parts = self.cell.state_slices.items()
        return {
            name: [self.builder.latch(names.state(name, index)) for index in range(part.stop - part.start)]
            for name, part in parts
        }

    def define(self, source: str, literals: Ints) -> None:
        """Say what the bits of a source are."""
        self.sums.actual[self.sources[source]] = literals

    def literals(self, source: str) -> Ints:
        """What was said."""
        found: Ints = self.sums.actual[self.sources[source]]
        return found


@singledispatch
def lower_block(block: Block, making: Making) -> Ints:
    """int64[width]: the literals of its bits. InputError for kinds that have no lowering."""
    raise InputError(f"block {block.name!r}: {block.kind} blocks cannot be lowered")


@singledispatch
def next_literals(block: Block, making: Making) -> list[int]:
    """What the latches of a block hold after the step."""
    literals: list[int] = making.literals(block.name).tolist()
    return literals


@lower_block.register
def _(block: Embedding, making: Making) -> Ints:
    return np.array(lower_table(making.builder, making.byte, block.table, making.cared), np.int64)


@lower_block.register
def _(block: Node, making: Making) -> Ints:
    return np.array(lower_table(making.builder, making.node, padded(block.table)), np.int64)


@lower_block.register
def _(block: Automaton, making: Making) -> Ints:
    held = making.held[block.name]
    making.following[block.name], bits = lower_automaton(making.builder, making.byte, held, block, making.cared)
    return np.array(bits, np.int64)


@next_literals.register
def _(block: Automaton, making: Making) -> list[int]:
    return making.following[block.name]


@lower_block.register
def _(block: Trees, making: Making) -> Ints:
    read = np.concatenate([making.literals(source) for source in block.sources])
    making.splits[block.name] = lower_trees(making.builder, block, read)
    return making.splits[block.name][block.roots].ravel()


@lower_block.register
def _(block: Threshold, making: Making) -> Ints:
    return making.sums.fired(making.builder, block)


@lower_block.register
def _(block: Latch, making: Making) -> Ints:
    parts = (making.literals(source).tolist() for source in (*block.reads, OLD + block.name))
    return np.array([making.builder.mux(*three) for three in zip(*parts, strict=True)], np.int64)


@lower_block.register
def _(block: Delay, making: Making) -> Ints:
    return np.array(making.held[block.name], np.int64)


@next_literals.register
def _(block: Delay, making: Making) -> list[int]:
    held = making.held[block.name]
    return [*making.literals(block.source).tolist(), *held][: len(held)]
