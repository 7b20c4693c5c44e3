"""Words inside of two netlists that are equal by algebra: those of the one take the place of those of the other.

A voter counts, a filter multiplies, and what they make of the result is other logic. Partial sums of different orders
have nothing in common, but the bits of the result do: they are the sums that behave like one of the other netlist. From
bit to bit carries lead. What was replaced is what later words add, so this is done again until nothing more is found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.cone import cone_of
from bridge.aig.literals import through
from bridge.equivalence.arithmetic.adders import Adders
from bridge.equivalence.arithmetic.sums import Sum
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import beside

_ROUNDS = 20
_SHORTEST = 2
_STEPS = 2000  # from a bit to the next: the adders of a column
Pairs = dict[int, int]


def with_words_of(adders: Adders, a: Aig, b: Aig, clock: Clock) -> Aig | None:
    """`b` with the words of `a` in it; None where there are none. adders: those of both, `beside` each other."""
    result, count = None, len(a.outputs)
    for _ in range(_ROUNDS):
        both = adders.form
        ours, theirs = np.split(both.output_literals() >> 1, [count])
        mine, other = cone_of(both, ours), cone_of(both, theirs)
        found = _equal_bits(adders, np.flatnonzero(mine).tolist(), {*np.flatnonzero(other).tolist()}, clock)
        if clock.over or not found:
            break
        result = _replaced(both, found, count, b)
        adders = Adders(beside(a, result))
    return result


def _equal_bits(adders: Adders, mine: Iterable[int], other: set[int], clock: Clock) -> Pairs:
    """By variable of the second netlist, the literal of the first that was proven to be the same."""
    words, found = _Words(adders, mine, other), Pairs()
    for word in words.chains():
        for variable in _proven(adders, words, word, clock):
            literal = words.partners[variable]
            if literal != 2 * variable:
                found[literal >> 1] = 2 * variable ^ (literal & 1)
    return found


def _proven(adders: Adders, words: _Words, word: list[int], clock: Clock) -> list[int]:
    """The lowest bits that are proven equal, and the carry of the highest one, which may be a bit of the word, too: a
    word may be followed by what adds it. Short pieces come first: most chains are no words, and fail at once."""

    def equal(bits: list[int]) -> bool:
        ours, theirs = [2 * variable for variable in bits], [words.partners[variable] for variable in bits]
        return not clock.over and Sum.difference(adders, ours, theirs, clock).vanishes(clock)

    known, tried = 0, len(word) + 1
    while tried - known > 1:
        length = min(2 * known + 1, len(word)) if tried > len(word) else (known + tried) // 2
        known, tried = (length, tried) if equal(word[:length]) else (known, length)
    longer = ([*word[:known], carry] for carry in words.carries(word[known - 1])) if known else ()
    return next(filter(equal, longer), word[:known])


class _Words:
    """`partners`: by variable of the first netlist, a literal of the second that behaves like it, itself if both have
    it: the lowest bits of a word often are the same."""

    def __init__(self, adders: Adders, mine: Iterable[int], other: set[int]) -> None:
        self._above: dict[int, list[int]] = {}
        self._carries: dict[int, list[int]] = {}
        self.partners: Pairs = {}
        self._sums: list[int] = []
        for variable in mine:
            for adder in adders.of(variable):
                if adder.carry is not None:
                    self._carries.setdefault(variable, []).append(adder.carry >> 1)
                    for literal in adder.addends:
                        self._above.setdefault(literal >> 1, []).append(variable)
        for variable, carries in self._carries.items():
            self._sums += [variable] * self._pair(adders, variable, other)
            for carry in carries:
                self._pair(adders, carry, other)

    def _pair(self, adders: Adders, variable: int, other: set[int]) -> bool:
        alike = [2 * variable] if variable in other else adders.alike(variable)
        partners = [literal for literal in alike if literal >> 1 in other]
        if partners:  # a sum, if there is one: what only equals it cannot be taken apart
            self.partners[variable] = next((each for each in partners if each >> 1 in adders.sums), partners[0])
        return bool(partners)

    def carries(self, total: int) -> Iterator[int]:
        """Those with a partner that go with a sum."""
        return (carry for carry in self._carries[total] if carry in self.partners)

    def chains(self) -> list[list[int]]:
        """The words, lowest bit first, the longest first."""
        following = {variable: self._next(variable) for variable in self._sums}
        later = set(following.values())
        chains = []
        for start in self._sums:
            if start not in later:
                chain = [start]
                while (after := following[chain[-1]]) is not None and after not in chain:
                    chain.append(after)
                chains.append(chain)
        return sorted(filter(self._worthwhile, chains), key=len, reverse=True)

    def _worthwhile(self, chain: list[int]) -> bool:
        return len(chain) >= _SHORTEST and any(self.partners[variable] != 2 * variable for variable in chain)

    def _next(self, variable: int) -> int | None:
        """The nearest sum with a partner that adds the carry of this one."""
        waiting = deque(total for carry in self._carries[variable] for total in self._above.get(carry, ()))
        seen = set(waiting)
        while waiting and len(seen) < _STEPS:
            total = waiting.popleft()
            if total in self.partners:
                return total
            more = [above for above in self._above.get(total, ()) if above not in seen]
            seen.update(more)
            waiting += more
        return None


def _replaced(both: Aig, found: Pairs, count: int, like: Aig) -> Aig:
    """The second netlist of both, in which what was found stands for what it is equal to."""
    builder = AigBuilder(like.name, both.variables)
    image = np.zeros(both.variables, np.int64)
    image[1 : both.first_and] = builder.inputs(like.inputs)
    for variable, (one, other) in enumerate(both.ands.tolist(), both.first_and):
        same = found.get(variable)
        made = same is not None and same >> 1 < variable
        image[variable] = (
            through(image, same or 0) if made else builder.and_(through(image, one), through(image, other))
        )
    literals = through(image, both.output_literals()[count:].astype(np.int64))
    builder.outputs((output.name for output in like.outputs), literals.tolist())
    return builder.build()
