"""The weighted sums of a cell as rows of digits.

A weight is a sum of powers of two, its digits (`digits.py`). Negative weights become complemented ones (`-w * x = w *
not x - w`), so that a row is a sum of `2**place * digit`, plus a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Entries, Summed
from bridge.cell.ranges import Ranges
from bridge.lowering.columns import Columns, columns_of
from bridge.lowering.digits import Digits, digits_of
from bridge.lowering.gated import Gated
from bridge.lowering.held import Held, held_of, only_compared
from bridge.lowering.plan import Ends

PLACES = 36  # or more: int32 constants and 2**16 int8 weights of bits stay below 2**34
_NOTHING = np.zeros(0, np.int64)
_NOBODY = Ends(_NOTHING.astype(np.bool_), _NOTHING, _NOTHING, _NOTHING)
_NONE = Digits(_NOTHING, _NOTHING, _NOTHING, _NOTHING)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of all sums of a cell, one below the other. `variables`: by source, those of its bits, all of them
    0 .. count - 1; `first`: the first row of each block; `columns`, `ends`: what is added up; `held`: the sums that are
    only compared, by block; `gated`: the rows of which all else is gates; `small`: see `rows_of`."""

    variables: Mapping[str, Ints]
    count: int
    first: Mapping[str, int]
    columns: Columns
    ends: Ends
    held: Mapping[str, Held]
    gated: Mapping[int, Gated]
    small: bool

    def signals(self, cell: Cell) -> list[str]:
        """The names of all variables; none for bits that have none."""
        own = ([""] * len(self.variables[name]) if name in self.held else cell.signals(name) for name in self.variables)
        return [name for names in own for name in names]


def rows_of(
    cell: Cell, *, whole: bool = False, small: bool = False, gated: Mapping[int, Gated] = MappingProxyType({})
) -> Rows:
    """Every weight taken apart into digits; in each column those of frequent variables come first. whole: are sums
    that are only compared to be numbers all the same? small: are digits signed, and sums moved, where that takes
    fewer ANDs? gated: rows of which only the `added` literals are added up."""
    entries = {block.name: block.entries(cell.ranges_read(block)) for block in cell.summed}
    held = {} if whole else _held(cell, entries, small=small)
    variables, count = _variables(cell, held)
    first: dict[str, int] = {}
    height, digits, ends = 0, [_NONE], [_NOBODY]
    for block in cell.summed:
        first[block.name] = height
        own = entries[block.name]
        if block.name in held:
            end, live = _held_ends(_reach(block, own)[0], held[block.name])
        else:
            end, live = _ends(block, own, cell.ranges.get(block.name))
        own = over_variables(own, block, variables)
        if gated:
            own = _without_gates(own, end, live, gated, height)
        apart = _apart(own, live, end, signed=small)
        digits.append(apart._replace(row=height + apart.row))
        ends.append(end)
        height += len(live)
    return Rows(variables, count, first, *_placed(count, ends, digits), held, gated, small)


def rows_over(entries: Entries, count: int, own: Ranges) -> Rows:
    """Sums of literals that are not bits of the cell, which are variables 0 .. count - 1, whole; own: what they are."""
    low = np.zeros(len(own), np.int64)
    np.add.at(low, entries.row, np.minimum(entries.weight, 0))
    whole = np.ones(len(own), np.bool_)
    ends = Ends(whole, own.widths, low, np.zeros_like(low))
    digits = digits_of(entries, whole, ~whole)
    return Rows({}, count, {}, *_placed(count, [_NOBODY, ends], [digits]), {}, {}, small=False)


def _apart(entries: Entries, live: Flags, ends: Ends, *, signed: bool) -> Digits:
    """Their digits, signed where they are fewer and may be: a row that compares must not begin below 0 nor have digits
    above what is added up, so that at most one of its last carries is 1, see `bridge.lowering.adders`."""
    found = digits_of(entries, live, np.full(len(live), signed))
    if not signed:
        return found
    highest = np.zeros(len(live), np.int64)
    np.maximum.at(highest, found.row, found.place)
    fine = ends.whole | (ends.offset + found.constant >= 0) & (highest <= ends.top)
    return found if fine.all() else digits_of(entries, live, fine)


def _placed(count: int, ends: list[Ends], digits: list[Digits]) -> tuple[Columns, Ends]:
    """The columns of the digits of all rows, and their ends together."""
    rows, places, all_digits, constant = (np.concatenate(part) for part in zip(*digits, strict=True))
    often = np.bincount(all_digits >> 1, minlength=count)[all_digits >> 1]
    order = np.lexsort((all_digits, -often, places, rows))
    every = Ends(*(np.concatenate(part) for part in zip(*ends, strict=True)))
    width = max(PLACES, 2 + int(places.max(initial=0)), 2 + int(every.top.max(initial=0)))
    height = len(every.top)
    room = np.repeat(np.bincount(rows, minlength=height), width)
    column = (rows * width + places)[order]
    columns = columns_of(column, all_digits[order], room, constant, width)
    return columns, every


