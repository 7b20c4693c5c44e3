"""What every row of a cell costs in ANDs once adders are shared."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.arrays import Floats
from bridge.cell import Cell
from bridge.lowering import lower
from bridge.lowering.area_flow import costs_by_row


def row_costs(cell: Cell) -> Mapping[str, Floats]:
    """float64[rows] by block: see `costs_by_row`. The sum over all blocks is the number of ANDs of `lower(cell)`."""
    return costs_by_row(cell, lower(cell))
