"""Witnesses in values of the cell: solvers find bits, and those that spell no value are read as the nearest one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np

from bridge.aig import Aig
from bridge.analysis.dependences.replay import Witness, inverted_for, replay, values_in
from bridge.analysis.signals import named_bits
from bridge.arrays import Bits
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.equivalence.spelled import nearest_bits, nearest_values


def spelled(cell: Cell, aig: Aig, witness: Witness) -> Witness:
    """The same two runs with every number in its range; aig: the cell with every place a node of its own. All bits of a
    number that change are told; the witness as it is, if it would not hold so."""
    inputs, latches = witness.names
    state, rows = _nearest(cell, latches, witness.state[None])[0], _nearest(cell, inputs, witness.inputs)
    known = named_bits(aig)
    after = values_in(aig, state, rows[0], [known[name] for name in witness.inverted])
    wanted = {name: int(after[known[name].variable]) for name in witness.inverted}
    for own, ranges in _numbers_of(cell, witness.inverted):
        wanted |= zip(own, nearest_bits(ranges, [int(after[known[name].variable]) for name in own]), strict=True)
    values = np.array([*wanted.values()], np.uint8)
    changed = inverted_for(aig, [known[name] for name in wanted], values, state, rows[0])
    found = replay(aig, changed, [known[witness.changed]], state, rows, witness.position)
    origin = witness.origin and (witness.origin[0], _nearest(cell, inputs, witness.origin[1]))
    return witness if found is None else replace(found, origin=origin)


def _nearest(cell: Cell, names: tuple[str, ...], rows: Bits) -> Bits:
    """uint8[n, names], as the cell reads them."""
    read = [nearest_values(cell, dict(zip(names, row, strict=True))) for row in rows.tolist()]
    return np.array([[row[name] for name in names] for row in read], np.uint8).reshape(rows.shape)


def _numbers_of(cell: Cell, bits: Collection[str]) -> Iterator[tuple[list[str], Ranges]]:
    """The names of the bits of each element that has one of these, and what it can be."""
    for source in cell.sources:
        ranges, every = cell.source_ranges(source), np.array(cell.signals(source), object)
        for element, own in enumerate(ranges.apart(every)):
            if {*own.tolist()} & {*bits}:
                yield own.tolist(), ranges.of([element])
