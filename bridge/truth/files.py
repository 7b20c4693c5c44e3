"""Truth tables: `.truth` files, and the tables of netlists.

A `.truth` file holds one output per line as a string of 0 and 1, the value for the all-ones input first (input 0 is the
least significant bit of the row); all lines have the same length, a power of two.
"""

from __future__ import annotations

import os

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits
from bridge.errors import InputError
from bridge.execution import simulate
from bridge.files import read_bytes, write_atomic

MOST_INPUTS = 20
MOST_VALUES = 1 << 26  # of all outputs of a netlist, in memory and in a file


def read_truth(path: str | os.PathLike[str]) -> Bits:
    """uint8[outputs, 2**inputs], the value for the all-zeros input first. InputError with the line at fault."""
    text = read_bytes(path, "truth tables").decode("ascii", "replace")
    rows: list[Bits] = []
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


def table_of(aig: Aig) -> Bits:
    """The truth tables of a combinational netlist; the inverse of `from_table`."""
    inputs, outputs = len(aig.inputs), len(aig.outputs)
    if aig.latches or inputs > MOST_INPUTS:
        raise InputError(
            f"only a combinational netlist of up to {MOST_INPUTS} inputs has a truth table, not one of {inputs} inputs "
            f"and {len(aig.latches)} latches"
        )
    if not 0 < outputs <= MOST_VALUES >> inputs:
        most = MOST_VALUES >> inputs
        raise InputError(f"truth tables of {inputs} inputs are made for 1 .. {most:,} outputs, not {outputs:,}")
    rows = np.arange(1 << inputs)
    bits = np.pad((rows >> np.arange(inputs)[:, None] & 1).astype(np.uint8), ((0, 0), (0, -len(rows) % 64)))
    words = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    found = simulate(aig, words).view(np.uint8)
    table: Bits = np.unpackbits(found, axis=1, bitorder="little")[:, : len(rows)]
    return table


def write_truth(aig: Aig, path: str | os.PathLike[str]) -> None:
    """A `.truth` file of a combinational netlist: functions only, no names. InputError as of `table_of`."""
    lines = [(row[::-1] + ord("0")).tobytes() + b"\n" for row in table_of(aig)]
    write_atomic(path, b"".join(lines))


def symmetric(table: Bits) -> bool:
    """Does every output depend only on the number of ones among the inputs?"""
    ones = np.bitwise_count(np.arange(table.shape[1]))
    return bool((table == by_ones(table)[:, ones]).all())


def by_ones(table: Bits) -> Bits:
    """uint8[outputs, inputs + 1]: the values where so many of the lowest inputs are 1."""
    found: Bits = table[:, (1 << np.arange(int(table.shape[1]).bit_length())) - 1]
    return found
