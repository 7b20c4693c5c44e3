"""Cells from elsewhere: thresholds for neurons over -1/+1, and where a cell and the network it came from differ.

The few lines that turn a network of binary activations into a `Cell` are those of its blocks, in order, with integer
weights. `first_difference` then runs both over a text and names the first bit that is not the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.cell.model import Cell
from bridge.errors import InputError


@dataclass(frozen=True)
class Difference:
    """At byte `position` of the text, number `index` of `block` should be `expected` and is `found`."""

    position: int
    block: str
    index: int
    expected: int
    found: int

    def __str__(self) -> str:
        return f"byte {self.position}: {self.block}[{self.index}] is {self.found}, should be {self.expected}"


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


def first_difference(cell: Cell, text: bytes, expected: Mapping[str, npt.ArrayLike]) -> Difference | None:
    """Run the cell over `text` from reset and compare; None when all is the same.

    expected: for any blocks by name, what they should put out at each byte, [len(text), width]: bits 0 and 1, integer
    logits for the head. The earliest byte is reported and there the first block in the order of the cell, which is the
    cause: the others read it. InputError for a name that is no block, or a shape that does not fit.
    """
    wanted = {name: np.asarray(values) for name, values in expected.items()}
    for name, numbers in wanted.items():
        if name not in cell.by_name:
            raise InputError(f"the cell has no block {name!r}; it has {', '.join(cell.by_name)}")
        shape = (len(text), _width(cell, name))
        if numbers.shape != shape:
            raise InputError(f"{name}: expected values of shape {shape}, not {numbers.shape}")
    state = cell.reset(1)
    for position, byte in enumerate(text):
        values = cell.read(state, np.array([byte], np.uint8))
        state, logits = cell.following(values), cell.ask(values)
        for block in cell.blocks:
            if block.name in wanted:
                found, right = (logits if block is cell.head else values[block.name])[0], wanted[block.name][position]
                if (wrong := np.flatnonzero(found != right)).size:
                    index = int(wrong[0])
                    return Difference(position, block.name, index, int(right[index]), int(found[index]))
    return None


def _width(cell: Cell, name: str) -> int:
    block = cell.by_name[name]
    return len(cell.head.bias) if block.HEAD else cell.widths[name]
