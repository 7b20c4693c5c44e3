"""Polynomials over the bits of a netlist, modulo a power of two, rewritten from the outputs towards the inputs.

Every gate is a polynomial of its fanins (an AND their product), so whatever is equal is the same polynomial of the
inputs. The topmost gate is always rewritten first: then most of what is equal cancels far above the inputs.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from bridge.equivalence.arithmetic.adders import Adders
from bridge.equivalence.clock import Clock

Polynomial = dict[frozenset[int], int]
_ONE: frozenset[int] = frozenset()


class Remainder:
    """A polynomial in the making: by monomial, a set of variables, how often it counts."""

    def __init__(self, adders: Adders, modulus: int, terms: Mapping[int, int], constant: int) -> None:
        self._adders, self._modulus = adders, modulus
        self.monomials: Polynomial = {}
        self._within: dict[int, set[frozenset[int]]] = {}
        self._waiting: list[int] = []
        self._add(_ONE, constant)
        for variable, count in terms.items():
            self._add(frozenset((variable,)), count)

    def vanishes(self, clock: Clock, most: int) -> bool:
        """Whether it is 0 for all inputs; False, too, when so many monomials were made, or the clock is over."""
        made = 0
        while self._waiting and made <= most and not clock.over:
            made += self._rewrite(-heapq.heappop(self._waiting))
        return not self.monomials

    def _rewrite(self, variable: int) -> int:
        """Replace a gate everywhere; how many monomials that made."""
        replacement, within = self._replacement(variable), self._within.pop(variable)
        for monomial in within:
            count, rest = self.monomials.pop(monomial), monomial - {variable}
            for other in rest:
                self._within[other].discard(monomial)
            for factor, times in replacement.items():
                self._add(rest | factor, count * times)
        return len(within) * len(replacement)

    def _add(self, monomial: frozenset[int], count: int) -> None:
        total = (self.monomials.get(monomial, 0) + count) % self._modulus
        if total:
            if monomial not in self.monomials:
                for variable in monomial:
                    self._note(variable, monomial)
            self.monomials[monomial] = total
        elif monomial in self.monomials:
            del self.monomials[monomial]
            for variable in monomial:
                self._within[variable].discard(monomial)

    def _note(self, variable: int, monomial: frozenset[int]) -> None:
        if variable not in self._within:
            self._within[variable] = set()
            if variable >= self._adders.form.first_and:
                heapq.heappush(self._waiting, -variable)
        self._within[variable].add(monomial)

    def _replacement(self, variable: int) -> Polynomial:
        """A gate in terms of what it reads."""
        for leaves, odd in self._adders.sums.get(variable, ()):
            if len(leaves) == 2:
                one, other = _literal(2 * leaves[0]), _literal(2 * leaves[1] ^ odd)
                return _sum(one, other, _product(one, other, -2))
        left, right = self._adders.fanins(variable)
        return _product(_literal(left), _literal(right), 1)


def _literal(literal: int) -> Polynomial:
    alone = frozenset((literal >> 1,))
    return {_ONE: 1, alone: -1} if literal & 1 else {alone: 1}


def _product(one: Polynomial, other: Polynomial, times: int) -> Polynomial:
    result: Polynomial = {}
    for left, count in one.items():
        for right, factor in other.items():
            result[left | right] = result.get(left | right, 0) + times * count * factor
    return result


def _sum(*polynomials: Polynomial) -> Polynomial:
    result: Polynomial = {}
    for polynomial in polynomials:
        for monomial, count in polynomial.items():
            result[monomial] = result.get(monomial, 0) + count
    return result
