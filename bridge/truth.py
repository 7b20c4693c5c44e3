"""Truth tables as netlists: `.truth` files, and small structures to start from.

A `.truth` file holds one output per line as a string of 0 and 1, the value for the all-ones input first (input 0 is the
least significant bit of the row); all lines have the same length, a power of two.
"""

from __future__ import annotations

import os
from typing import Literal

import numpy as np
import numpy.typing as npt

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, default_names
from bridge.errors import InputError
from bridge.execution import simulate
from bridge.files import read_bytes

MOST_INPUTS = 20
SUFFIX = ".truth"

Start = Literal["auto", "muxes", "products", "sums"]
Table = npt.NDArray[np.uint8]


def read_truth(path: str | os.PathLike[str]) -> Table:
    """uint8[outputs, 2**inputs], the value for the all-zeros input first. InputError with the line at fault."""
    text = read_bytes(path, "truth tables").decode("ascii", "replace")
    rows: list[Table] = []
    for number, line in enumerate(text.split("\n"), 1):
        row = line.strip()
        if not row:
            continue
        if set(row) - {"0", "1"}:
            raise InputError(f"{path}:{number}: a truth table is a line of 0 and 1")
        if len(row) & (len(row) - 1) or len(row) > 1 << MOST_INPUTS:
            raise InputError(f"{path}:{number}: {len(row)} values; a power of two up to 2**{MOST_INPUTS} is needed")
        if rows and len(row) != len(rows[0]):
            raise InputError(f"{path}:{number}: {len(row)} values, but {len(rows[0])} in the lines before")
        rows.append(np.frombuffer(row.encode(), np.uint8)[::-1] - ord("0"))
    if not rows:
        raise InputError(f"{path}: holds no truth table")
    return np.array(rows, np.uint8)


def from_table(table: Table, start: Start = "auto", name: str = "") -> Aig:
    """A netlist with inputs i0, i1, ... and outputs o0, o1, ...

    `muxes`: decision diagrams, shared between outputs; `products`: a sum of irredundant products of each output;
    `sums`: what depends only on how many inputs are 1, from an adder tree; `auto`: the smallest of those.
    """
    if start != "auto":
        return _STARTS[start](table, name)
    made = [build(table, name) for kind, build in _STARTS.items() if kind != "sums" or symmetric(table)]
    return min(made, key=lambda aig: len(aig.ands))


def table_of(aig: Aig) -> Table:
    """The truth tables of a combinational netlist; the inverse of `from_table`."""
    inputs = len(aig.inputs)
    if aig.latches or inputs > MOST_INPUTS:
        raise InputError(f"only a combinational netlist of up to {MOST_INPUTS} inputs has a truth table")
    rows = np.arange(1 << inputs)
    bits = np.pad((rows >> np.arange(inputs)[:, None] & 1).astype(np.uint8), ((0, 0), (0, -len(rows) % 64)))
    words = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    found = simulate(aig, words).view(np.uint8)
    table: Table = np.unpackbits(found, axis=1, bitorder="little")[:, : len(rows)]
    return table


def symmetric(table: Table) -> bool:
    """Does every output depend only on the number of ones among the inputs?"""
    ones = np.bitwise_count(np.arange(table.shape[1]))
    first = [int(np.flatnonzero(ones == count)[0]) for count in range(int(ones.max()) + 1)]
    return bool((table == table[:, first][:, ones]).all())


def _started(table: Table, name: str) -> tuple[AigBuilder, list[int]]:
    builder = AigBuilder(name)
    count = table.shape[1].bit_length() - 1
    return builder, [builder.input(each) for each in default_names("i", count)]


def _muxes(table: Table, name: str) -> Aig:
    """Shannon expansion along the order of inputs, found by sifting, that needs the fewest nodes."""
    order = list(range(table.shape[1].bit_length() - 1)) if symmetric(table) else _sifted(table)
    builder, inputs = _started(table, name)
    tables = _reordered(table, order)
    made: dict[bytes, int] = {}

    def build(values: Table) -> int:
        if values[0]:
            return build(1 - values) ^ 1
        if not values.any():
            return FALSE
        key = values.tobytes()
        if key not in made:
            half = len(values) // 2
            other, then = build(values[:half]), build(values[half:])
            made[key] = other if then == other else builder.mux(inputs[order[half.bit_length() - 1]], then, other)
        return made[key]

    for index, values in enumerate(tables):
        builder.output(f"o{index}", build(values))
    return builder.build()


