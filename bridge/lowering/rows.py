"""The weighted sums of a cell as rows of digits.

A weight is a sum of powers of two, its digits. Negative weights become complemented ones (`-w * x = w * not x - w`), so
that a row is a sum of `2**place * digit`, plus a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell import Cell, Weighted
from bridge.cell.blocks import OLD
from bridge.lowering.columns import Columns, columns_of
from bridge.lowering.plan import Ends

PLACES = 36  # int32 constants and 2**16 int8 weights stay below 2**34
DIGITS = 8  # an int8 weight has a magnitude of at most 2**7


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of all Threshold and Logits blocks of a cell, one below the other. `variables`: by source, those of its
    bits, all of them 0 .. count - 1; `first`: the first row of each block; `columns`, `ends`: what is added up."""

    variables: Mapping[str, Ints]
    count: int
    first: Mapping[str, int]
    columns: Columns
    ends: Ends


def rows_of(cell: Cell) -> Rows:
    """Every weight taken apart into digits; in each column those of frequent variables come first."""
    variables, count = _variables(cell)
    first: dict[str, int] = {}
    height, digits, ends = 0, [], []
    for block in cell.weighted:
        first[block.name] = height
        end, live = _ends(block)
        row, place, digit = _digits(block, live, np.concatenate([variables[source] for source in block.sources]))
        digits.append((height + row, place, digit))
        ends.append(end)
        height += len(block.weights)
    rows, places, all_digits = (np.concatenate(part) for part in zip(*digits, strict=True))
    often = np.bincount(all_digits >> 1, minlength=count)[all_digits >> 1]
    order = np.lexsort((all_digits, -often, places, rows))
    columns = columns_of(rows[order], places[order], all_digits[order], height, PLACES)
    return Rows(variables, count, first, columns, Ends(*(np.concatenate(part) for part in zip(*ends, strict=True))))


def _variables(cell: Cell) -> tuple[dict[str, Ints], int]:
    """A variable for every bit that a block may read, by source name; and how many there are."""
    variables, count = {}, 0
    for source in [*cell.widths, *(OLD + block.name for block in cell.blocks if block.HAS_OLD)]:
        variables[source] = count + np.arange(cell.source_width(source))
        count += cell.source_width(source)
    return variables, count


def _ends(block: Weighted) -> tuple[Ends, Flags]:
    """The ends of its rows, and which of them need adders: those that always or never fire are a constant 1 or 0.

    A sum has as many bits as two's complement needs; for comparisons see `bridge.lowering.adders`.
    """
    weights = block.weights.astype(np.int64)
    negative, total = np.minimum(weights, 0).sum(axis=1), np.abs(weights).sum(axis=1)
    if not block.COMPARES:
        low = block.constants + negative
        width = 1 + _bit_length(np.maximum(np.maximum(low + total, -low - 1), 0))
        every = np.ones(len(low), np.bool_)
        return Ends(every, width, low), every
    least = block.constants - negative
    live = (least > 0) & (least <= total)
    top = np.where(live, np.maximum(_bit_length(least - 1), _bit_length(total - least)), 0)
    return Ends(np.zeros(len(least), np.bool_), top, np.where(live, (1 << top) - least, least <= 0)), live


def _digits(block: Weighted, live: Flags, variables: Ints) -> tuple[Ints, Ints, Ints]:
    """(row, place, digit) of every binary digit of every weight of the rows that are live, sorted by row."""
    weights = block.weights.astype(np.int64) * live[:, None]
    row, column, place = np.nonzero((np.abs(weights)[:, :, None] >> np.arange(DIGITS)) & 1)
    return row, place, 2 * variables[column] + (weights[row, column] < 0)


def _bit_length(numbers: Ints) -> Ints:
    """int64[n]: the bits of each number, which is below 2**53."""
    return np.frexp(numbers)[1].astype(np.int64)
