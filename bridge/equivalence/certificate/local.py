"""Small pieces of a netlist on every value of the numbers that they read, whatever these are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits, Flags, Ints
from bridge.cell.ranges import Ranges

MOST = 18  # bits read together; the truth table of each node then has 32 KiB


class Local:
    """Asks what literals of one netlist are, as functions of others."""

    def __init__(self, aig: Aig) -> None:
        self._first = aig.first_and
        self._ands: list[list[int]] = aig.ands.tolist()

    def computes(self, read: Ints, ranges: Ranges, outs: Sequence[int], expected: Sequence[Ints]) -> bool:
        """Are the literals `outs` the bits `expected`, one array of 0 and 1 each with an entry for every combination of
        the bits of elements, as `combinations` lists them? False for more than MOST bits.

        read: the literals of the bits. Combinations that spell a number outside its range, and those that the literals
        cannot have together as they are of the same variable, are not asked about.
        """
        variables = sorted({literal >> 1 for literal in read.tolist()} - {0})
        if len(read) > MOST:
            return False
        index = np.arange(1 << len(variables))
        places = {variable: place for place, variable in enumerate(variables)}
        columns = [self._column(literal, places, index) for literal in read.tolist()]
        bits = np.stack(columns, axis=1) if columns else np.zeros((1, 0), np.uint8)
        values = ranges.decode(bits)
        care = _mask(np.all((ranges.low <= values) & (values <= ranges.high), axis=1))
        combination = bits @ (1 << np.arange(len(columns)))
        known = {variable: _mask((index >> place & 1).astype(np.bool_)) for variable, place in places.items()}
        known[0] = 0
        for out, wanted in zip(outs, expected, strict=True):
            found = self._mask(out, known, (1 << len(index)) - 1)
            if found is None or (found ^ _mask(wanted[combination].astype(np.bool_))) & care:
                return False
        return True

    @staticmethod
    def _column(literal: int, places: dict[int, int], index: Ints) -> Bits:
        if literal < 2:
            return np.full(len(index), literal, np.uint8)
        return (index >> places[literal >> 1] & 1 ^ (literal & 1)).astype(np.uint8)

    def _mask(self, literal: int, known: dict[int, int], every: int) -> int | None:
        """The truth table of a literal, `known` being those of variables; None if it reads others."""
        waiting = [literal >> 1]
        while waiting:
            variable = waiting[-1]
            if variable in known:
                waiting.pop()
                continue
            if variable < self._first:
                return None
            a, b = self._ands[variable - self._first]
            missing = [side >> 1 for side in (a, b) if side >> 1 not in known]
            if missing:
                waiting += missing
                continue
            known[variable] = (known[a >> 1] ^ every * (a & 1)) & (known[b >> 1] ^ every * (b & 1))
        return known[literal >> 1] ^ every * (literal & 1)


def combinations(ranges: Ranges) -> Ints:
    """int64[2**bits, elements]: what all combinations of the bits of elements spell, the first bit being the lowest of
    their number; those outside a range are cut to it."""
    index = np.arange(1 << ranges.bits)
    bits = (index[:, None] >> np.arange(ranges.bits) & 1).astype(np.uint8)
    return np.clip(ranges.decode(bits), ranges.low, ranges.high)


def _mask(flags: Flags) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
