"""Comparison on the values of a cell only: bits of inputs and state that spell no number in its range may do anything.

A netlist is its bits: flows are exact on all of them, and two netlists are compared on all. But a cell says nothing of
an element of 0..2 whose two bits spell 3. So where a netlist is held against its cell, both machines read the nearest
number of the range in the place of any other one, by the same gates before their inputs and latches. No state of the
cell is changed by that, since each holds what it says it can.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.lowering.reached import at_least


def spells_all(cell: Cell) -> bool:
    """Does every combination of the bits of inputs and state spell something in its range?"""
    return all(bool((ranges.high - ranges.low + 1 == 1 << ranges.widths).all()) for _, ranges in _vectors(cell))


def behind_ranges(cell: Cell, aig: Aig) -> Aig:
    """The same machine, reading for numbers outside their ranges the nearest ones inside. ValueError unless it has the
    inputs and latches of the cell."""
    builder, leaves = AigBuilder.like(aig)
    places = {name: place for place, name in enumerate(aig.leaves)}
    read = list(leaves)
    for names, ranges in _vectors(cell):
        if not {*names} <= {*places}:
            raise ValueError(f"netlist {aig.name!r} has not the inputs and latches of cell {cell.name!r}")
        own = [leaves[places[name]] for name in names]
        for name, literal in zip(names, _nearest(builder, own, ranges), strict=True):
            read[places[name]] = literal
    return builder.build_like(aig, builder.copy(aig, read))


def nearest_values(cell: Cell, values: Mapping[str, int]) -> dict[str, int]:
    """Bits of inputs and latches by name, as a machine `behind_ranges` reads them."""
    found = dict(values)
    for names, ranges in _vectors(cell):
        numbers = ranges.decode(np.array([[values[name] for name in names]], np.uint8))
        found |= zip(names, ranges.encode(np.clip(numbers, ranges.low, ranges.high))[0].tolist(), strict=True)
    return found


def _vectors(cell: Cell) -> list[tuple[list[str], Ranges]]:
    """The names of the bits of every vector from outside or held, and what its elements can be."""
    given = [(cell.signals(block.name), cell.ranges[block.name]) for block in cell.inputs]
    return given + [(cell.latches(name), held) for name, held in cell.held.items()]


def _nearest(builder: AigBuilder, bits: list[int], ranges: Ranges) -> list[int]:
    """The bits of all elements, each moved into its range."""
    found: list[int] = []
    for low, high, width in zip(ranges.low.tolist(), ranges.high.tolist(), ranges.widths.tolist(), strict=True):
        number, bits = bits[:width], bits[width:]
        least, most = (-(1 << width - 1), (1 << width - 1) - 1) if low < 0 else (0, (1 << width) - 1)
        above = at_least(builder, number, (least, most), high + 1)
        below = at_least(builder, number, (least, most), low) ^ 1
        for place, bit in enumerate(number):
            bit = builder.mux(above, high >> place & 1, bit)
            found.append(builder.mux(below, low >> place & 1, bit))
    return found
