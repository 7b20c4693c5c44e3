"""A cell with its sums built by da4ml, a library for constant matrix times vector: a baseline for the bench of gates.

da4ml gives a graph of two-operand adders that share subexpressions; each becomes a ripple of full adders, as wide as
the range of its sum. (C. Sun et al., da4ml: Distributed Arithmetic for Real-time Neural Networks on FPGAs, 2025.)
Its successor alkaid needed 0.5 to 6 % more ANDs for the matrices that we tried, so da4ml is whom we are beside.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.arrays import Floats32, Ints
from bridge.bench.contender import Absent
from bridge.cell import Cell, Linear
from bridge.cell.blocks import Block, Integers, Summed, Weighted
from bridge.cell.ranges import Ranges
from bridge.lowering.adders import Sums
from bridge.lowering.blocks import lower_blocks
from bridge.lowering.compressors import STEP
from bridge.lowering.making import Making
from bridge.lowering.plan import PLAIN
from bridge.lowering.rows import rows_of
from bridge.lowering.sharing import plan_of
from bridge.melting.factor import composed
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
    """The netlist of a cell, with the names that `lower` gives; all but its sums is what `lower` makes of it. It is
    given the matrices as they were before we factored them. Absent without da4ml, InputError for kinds that cannot be
    lowered."""
    cell = composed(cell)
    rows = rows_of(cell, whole=True)
    making = lower_blocks(cell, rows, plan_of(rows, PLAIN, None), np.ones(256, np.bool_), apart=False, kind=_Making)
    readout = cell.readout if cell.text_model else None
    facts = Metadata(readout, cell.digest, scores=cell.labelled, inputs=cell.inputs)
    return with_metadata(making.builder.build(), facts).validate()


class _Making(Making):
    """A netlist in the making whose sums are those of da4ml."""

    def sums(self, block: Summed) -> Sums:
        matrix = _matrix_of(block)
        totals = _weighted(self.builder, *matrix, _numbers(self.read(block), self.cell.ranges_read(block)))
        bits = np.zeros((len(totals), self.rows.columns.places), np.int64)
        for row, (total, constant) in enumerate(zip(totals, block.constants.tolist(), strict=True)):
            if block.COMPARES:
                bits[row, 0] = _add(self.builder, total, _constant(-constant), 0).bits[-1] ^ 1
            else:
                number = _add(self.builder, total, _constant(constant), 0)
                bits[row] = [number.bit(place) for place in range(bits.shape[1])]
        none = np.zeros((0, STEP), np.int64)
        return Sums(bits, np.zeros(len(bits), np.int64), none, none[:, :3], none[:, :5])


@singledispatch
def _matrix_of(block: Block) -> tuple[Integers, Integers | None]:
    """The weights, and where they are applied if that is not everywhere."""
    raise Absent(f"da4ml is given matrices, but {block.name} has none")


@_matrix_of.register
def _(block: Weighted) -> tuple[Integers, Integers | None]:
    return block.weights, None


@_matrix_of.register
def _(block: Linear) -> tuple[Integers, Integers | None]:
    return block.weights, block.taps


def _numbers(literals: Ints, ranges: Ranges) -> list[_Number]:
    """Elements with their ranges."""
    parts = zip(ranges.apart(literals), ranges.bounds, strict=True)
    return [_Number([*part.tolist(), *([FALSE] if low >= 0 else [])], 0, low, high) for part, (low, high) in parts]


def _weighted(builder: AigBuilder, weights: Integers, taps: Integers | None, read: list[_Number]) -> list[_Number]:
    """The weighted sum of every row in every position. Of many positions the matrix is solved once."""
    windows = [read]
    if taps is not None:
        nothing = _constant(0)
        windows = [[read[tap] if tap >= 0 else nothing for tap in taps_here] for taps_here in taps.tolist()]
    used = np.flatnonzero(weights.any(axis=0))
    if not len(used):
        return [_constant(0)] * (len(weights) * len(windows))
    solved = _solved(weights[:, used].astype(np.float32).T, [[window[column] for window in windows] for column in used])
    found = []
    for window in windows:
        numbers = [window[column] for column in used.tolist()]
        for stage in solved:
            numbers = _stage(builder, stage, numbers)
        found.append(numbers)
    return [sums[row] for row in range(len(weights)) for sums in found]


def _solved(matrix: Floats32, columns: list[list[_Number]]) -> list[Any]:
    """The graphs of adders, one after the other, for columns that hold one of these numbers each."""
    try:
        from da4ml.cmvm import solve
    except ImportError as error:
        raise Absent("da4ml is not installed (pip install da4ml==0.6.0)") from error
    # 0 and 1 are always among them, since da4ml leaves out the weights of what is never anything but 0.
    ranges = [(min(0.0, *(x.least for x in these)), max(1.0, *(x.most for x in these)), 1.0) for these in columns]
    # Of its decompositions of a matrix, the direct one was the smallest for every block of our cells.
    direct: dict[str, Any] = {"decompose_dc": -1, "search_all_decompose_dc": False}
    stages = solve(np.ascontiguousarray(matrix), qintervals=ranges, **direct)
    if not np.array_equal(np.asarray(stages.kernel), matrix):
        raise Absent("da4ml solved another matrix than that of the cell")
    return list(stages.solutions)


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