def over_variables(entries: Entries, block: Summed, variables: Mapping[str, Ints]) -> Entries:
    """The weights of variables instead of bits; a variable may have several in a row."""
    return entries._replace(bit=np.concatenate([variables[source] for source in block.sources])[entries.bit])


def _without_gates(entries: Entries, ends: Ends, live: Flags, gated: Mapping[int, Gated], first: int) -> Entries:
    """What is added up of the rows from `first` on. Changes the ends of those that are gates, and whether they live."""
    whole, added = np.ones(len(live), np.bool_), list[Entries]()
    for row in range(len(live)):
        if first + row in gated:
            digits, weights = gated[first + row].added
            added.append(Entries(np.full(len(digits), row), digits >> 1, np.where(digits & 1, -weights, weights)))
            least, total = np.array([gated[first + row].core]), weights.sum(keepdims=True)
            whole[row], live[row] = False, 0 < least <= total
            ends.top[row], ends.offset[row] = (part[0] for part in _reaching(least, total))
            ends.start[row] = ends.top[row]
    kept = [part[whole[entries.row]] for part in entries]
    return Entries(*(np.concatenate(part) for part in zip(kept, *added, strict=True)))


def _held(cell: Cell, entries: Mapping[str, Entries], *, small: bool) -> dict[str, Held]:
    """The sums that are only compared."""
    asked = {block.name: only_compared(cell, block.name) for block in cell.summed if block.name in cell.widths}
    found = {}
    for block in cell.summed:
        if asked.get(block.name) and not block.COMPARES:
            own = entries[block.name]
            lowest, total = _reach(block, own)
            digits = _sizes(own, lowest) if small else None
            found[block.name] = held_of(asked[block.name], cell.ranges[block.name], lowest, total, digits)
    return found


def _sizes(entries: Entries, lowest: Ints) -> tuple[Ints, Ints]:
    """int64[rows, places]: how many digits each row has at each place; and int64[rows], what is added to them."""
    every = np.ones(len(lowest), np.bool_)
    found = digits_of(entries, every, every)
    sizes = np.zeros((len(lowest), max(PLACES, 2 + int(found.place.max(initial=0)))), np.int64)  # carries go beyond
    np.add.at(sizes, (found.row, found.place), 1)
    return sizes, lowest + found.constant


def _variables(cell: Cell, held: Mapping[str, Held]) -> tuple[dict[str, Ints], int]:
    """A variable for every bit that a block may read, by source name; and how many there are."""
    variables, count = {}, 0
    for source in cell.sources:
        bits = (held[source].ranges if source in held else cell.source_ranges(source)).bits
        variables[source] = count + np.arange(bits)
        count += bits
    return variables, count


def _reach(block: Summed, entries: Entries) -> tuple[Ints, Ints]:
    """int64[rows] each: the least that the bits of each row add up to, its constant included unless it compares with
    that, and how much more they may."""
    constants = np.zeros(len(block.constants), np.int64) if block.COMPARES else block.constants.astype(np.int64)
    negative, total = np.zeros_like(constants), np.zeros_like(constants)
    np.add.at(negative, entries.row, np.minimum(entries.weight, 0))
    np.add.at(total, entries.row, np.abs(entries.weight))
    return constants + negative, total


def _ends(block: Summed, entries: Entries, own: Ranges | None) -> tuple[Ends, Flags]:
    """The ends of its rows, and which of them need adders: those that always or never fire are a constant 1 or 0.

    A number of the head has as many bits as two's complement needs, any other those of its range (`own`), which is all
    that is read; for comparisons see `bridge.lowering.adders`.
    """
    low, total = _reach(block, entries)
    if not block.COMPARES:
        width = 1 + _bit_length(np.maximum(np.maximum(low + total, -low - 1), 0)) if own is None else own.widths
        return Ends(np.ones(len(low), np.bool_), width, low, np.zeros(len(low), np.int64)), np.ones(len(low), np.bool_)
    least = block.constants.astype(np.int64) - low
    top, offset = _reaching(least, total)
    return Ends(np.zeros(len(least), np.bool_), top, offset, top.copy()), (least > 0) & (least <= total)


def _reaching(least: Ints, total: Ints) -> tuple[Ints, Ints]:
    """(top, offset) of rows of 0 .. total that must reach `least`, see Ends."""
    live = (least > 0) & (least <= total)
    top = np.where(live, np.maximum(_bit_length(least - 1), _bit_length(total - least)), 0)
    return top, np.where(live, (1 << top) - least, least <= 0)


def _held_ends(lowest: Ints, held: Held) -> tuple[Ends, Flags]:
    """The same for sums that are only compared; those that no constant tells apart need no adders."""
    live = held.ranges.widths > 0
    top = np.where(live, held.shift + np.where(held.alone, 0, held.ranges.widths), 0)
    start = np.where(live, held.shift, 0)
    return Ends(live & ~held.alone, top, np.where(live, held.offset + lowest, 0), start), live


def _bit_length(numbers: Ints) -> Ints:
    """int64[n]: the bits of each number, which is below 2**53."""
    return np.frexp(numbers)[1].astype(np.int64)
