"""What the blocks of text models compute, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bridge.aig import names
from bridge.cell import Automaton, Cell, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.cell.blocks import OLD
from bridge.report.equations.words import (
    Equation,
    Ref,
    equations_of,
    grouped,
    read_by,
    shown_byte,
    step_of,
    threshold_equation,
)


@equations_of.register
def _(block: Threshold, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read, ranges = read_by(cell, block), cell.ranges_read(block)
    for row, (own, threshold) in enumerate(zip(cell.matrix(block), block.thresholds, strict=True)):
        weights = own.astype(np.int64)
        if ranges.plain[weights != 0].all():
            equation = threshold_equation(weights, int(threshold), read)
        else:
            words = f"fires when the sum of these reaches {threshold}:"
            equation = Equation((words,), grouped(weights, read), least=int(threshold))
        yield names.element(block.name, row), equation


@equations_of.register
def _(block: Embedding, cell: Cell) -> Iterator[tuple[str, Equation]]:
    symbols = cell.head.symbols if cell.text_model else bytes(range(256))
    for bit in range(block.table.shape[1]):
        ones = [byte for byte in symbols if block.table[byte, bit]]
        shown = " ".join(map(shown_byte, ones))
        words = f"is 1 for {len(ones)} of the {len(symbols)} bytes of the alphabet: {shown}"
        yield names.element(block.name, bit), Equation((words if ones else "is 0 for every byte of the alphabet",))


@equations_of.register
def _(block: Latch, cell: Cell) -> Iterator[tuple[str, Equation]]:
    parts = (cell.elements(source) for source in (*block.reads, OLD + block.name))
    for bit, (select, value, old) in enumerate(zip(*parts, strict=True)):
        mine = names.element(block.name, bit)
        keeps = "takes the value of ", Ref(value), " when ", Ref(select), " fires; else it keeps ", Ref(old)
        yield mine, Equation(keeps)
        yield old, Equation(("remembers ", Ref(mine), f" from one {step_of(cell)} to the next"))


@equations_of.register
def _(block: Delay, cell: Cell) -> Iterator[tuple[str, Equation]]:
    source = cell.elements(block.source)
    for bit in range(block.steps * len(source)):
        steps, place = divmod(bit, len(source))
        ago = f"one {step_of(cell)} ago" if steps == 0 else f"{steps + 1} {step_of(cell)}s ago"
        yield names.state(block.name, bit), Equation(("is what ", Ref(source[place]), f" was {ago}"))


@equations_of.register
def _(block: Logits, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read, whole = read_by(cell, block), not cell.ranges_read(block).are_bits
    what = "these, each times its weight" if whole else "the weights of those that fire"
    for row, name in enumerate(cell.readout.names(cell.serial)):
        bias = int(block.bias[row])
        words = f"is {bias} plus {what}; one unit is worth {block.scale:.4g} nats:"
        yield name, Equation((words,), grouped(block.weights[row].astype(np.int64), read), bias)


@equations_of.register
def _(block: Trees, cell: Cell) -> Iterator[tuple[str, Equation]]:
    """What they are, not every branch."""
    width, bits = block.leaves.shape[1], block.leaves.dtype == np.uint8
    what = "bit" if bits else "number"
    for index, (low, high) in enumerate(cell.ranges[block.name].bounds):
        words = f"is {what} {index % width} of the leaf that tree {index // width} of {len(block.roots)} leads to"
        yield names.element(block.name, index), Equation((words if bits else f"{words}, in {low}..{high}",))


@equations_of.register
def _(block: Automaton, cell: Cell) -> Iterator[tuple[str, Equation]]:
    for bit in range(block.table.shape[1]):
        words = f"is bit {bit} of a state machine of {len(block.following)} states over bytes"
        yield names.element(block.name, bit), Equation((words,))


@equations_of.register
def _(block: Node, cell: Cell) -> Iterator[tuple[str, Equation]]:
    for bit in range(block.table.shape[1]):
        yield names.element(block.name, bit), Equation((f"is 1 for {int(block.table[:, bit].sum())} code nodes",))
