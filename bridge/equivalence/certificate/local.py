"""Small pieces of a netlist on every value of the numbers that they read, whatever these are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.aig import FALSE, Aig
from bridge.arrays import Flags, Ints
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

        read: the literals of the bits. Combinations that spell a number outside its range do not count, nor do those
        that the literals cannot have together: one may be a function of the others, or of what these read. Whatever set
        of free variables proves it proves it.
        """
        if not outs:
            return True
        variables = sorted({literal >> 1 for literal in read.tolist()} - {0})
        gates = [variable for variable in variables if variable >= self._first]
        for opened in [[], *([gate] for gate in reversed(gates)), gates]:
            rest = set(variables) - set(opened)
            sides = {side >> 1 for gate in opened for side in self._ands[gate - self._first]} - {0}
            for free in (rest, rest | sides) if opened else (rest,):
                if len(free) <= MOST and self._computes(sorted(free), read, ranges, outs, expected):
                    return True
        return False

    def decides(self, cases: Sequence[Sequence[tuple[int, int]]], expected: Sequence[int], out: int) -> bool:
        """Is the literal `out` as expected in each case, which says what some literals are, whatever the others are, as
        far as that is seen gate by gate? What no case mentions may not be read."""
        every = (1 << len(cases)) - 1
        said = [{FALSE: 0}, {FALSE: 0}]  # by variable: the cases in which it is 0, in which it is 1
        for place, case in enumerate(cases):
            for literal, value in case:
                for side in (0, 1):
                    said[side].setdefault(literal >> 1, 0)
                said[value ^ literal & 1][literal >> 1] |= 1 << place
        zero, one = said
        impossible = one[FALSE]
        for variable in zero:
            impossible |= zero[variable] & one[variable]
        known = {variable: (every & ~one[variable], every & ~zero[variable]) for variable in zero}
        known[FALSE] = every, 0
        wanted = sum(value << place for place, value in enumerate(expected))
        ways = self.possible(out, known)
        return ways is not None and not (ways[0] & wanted | ways[1] & ~wanted) & every & ~impossible

    def _computes(
        self, free: list[int], read: Ints, ranges: Ranges, outs: Sequence[int], expected: Sequence[Ints]
    ) -> bool:
        index = np.arange(1 << len(free))
        every = (1 << len(index)) - 1
        known = {0: (every, 0)}
        for place, variable in enumerate(free):
            one = mask_of((index >> place & 1).astype(np.bool_))
            known[variable] = one ^ every, one
        found = []
        for literal in (*read.tolist(), *outs):
            ways = self.possible(literal, known)
            if ways is None:
                return False
            found.append(np.frombuffer(ways[1].to_bytes(-(-len(index) // 8), "little"), np.uint8))
        bits = np.unpackbits(np.array(found), axis=1, count=len(index), bitorder="little").T
        own, gives = bits[:, : len(read)], bits[:, len(read) :]
        values = ranges.decode(own)
        care = np.all((ranges.low <= values) & (values <= ranges.high), axis=1)
        combination = own[care] @ (1 << np.arange(len(read)))
        wanted = np.stack([column[combination] for column in expected], axis=1)
        return bool((gives[care] == wanted).all())

    def possible(self, literal: int, known: dict[int, tuple[int, int]]) -> tuple[int, int] | None:
        """(where a literal may be 0, where it may be 1), as masks of cases, given the same of variables; never less
        than it can, and no more if both of all variables are complements. None if it reads others. Fills `known`."""
        waiting = [literal >> 1]
        while waiting:
            variable = waiting[-1]
            if variable in known:
                waiting.pop()
                continue
            if variable < self._first:
                return None
            sides = self._ands[variable - self._first]
            missing = [side >> 1 for side in sides if side >> 1 not in known]
            if missing:
                waiting += missing
                continue
            (zero, one), (other, both) = (_turned(known[side >> 1], side) for side in sides)
            known[variable] = zero | other, one & both
        return _turned(known[literal >> 1], literal)


def combinations(ranges: Ranges) -> Ints:
    """int64[2**bits, elements]: what combinations of the bits of elements spell, those outside a range cut to it."""
    return np.clip(ranges.spelled(), ranges.low, ranges.high)


def _turned(ways: tuple[int, int], literal: int) -> tuple[int, int]:
    return ways[::-1] if literal & 1 else ways


def mask_of(flags: Flags) -> int:
    """The cases that have a flag, from the lowest bit on."""
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
