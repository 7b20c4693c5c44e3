"""What the page must be told about names to follow them: which integers are signed, and what is worth a look."""

from __future__ import annotations

from typing import Any

from bridge.aig import Aig
from bridge.aig.names import element
from bridge.cell import Cell
from bridge.metadata import read_metadata

Facts = dict[str, Any]


def following_facts(aig: Aig, cell: Cell | None) -> Facts:
    """`signed`: the integers that can be negative: the last of their bits takes away; `gated`: blocks that keep what
    they hold until something replaces it."""
    if cell is None:
        negative = ((each.name, (each.low < 0).nonzero()[0].tolist()) for each in read_metadata(aig).inputs)
        return {"signed": [element(name, at) for name, some in negative for at in some], "gated": []}
    signed = []
    for block, ranges in cell.ranges.items():
        elements = cell.elements(block)
        signed += [elements[at] for at in (ranges.low < 0).nonzero()[0].tolist()]
    return {"signed": signed, "gated": [block.name for block in cell.blocks if block.HAS_OLD]}
