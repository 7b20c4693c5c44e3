"""What each kind of block becomes, one file a kind or a few alike; a new kind is a new file."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from bridge.aig import AigBuilder, names
from bridge.arrays import Flags
from bridge.cell import Cell
from bridge.cell.blocks import OLD
from bridge.lowering.making import Making, lower_block, next_literals
from bridge.lowering.plan import Plan
from bridge.lowering.reached import nearest
from bridge.lowering.rows import Rows
from bridge.lowering.triples import MADE

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")


def lower_blocks(
    cell: Cell,
    rows: Rows,
    plan: Plan,
    cared: Flags,
    apart: bool,
    kind: type[Making] = Making,
    *,
    unnamed: Collection[str] = (),
) -> Making:
    """Every block in its turn, then what the latches hold next, and the outputs. apart: see `lower`; `kind`: that of
    the making, whose sums may be built by others; `unnamed`: blocks whose bits are no points."""
    making = _started(cell, rows, plan, cared, apart, kind)
    builder = making.builder
    for block in cell.blocks:
        made = making.made[block.name] = lower_block(block, making)
        if not block.AT_START and not block.HEAD:
            bits = [builder.buffer(literal) if apart else literal for literal in made.bits.tolist()]
            making.known[rows.variables[block.name]] = (
                nearest(builder, bits, cell.ranges[block.name]) if apart else bits
            )
            if not any(block.name in others for others in (making.given, rows.held, unnamed)):
                for name, literal in zip(cell.signals(block.name), bits, strict=True):
                    builder.point(name, literal)
    for name, held in making.held.items():
        for latch, literal in zip(held, next_literals(cell.by_name[name], making), strict=True):
            builder.set_next(latch, literal)
    for number, bits in zip(cell.numbers, making.made[cell.last.name].numbers, strict=True):
        for bit, literal in enumerate(bits):
            builder.output(names.element(number, bit), builder.buffer(literal) if apart else literal)
    return making


def _started(cell: Cell, rows: Rows, plan: Plan, cared: Flags, apart: bool, kind: type[Making]) -> Making:
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
            known[rows.variables[source]] = nearest(builder, held[name], cell.held[name]) if apart else held[name]
    return kind(
        builder, cell, rows, plan, byte=byte, node=node, given=given, held=held, known=known, cared=cared, apart=apart
    )
