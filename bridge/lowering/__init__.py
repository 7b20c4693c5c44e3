"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

Names: inputs `byte[0..7]`; latches `state.<block>[i]`, in the order of the cell's state vector; outputs
`logit.<byte value>[bit]`, two's complement, lowest bit first, each symbol as wide as its own range needs; points
`<block>[i]` for every embedding, neuron and latch bit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.cell import Block, Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.cell.blocks import OLD
from bridge.lowering.embedding import lower_table
from bridge.lowering.sums import Sums, Trace
from bridge.metadata import Metadata, with_metadata

Ints = npt.NDArray[np.int64]


def lower(cell: Cell, *, share: bool = True) -> Aig:
    """The cell as one sequential netlist with its readout in the comment; validated.

    `share`: adders that several rows need are built once; without it, every row has adders of its own (the baseline).
    """
    return lower_traced(cell, share=share)[0]


def lower_traced(cell: Cell, *, share: bool = True) -> tuple[Aig, Trace]:
    """The netlist, and how its sums were built."""
    builder = AigBuilder(cell.name)
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    sources, variables = _variables(cell)
    weighted = [block for block in cell.blocks if isinstance(block, Threshold | Logits)]
    sums = Sums(weighted, sources, variables, share)
    for name in cell.state_slices:
        latches = [builder.latch(f"state.{name}[{index}]") for index in range(cell.widths[name])]
        sums.actual[sources[_held(cell, name)]] = latches
    for block in cell.blocks[:-1]:
        if not isinstance(block, Delay):
            literals = _bits(builder, block, byte, sums, sources)
            sums.actual[sources[block.name]] = literals
            for index, literal in enumerate(literals):
                builder.point(f"{block.name}[{index}]", int(literal))
    _set_next(builder, cell, sums.actual, sources)
    for symbol, bits in zip(cell.head.symbols, sums.logits(builder, cell.head), strict=True):
        for place, literal in enumerate(bits):
            builder.output(f"logit.{symbol}[{place}]", int(literal))
    lossy = tuple(map(str, cell.record.get("lossy", ())))
    aig = with_metadata(builder.build(), Metadata(cell.readout, cell.digest, lossy=lossy)).validate()
    return aig, sums.trace(builder)


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


def _bits(builder: AigBuilder, block: Block, byte: list[int], sums: Sums, sources: dict[str, Ints]) -> Ints:
    if isinstance(block, Embedding):
        return np.array(lower_table(builder, byte, block.table), np.int64)
    if isinstance(block, Threshold):
        return sums.fired(builder, block)
    assert isinstance(block, Latch)
    parts = (sums.actual[sources[name]] for name in (block.select, block.value, OLD + block.name))
    return np.array([builder.mux(int(z), int(h), int(s)) for z, h, s in zip(*parts, strict=True)], np.int64)


def _set_next(builder: AigBuilder, cell: Cell, actual: Ints, sources: dict[str, Ints]) -> None:
    for name in cell.state_slices:
        block = cell.by_name[name]
        old = actual[sources[_held(cell, name)]]
        if isinstance(block, Delay):
            new = np.concatenate([actual[sources[block.source]], old])[: len(old)]
        else:
            new = actual[sources[name]]
        for latch, literal in zip(old, new, strict=True):
            builder.set_next(int(latch), int(literal))
