"""Rows that become gates rather than adders, whole or in part.

A literal whose weight alone reaches the threshold is a term of an OR; one without which the threshold is out of reach
is a term of an AND. Such groups are peeled off, again and again, until nothing is left, or a *core*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

import numpy as np

from bridge.arrays import Ints
from bridge.lowering.common import Pair

Kind = Literal["any", "all", "none"]  # of a group of literals: do they fire alone, only together, or never
# What becomes of the core: it is added up, or built of parts, which are trees of equal weights or single literals.
Way = Literal["adders", "trees", "chain"]


class Group(NamedTuple):
    """Literals `first .. end - 1` that are peeled off together; `pairs`: of those, what is joined first."""

    kind: Kind
    first: int
    end: int
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Gated:
    """A row that fires iff its literals weigh `least` together, 1 .. their sum. `digits`: which, see `Columns`;
    `weights`: positive, the largest first; `groups`: of them; `core`: what the rest must reach; `way`: how that is
    built."""

    digits: tuple[int, ...]
    weights: tuple[int, ...]
    least: int
    groups: tuple[Group, ...]
    core: int
    way: Way

    @classmethod
    def of(cls, digits: Sequence[int], weights: Sequence[int], least: int, way: Way = "adders") -> Self:
        groups, core = peeled(weights, least)
        return cls(tuple(digits), tuple(weights), least, tuple(groups), core, way)

    @property
    def first(self) -> int:
        """Where the core begins."""
        return self.groups[-1].end if self.groups else 0

    @property
    def added(self) -> tuple[Ints, Ints]:
        """(digits, weights) of what is added up: the core, or nothing."""
        core = slice(self.first if self.way == "adders" else len(self.digits), None)
        return np.array(self.digits[core], np.int64), np.array(self.weights[core], np.int64)

    def anded(self, group: Group) -> list[int]:
        """The literals of a group as they enter an AND: complemented for an OR."""
        return [digit ^ (group.kind == "any") for digit in self.digits[group.first : group.end]]


def peeled(weights: Sequence[int], least: int) -> tuple[list[Group], int]:
    """The groups of a row, and what the rest must reach."""
    groups, end, total = list[Group](), 0, sum(weights)
    while end < len(weights):
        if not 0 < least <= total:
            groups.append(Group("none", end, len(weights)))
            break
        kind: Kind = "any" if weights[end] >= least else "all"
        enough = least if kind == "any" else total - least + 1
        first = end
        while end < len(weights) and weights[end] >= enough:
            end += 1
        if first == end:
            break
        groups.append(Group(kind, first, end))
        taken = sum(weights[first:end])
        total -= taken
        least -= taken if kind == "all" else 0
    return groups, least
