"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

TODO
"""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cell.record import losses_of, sources_of
from bridge.lowering.blocks import lower_blocks
from bridge.lowering.plan import PLAIN, SHALLOW, SMALL
from bridge.lowering.rows import rows_of
from bridge.lowering.sharing import plan_of
from bridge.lowering.timing import STRETCH, deadlines_of
from bridge.lowering.trace import Trace, trace_of
from bridge.metadata import Care, Metadata, Objective, with_metadata

STYLE: dict[Objective, int] = {"plain": PLAIN, "area": SMALL, "balanced": SMALL, "depth": SHALLOW}


def lower(cell: Cell, *, objective: Objective = "area", care: Care = "all", apart: bool = False) -> Aig:
    """The cell as one sequential netlist with its readout in the comment; validated.

    Adders that several rows need are built once: all that saves ANDs (`area`), or what does so and keeps the netlist
    as shallow as it is without sharing (`depth`), or little deeper (`balanced`). `plain`: nothing is shared; every row
    has full adders of its own (the baseline). `care`: with `alphabet`, the netlist may do anything after a byte that is
    no symbol of the cell. `apart`: every point and output is a node of its own, `a AND a`, so that to change one is to
    change what its readers in the cell read, and nothing else; for analysis, where a name is a place.
    """
    return lower_traced(cell, objective=objective, care=care, apart=apart)[0]


def lower_traced(
    cell: Cell, *, objective: Objective = "area", care: Care = "all", apart: bool = False
) -> tuple[Aig, Trace]:
    """The netlist, and how its sums and trees were built."""
    cell.only_bits("lowering")
    rows = rows_of(cell)
    deadlines = None
    if objective in STRETCH:
        plain = lower(cell, objective="plain", care=care)
        deadlines = deadlines_of(plain, rows.variables, STRETCH[objective])
    plan = plan_of(rows, STYLE[objective], deadlines)
    cared = np.isin(np.arange(256), list(cell.head.symbols)) | (care == "all")
    making = lower_blocks(cell, rows, plan, cared, apart)
    built = making.builder.build_whole(every_point=apart)
    lossy = losses_of(cell.record)
    texts = sources_of(cell.record)
    facts = Metadata(cell.readout, cell.digest, lossy=lossy, objective=objective, care=care, sources=texts)
    return with_metadata(built.aig, facts).validate(), trace_of(making, built)
