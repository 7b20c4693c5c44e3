"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

Names: inputs `byte[0..7]`; latches `state.<block>[i]`, in the order of the cell's state vector; outputs
`logit.<byte value>[bit]`, two's complement, lowest bit first, each symbol as wide as its own range needs; points
`<block>[i]` for every embedding, neuron, tree and latch bit. With a code tree the outputs are `score.<node>[bit]`; in a
serial cell inputs `node[i]` say which node is asked about, and `score[bit]` is the answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.cell import Automaton, Block, Cell, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.cell.blocks import OLD
from bridge.cell.record import sources_of
from bridge.lowering.automaton import lower_automaton
from bridge.lowering.embedding import Flags, lower_table, padded
from bridge.lowering.kernels import PLAIN, SHALLOW, SMALL
from bridge.lowering.sums import Sums, Trace
from bridge.lowering.timing import STRETCH, deadlines_of
from bridge.lowering.trees import lower_trees
from bridge.metadata import Care, Metadata, Objective, with_metadata

Ints = npt.NDArray[np.int64]
STYLE: dict[Objective, int] = {"plain": PLAIN, "depth": SHALLOW}


def lower(cell: Cell, *, objective: Objective = "area", care: Care = "all") -> Aig:
    """The cell as one sequential netlist with its readout in the comment; validated.

    Adders that several rows need are built once: all that saves ANDs (`area`), or what does so and keeps the netlist
    as shallow as it is without sharing (`depth`), or little deeper (`balanced`). `plain`: nothing is shared; every row
    has full adders of its own (the baseline). `care`: with `alphabet`, the netlist may do anything after a byte that is
    no symbol of the cell.
    """
    return lower_traced(cell, objective=objective, care=care)[0]


def lower_traced(cell: Cell, *, objective: Objective = "area", care: Care = "all") -> tuple[Aig, Trace]:
    """The netlist, and how its sums and trees were built."""
    builder = AigBuilder(cell.name)
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    code = cell.readout.code
    node = [builder.input(f"node[{bit}]") for bit in range(code.bits)] if code and cell.serial else []
    cared = np.isin(np.arange(256), list(cell.head.symbols)) | (care == "all")
    sources, variables = _variables(cell)
    weighted = [block for block in cell.blocks if isinstance(block, Threshold | Logits)]
    deadlines = None
    if objective in STRETCH:
        deadlines = deadlines_of(lower(cell, objective="plain", care=care), sources, variables, STRETCH[objective])
    sums = Sums(weighted, sources, variables, STYLE.get(objective, SMALL), deadlines)
    latches: dict[str, list[int]] = {}
    splits: dict[str, Ints] = {}
    for name, part in cell.state_slices.items():
        latches[name] = [builder.latch(f"state.{name}[{index}]") for index in range(part.stop - part.start)]
        if not isinstance(cell.by_name[name], Automaton):
            sums.actual[sources[_held(cell, name)]] = latches[name]
    for block in cell.blocks[:-1]:
        if isinstance(block, Automaton):
            literals = np.array(lower_automaton(builder, byte, latches[block.name], block, cared), np.int64)
        elif isinstance(block, Trees):
            read = np.concatenate([sums.actual[sources[source]] for source in block.sources])
            splits[block.name] = lower_trees(builder, block, read)
            literals = splits[block.name][block.roots].ravel()
        elif not isinstance(block, Delay):
            literals = _bits(builder, block, byte, node, sums, sources, cared)
        if not isinstance(block, Delay):
            sums.actual[sources[block.name]] = literals
            for index, literal in enumerate(literals):
                builder.point(f"{block.name}[{index}]", int(literal))
    _set_next(builder, cell, sums.actual, sources)
    for name, bits in zip(cell.readout.names(cell.serial), sums.logits(builder, cell.head), strict=True):
        for place, literal in enumerate(bits):
            builder.output(f"{name}[{place}]", int(literal))
    lossy = tuple(map(str, cell.record.get("lossy", ())))
    texts = sources_of(cell.record)
    facts = Metadata(cell.readout, cell.digest, lossy=lossy, objective=objective, care=care, sources=texts)
    aig = with_metadata(builder.build(), facts).validate()
    trace = sums.trace(builder)
    made = {name: builder.built(literals.ravel()).reshape(literals.shape) for name, literals in splits.items()}
    return aig, replace(trace, splits=made)


def _variables(cell: Cell) -> tuple[dict[str, Ints], int]:
    """A symbolic variable for every bit that a block may read, by source name; and how many there are."""
    names = [*cell.widths, *(OLD + block.name for block in cell.blocks if isinstance(block, Latch))]
    sources, count = {}, 0
    for name in names:
        sources[name] = count + np.arange(cell.source_width(name))
        count += cell.source_width(name)
    return sources, count


def _held(cell: Cell, name: str) -> str:
    """The source name of the bits that a stateful block holds at the start of a step."""
    return OLD + name if isinstance(cell.by_name[name], Latch) else name


def _bits(
    builder: AigBuilder,
    block: Block,
    byte: list[int],
    node: list[int],
    sums: Sums,
    sources: dict[str, Ints],
    cared: Flags,
) -> Ints:
    if isinstance(block, Embedding):
        return np.array(lower_table(builder, byte, block.table, cared), np.int64)
    if isinstance(block, Node):
        return np.array(lower_table(builder, node, padded(block.table)), np.int64)
    if isinstance(block, Threshold):
        return sums.fired(builder, block)
    assert isinstance(block, Latch)
    parts = (sums.actual[sources[name]] for name in (block.select, block.value, OLD + block.name))
    return np.array([builder.mux(int(z), int(h), int(s)) for z, h, s in zip(*parts, strict=True)], np.int64)


def _set_next(builder: AigBuilder, cell: Cell, actual: Ints, sources: dict[str, Ints]) -> None:
    for name in cell.state_slices:
        block = cell.by_name[name]
        if isinstance(block, Automaton):
            continue  # its next states are set where they are made
        old = actual[sources[_held(cell, name)]]
        if isinstance(block, Delay):
            new = np.concatenate([actual[sources[block.source]], old])[: len(old)]
        else:
            new = actual[sources[name]]
        for latch, literal in zip(old, new, strict=True):
            builder.set_next(int(latch), int(literal))
