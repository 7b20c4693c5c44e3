"""A cell seen as layers of elements before one step: what its prediction is safe from, by bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bridge.aig import names
from bridge.analysis.circuits.bounds import (
    Between,
    Bounds,
    Given,
    Numbers,
    bounds_of,
    range_bounds,
    read_of,
    sums_between,
)
from bridge.analysis.circuits.candidates import Candidate
from bridge.arrays import Flags, Ints
from bridge.cell import Cell
from bridge.cell.blocks import OLD
from bridge.cell.ranges import Ranges

BATCH = 256


@dataclass(frozen=True, eq=False)
class Layers:
    """A cell, what is known before the step, and the prediction that is to stay. `places`: by source, int64[elements],
    the number of each of its elements among the `count` candidates, or `count`; `wanted`: which number of the head must
    be the largest."""

    cell: Cell
    given: Given
    places: Mapping[str, Ints]
    count: int
    wanted: int

    @staticmethod
    def of(cell: Cell, given: Given, elements: Sequence[Candidate], wanted: int) -> Layers:
        numbers = {item.name: place for place, item in enumerate(elements)}
        sources = [*given.leaves, *(b.name for b in cell.blocks[:-1] if not b.AT_START and b.name not in given.leaves)]
        places = {}
        for source in sources:
            named = names.state if source.startswith(OLD) else names.element
            own = [named(source.removeprefix(OLD), index) for index in range(len(ranges_of(cell, source)))]
            found = np.array([numbers.get(name, len(elements)) for name in own], np.int64)
            if (found < len(elements)).any():
                places[source] = found
        return Layers(cell, given, places, len(elements), wanted)

    @cached_property
    def anything(self) -> Bounds:
        """The ranges of all candidates, [1, count]."""
        ends = np.zeros((2, 1, self.count + 1), np.float32 if not self.cell.integers else np.float64)
        for source, places in self.places.items():
            for end, bound in zip(ends, range_bounds(ranges_of(self.cell, source)), strict=True):
                end[:, places] = bound
        return Bounds(ends[0, :, :-1], ends[1, :, :-1])

    def candidates(self, sources: Sequence[str]) -> Ints:
        """int64[elements]: the numbers of all that these sources give, side by side, `count` for what is no candidate.
        What is read from a delay is what it holds."""
        known = [
            OLD + source if source not in self.places and self.cell.at_start(source) else source for source in sources
        ]
        none = (np.full(self.cell.source_width(source), self.count) for source in sources)
        return np.concatenate([self.places.get(*pair) for pair in zip(known, none, strict=True)])

    def values(self, kept: Flags, rest: Bounds | None = None) -> Between:
        """The bounds of all sources. kept: bool[batch, count]; rest: [batch, count], what stands for what is not kept,
        by default anything."""
        low, high = (_wider(np.broadcast_to(end, kept.shape)) for end in (rest or self.anything))
        by_source = {source: Bounds(low[:, places], high[:, places]) for source, places in self.places.items()}
        return bounds_of(self.cell, self.given, self.by_source(kept), by_source, len(kept))

    def by_source(self, kept: Flags) -> dict[str, Flags]:
        """Which of the elements of each source are kept: what is no candidate always is."""
        always = np.concatenate([kept, np.ones((len(kept), 1), np.bool_)], axis=1)
        return {source: always[:, places] for source, places in self.places.items()}

    def own(self, values: Between) -> Bounds:
        """Of all candidates, [batch, count], from what readers read."""
        batch = len(next(iter(values.values())).low)
        ends = np.zeros((2, batch, self.count + 1), self.anything.low.dtype)
        for source, places in self.places.items():
            for end, bound in zip(ends, values[source], strict=True):
                end[:, places] = bound
        return Bounds(ends[0, :, :-1], ends[1, :, :-1])

    @cached_property
    def differences(self) -> tuple[tuple[str, ...], Numbers, Ints]:
        """What the head compares: sources, weights [rivals, in], and what the sums must reach, int64[rivals]."""
        head = self.cell.head
        rivals = np.arange(len(head.bias)) != self.wanted
        more = head.weights[self.wanted].astype(np.float32) - head.weights[rivals]
        least = head.bias[rivals].astype(np.int64) - head.bias[self.wanted] + (np.flatnonzero(rivals) < self.wanted)
        return head.sources, more, least

    @cached_property
    def whole(self) -> Between:
        """The bounds of all sources where all candidates are kept, batch 1."""
        return self.values(np.ones((1, self.count), np.bool_))

    @cached_property
    def losses(self) -> Numbers:
        """[rivals, count]: how much of its slack the prediction loses at most where a candidate that the head reads is
        not kept."""
        sources, more, _ = self.differences
        read, places = read_of(self.whole, sources), self.candidates(sources)
        low, high = (np.append(end[0], 0)[places] for end in self.anything)
        found = np.zeros((len(more), self.count + 1))
        found[:, places] = np.where(more > 0, more * (read.high[0] - low), more * (read.low[0] - high))
        return found[:, :-1]

    def slack(self, values: Between) -> Numbers:
        """[batch, rivals]: by how much the prediction is safe from each, at least; below 0 where it may lose."""
        sources, more, least = self.differences
        found: Numbers = sums_between(read_of(values, sources), more).low - least
        return found

    def suffices(self, kept: Flags) -> Flags:
        """bool[batch]: is the prediction safe whatever is not kept? "No" is no proof."""
        parts = (kept[start : start + BATCH] for start in range(0, len(kept), BATCH))
        safe = [self.slack(self.values(part)).min(axis=1) >= 0 for part in parts]
        return np.concatenate([np.zeros(0, np.bool_), *safe])


def ranges_of(cell: Cell, source: str) -> Ranges:
    """Of what is held, or of what is computed."""
    return cell.held[source.removeprefix(OLD)] if source.startswith(OLD) else cell.ranges[source]


def _wider(end: Numbers) -> Numbers:
    """With one more column, that of what is no candidate."""
    return np.concatenate([end, np.zeros((len(end), 1), end.dtype)], axis=1)
