"""Comparison on the values of a cell only: bits of inputs and state that spell no number in its range may do anything.

A netlist is its bits: flows are exact on all of them, and two netlists are compared on all. But a cell says nothing of
an element of 0..2 whose two bits spell 3. So where a netlist is held against its cell, both machines read the nearest
number of the range in the place of any other one, by the same gates before their inputs and latches. No state of the
cell is changed by that, since each holds what it says it can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.equivalence.verdict import Verdict
from bridge.equivalence.witness import explained
from bridge.lowering.reached import nearest


def check_on_values(cell: Cell, a: Aig, b: Aig, check: Callable[[Aig, Aig], Verdict]) -> Verdict:
    """`check` of a netlist of the cell and another one; if they differ, once more on the values of the cell alone."""
    verdict = check(a, b)
    if verdict.answer != "different" or spells_all(cell):
        return verdict
    found = check(behind_ranges(cell, a), behind_ranges(cell, b))
    witness = None if found.counterexample is None else nearest_values(cell, found.counterexample)
    trace = tuple(nearest_values(cell, step) for step in found.trace)
    method = f"{found.method}; for the values of the cell"
    return explained(a, b, replace(found, method=method, counterexample=witness, trace=trace))


def spells_all(cell: Cell) -> bool:
    """Does every combination of the bits of inputs and state spell something in its range?"""
    return all(ranges.full for _, ranges in _vectors(cell))


def behind_ranges(cell: Cell, aig: Aig) -> Aig:
    """The same machine, reading for numbers outside their ranges the nearest ones inside. Vectors of the cell of which
    it lacks a bit are read as they are."""
    builder, leaves = AigBuilder.like(aig)
    places = {name: place for place, name in enumerate(aig.leaves)}
    read = list(leaves)
    for names, ranges in _vectors(cell):
        if {*names} <= {*places}:
            own = [leaves[places[name]] for name in names]
            for name, literal in zip(names, nearest(builder, own, ranges), strict=True):
                read[places[name]] = literal
    return builder.build_like(aig, builder.copy(aig, read))


def nearest_values(cell: Cell, values: Mapping[str, int]) -> dict[str, int]:
    """Bits of inputs and latches by name, as a machine `behind_ranges` reads them; any other bits as they are."""
    found = dict(values)
    for names, ranges in _vectors(cell):
        if {*names} <= {*values}:
            found |= zip(names, nearest_bits(ranges, [values[name] for name in names]), strict=True)
    return found


def nearest_bits(ranges: Ranges, bits: Sequence[int]) -> list[int]:
    """The bits of the elements moved into their ranges."""
    numbers = ranges.decode(np.array([bits], np.uint8))
    nearest: list[int] = ranges.encode(np.clip(numbers, ranges.low, ranges.high))[0].tolist()
    return nearest


def _vectors(cell: Cell) -> list[tuple[list[str], Ranges]]:
    """The names of the bits of every vector from outside or held, and what its elements can be."""
    given = [(cell.signals(block.name), cell.ranges[block.name]) for block in cell.inputs]
    return given + [(cell.latches(name), held) for name, held in cell.held.items()]
