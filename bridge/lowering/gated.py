"""Rows that become gates rather than adders, whole or in part.

A literal whose weight alone reaches the threshold is a term of an OR; one without which the threshold is out of reach
is a term of an AND. Such groups are peeled off, again and again, until nothing is left, or a *core*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from bridge.arrays import Ints

Kind = Literal["any", "all", "none"]  # of a group of literals: do they fire alone, only together, or never
Way = Literal["adders", "tree", "chain"]  # what becomes of the core: it is added up, or built of parts


class Group(NamedTuple):
    """Literals up to `end` that are peeled off together."""

    kind: Kind
    end: int


@dataclass(frozen=True)
class Gated:
    """A row that fires iff its literals weigh `least` together, 1 .. their sum. `digits`: which, see `Columns`;
    `weights`: positive, the largest first; `way`: of the core."""

    digits: tuple[int, ...]
    weights: tuple[int, ...]
    least: int
    way: Way

    @cached_property
    def peeled(self) -> tuple[list[Group], int]:
        """The groups, and what the core must reach."""
        return peeled(self.weights, self.least)

    @property
    def first(self) -> int:
        """Where the core begins."""
        groups, _ = self.peeled
        return groups[-1].end if groups else 0

    @property
    def added(self) -> tuple[Ints, Ints, int]:
        """(digits, weights) of what is added up, the core or nothing, and what it must reach."""
        core = slice(self.first if self.way == "adders" else len(self.digits), None)
        return np.array(self.digits[core], np.int64), np.array(self.weights[core], np.int64), self.peeled[1]


def peeled(weights: Sequence[int], least: int) -> tuple[list[Group], int]:
    """See `Gated.peeled`."""
    groups, end, total = list[Group](), 0, sum(weights)
    while end < len(weights):
        if not 0 < least <= total:
            groups.append(Group("none", len(weights)))
            break
        kind: Kind = "any" if weights[end] >= least else "all"
        enough = least if kind == "any" else total - least + 1
        first = end
        while end < len(weights) and weights[end] >= enough:
            end += 1
        if first == end:
            break
        groups.append(Group(kind, end))
        taken = sum(weights[first:end])
        total -= taken
        least -= taken if kind == "all" else 0
    return groups, least
