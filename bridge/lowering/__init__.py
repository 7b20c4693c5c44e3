"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

Names: inputs `byte[0..7]`; latches `state.<block>[i]`, in the order of the cell's state vector; outputs
`logit.<byte value>[bit]`, two's complement, lowest bit first, each symbol as wide as its own range needs; points
`<block>[i]` for every embedding, neuron, tree and latch bit. With a code tree the outputs are `score.<node>[bit]`; in a
serial cell inputs `node[i]` say which node is asked about, and `score[bit]` is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder, names
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.cell.blocks import OLD
from bridge.cell.record import losses_of, sources_of
from bridge.lowering.adders import PLAIN, SHALLOW, SMALL
from bridge.lowering.blocks import Making, lower_block, next_literals
from bridge.lowering.sharing import Sums, Trace
from bridge.lowering.timing import STRETCH, deadlines_of
from bridge.metadata import Care, Metadata, Objective, with_metadata

STYLE: dict[Objective, int] = {"plain": PLAIN, "depth": SHALLOW}


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
    builder = AigBuilder(cell.name)
    own: Callable[[int], int] = builder.buffer if apart else int
    sources, variables = _variables(cell)
    deadlines = None
    if objective in STRETCH:
        deadlines = deadlines_of(lower(cell, objective="plain", care=care), sources, variables, STRETCH[objective])
    sums = Sums(cell.weighted, sources, variables, STYLE.get(objective, SMALL), deadlines)
    making = Making(builder, cell, sums, sources, np.isin(np.arange(256), list(cell.head.symbols)) | (care == "all"))
    for block in cell.blocks[:-1]:
        literals = lower_block(block, making)
        if not block.AT_START:
            literals = np.array([own(literal) for literal in literals.tolist()], np.int64)
            making.define(block.name, literals)
            for index, literal in enumerate(literals.tolist()):
                builder.point(names.element(block.name, index), literal)
    for name, held in making.held.items():
        for latch, literal in zip(held, next_literals(cell.by_name[name], making), strict=True):
            builder.set_next(latch, literal)
    for name, bits in zip(cell.readout.names(cell.serial), sums.logits(builder, cell.head), strict=True):
        for place, literal in enumerate(bits.tolist()):
            builder.output(names.element(name, place), own(literal))
    lossy = losses_of(cell.record)
    texts = sources_of(cell.record)
    facts = Metadata(cell.readout, cell.digest, lossy=lossy, objective=objective, care=care, sources=texts)
    built = builder.build_whole(every_point=apart)
    made = {name: built.literals(literals) for name, literals in making.splits.items()}
    return with_metadata(built.aig, facts).validate(), replace(sums.trace(built), splits=made)


def _variables(cell: Cell) -> tuple[dict[str, Ints], int]:
    """A symbolic variable for every bit that a block may read, by source name; and how many there are."""
    read = [*cell.widths, *(OLD + block.name for block in cell.blocks if block.HAS_OLD)]
    sources, count = {}, 0
    for name in read:
        sources[name] = count + np.arange(cell.source_width(name))
        count += cell.source_width(name)
    return sources, count
