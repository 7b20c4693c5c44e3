"""Scores of affine values: integers whose every comparison is that of the values, and the last touches on blocks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bridge.arrays import Ints
from bridge.cell.blocks import Block, Linear, Scores
from bridge.cell.blocks.weighted import LARGEST_SUM
from bridge.cell.fold import biased, neurons
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing
from bridge.melting.exact import unit
from bridge.melting.multiples import MOST_BITS, Lines, fewest_digits
from bridge.melting.steps import settled
from bridge.melting.sums import LARGEST_WEIGHT

CHEAP = 64  # a factor up to which exact scores need no search for smaller ones
LARGEST_BIAS = 1 << 50


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
    lines = Lines(scale, offset, bounds.low[x.elements].tolist(), bounds.high[x.elements].tolist())
    factors, biases, reading = _integers(lines)
    source = _sums(drawing, x.elements, np.array(factors), np.array(biases))
    drawing.blocks.append(Scores("score", (source,), tuple(labels), float(reading.scale)))
    return reading


def _integers(lines: Lines) -> tuple[list[int], list[int], Reading]:
    """Factors and biases of the integers, as few digits as keep every comparison, exact where that is cheap."""
    ordered = _ordered(lines)
    fits = max(map(abs, ordered[0])) <= LARGEST_WEIGHT and max(map(abs, ordered[1])) <= LARGEST_BIAS
    fits = fits and _reach(lines, *ordered[:2]) <= LARGEST_SUM
    if fits and not ordered[2].error and max(map(abs, ordered[0])) <= CHEAP:
        return ordered
    near = lines.nearer()
    found = fewest_digits(near)
    if found is not None and _reach(near, *found) <= LARGEST_SUM:
        return *found, _reading(lines, *found, ordered=True)
    if fits:
        return ordered
    rounded = _rounded(near)
    return *rounded, _reading(lines, *rounded, ordered=False)


def _reach(lines: Lines, factors: Sequence[Fraction | int], biases: Sequence[Fraction | int]) -> Fraction:
    """The largest that one of these sums may become, whatever its sign."""
    rows = zip(lines.low, lines.high, map(Fraction, factors), map(Fraction, biases), strict=True)
    return max(abs(factor) * max(abs(low), abs(high)) + abs(bias) for low, high, factor, bias in rows)


def _ordered(lines: Lines) -> tuple[list[int], list[int], Reading]:
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


def _rounded(lines: Lines) -> tuple[list[int], list[int]]:
    """Factors of MOST_BITS, fewer where sums would be too large but no fewer than one, and biases in the same unit."""
    largest = max(map(abs, lines.scale))
    own = max(largest / (1 << MOST_BITS), _reach(lines, lines.scale, lines.offset) / (LARGEST_SUM >> 1))
    own = min(own, largest)
    return [round(scale / own) for scale in lines.scale], [math.floor(offset / own) for offset in lines.offset]


def _reading(lines: Lines, factors: list[int], biases: list[int], *, ordered: bool) -> Reading:
    """In the unit in which the largest factor is what its scale is."""
    largest = max(range(len(factors)), key=lambda line: abs(factors[line]))
    own = lines.scale[largest] / factors[largest]
    reach = [max(abs(low), abs(high)) for low, high in zip(lines.low, lines.high, strict=True)]
    rows = zip(lines.scale, lines.offset, factors, biases, reach, strict=True)
    error = max(abs(f * own - s) * n + abs(b * own - o) for s, o, f, b, n in rows)
    return Reading(own, Fraction(0), error, ordered)


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