def _reordered(table: Table, order: list[int]) -> Table:
    """The tables over the inputs in this order, the first one being the least significant."""
    count = len(order)
    cube = table.reshape(-1, *([2] * count))  # axis 1 + k is input count - 1 - k
    axes = [0, *(1 + count - 1 - variable for variable in reversed(order))]
    result: Table = np.ascontiguousarray(cube.transpose(axes)).reshape(len(table), -1)
    return result


def _sifted(table: Table) -> list[int]:
    """Move every input to its best place, twice."""
    count = table.shape[1].bit_length() - 1
    order = list(range(count))
    best = _nodes(_reordered(table, order))
    for variable in [*range(count), *range(count)]:
        for place in range(count):
            trial = [other for other in order if other != variable]
            trial.insert(place, variable)
            found = _nodes(_reordered(table, trial))
            if found < best:
                best, order = found, trial
    return order


def _nodes(tables: Table) -> int:
    """Nodes of the shared decision diagram: different subtables, up to a complement, that are not two equal halves."""
    total, rows = 0, tables
    while rows.shape[1] > 1:
        rows = np.unique(rows ^ rows[:, :1], axis=0)
        half = rows.shape[1] // 2
        total += int((rows[:, :half] != rows[:, half:]).any(axis=1).sum())
        rows = np.concatenate([rows[:, :half], rows[:, half:]])
    return total


def _products(table: Table, name: str) -> Aig:
    """Irredundant sums of products (Minato and Morreale), factored as they are made."""
    builder, inputs = _started(table, name)

    def cover(low: Table, high: Table) -> tuple[int, Table]:
        """A literal whose function lies between low and high, and that function."""
        if not low.any():
            return FALSE, np.zeros_like(low)
        if high.all():
            return TRUE, np.ones_like(low)
        half = len(low) // 2
        literal = inputs[half.bit_length() - 1]
        low0, low1, high0, high1 = low[:half], low[half:], high[:half], high[half:]
        zero, zeros = cover(low0 & (1 - high1), high0)
        one, ones = cover(low1 & (1 - high0), high1)
        rest0, rest1 = low0 & (1 - zeros), low1 & (1 - ones)
        both, boths = cover(rest0 | rest1, high0 & high1)
        found = builder.or_(builder.mux(literal, one, zero), both)
        return found, np.concatenate([zeros | boths, ones | boths])

    for index, values in enumerate(table):
        builder.output(f"o{index}", cover(values, values)[0])
    return builder.build()


def _sums(table: Table, name: str) -> Aig:
    """Count the ones with full adders, then decide by the bits of the count."""
    if not symmetric(table):
        raise InputError(f"{name or 'the function'} does not depend on the number of ones alone")
    builder, inputs = _started(table, name)
    ones = np.bitwise_count(np.arange(table.shape[1]))
    values = [[int(row[np.flatnonzero(ones == count)[0]]) for count in range(len(inputs) + 1)] for row in table]
    offset = _offset(values)
    columns = [[TRUE] * (offset >> place & 1) for place in range(offset.bit_length())] or [[]]
    columns[0] += inputs
    bits = _added(builder, columns)

    def choose(choices: list[int], place: int) -> int:
        if len(set(choices)) <= 1:
            return choices[0]
        half = 1 << place
        other, then = choose(choices[:half], place - 1), choose(choices[half:], place - 1)
        return builder.mux(bits[place], then, other)

    for index, row in enumerate(values):
        room = (1 << len(bits)) - offset - len(row)
        builder.output(f"o{index}", choose([*row[:1] * offset, *row, *row[-1:] * room], len(bits) - 1))
    return builder.build()


def _offset(values: list[list[int]]) -> int:
    """What to add to the number of ones, so that the highest bit tells whether it reached a lone threshold."""
    least = [index for index in range(1, len(values[0])) if values[0][index] != values[0][index - 1]]
    return -least[0] % (1 << least[0].bit_length()) if len(values) == len(least) == 1 else 0


def _added(builder: AigBuilder, columns: list[list[int]]) -> list[int]:
    """The bits of the sum of columns of literals, lowest first; at least one."""
    bits = []
    while columns:
        column, carries = columns.pop(0), list[int]()
        while len(column) > 1:
            a, b, c = (*column[:2], FALSE) if len(column) == 2 else column[:3]
            total, carry = builder.full_adder(a, b, c)
            column = [*column[3:], total]
            carries.append(carry)
        bits.append(column[0] if column else FALSE)
        if carries and not columns:
            columns.append([])
        if carries:
            columns[0] += carries
    return bits


_STARTS = {"muxes": _muxes, "products": _products, "sums": _sums}
