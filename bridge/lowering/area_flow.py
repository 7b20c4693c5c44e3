"""Area flow (Manohararajah, Brown, Vranesic, 2006): what every node of a netlist costs those that read it.

A node that several need is paid by all of them in equal parts, so that the costs add up to the whole netlist.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import variable_of
from bridge.aig.names import parse
from bridge.arrays import Ands, Flags, Floats, Ints
from bridge.cell import Cell
from bridge.compiled import compiled


@compiled
def area_flow(ands: Ands, first: int, leaf: Flags, readers: Ints) -> Floats:
    """float64[variables]: the ANDs behind every node; each node divides its own among its `readers`, leaves give none.

    ands: uint32[n, 2], of variables `first` on, fanins before their node; leaf: bool[variables]; readers:
    int64[variables].
    """
    flow = np.zeros(len(leaf))
    for index in range(len(ands)):
        total = 1.0
        for side in range(2):
            fanin = ands[index, side] >> 1
            if not leaf[fanin]:
                total += flow[fanin] / readers[fanin]
        flow[first + index] = total
    return flow


def costs_by_row(cell: Cell, aig: Aig) -> Mapping[str, Floats]:
    """float64[rows] by block: the ANDs that each of its bits, or each number of the head, is built of; 0 if unread.

    aig: what the cell became. The bits that a row reads cost it nothing. The sum over all blocks is the number of ANDs.
    """
    head, numbers = cell.last.name, {name: row for row, name in enumerate(cell.numbers)}
    costs = {name: np.zeros(width) for name, width in cell.widths.items()} | {head: np.zeros(len(numbers))}
    for root, paid in zip((*aig.points, *aig.outputs), _paid(aig), strict=True):
        name = parse(root.name)
        if name.group in numbers:
            costs[head][numbers[name.group]] += paid
        elif name.index is not None:
            costs[name.of][name.index] += paid
    return costs


def _paid(aig: Aig) -> Floats:
    """float64[points and outputs]: the ANDs behind each that are behind no point before it.

    A bit that is another's wire costs nothing: the first one pays.
    """
    variable = np.array([root.variable for root in (*aig.points, *aig.outputs)], np.int64)
    points = len(aig.points)
    leaf = np.arange(aig.variables) < aig.first_and
    leaf[variable[:points]] = True
    pays = ~leaf[variable]
    pays[np.unique(variable[:points], return_index=True)[1]] = True
    roots = np.bincount(variable[pays], minlength=aig.variables)
    readers = roots + np.where(leaf, 0, np.bincount(variable_of(aig.ands.ravel()), minlength=aig.variables))
    flow = area_flow(aig.ands, aig.first_and, leaf, readers)
    paid: Floats = pays * flow[variable] / np.maximum(readers[variable], 1)
    return paid
