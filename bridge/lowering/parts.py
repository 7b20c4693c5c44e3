"""Gates for a row: its literals in two *parts*, each in two again, down to single literals.

A part is asked whether it reaches a threshold. It does where one of its sides reaches enough, and the other the rest:

    at least t of A and B  =  OR over a of (at least a of A) AND (at least t - a of B)

over the values `a` that A can have. An *answer* holds for all thresholds between two neighbours among the values of a
part, so that there are few of them (as in the diagrams of Abio et al., 2012). In this way a join costs one AND in an
OR or AND of literals; at least 2 of n cost 3n - 5; a chain of single literals is a decision diagram, and a balanced
tree of equal ones a sorting network (Batcher, 1968) that sorts no more than is asked.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import numpy as np

from bridge.aig import FALSE, TRUE, AigBuilder
from bridge.aig.literals import through
from bridge.arrays import Ints
from bridge.lowering.adders import Sums
from bridge.lowering.common import Pair
from bridge.lowering.gated import Gated, Kind

MOST_TERMS = 4  # of one answer; more of them cost more than adders
ENDLESS = 1 << 62
CORE = ~0


class Unfit(Exception):
    """The parts of a row ask too much of one another."""


class Answer(NamedTuple):
    """For every threshold of `low .. high`: does the part reach it?"""

    low: int
    high: int
    literal: int


@dataclass(eq=False)
class Part:
    """Literals of a row that weigh `total` together. `name`: the variable of a single one; CORE for what is added up
    instead, and has one answer; ~1, ~2 and so on for what has `sides`. `answers`: those that were asked for."""

    name: int
    total: int
    level: int
    answers: list[Answer] = field(default_factory=list)
    sides: tuple[()] | tuple[Part, Part] = ()


class Parts:
    """The parts of one row in the making. `joined`: those that have sides, which come before them; `asked`: those that
    are not a single literal."""

    def __init__(self, builder: AigBuilder, most: int = ENDLESS) -> None:
        self._builder, self._most = builder, most
        self.joined: list[Part] = []
        self.asked: list[Part] = []

    def core(self, total: int, level: int, answer: Answer) -> Part:
        """Literals that were added up."""
        self.asked.append(Part(CORE, total, level, [answer]))
        return self.asked[-1]

    def join(self, one: Part, other: Part) -> Part:
        level = 1 + max(one.level, other.level)
        part = Part(~(len(self.joined) + 1), one.total + other.total, level, sides=(one, other))
        self.joined.append(part)
        self.asked.append(part)
        return part

    def group(self, parts: Mapping[int, Part], kind: Kind, pairs: Sequence[Pair] = ()) -> Part:
        """All of them joined, the pairs first, then those of the lowest level: an OR, an AND, or what nobody asks."""
        left = dict(parts)
        for one, other, both in pairs:
            left[both] = self._asked(left.pop(one), left.pop(other), kind)
        heap = [(left[key].level, index, left[key]) for index, key in enumerate(sorted(left))]
        heapq.heapify(heap)
        while len(heap) > 1:
            joined = self._asked(heapq.heappop(heap)[2], heapq.heappop(heap)[2], kind)
            heapq.heappush(heap, (joined.level, len(parts) + len(self.joined), joined))
        return heap[0][2]

    def _asked(self, one: Part, other: Part, kind: Kind) -> Part:
        """Joined and asked at once, so that no tree is too deep."""
        joined = self.join(one, other)
        if kind != "none":
            self.reaches(joined, joined.total if kind == "all" else 1)
        return joined

    def tree(self, parts: Sequence[Part]) -> Part:
        """All of them joined, the lightest two first."""
        heap = [(part.total, index, part) for index, part in enumerate(parts)]
        heapq.heapify(heap)
        while len(heap) > 1:
            joined = self.join(heapq.heappop(heap)[2], heapq.heappop(heap)[2])
            heapq.heappush(heap, (joined.total, len(parts) + len(self.joined), joined))
        return heap[0][2]

    def chain(self, parts: Sequence[Part]) -> Part:
        """All of them joined, the last two first."""
        *rest, part = parts
        for one in reversed(rest):
            part = self.join(one, part)
        return part

    def reaches(self, part: Part, least: int) -> Answer:
        """Does it reach `least`? Raises Unfit if that has too many cases, or there are more than `most` variables."""
        if least <= 0:
            return Answer(-ENDLESS, 0, TRUE)
        if least > part.total:
            return Answer(part.total + 1, ENDLESS, FALSE)
        for answer in part.answers:
            if answer.low <= least <= answer.high:
                return answer
        if not part.sides:
            raise ValueError("what is added up was asked for another threshold")
        answer = self._joined(*part.sides, least)
        part.answers.append(answer)
        return answer

    def _joined(self, one: Part, other: Part, least: int) -> Answer:
        """The more `one` reaches, the less is asked of `other`."""
        low, high, terms = 1, ENDLESS, list[tuple[int, int]]()
        have = Answer(-ENDLESS, 0, TRUE)
        while have.high < ENDLESS:
            rest = self.reaches(other, least - have.high)
            high = min(high, have.high + rest.high)
            if rest.high < ENDLESS:
                terms.append((have.literal, rest.literal))
            if rest.high == 0:
                break
            have = self.reaches(one, least - rest.low + 1)
            low = max(low, have.low + rest.low - 1)
        if len(terms) > MOST_TERMS or self._builder.graph.used[0] > self._most:
            raise Unfit
        return Answer(low, high, self._either(terms))

    def _either(self, terms: list[tuple[int, int]]) -> int:
        """The OR of ANDs `a b`, of which each `a` implies the one before it, and each `b` the one after it.

        The first and the last, `a b'` and `a' b`, are `a b (a' | b')` together: `a b` and `a' | b'` come up for other
        thresholds too, as the two outputs of a comparator in a sorting network do.
        """
        found = FALSE
        while terms:
            (a, late), (early, b) = terms[0], terms[-1]
            term = self._builder.and_(a, b)
            if len(terms) > 1:
                term = self._builder.and_(term, self._builder.or_(early, late))
            found, terms = self._builder.or_(found, term), terms[1:-1]
        return found


def build_row(
    builder: AigBuilder, gated: Gated, literals: Sequence[int], core: int, most: int = ENDLESS
) -> tuple[int, Parts]:
    """The literal of a row, and its parts. literals: of its digits; core: that of what is added up, if anything.

    The shape of the core follows from the weights; of equal literals the latest pass the fewest gates. Raises Unfit if
    it cannot be built from parts, or not with `most` variables in the builder.
    """
    parts, levels = Parts(builder, most), builder.graph.levels
    both = zip(gated.digits, gated.weights, literals, strict=True)
    leaves = [Part(d >> 1, w, int(levels[x >> 1]), [Answer(1, w, x)]) for d, w, x in both]
    made = list[Part]()
    for group in gated.groups:
        named = zip(gated.anded(group), leaves[group.first : group.end], strict=True)
        made.append(parts.group(dict(named), group.kind, group.pairs))
    rest = leaves[gated.first :]
    if rest and gated.way == "adders":
        total, level = sum(part.total for part in rest), int(levels[core >> 1])
        made.append(parts.core(total, level, Answer(gated.core, gated.core, core)))
    elif rest and gated.way == "trees":
        alike = groupby(sorted(rest, key=lambda part: (-part.total, part.level)), key=lambda part: part.total)
        made.append(parts.chain([parts.tree(list(equal)) for _, equal in alike]))
    elif rest:
        made.append(parts.chain(sorted(rest, key=lambda part: (-part.total, -part.level))))
    return parts.reaches(parts.chain(made), gated.least).literal, parts


def add_gates(builder: AigBuilder, sums: Sums, gated: Mapping[int, Gated], known: Ints, first: int) -> Sums:
    """Rows `first ..` with the gates of those that have some. known: the literal of every variable."""
    bits, parts, answers = sums.bits.copy(), [sums.parts], [sums.answers]
    for index in range(len(bits)):
        row = gated.get(first + index)
        if row is None:
            continue
        literals = through(known, np.array(row.digits)).tolist()
        bits[index, 0], made = build_row(builder, row, literals, int(bits[index, 0]))
        parts.append(np.array([(first + index, *(side.name for side in part.sides)) for part in made.joined]))
        told = [(first + index, ~part.name, *answer) for part in made.asked for answer in part.answers]
        answers.append(np.array(told))
    return sums._replace(bits=bits, parts=np.concatenate(parts), answers=np.concatenate(answers))
