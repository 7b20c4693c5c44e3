"""The weighted sums of a cell as rows of digits.

A weight is a sum of powers of two, its digits. Negative weights become complemented ones (`-w * x = w * not x - w`), so
that a row is a sum of `2**place * digit`, plus a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell import Cell
from bridge.cell.blocks import OLD, Entries, Integers, Summed
from bridge.cell.ranges import Ranges
from bridge.lowering.columns import Columns, columns_of
from bridge.lowering.gated import Gated
from bridge.lowering.plan import Ends

PLACES = 36  # or more: int32 constants and 2**16 int8 weights of bits stay below 2**34
_NOTHING = np.zeros(0, np.int64)
_NOBODY = Ends(_NOTHING.astype(np.bool_), _NOTHING, _NOTHING)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of all sums of a cell, one below the other. `variables`: by source, those of its bits, all of them
    0 .. count - 1; `first`: the first row of each block; `columns`, `ends`: what is added up; `gated`: the rows of
    which all else is gates."""

    variables: Mapping[str, Ints]
    count: int
    first: Mapping[str, int]
    columns: Columns
    ends: Ends
    gated: Mapping[int, Gated]

    def signals(self, cell: Cell) -> list[str]:
        """The names of all variables."""
        return [name for source in self.variables for name in cell.signals(source)]


def rows_of(cell: Cell, gated: Mapping[int, Gated] = MappingProxyType({})) -> Rows:
    """Every weight taken apart into digits; in each column those of frequent variables come first.

    gated: rows of which only the `added` literals are added up.
    """
    variables, count = _variables(cell)
    first: dict[str, int] = {}
    height, digits, ends = 0, [(_NOTHING, _NOTHING, _NOTHING)], [_NOBODY]
    for block in cell.summed:
        first[block.name] = height
        entries, constants = _without_gates(entries_of(cell, block, variables), block.constants, gated, height)
        end, live = _ends(block.COMPARES, constants, entries, cell.ranges.get(block.name))
        row, place, digit = _digits(entries, live)
        digits.append((height + row, place, digit))
        ends.append(end)
        height += len(live)
    rows, places, all_digits = (np.concatenate(part) for part in zip(*digits, strict=True))
    often = np.bincount(all_digits >> 1, minlength=count)[all_digits >> 1]
    order = np.lexsort((all_digits, -often, places, rows))
    every = Ends(*(np.concatenate(part) for part in zip(*ends, strict=True)))
    width = max(PLACES, 2 + int(places.max(initial=0)), 2 + int(every.top.max(initial=0)))
    room = np.repeat(np.bincount(rows, minlength=height), width)
    column = (rows * width + places)[order]
    columns = columns_of(column, all_digits[order], room, np.zeros(height, np.int64), width)
    return Rows(variables, count, first, columns, every, gated)


def entries_of(cell: Cell, block: Summed, variables: Mapping[str, Ints]) -> Entries:
    """The weights of the variables that a block reads; one may have several in a row."""
    entries = block.entries(cell.ranges_read(block))
    return entries._replace(bit=np.concatenate([variables[source] for source in block.sources])[entries.bit])


def _without_gates(
    entries: Entries, constants: Integers, gated: Mapping[int, Gated], first: int
) -> tuple[Entries, Ints]:
    """What is added up of the rows from `first` on, and what the sums must reach, or are added to."""
    constants = constants.astype(np.int64)
    whole = np.ones(len(constants), np.bool_)
    added = list[Entries]()
    for row in range(len(constants)) if gated else ():
        if first + row in gated:
            digits, weights = gated[first + row].added
            weight = np.where(digits & 1, -weights, weights)
            added.append(Entries(np.full(len(digits), row), digits >> 1, weight))
            whole[row], constants[row] = False, gated[first + row].core + np.minimum(weight, 0).sum()
    kept = [part[whole[entries.row]] for part in entries]
    return Entries(*(np.concatenate(part) for part in zip(kept, *added, strict=True))), constants


def _variables(cell: Cell) -> tuple[dict[str, Ints], int]:
    """A variable for every bit that a block may read, by source name; and how many there are."""
    variables, count = {}, 0
    for source in [*cell.widths, *(OLD + block.name for block in cell.blocks if block.HAS_OLD)]:
        bits = cell.source_ranges(source).bits
        variables[source] = count + np.arange(bits)
        count += bits
    return variables, count


def _ends(compares: bool, constants: Ints, entries: Entries, own: Ranges | None) -> tuple[Ends, Flags]:
    """The ends of its rows, and which of them need adders: those that always or never fire are a constant 1 or 0.

    A number of the head has as many bits as two's complement needs, any other those of its range (`own`), which is all
    that is read; for comparisons see `bridge.lowering.adders`.
    """
    negative, total = np.zeros_like(constants), np.zeros_like(constants)
    np.add.at(negative, entries.row, np.minimum(entries.weight, 0))
    np.add.at(total, entries.row, np.abs(entries.weight))
    if not compares:
        low = constants + negative
        width = 1 + _bit_length(np.maximum(np.maximum(low + total, -low - 1), 0)) if own is None else own.widths
        return Ends(np.ones(len(low), np.bool_), width, low), np.ones(len(low), np.bool_)
    least = constants - negative
    live = (least > 0) & (least <= total)
    top = np.where(live, np.maximum(_bit_length(least - 1), _bit_length(total - least)), 0)
    return Ends(np.zeros(len(least), np.bool_), top, np.where(live, (1 << top) - least, least <= 0)), live


def _digits(entries: Entries, live: Flags) -> tuple[Ints, Ints, Ints]:
    """(row, place, digit) of every binary digit of every weight of the rows that are live, sorted by row."""
    row, variable, weight = (part[live[entries.row]] for part in entries)
    wide = int(np.abs(weight).max(initial=0)).bit_length()
    index, place = np.nonzero(np.abs(weight)[:, None] >> np.arange(wide) & 1)
    return row[index], place, 2 * variable[index] + (weight[index] < 0)


def _bit_length(numbers: Ints) -> Ints:
    """int64[n]: the bits of each number, which is below 2**53."""
    return np.frexp(numbers)[1].astype(np.int64)
