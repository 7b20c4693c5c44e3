"""What the blocks of networks of integers compute, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bridge.aig import names
from bridge.cell import Cell, Input, Levels, Linear, Luts, Maximum, Product, Scores, Table
from bridge.report.equations.words import Equation, Ref, equations_of, grouped, read_by

SHOWN = 16  # numbers of a row


@equations_of.register
def _(block: Input, cell: Cell) -> Iterator[tuple[str, Equation]]:
    encoder = block.encoder
    for index, (low, high) in enumerate(cell.ranges[block.name].bounds):
        words = f"is given from outside, in {low}..{high}"
        if encoder is not None:
            row = encoder.thresholds[index // (len(block.low) // len(encoder.thresholds))]
            thresholds = [f"{number:.6g}" for number in row[~np.isnan(row)].tolist()]
            reached = f"how many of {_listed(thresholds)} the feature {int(encoder.features[index])} reaches"
            words = f"is {f'{low} plus ' if low else ''}{reached}, in {low}..{high}"
            words += f"; {int(encoder.missing[index])} where that is missing" if encoder.missing is not None else ""
        yield names.element(block.name, index), Equation((words,))


@equations_of.register
def _(block: Linear, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read, positions = read_by(cell, block), 1 if block.taps is None else len(block.taps)
    for row, (low, high) in enumerate(cell.ranges[block.name].bounds):
        kernel, position = divmod(row, positions)
        weights = block.weights[kernel].astype(np.int64)
        if block.taps is not None:
            taps, spread = block.taps[position], np.zeros(len(read), np.int64)
            np.add.at(spread, taps[taps >= 0], weights[taps >= 0])
            weights = spread
        bias = int(block.bias[kernel])
        words = f"is {bias} plus the sum of these, in {low}..{high}:"
        yield names.element(block.name, row), Equation((words,), grouped(weights, read), bias)


@equations_of.register
def _(block: Levels, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read = read_by(cell, block)
    for index, row in enumerate(block.row_of(len(read)).tolist()):
        thresholds = _listed([*map(str, block.thresholds[row].tolist())])
        yield (
            names.element(block.name, index),
            Equation((f"is how many of {thresholds} ", Ref(read[index]), " reaches")),
        )


@equations_of.register
def _(block: Table, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read, bounds = read_by(cell, block), cell.ranges_read(block).bounds
    for index, row in enumerate(block.row_of(len(read)).tolist()):
        low, high = bounds[index]
        values = _listed([*map(str, block.values[row, low - block.low : high - block.low + 1].tolist())])
        where = f"is {values} where that is {low}" + (f" to {high}" if high > low else "")
        yield names.element(block.name, index), Equation(("looks up ", Ref(read[index]), f": {where}"))


@equations_of.register
def _(block: Luts, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read, entries = read_by(cell, block), 1 << block.inputs.shape[1]
    for index, (chosen, table) in enumerate(zip(block.inputs.tolist(), block.tables.tolist(), strict=True)):
        values = "".join(str(table >> place & 1) for place in range(entries))
        refs = [part for element in chosen for part in (", ", Ref(read[element]))][1:]
        words = f"has the truth table {values}, from all 0 on, the first of these counting 1: "
        yield names.element(block.name, index), Equation((words, *refs))


@equations_of.register
def _(block: Maximum, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read = read_by(cell, block)
    for index, group in enumerate(block.groups.tolist()):
        refs = tuple(Ref(read[element]) for element in dict.fromkeys(group))
        yield names.element(block.name, index), Equation(("is the largest of these:",), ((1, refs),))


@equations_of.register
def _(block: Product, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read = read_by(cell, block)
    half = len(read) // 2
    both = zip(read[:half], read[half:], cell.ranges[block.name].bounds, strict=True)
    for index, (left, right, (low, high)) in enumerate(both):
        words = "is ", Ref(left), " times ", Ref(right), f", in {low}..{high}"
        yield names.element(block.name, index), Equation(words)


@equations_of.register
def _(block: Scores, cell: Cell) -> Iterator[tuple[str, Equation]]:
    read = read_by(cell, block)
    for label, name, (low, high) in zip(block.labels, read, cell.ranges_read(block).bounds, strict=True):
        words = f", the score of {label}, in {low}..{high}; one unit is worth {block.scale:.4g}"
        yield names.label(label), Equation(("is ", Ref(name), words))


def _listed(numbers: Sequence[str]) -> str:
    """As many as can be read."""
    if len(numbers) <= SHOWN:
        return " ".join(numbers) or "no thresholds"
    return f"{' '.join(numbers[: SHOWN - 1])} ... {numbers[-1]} ({len(numbers)} in all)"
