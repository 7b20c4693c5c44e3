"""Scores of affine values: integers whose every comparison is that of the values, and the last touches on blocks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ints
from bridge.cell.blocks import Block, Linear, Scores
from bridge.cell.fold import biased, neurons
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing
from bridge.melting.exact import unit
from bridge.melting.steps import settled
from bridge.melting.sums import LARGEST_WEIGHT

CHEAP = 64  # a factor up to which exact scores need no search for smaller ones
MOST_BITS = 24  # of factors
LARGEST_BIAS = 1 << 50
MOST_PAIRS = 1 << 22  # of scores that are compared to see whether factors will do


@dataclass(frozen=True)
class Reading:
    """What scores are worth: `scale * integer + offset`, no farther than `error` from the exact value."""

    scale: Fraction
    offset: Fraction
    error: Fraction
    ordered: bool  # every comparison of two scores is that of the exact values

    @property
    def notes(self) -> list[str]:
        """A sentence on what is not exact, for the record of the cell."""
        kept = "every comparison stays as it is" if self.ordered else "those nearer than twice that may be confused"
        return [f"scores are rounded by at most {float(self.error):.3g}; {kept}"] if self.error else []


@dataclass(frozen=True, eq=False)
class _Lines:
    """Values `scale[i] * n[i] + offset[i]` for integers `low[i] <= n[i] <= high[i]`, by rows."""

    scale: list[Fraction]
    offset: list[Fraction]
    low: list[int]
    high: list[int]

    def turned(self) -> _Lines:
        """With scales above 0: where one is below, of the negative integer."""
        rows = zip(self.scale, self.offset, self.low, self.high, strict=True)
        found = [(s, o, a, b) if s > 0 else (-s, o, -b, -a) for s, o, a, b in rows]
        scale, offset, low, high = map(list, zip(*found, strict=True))
        return _Lines(scale, offset, low, high)

    def with_(self, scale: list[int], offset: list[int]) -> _Lines:
        return replace(self, scale=list(map(Fraction, scale)), offset=list(map(Fraction, offset)))


def scored(drawing: Drawing, x: Affine, labels: Sequence[str]) -> Reading:
    """Add the head, the scores of `x` of shape [labels] -> what they are worth."""
    x = settled(drawing, "clipped", x.reshape(-1))
    if len(labels) != len(x.elements):
        raise InputError(f"there are {len(x.elements)} scores, but {len(labels)} labels")
    if (x.elements == NOTHING).all():
        raise InputError("the scores depend on no input of the network")
    bounds = drawing.bounds
    scale, offset = ([Fraction(value) for value in part.numbers().tolist()] for part in (x.scale, x.offset))
    some = next(s for s, element in zip(scale, x.elements.tolist(), strict=True) if element != NOTHING)
    scale = [some if element == NOTHING else s for s, element in zip(scale, x.elements.tolist(), strict=True)]
    lines = _Lines(scale, offset, bounds.low[x.elements].tolist(), bounds.high[x.elements].tolist())
    factors, biases, reading = _integers(lines)
    source = _sums(drawing, x.elements, np.array(factors), np.array(biases))
    drawing.blocks.append(Scores("score", (source,), tuple(labels), float(reading.scale)))
    return reading


def _integers(lines: _Lines) -> tuple[list[int], list[int], Reading]:
    """Factors and biases of the integers, as few bits as keep every comparison, exact where that is cheap."""
    ordered = _ordered(lines)
    fits = max(map(abs, ordered[0])) <= LARGEST_WEIGHT and max(map(abs, ordered[1])) <= LARGEST_BIAS
    if fits and not ordered[2].error and max(map(abs, ordered[0])) <= CHEAP:
        return ordered
    comparisons = _Comparisons.of(lines)
    for bits in range(MOST_BITS + 1):
        found = _rounded(lines, bits)
        if comparisons is not None and comparisons.kept(*found[:2]):
            return *found[:2], replace(found[2], ordered=True)
    return ordered if fits else _rounded(lines, MOST_BITS)


def _ordered(lines: _Lines) -> tuple[list[int], list[int], Reading]:
    """Factors in the ratios of the scales, so that two scores differ by a whole number of units and a difference of
    offsets; the parts of offsets below a unit count by their order alone. Exact if there is just one such part."""
    own = unit(lines.scale)
    rests = sorted({offset / own % 1 for offset in lines.offset})
    finer = len(rests)
    factors = [int(scale / own) * finer for scale in lines.scale]
    biases = [math.floor(offset / own) * finer + rests.index(offset / own % 1) for offset in lines.offset]
    start = rests[0] * own
    error = max(abs(bias * own / finer + start - o) for bias, o in zip(biases, lines.offset, strict=True))
    return factors, biases, Reading(own / finer, start, error, True)


def _rounded(lines: _Lines, bits: int) -> tuple[list[int], list[int], Reading]:
    """Factors of so many bits, and biases in the same unit."""
    own = max(abs(scale) for scale in lines.scale) / (1 << bits)
    factors = [round(scale / own) for scale in lines.scale]
    biases = [math.floor(offset / own) for offset in lines.offset]
    reach = [max(abs(low), abs(high)) for low, high in zip(lines.low, lines.high, strict=True)]
    rows = zip(lines.scale, lines.offset, factors, biases, reach, strict=True)
    error = max(abs(f * own - s) * n + abs(b * own - o) for s, o, f, b, n in rows)
    return factors, biases, Reading(own, Fraction(0), error, False)


@dataclass(frozen=True, eq=False)
class _Comparisons:
    """For each pair of scores and each integer of its first: the least integers of its second that the score of the
    second reaches, and passes, that of the first."""

    lines: _Lines
    exact: list[Ints]

    @classmethod
    def of(cls, lines: _Lines) -> _Comparisons | None:
        """None if there are too many."""
        spans = [high - low + 1 for low, high in zip(lines.low, lines.high, strict=True)]
        if sum(spans) * (len(spans) - 1) > MOST_PAIRS:
            return None
        turned = lines.turned()
        return cls(lines, [_least(turned, a, b) for a, b in combinations(range(len(spans)), 2)])

    def kept(self, scale: list[int], offset: list[int]) -> bool:
        """Are they the same for other scales and offsets?"""
        if not all(a * b > 0 for a, b in zip(scale, self.lines.scale, strict=True)):
            return False
        turned = self.lines.with_(scale, offset).turned()
        pairs = combinations(range(len(scale)), 2)
        return all(np.array_equal(_least(turned, *pair), own) for pair, own in zip(pairs, self.exact, strict=True))


def _least(lines: _Lines, a: int, b: int) -> Ints:
    """int64[2, integers of a]"""
    own = unit([lines.scale[a], lines.scale[b], lines.offset[a], lines.offset[b]])
    slope, step = int(lines.scale[a] / own), int(lines.scale[b] / own)
    shift = int((lines.offset[a] - lines.offset[b]) / own)
    wide = max(abs(slope), 1) * max(abs(lines.low[a]), abs(lines.high[a])) + abs(shift) + step >= 1 << 62
    numbers: npt.NDArray[Any] = np.arange(lines.low[a], lines.high[a] + 1).astype(object if wide else np.int64)
    value = numbers * slope + shift
    found: Ints = np.stack([-(-value // step), value // step + 1])
    return np.asarray(np.clip(found, lines.low[b], lines.high[b] + 1), np.int64)


def _sums(drawing: Drawing, elements: Ints, factors: Ints, biases: Ints) -> str:
    """The block of the integers, in order."""
    home = int(drawing.homes(elements).max())
    last, plain = drawing.blocks[home], bool((factors == 1).all())
    whole = np.array_equal(elements, drawing.start(home) + np.arange(len(drawing.ranges(last.name))))
    if whole and plain and not biases.any():
        return last.name
    if whole and plain and home == len(drawing.blocks) - 1 and (with_biases := biased(last, biases)):
        drawing.blocks[home] = with_biases
        return last.name
    sources, weights = drawing.multiples(elements, factors)
    drawing.add(made := Linear(drawing.name("scores"), sources, weights, biases))
    return made.name


def finished(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The same cell with what nobody reads left out, and sums that are compared once made neurons."""
    readers = Counter(source for block in blocks for source in (*block.reads, *block.keeps))
    by_name = {block.name: block for block in blocks}
    once = [next((by_name[source] for source in block.reads if readers[source] == 1), None) for block in blocks]
    made = [(sums and neurons(block, sums)) or block for block, sums in zip(blocks, once, strict=True)]
    wanted, kept = {made[-1].name, *(name for block in blocks for name in block.keeps)}, list[Block]()
    for block in reversed(made):
        if block.name in wanted or not block.reads:
            kept.append(block)
            wanted |= set(block.reads)
    return tuple(reversed(kept))
