"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

Names: inputs `byte[0..7]`; latches `state.<block>[i]`, in the order of the cell's state vector; outputs
`logit.<byte value>[bit]`, two's complement, lowest bit first, each symbol as wide as its own range needs; points
`<block>[i]` for every embedding, neuron and latch bit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.cell.blocks import OLD
from bridge.lowering.embedding import lower_table
from bridge.lowering.kernels import COLUMNS, sum_rows, threshold_rows
from bridge.metadata import Metadata, with_metadata

Literals = npt.NDArray[np.int64]
ADDER = 7  # AND nodes of a full adder


def lower(cell: Cell) -> Aig:
    """The cell as one sequential netlist with its readout in the comment; validated."""
    builder = AigBuilder(cell.name)
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    values = _state(builder, cell)
    for block in cell.blocks[:-1]:
        if isinstance(block, Delay):
            continue
        values[block.name] = _bits(builder, block, byte, values)
        for index, literal in enumerate(values[block.name]):
            builder.point(f"{block.name}[{index}]", int(literal))
    _set_next(builder, cell, values)
    _head(builder, cell.head, values)
    aig = builder.build()
    return with_metadata(aig, Metadata(cell.readout, cell.digest)).validate()


def _state(builder: AigBuilder, cell: Cell) -> dict[str, Literals]:
    """The latches of every block under the name that readers of the old bits use."""
    values = {}
    for name in cell.state_slices:
        literals = [builder.latch(f"state.{name}[{index}]") for index in range(cell.widths[name])]
        values[(OLD if isinstance(cell.by_name[name], Latch) else "") + name] = np.array(literals, np.int64)
    return values


def _bits(
    builder: AigBuilder, block: Embedding | Threshold | Latch | Logits, byte: list[int], values: dict[str, Literals]
) -> Literals:
    if isinstance(block, Embedding):
        return np.array(lower_table(builder, byte, block.table), np.int64)
    if isinstance(block, Latch):
        triples = zip(values[block.select], values[block.value], values[OLD + block.name], strict=True)
        return np.array([builder.mux(int(z), int(h), int(s)) for z, h, s in triples], np.int64)
    assert isinstance(block, Threshold)
    fired = np.zeros(len(block.weights), np.int64)
    literals = np.concatenate([values[source] for source in block.sources])
    _reserve(builder, block)
    threshold_rows(builder.graph, literals, block.weights, block.thresholds.astype(np.int64), fired)
    return fired


def _set_next(builder: AigBuilder, cell: Cell, values: dict[str, Literals]) -> None:
    for name in cell.state_slices:
        block = cell.by_name[name]
        if isinstance(block, Delay):
            old = values[name]
            new = np.concatenate([values[block.source], old])[: len(old)]
        else:
            old, new = values[OLD + name], values[name]
        for latch, literal in zip(old, new, strict=True):
            builder.set_next(int(latch), int(literal))


def _head(builder: AigBuilder, head: Logits, values: dict[str, Literals]) -> None:
    literals = np.concatenate([values[source] for source in head.sources])
    weights = head.weights.astype(np.int64)
    low = head.bias + np.minimum(weights, 0).sum(axis=1)
    high = head.bias + np.maximum(weights, 0).sum(axis=1)
    widths = np.array([_width(int(a), int(b)) for a, b in zip(low, high, strict=True)])
    bits = np.zeros((len(weights), COLUMNS), np.int64)
    _reserve(builder, head)
    sum_rows(builder.graph, literals, head.weights, head.bias.astype(np.int64), widths, bits)
    for row, symbol in enumerate(head.symbols):
        for place in range(widths[row]):
            builder.output(f"logit.{symbol}[{place}]", int(bits[row, place]))


def _width(low: int, high: int) -> int:
    """Bits of the narrowest two's complement number that holds low..high."""
    return 1 + max(high, -low - 1, 0).bit_length()


def _reserve(builder: AigBuilder, block: Threshold | Logits) -> None:
    digits = int(np.bitwise_count(np.abs(block.weights.astype(np.int64))).sum())
    builder.reserve(ADDER * (digits + COLUMNS * len(block.weights)))
