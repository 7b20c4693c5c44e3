"""A cell with its sums built by da4ml, a library for constant matrix times vector: a baseline for the bench of gates.

da4ml gives a graph of two-operand adders that share subexpressions; each becomes a ripple of full adders, as wide as
the range of its sum. (C. Sun et al., da4ml: Distributed Arithmetic for Real-time Neural Networks on FPGAs, 2025.)
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder, names
from bridge.bench.contender import Absent
from bridge.cell import Block, Cell, Delay, Embedding, Latch, Threshold, Weighted
from bridge.cell.blocks import OLD
from bridge.lowering.embedding import lower_table
from bridge.metadata import Metadata, with_metadata


class _Number(NamedTuple):
    """A sum in two's complement: literals, lowest first; the first of them is worth `2**low`; in these units it lies in
    `least .. most`."""

    bits: list[int]
    low: int
    least: int
    most: int

    def bit(self, place: int) -> int:
        index = min(place - self.low, len(self.bits) - 1)
        return self.bits[index] if index >= 0 else FALSE


def lower_with_da4ml(cell: Cell) -> Aig:
    """The netlist of a threshold cell, with the names that `lower` gives. Absent without da4ml, or for other cells."""
    builder = AigBuilder(cell.name)
    byte = [builder.input(name) for name in names.BYTE]
    bits: dict[str, list[int]] = {}
    for name, part in cell.state_slices.items():
        bits[OLD + name] = [builder.latch(names.state(name, index)) for index in range(part.stop - part.start)]
    for block in cell.blocks[:-1]:
        bits[block.name] = _bits(block, builder, byte, bits)
        for index, literal in enumerate(bits[block.name] if not block.AT_START else ()):
            builder.point(names.element(block.name, index), literal)
    sums = _sums(builder, cell.head, bits)
    for row, total, bias in zip(cell.readout.names(cell.serial), sums, cell.head.bias.tolist(), strict=True):
        for place, literal in enumerate(_add(builder, total, _constant(bias), 0).bits):
            builder.output(names.element(row, place), literal)
    for name in cell.state_slices:
        block = cell.by_name[name]
        new = bits[name] if not block.AT_START else [*bits[block.keeps[0]], *bits[name]]
        for latch, literal in zip(bits[OLD + name], new, strict=False):
            builder.set_next(latch, literal)
    return with_metadata(builder.build(), Metadata(cell.readout, cell.digest)).validate()


@singledispatch
def _bits(block: Block, builder: AigBuilder, byte: list[int], bits: dict[str, list[int]]) -> list[int]:
    raise Absent(f"da4ml builds sums only, but {block.name} is no sum")


@_bits.register
def _(block: Embedding, builder: AigBuilder, byte: list[int], bits: dict[str, list[int]]) -> list[int]:
    return lower_table(builder, byte, block.table)


@_bits.register
def _(block: Delay, builder: AigBuilder, byte: list[int], bits: dict[str, list[int]]) -> list[int]:
    return bits[OLD + block.name]


@_bits.register
def _(block: Latch, builder: AigBuilder, byte: list[int], bits: dict[str, list[int]]) -> list[int]:
    parts = (bits[name] for name in (*block.reads, OLD + block.name))
    return [builder.mux(*three) for three in zip(*parts, strict=True)]


@_bits.register
def _(block: Threshold, builder: AigBuilder, byte: list[int], bits: dict[str, list[int]]) -> list[int]:
    sums = zip(_sums(builder, block, bits), block.thresholds.tolist(), strict=True)
    return [_add(builder, total, _constant(-least), 0).bits[-1] ^ 1 for total, least in sums]


def _sums(builder: AigBuilder, block: Weighted, bits: dict[str, list[int]]) -> list[_Number]:
    """The weighted sum of every row."""
    try:
        from da4ml.cmvm import solve
    except ImportError as error:
        raise Absent("da4ml is not installed (pip install da4ml==0.6.0)") from error
    read = np.array([literal for source in block.sources for literal in bits[source]])
    weights = block.weights.astype(np.float32).T
    used = np.flatnonzero(weights.any(axis=1))
    # Of its decompositions of a matrix, the direct one was the smallest for every block of our cells.
    direct: dict[str, Any] = {"decompose_dc": -1, "search_all_decompose_dc": False}
    ranges = [(0.0, 1.0, 1.0)] * len(used)
    stages = solve(np.ascontiguousarray(weights[used]), qintervals=ranges, **direct)
    if not np.array_equal(np.asarray(stages.kernel), weights[used]):
        raise Absent(f"da4ml solved another matrix than that of {block.name}")
    numbers = [_Number([literal, FALSE], 0, 0, 1) for literal in read[used].tolist()]
    for stage in stages.solutions:
        numbers = _stage(builder, stage, numbers)
    return numbers


def _stage(builder: AigBuilder, stage: Any, numbers: list[_Number]) -> list[_Number]:
    """The outputs of a graph of adders whose inputs these are. The ranges that it states are not always those of its
    numbers, so they are worked out here."""
    made: list[_Number] = []
    for op in stage.ops:
        if op.opcode == -1:
            made.append(_shifted(numbers[op.id0], stage.inp_shifts[op.id0]))
        else:
            made.append(_add(builder, made[op.id0], _shifted(made[op.id1], op.data), op.opcode))
    outputs = []
    for index, shift, negative in zip(stage.out_idxs, stage.out_shifts, stage.out_negs, strict=True):
        number = _shifted(made[index], shift) if index >= 0 else _constant(0)
        outputs.append(_add(builder, _constant(0), number, 1) if negative else number)
    return outputs


def _add(builder: AigBuilder, one: _Number, other: _Number, minus: int) -> _Number:
    """Their sum or difference, as a ripple of full adders."""
    low = min(one.low, other.low)
    (a, b), (c, d) = ((x.least << x.low - low, x.most << x.low - low) for x in (one, other))
    least, most = (a - d, b - c) if minus else (a + c, b + d)
    bits, carry = [], minus
    for place in range(low, low + _width(least, most)):
        total, carry = builder.full_adder(one.bit(place), other.bit(place) ^ minus, carry)
        bits.append(total)
    return _Number(bits, low, least, most)


def _constant(value: int) -> _Number:
    return _Number([value >> place & 1 for place in range(_width(value, value))], 0, value, value)


def _shifted(number: _Number, places: int) -> _Number:
    return number._replace(low=number.low + places)


def _width(low: int, high: int) -> int:
    """Bits of two's complement that hold low..high."""
    return 1 + max(high, -low - 1, 0).bit_length()
