"""Gates in any order of layers, and the cell that they become: a block of LUTs for each level, then one of sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.cell.blocks import Block, Input, Linear, Luts, Scores
from bridge.cell.blocks.selections import MAX_INPUTS
from bridge.errors import InputError

MOST_BYTES = 1 << 27  # of a file
MOST_GATES = 1 << 21
MOST_SIGNALS = 1 << 16  # that come from outside
MOST_READ = 12  # by one table; more than six are split
MOST_LEVELS = 480  # a cell has at most 500 blocks
MOST_WEIGHTS = 1 << 25
_CHOOSE = 0b11001010  # of three inputs: the second where the third is 1, else the first


@dataclass(frozen=True)
class Total:
    """How many of these signals are 1, and `bias`."""

    of: tuple[int, ...]
    bias: int = 0


class Netlist:
    """`inputs` signals from outside, then those of the gates that were added, each of which reads earlier ones."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.reads: list[tuple[int, ...]] = []
        self.tables: list[int] = []

    def add(self, reads: Sequence[int], table: int) -> int:
        """The signal of one more gate: bit `sum of input i << i` of `table`."""
        if len(reads) > MAX_INPUTS:
            half = 1 << len(reads) - 1
            zero = self.add(reads[:-1], table & (1 << half) - 1)
            reads, table = (zero, self.add(reads[:-1], table >> half), reads[-1]), _CHOOSE
        if len(self.tables) >= MOST_GATES:
            raise InputError(f"has more than {MOST_GATES:,} gates")
        self.reads.append(tuple(reads))
        self.tables.append(table)
        return self.inputs + len(self.tables) - 1


def cell_of(
    netlist: Netlist,
    totals: Sequence[Total],
    facts: Mapping[str, Any],
    *,
    reads: Sequence[Block] = (),
    scale: float = 1.0,
    labels: Sequence[str] | None = None,
) -> Cell:
    """The cell that gives these totals, each worth `scale`. `reads`: the blocks before the gates, the last of which are
    the inputs; bits `x` by default. Gates that none depends on are left out. InputError for more levels or wider ones
    than a cell has room for."""
    levels = _levels(netlist, chain.from_iterable(total.of for total in totals))
    blocks: list[Block] = [*reads] or [_bits("x", netlist.inputs)]
    placed = _Placed(netlist.inputs + len(netlist.tables))
    placed.put(blocks[-1].name, np.arange(netlist.inputs))
    for number, gates in enumerate(levels, 1):
        blocks.append(_luts(f"level{number}", netlist, gates, placed))
        placed.put(blocks[-1].name, gates + netlist.inputs)
    named = tuple(map(str, range(len(totals))) if labels is None else labels)
    blocks += [_sums(totals, placed), Scores("scores", ("sums",), named, scale)]
    shown = {"gates": sum(map(len, levels)), "levels": len(levels)}
    return Cell(tuple(blocks), record={"melt": {**shown, **facts}})


def _bits(name: str, count: int) -> Input:
    return Input(name, np.zeros(count, np.int64), np.ones(count, np.int64))


def _levels(netlist: Netlist, asked: Iterable[int]) -> list[Ints]:
    """Which gates are needed, by how many lie before them on the longest way."""
    inputs = netlist.inputs
    needed = bytearray(len(netlist.tables))
    for signal in asked:
        if signal >= inputs:
            needed[signal - inputs] = 1
    for gate in range(len(needed) - 1, -1, -1):
        if needed[gate]:
            for signal in netlist.reads[gate]:
                if signal >= inputs:
                    needed[signal - inputs] = 1
    depth = [0] * len(needed)
    for gate in filter(needed.__getitem__, range(len(needed))):
        depth[gate] = 1 + max((depth[signal - inputs] for signal in netlist.reads[gate] if signal >= inputs), default=0)
    if max(depth, default=0) > MOST_LEVELS:
        raise InputError(f"gates are {max(depth):,} deep; a cell has room for {MOST_LEVELS} levels")
    gates = np.flatnonzero(np.frombuffer(needed, np.uint8))
    own = np.array(depth, np.int64)[gates]
    return [gates[own == level] for level in range(1, max(depth, default=0) + 1)]


class _Placed:
    """Which element of which block each signal is."""

    def __init__(self, signals: int) -> None:
        self._names: list[str] = []
        self._widths: list[int] = []
        self._block = np.zeros(signals, np.int64)
        self._element = np.zeros(signals, np.int64)

    def put(self, name: str, signals: Ints) -> None:
        self._block[signals] = len(self._names)
        self._element[signals] = np.arange(len(signals))
        self._names.append(name)
        self._widths.append(len(signals))

    def read(self, signals: Ints) -> tuple[tuple[str, ...], Ints, int]:
        """The blocks to read for these signals, where among their elements each is, and how many these are."""
        used, which = np.unique(self._block[signals], return_inverse=True)
        widths = np.array(self._widths, np.int64)[used]
        starts = np.cumsum(widths) - widths
        elements = starts[which.reshape(signals.shape)] + self._element[signals]
        return tuple(self._names[block] for block in used.tolist()), elements, int(widths.sum())


def _luts(name: str, netlist: Netlist, gates: Ints, placed: _Placed) -> Luts:
    """Gates that read fewer signals than others of their level read one of them more than once."""
    reads = [netlist.reads[gate] or (0,) for gate in gates.tolist()]
    width = max(map(len, reads))
    tables = [netlist.tables[gate] for gate in gates.tolist()]
    for row, gate in enumerate(gates.tolist()):
        for size in range(len(netlist.reads[gate]), width):
            tables[row] |= tables[row] << (1 << size)
    signals = np.array([read + read[-1:] * (width - len(read)) for read in reads], np.int64)
    sources, inputs, _ = placed.read(signals)
    return Luts(name, inputs=inputs, tables=np.array(tables, np.uint64), sources=sources)


def _sums(totals: Sequence[Total], placed: _Placed) -> Linear:
    sizes = [len(total.of) for total in totals]
    signals = np.fromiter(chain.from_iterable(total.of for total in totals), np.int64, sum(sizes))
    sources, elements, width = placed.read(signals if len(signals) else np.zeros(1, np.int64))
    if len(totals) * width > MOST_WEIGHTS:
        raise InputError(f"{len(totals):,} sums over {width:,} signals are more than {MOST_WEIGHTS:,} weights")
    weights = np.zeros((len(totals), width), np.int32)
    np.add.at(weights, (np.repeat(np.arange(len(totals)), sizes), elements[: len(signals)]), 1)
    return Linear("sums", weights=weights, bias=np.array([total.bias for total in totals]), sources=sources)
