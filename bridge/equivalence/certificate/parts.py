"""Rows that are gates: each part of their literals reaches a threshold iff its two sides do so together.

An answer claims that a literal says, for every threshold of `low .. high`, whether a part reaches it. So the value of a
part lies between two answers next to each other: both bounds of every such *span* are known. For two spans of the two
sides the sum then either reaches the threshold, or it does not; if it can do both, nothing is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from bridge.aig import TRUE
from bridge.equivalence.certificate.gadgets import Gadgets


class Span(NamedTuple):
    """What a part can be, `least .. most`, given that `literal` is the last answer of it that holds."""

    least: int
    most: int
    literal: int


class Answer(NamedTuple):
    low: int
    high: int
    literal: int


@dataclass(frozen=True)
class Part:
    """Literals that weigh `total`; what is known of them."""

    total: int
    answers: tuple[Answer, ...]

    def spans(self) -> list[Span] | None:
        """From the lowest; None if the answers cannot be true together."""
        least = [0, *(answer.high for answer in self.answers)]
        most = [*(answer.low - 1 for answer in self.answers), self.total]
        literals = [TRUE, *(answer.literal for answer in self.answers)]
        if any(low > high for low, high in zip(least, most, strict=True)):
            return None
        return [Span(*span) for span in zip(least, most, literals, strict=True)]


@dataclass(frozen=True)
class Peeled:
    """What is left of a row beside its parts: literals that are added up, and whether they reach `least`."""

    variables: frozenset[int]
    least: int
    literal: int


class Joins:
    """The parts of one row. `literals`: by variable, the literal that its weight adds, and how much."""

    def __init__(self, gadgets: Gadgets, literals: Mapping[int, tuple[int, int]], answers: list[list[int]]) -> None:
        self._gadgets = gadgets
        self._unused = dict(literals)
        self._claimed: dict[int, list[Answer]] = {}
        for _, number, *answer in answers:
            self._claimed.setdefault(number, []).append(Answer(*answer))
        self._parts: dict[int, Part] = {}

    def core(self, sides: set[int]) -> Peeled | None:
        """What no part holds. ValueError if there is no single answer about it."""
        rest = {variable: size for variable, (_, size) in self._unused.items() if variable not in sides}
        if not rest:
            return None
        (answer,) = self._claimed.get(0, [])
        if answer.low != answer.high:
            raise ValueError
        for variable in rest:
            del self._unused[variable]
        self._parts[0] = Part(sum(rest.values()), (answer,))
        return Peeled(frozenset(rest), answer.low, answer.literal)

    def join(self, number: int, one: int, other: int) -> bool:
        """Do the answers of a part follow from those of its sides? KeyError for sides that are used up, or unknown."""
        sides = [self._take(one), self._take(other)]
        part = Part(sides[0].total + sides[1].total, tuple(sorted(self._claimed.get(number, []))))
        spans = [side.spans() for side in sides]
        if None in spans or part.spans() is None:
            return False
        for answer in part.answers:
            pairs = _pairs(spans[0] or [], spans[1] or [], answer)
            if pairs is None or not self._gadgets.either(pairs, answer.literal):
                return False
        for lower, higher in combinations(part.answers, 2):
            self._gadgets.learn(higher.literal, lower.literal)
        self._parts[number] = part
        return True

    def gives(self, least: int, output: int) -> bool:
        """Is all of the row in one part, which says that it reaches `least` by that literal?"""
        if self._unused or len(self._parts) != 1:
            return False
        (part,) = self._parts.values()
        return any(low <= least <= high and literal == output for low, high, literal in part.answers)

    def _take(self, side: int) -> Part:
        """A side; none is used twice."""
        if side < 0:
            return self._parts.pop(~side)
        literal, size = self._unused.pop(side)
        return Part(size, (Answer(1, size, literal),))


def _pairs(one: list[Span], other: list[Span], answer: Answer) -> list[tuple[int, int]] | None:
    """The answers of both sides that must hold together for the sum to reach a threshold, where fewer do not suffice;
    None if they do not tell."""
    pairs = list[tuple[int, int]]()
    needed = len(other)
    for a in one:
        enough = next((index for index, b in enumerate(other) if a.least + b.least >= answer.high), len(other))
        if enough and a.most + other[enough - 1].most >= answer.low:
            return None
        if enough < needed:
            pairs.append((a.literal, other[enough].literal))
            needed = enough
    return pairs
