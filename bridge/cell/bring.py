"""Cells from elsewhere: thresholds for neurons over -1/+1, and where a cell and the network it came from differ.

The few lines that turn a network of binary activations into a `Cell` are those of its blocks, in order, with integer
weights. `first_difference` then runs both over a text and names the first bit that is not the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.cell.model import Cell, Given
from bridge.corpus import check_text
from bridge.errors import InputError


@dataclass(frozen=True)
class Difference:
    """At byte `position` of the text, or row `position` of what is given, number `index` of `block` should be
    `expected` and is `found`."""

    position: int
    block: str
    index: int
    expected: int
    found: int
    place: str = "byte"

    def __str__(self) -> str:
        return f"{self.place} {self.position}: {self.block}[{self.index}] is {self.found}, should be {self.expected}"


def sign_thresholds(weights: npt.ArrayLike, bias: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """int32[out]: thresholds of neurons that fire iff `weights @ signs + bias >= 0`, where signs are -1 and +1.

    weights: whole numbers [out, in]; bias: [out], in units of the weights (divide a row's scale out first). With
    bits = (signs + 1) / 2 the sum is `2 * weights @ bits - sum(weights)`. InputError for weights that are not whole,
    and for numbers that are not finite.
    """
    rows, offset = np.asarray(weights, np.float64), np.asarray(bias, np.float64)
    if not (np.isfinite(rows).all() and np.isfinite(offset).all()):
        raise InputError("weights and biases must be finite numbers")
    if (rows != np.round(rows)).any():
        row, column = np.argwhere(rows != np.round(rows))[0]
        raise InputError(f"weights must be whole numbers: that of row {row}, input {column} is {rows[row, column]:g}")
    reach = np.abs(rows).sum(axis=1)
    thresholds: npt.NDArray[np.float64] = np.clip(np.ceil((rows.sum(axis=1) - offset) / 2), -reach, reach + 1)
    return thresholds.astype(np.int32)


def first_difference(cell: Cell, given: bytes | Given, expected: Mapping[str, npt.ArrayLike]) -> Difference | None:
    """Run the cell over a text, or over other inputs, a row for each step, from reset and compare; None when all is the
    same.

    expected: for any blocks by name, what they should put out in each step, [steps, width]: bits 0 and 1, or integers;
    logits or scores for the head. The earliest step is reported and there the first block in the order of the cell,
    which is the cause: the others read it. InputError for a name that is no block, or a shape that does not fit.
    """
    check_text(given)
    inputs = cell.by_input(np.frombuffer(given, np.uint8) if isinstance(given, bytes) else given)
    steps = len(next(iter(inputs.values()))) if inputs else 0
    wanted = {name: np.asarray(values) for name, values in expected.items()}
    for name, numbers in wanted.items():
        if name not in cell.by_name:
            raise InputError(f"the cell has no block {name!r}; it has {', '.join(cell.by_name)}")
        shape = (steps, _width(cell, name))
        if numbers.shape != shape:
            raise InputError(f"{name}: expected values of shape {shape}, not {numbers.shape}")
    at_once = max(steps, 1) if not cell.held else 1
    state = cell.reset(at_once)
    for start in range(0, steps, at_once):
        rows = slice(start, start + at_once)
        values = cell.read(state, {name: array[rows] for name, array in inputs.items()})
        state, found = cell.following(values), {**values, cell.last.name: cell.ask(values)}
        wrong = [
            (*np.argwhere(different)[0].tolist(), name)
            for name in cell.by_name
            if name in wanted and (different := found[name] != wanted[name][rows]).any()
        ]
        if wrong:
            row, index, name = min(wrong, key=lambda place: int(place[0]))
            pair = int(wanted[name][start + row, index]), int(found[name][row, index])
            return Difference(start + row, name, index, *pair, "byte" if cell.reads_byte else "row")
    return None


def _width(cell: Cell, name: str) -> int:
    block = cell.by_name[name]
    return block.width(cell.source_width) if block.HEAD else cell.widths[name]
