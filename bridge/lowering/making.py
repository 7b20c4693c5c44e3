"""A netlist in the making, and what every kind of block must say: the literals of its bits, and of what it holds next.

The kinds register theirs in `bridge.lowering.blocks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch

import numpy as np

from bridge.aig import AigBuilder
from bridge.arrays import Flags, Ints
from bridge.cell import Block, Cell
from bridge.cell.blocks import Summed
from bridge.errors import InputError
from bridge.lowering.adders import Sums, add_rows, add_shared
from bridge.lowering.parts import add_gates
from bridge.lowering.plan import Plan
from bridge.lowering.reached import Number
from bridge.lowering.rows import Rows

ADDER = 7  # AND nodes of a full adder


@dataclass(frozen=True, eq=False)
class Lowered:
    """What a block became. `bits`: int64[bits], the literals of those of its elements; `numbers`: of a head, those of
    each number; `following`: what its latches hold after the step, where that comes with the bits; `sums`: how its rows
    were added; `splits`, `ways`, `inner`: see `Trace`."""

    bits: Ints
    numbers: Sequence[Number] = ()
    following: list[int] | None = None
    sums: Sums | None = None
    splits: Ints | None = None
    ways: Ints | None = None
    inner: Ints | None = None


@dataclass(frozen=True, eq=False)
class Making:
    """A netlist in the making: its inputs and latches are there, and the blocks so far, `made`.

    `byte`, `node`, `given`, `held`: the literals of the inputs, and of the latches, by block. `known`: int64[variables
    of the plan], the literal of each, -1 for those to come. `cared`: bool[256], the bytes that matter. `apart`: see
    `bridge.lowering.lower`.
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
    apart: bool = False
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
        sums = add_rows(self.builder.graph, self.plan, self.known, first, count)
        return add_gates(self.builder, sums, self.rows.gated, self.known, first)


@singledispatch
def lower_block(block: Block, making: Making) -> Lowered:
    """The literals of its bits, and what goes with them. InputError for kinds that have no lowering."""
    raise InputError(f"block {block.name!r}: {block.kind} blocks cannot be lowered")


@singledispatch
def next_literals(block: Block, making: Making) -> list[int]:
    """What the latches of a block hold after the step."""
    literals: list[int] = making.made[block.name].following or making.literals(block.name).tolist()
    return literals
