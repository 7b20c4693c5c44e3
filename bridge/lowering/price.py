"""What every row of a cell costs in ANDs once adders are shared: area flow (Manohararajah, Brown, Vranesic, 2006).

A node that several rows need is paid by all of them in equal parts, so that the costs add up to the whole netlist.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.arrays import Floats
from bridge.cell import Cell
from bridge.lowering import lower
from bridge.lowering.area_flow import flow_to_roots


def row_costs(cell: Cell) -> Mapping[str, Floats]:
    """float64[rows] by block: the ANDs that each of its bits, or each number of the head, is built of; 0 if unread.

    The bits that a row reads cost it nothing. The sum over all blocks is the number of ANDs of `lower(cell)`.
    """
    aig = lower(cell)
    costs = {name: np.zeros(width) for name, width in cell.widths.items() if name != cell.head.name}
    numbers = {name: row for row, name in enumerate(cell.readout.names(cell.serial))}
    costs[cell.head.name] = np.zeros(len(numbers))
    for root, paid in zip((*aig.points, *aig.outputs), _paid(aig), strict=True):
        name = parse(root.name)
        if name.group in numbers:
            costs[cell.head.name][numbers[name.group]] += paid
        elif name.index is not None:
            costs[name.of][name.index] += paid
    return costs


def _paid(aig: Aig) -> Floats:
    """float64[points and outputs]: the ANDs behind each that are behind no point before it.

    A bit that is another's wire costs nothing: the first one pays.
    """
    variable = np.array([root.variable for root in (*aig.points, *aig.outputs)], np.int64)
    flow, readers, pays = flow_to_roots(aig)
    paid: Floats = pays * flow[variable] / np.maximum(readers[variable], 1)
    return paid
