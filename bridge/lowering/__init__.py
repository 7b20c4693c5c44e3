"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

The way of a weight, in the order in which it happens: `lower_traced` is these five stages, each a function from one
value to the next. In italics, the one name that each thing has.

1. `rows.py` -> `Rows`. The *weight* that a *row* (a neuron, or a number of the head) gives a bit is taken apart: 5 is
   4 + 1, and -w x is w (not x) - w. Each power of two becomes a *digit*, a *variable* or its complement, in the
   *column* of its *place* (`columns.py`); all else is the constant of the row. A variable stands for a bit that is not
   built yet. An integer is the bits that hold its range, `bridge.cell.ranges`: its weight is one for each of them.
2. `timing.py` -> *deadlines*, where depth matters: the level that the netlist without sharing gives every bit.
3. `sharing.py` -> `Plan` (`plan.py`). Three variables that many columns hold are added once: the sum and the carry of a
   *shared adder* are new variables, whose digits replace the three (`triples.py`). Then each column is put in order:
   two variables that many columns hold come first, as a *pair*, and share their XOR (`pairs.py`).
4. `blocks/` -> `Making` (`making.py`). Block after block, variables get their *literals* in the graph. A block of rows
   (`blocks/sums.py`) builds the shared adders whose inputs are there, then row after row (`adders.py` -> `Sums`): the
   cheaper of two senses (`sense.py`); from the lowest column up, three literals become a sum and a carry, or where only
   carries are read the last two come in order (`compressors.py`); the last columns of a comparison are sorted rather
   than added (`endings.py`). Every adder of a row is noted as a *step*.
5. `trace.py` -> `Trace`. The builder drops what nothing reads; what became of digits, shared adders and steps is told
   in literals of the netlist, for `bridge.equivalence.certificate` to hold against the weights.

Tables of any kind are multiplexers (`embedding.py`). And back: what a row costs in nodes (`price.py` by
`area_flow.py`). Signals are named as in `bridge.aig.names`; numbers are two's complement, as wide as their range needs.
"""

from __future__ import annotations

from dataclasses import replace

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
    rows = rows_of(cell, whole=apart)
    deadlines = None
    if objective in STRETCH:
        plain = lower(cell, objective="plain", care=care)
        deadlines = deadlines_of(plain, rows.signals(cell), STRETCH[objective])
    plan = plan_of(rows, STYLE[objective], deadlines)
    cared = np.ones(256, np.bool_) if care == "all" else np.isin(np.arange(256), list(cell.head.symbols))
    making = lower_blocks(cell, rows, plan, cared, apart)
    built = making.builder.build_whole(every_point=apart)
    lossy = losses_of(cell.record)
    texts = sources_of(cell.record)
    readout = cell.readout if cell.text_model else None
    facts = Metadata(readout, cell.digest, lossy=lossy, objective=objective, care=care, sources=texts)
    facts = replace(facts, scores=cell.labelled, inputs=cell.inputs)
    return with_metadata(built.aig, facts).validate(), trace_of(making, built)
