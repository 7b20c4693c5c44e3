"""Weighted sums of literals, modulo a power of two, with adders taken out of them.

From the output words backwards (column-wise, as Ritirc, Biere, Kauers, FMCAD 2017, do it with polynomials): whatever an
adder adds stands for its sum and its carry. The sum is linear all the way, so no monomial ever explodes; what no
adder explains stays, and is a polynomial of the inputs in the end, if it reads few of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from bridge.equivalence.arithmetic.adders import Adder, Adders
from bridge.equivalence.arithmetic.polynomials import Remainder
from bridge.equivalence.clock import Clock

_MONOMIALS = 40_000  # at most, and so many for each term: those of words need 12, what is decided at all 35,000
_MORE_MONOMIALS = 50


class Sum:
    """`terms`: by variable, what it counts; all modulo 2 ** width."""

    def __init__(self, adders: Adders, width: int) -> None:
        self.adders, self.modulus = adders, 1 << width
        self.constant = 0
        self.terms: dict[int, int] = {}
        self._waiting: list[tuple[int, int]] = []

    @classmethod
    def difference(cls, adders: Adders, ours: Sequence[int], theirs: Sequence[int], clock: Clock) -> Sum:
        """Of two words, lowest bit first, with all adders taken out."""
        result = cls(adders, len(ours))
        for place, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            result.add(mine, 1 << place)
            result.add(other, -(1 << place))
        result.reduce(clock)
        return result

    def add(self, literal: int, count: int) -> None:
        """Count a literal so many times more."""
        if literal & 1:
            self.constant = (self.constant + count) % self.modulus
            count = -count
        variable = literal >> 1
        if variable == 0:
            return
        total = (self.terms.pop(variable, 0) + count) % self.modulus
        if total:
            self.terms[variable] = total
            if variable in self.adders.sums:
                heapq.heappush(self._waiting, (-(total & -total), -variable))

    def reduce(self, clock: Clock) -> None:
        """Put addends for sums, the highest places first, so that carries are there when their sum's turn comes."""
        while self._waiting and not clock.over:
            least, negative = heapq.heappop(self._waiting)
            variable = -negative
            count = self.terms.get(variable, 0)
            if count & -count != -least:
                continue
            adder = self._adder(variable, count)
            if adder is not None:
                self._replace(adder, count)

    def _adder(self, variable: int, count: int) -> Adder | None:
        """The one whose carry goes as well; else any with a carry; where carries do not count, any."""
        adders = list(self.adders.of(variable))
        for adder in adders:
            if self._cancels(adder, count):
                return adder
        for adder in self.adders.likely(variable):
            if self._cancels(adder, count) and self.adders.proves(adder):
                return adder
        return adders[0] if adders[0].carry is not None else None

    def _cancels(self, adder: Adder, count: int) -> bool:
        """Whether its carry would be gone with its total."""
        if adder.carry is None:
            return 2 * count % self.modulus == 0
        sign = -1 if (adder.carry ^ adder.total) & 1 else 1
        there = self.terms.get(adder.carry >> 1, 0)
        return there != 0 and (there - 2 * count * sign) % self.modulus == 0

    def _replace(self, adder: Adder, count: int) -> None:
        self.add(adder.total & ~1, -count)
        if adder.total & 1:
            self.constant = (self.constant + count) % self.modulus
            count = -count
        for literal in adder.addends:
            self.add(literal, count)
        if adder.carry is not None:
            self.add(adder.carry, -2 * count)

    def vanishes(self, clock: Clock) -> bool:
        """Whether it is 0 for all inputs, as far as polynomials that are small enough can tell."""
        most = _MONOMIALS + _MORE_MONOMIALS * len(self.terms)
        return Remainder(self.adders, self.modulus, self.terms, self.constant).vanishes(clock, most)
