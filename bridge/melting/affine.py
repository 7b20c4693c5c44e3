"""Tensors that are known up to integers: `value = scale * integer + offset`, exact in rationals.

The integers are elements of blocks that a `Drawing` collects. What is affine is never computed: it waits in the scale
and the offset, a clip (ReLU) in the bounds, until a quantizer turns all of it into thresholds (`bridge.melting.steps`)
or a sum into weights (`bridge.melting.sums`).

    drawing = Drawing()
    x = drawing.add(Input("x", low, high))          # Affine of shape [n]: the integers themselves
    y = weighted(drawing, "dense", x, weights)      # sums
    y = y.times(Exact.of(0.25)).plus(Exact.of(bias))
    y = y.clipped(Exact.of(0), Exact.of(math.inf))  # ReLU
    y = stepped(drawing, "act", y, *rounding("HALF_EVEN", 0, 15))
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from bridge.aig.names import is_reserved
from bridge.arrays import Flags, Ints
from bridge.cell.blocks import Block, Values
from bridge.cell.checks import MAX_SOURCE_BITS
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.melting.exact import Exact

NOTHING = -1  # the element that is always 0


@dataclass(frozen=True, eq=False)
class Affine:
    """Entry i is `scale[i] * integer[i] + offset[i]`, and then no less than `low[i]`, no more than `high[i]`.

    `elements`: int64 of any shape, elements of a drawing, -1 being 0; the others have the same shape. No scale is 0.
    """

    elements: Ints
    scale: Exact
    offset: Exact
    low: Exact
    high: Exact

    @classmethod
    def plain(cls, elements: Ints) -> Affine:
        """The integers themselves."""
        one, zero, end = (Exact.of(number).to(elements.shape) for number in (1, 0, math.inf))
        return cls(elements, one, zero, end.map(lambda above: -above), end)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.elements.shape

    @property
    def scales(self) -> Exact:
        """[n]: of the entries that read anything, in order."""
        return self.scale[self.elements != NOTHING]

    @property
    def bent(self) -> bool:
        """Does it have a clip that waits?"""
        return any(not math.isinf(bound) for bound in (*self.low.used, *self.high.used))

    def laid(self, layout: Callable[[Ints], Ints]) -> Affine:
        """Its entries in another order or shape: `layout` takes and gives an array of numbers."""
        parts = (part.laid(layout) for part in (self.scale, self.offset, self.low, self.high))
        return Affine(np.asarray(layout(self.elements), np.int64), *parts)

    def __getitem__(self, place: Any) -> Affine:
        return self.laid(lambda array: array[place])

    def reshape(self, *shape: int) -> Affine:
        return self.laid(lambda array: array.reshape(shape))

    def taken(self, index: Ints, filling: float = 0.0) -> Affine:
        """Entries by number, as `index` is shaped, -1 being a constant."""
        flat = self.reshape(-1)
        return (joined([flat, constant(Exact.of(np.full(1, filling)))], 0) if (index < 0).any() else flat)[index]

    def to(self, shape: tuple[int, ...]) -> Affine:
        """Broadcast."""
        return self.laid(lambda array: np.broadcast_to(array, shape))

    def times(self, factor: Exact) -> Affine:
        """Every entry times its own factor; where that is 0, the entry is 0 and reads nothing."""
        x, factor = self._beside(factor)
        gone = factor.holds(lambda value: value == 0)
        whole = factor.map(lambda value: value or 1)
        ends = x.low.with_(whole, _times), x.high.with_(whole, _times)
        falls = whole.holds(lambda value: value < 0)
        low, high = (chosen(falls, *pair) for pair in (ends[::-1], ends))
        made = Affine(x.elements, x.scale * whole, x.offset * whole, low, high)
        return chosen_affine(gone, constant(Exact.of(0).to(x.shape)), made) if gone.any() else made

    def plus(self, term: Exact) -> Affine:
        """Every entry plus its own term."""
        x, term = self._beside(term)
        return Affine(x.elements, x.scale, x.offset + term, x.low + term, x.high + term)

    def clipped(self, low: Exact, high: Exact) -> Affine:
        """Every entry, no less than `low`, no more than `high`, infinities being none; no low is above its high."""
        x, low = self._beside(low)
        x, high = x._beside(high)
        least, most = (bound.with_(low, max).with_(high, min) for bound in (x.low, x.high))
        return replace(x, low=least, high=most)

    def _beside(self, other: Exact) -> tuple[Affine, Exact]:
        shape = np.broadcast_shapes(self.shape, other.shape)
        return self.to(shape) if shape != self.shape else self, other.to(shape)


def constant(values: Exact) -> Affine:
    """What reads nothing."""
    return replace(Affine.plain(np.full(values.shape, NOTHING, np.int64)), offset=values)


def joined(parts: Sequence[Affine], axis: int) -> Affine:
    """Side by side along an axis."""
    elements = np.concatenate([part.elements for part in parts], axis)
    return Affine(elements, *(joined_exact([getattr(part, key) for part in parts], axis) for key in _PARTS))


def joined_exact(parts: Sequence[Exact], axis: int) -> Exact:
    starts = np.cumsum([0, *(len(part.values) for part in parts)])
    codes = np.concatenate([part.codes + start for part, start in zip(parts, starts[:-1], strict=True)], axis)
    return Exact(tuple(value for part in parts for value in part.values), codes)


def chosen(first: Flags, yes: Exact, no: Exact) -> Exact:
    """Entries of one where `first`, else of the other; all of one shape."""
    return Exact(yes.values + no.values, np.where(first, yes.codes, no.codes + len(yes.values)))


def chosen_affine(first: Flags, yes: Affine, no: Affine) -> Affine:
    """Entries of one where `first`, else of the other; all of one shape."""
    parts = (chosen(first, getattr(yes, key), getattr(no, key)) for key in _PARTS)
    return Affine(np.where(first, yes.elements, no.elements), *parts)


@dataclass
class Drawing:
    """The blocks that are made so far. Their elements are counted through, block after block.

    `notes`: sentences on what is not exact, for the record of the cell."""

    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])
    _ranges: dict[str, Ranges] = field(default_factory=dict)

    def add(self, block: Block) -> Affine:
        """Take a block, after all that it reads -> its elements, as they are, of shape [width]."""
        width = block.width(lambda source: len(self._ranges[source]))
        self._ranges[block.name] = block.ranges(width, self._ranges.__getitem__)
        self.blocks.append(block)
        self._starts.append(self._starts[-1] + width)
        self.__dict__.pop("bounds", None)
        return Affine.plain(np.arange(self._starts[-2], self._starts[-1]))

    def expect(self, name: str, ranges: Ranges) -> None:
        """A block of that name is added later, but one that delays it comes first."""
        self._ranges[name] = ranges

    def name(self, wanted: str) -> str:
        """A name for a block that is new and allowed, as like that as can be."""
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", wanted).strip("_")[:60] or "block"
        plain = plain if plain[0].isalpha() and not is_reserved(plain) else f"n{plain}"
        name, count = plain, 1
        while name in self._ranges:
            count += 1
            name = f"{plain}_{count}"
        return name

    @cached_property
    def bounds(self) -> Ranges:
        """Of all elements, and of the one that is nothing, at the end, where its number -1 finds it."""
        return Ranges.joined([*map(self.ranges, self._counted), Ranges(np.zeros(1, np.int64), np.zeros(1, np.int64))])

    def ends(self, x: Affine) -> tuple[Exact, Exact]:
        """Its values where the integers are least, and where they are largest: all values lie between."""
        least, most = (
            (x.scale * Exact.of(bound[x.elements]) + x.offset).with_(x.low, max).with_(x.high, min)
            for bound in (self.bounds.low, self.bounds.high)
        )
        return least, most

    def held(self, elements: Ints, values: Values) -> Ints | None:
        """int64[rows, n]: the n elements among the integers of blocks, by name, all of as many rows; None if a block
        is not among these."""
        homes = self.homes(elements)
        used = np.unique(homes[homes >= 0]).tolist()
        if any(self.blocks[home].name not in values for home in used):
            return None
        found = np.zeros((len(next(iter(values.values()))), len(elements)), np.int64)
        for home in used:
            here = homes == home
            found[:, here] = values[self.blocks[home].name][:, elements[here] - self._starts[home]]
        return found

    @property
    def _counted(self) -> list[str]:
        """The blocks whose elements have numbers: all but a head."""
        return [block.name for block in self.blocks[: len(self._starts) - 1]]

    def ranges(self, name: str) -> Ranges:
        """Of a block."""
        return self._ranges[name]

    def homes(self, elements: Ints) -> Ints:
        """Which block each element is of, by its place in `blocks`; -1 for nothing."""
        return np.where(elements < 0, -1, np.searchsorted(self._starts, elements, side="right") - 1)

    def start(self, home: int) -> int:
        """The first element of a block."""
        return self._starts[home]

    def reading(self, elements: Ints) -> tuple[tuple[str, ...], Ints]:
        """Sources that hold elements -> their names in order, and where each stands among all that they hold, side by
        side; nothing stays -1. InputError if there is no element at all."""
        homes = self.homes(elements)
        used = np.unique(homes[homes >= 0]).tolist()
        if not used:
            raise InputError("depends on no input of the network")
        places, width = np.full(elements.shape, NOTHING, np.int64), 0
        for home in used:
            here = homes == home
            places[here] = elements[here] - self._starts[home] + width
            width += self._starts[home + 1] - self._starts[home]
        if width > MAX_SOURCE_BITS:
            raise InputError(f"reads {width:,} elements; at most {MAX_SOURCE_BITS:,} are supported")
        return tuple(self.blocks[home].name for home in used), places

    def multiples(self, elements: Ints, factors: Ints) -> tuple[tuple[str, ...], Ints]:
        """The sources of n elements, and int64[n, what they hold] of weights: each element times its factor, nothing
        being 0. InputError if there is no element at all."""
        sources, places = self.reading(elements)
        weights = np.zeros((len(elements), sum(len(self._ranges[source]) for source in sources)), np.int64)
        here = np.flatnonzero(elements != NOTHING)
        weights[here, places[here]] = factors[here]
        return sources, weights


def _times(bound: float, factor: float) -> float:
    return bound * factor if not math.isinf(bound) else math.copysign(math.inf, bound) * (1 if factor > 0 else -1)


_PARTS = ("scale", "offset", "low", "high")
