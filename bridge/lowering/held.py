"""What is built of sums that are only compared with constants.

A sum of which others only ask which constants it reaches is held as `(sum + offset) >> shift`: moved so that the
constants end in as many zeros as can be, and what is added to its digits makes adders cheap, without the bits below
those zeros, of which only carries are built. A sum with one constant is then one bit, as that of a Threshold row is.
Such a sum is no number in the netlist, and its bits have no names there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Integers
from bridge.cell.ranges import Ranges
from bridge.lowering.reached import cost_of_count
from bridge.lowering.sense import ADDER, WITH_ONE

CARRY_ONLY = 3  # ANDs of an adder less without its sum
TRIED, MORE_TRIED = 4, 12  # offsets whose comparisons are counted exactly; more where sums count, too
NEAR = 32  # offsets that are tried whatever the constants are


@dataclass(frozen=True, eq=False)
class Held:
    """Of the elements of one block: `offset`, `shift`: int64[elements]; `sums`: what they can be; `ranges`: what
    `(element + offset) >> shift` can be; `alone`: bool[elements], is that one comparison?"""

    offset: Ints
    shift: Ints
    sums: Ranges
    ranges: Ranges
    alone: Flags

    def moved(self, element: int, thresholds: Ints) -> Ints:
        """What is held reaches these where the element reaches the thresholds, int64[k]."""
        low, high = self.sums.low[element], self.sums.high[element]
        moved: Ints = np.clip(thresholds, low, high) + self.offset[element] >> self.shift[element]
        moved[thresholds <= low] = self.ranges.low[element]
        moved[thresholds > high] = self.ranges.high[element] + 1
        return moved


def only_compared(cell: Cell, source: str) -> list[Integers]:
    """What the blocks that read a source compare its elements with, if that is all; see `Block.compared_with`."""
    readers = [block for block in cell.blocks if source in (*block.reads, *block.keeps)]
    asked = [block.compared_with for block in readers]
    known = [constants for constants in asked if constants is not None]
    return known if len(known) == len(asked) else []


def held_of(
    asked: Sequence[Integers], sums: Ranges, lowest: Ints, total: Ints, digits: tuple[Ints, Ints] | None
) -> Held:
    """asked: see `only_compared`; sums: what the elements can be; lowest, total: int64[elements], the least that the
    bits of each sum add up to, and how much more; digits: int64[elements, places], how many each has, and
    int64[elements], what is added to them, if offsets are chosen for cheap adders."""
    rows = [np.arange(len(sums)) // (len(sums) // len(constants)) for constants in asked]
    sizes, added = (np.zeros((len(sums), 0), np.int64), lowest) if digits is None else digits
    keys = np.column_stack([sums.low, sums.high, lowest, total, added, *rows, sizes])
    kinds, which = np.unique(keys, axis=0, return_inverse=True)
    found = np.array([_placed(asked, kind) for kind in kinds.tolist()], np.int64)[which.reshape(-1)]
    offset, shift, alone = found.T
    low, high = (bound + offset >> shift for bound in (sums.low, sums.high))
    low, high = np.where(alone, 0, low), np.where(alone, 1, high)
    return Held(offset, shift, sums, Ranges(low, high), alone.astype(np.bool_))


def _placed(asked: Sequence[Integers], kind: list[int]) -> tuple[int, int, int]:
    """(offset, shift, is it one comparison?) for elements of one kind: bounds, what the bits give, what is added to the
    digits, a row of each of the constants, digits by place."""
    low, high, lowest, total, added = kind[:5]
    rows, sizes = kind[5 : 5 + len(asked)], kind[5 + len(asked) :]
    every = np.unique(np.concatenate([constants[row] for constants, row in zip(asked, rows, strict=True)]))
    live = every[(every > low) & (every <= high)].astype(np.int64)
    if not len(live):
        return -low, (high - low).bit_length(), 0
    if len(live) == 1:
        least = int(live[0]) - lowest
        top = max((least - 1).bit_length(), (total - least).bit_length())
        return (1 << top) - int(live[0]), top, 1
    offset, shift = _aligned(high - low, tuple((live - low).tolist()), tuple(sizes), added - low)
    return offset - low, shift, 0


@lru_cache(maxsize=1 << 12)
def _aligned(span: int, thresholds: tuple[int, ...], sizes: tuple[int, ...], added: int) -> tuple[int, int]:
    """(offset, shift) of numbers 0..span that are compared with these, for the fewest ANDs. sizes: of the columns whose
    digits and `added` are the number; none where the sum does not count."""
    constants = np.array(thresholds, np.int64)
    places = np.arange(span.bit_length() + 1)
    first = constants[np.unique(np.linspace(0, len(constants) - 1, 16).astype(int))]
    offsets = np.unique(np.append(-first[:, None] % (1 << places), np.arange(NEAR if sizes else 0)))
    zeros = _trailing_zeros(constants + offsets[:, None])
    width = np.frexp(span + offsets)[1].astype(np.int64)
    sums = _sum_costs(np.array(sizes), added + offsets, width) if sizes else CARRY_ONLY * width
    about = np.maximum(width[:, None] - zeros - 1, 0).sum(axis=1) - CARRY_ONLY * zeros.min(axis=1) + sums
    best = []
    for place in np.argsort(about, kind="stable")[: MORE_TRIED if sizes else TRIED].tolist():
        offset, shift = int(offsets[place]), int(zeros[place].min())
        bounds = offset >> shift, span + offset >> shift
        cost = cost_of_count(bounds[1].bit_length(), bounds, (constants + offset >> shift).tolist())
        best.append((cost - CARRY_ONLY * shift + int(sums[place]), offset, shift))
    return min(best)[1:]


def _sum_costs(sizes: Ints, added: Ints, width: Ints) -> Ints:
    """int64[n]: ANDs of the lowest `width` bits of digits, int64[places], and each of n constants, in the cheaper
    sense, if nothing is shared; see `bridge.lowering.sense`."""
    highest = int(sizes @ (1 << np.arange(len(sizes))))
    costs = []
    for constant in (added, -1 - added - highest):
        cost = carries = np.zeros_like(added)
        for place, size in enumerate(sizes.tolist()):
            one = constant >> place & 1
            bits = size + carries + one
            carries = bits // 2
            adders = ADDER * ((bits - 1) // 2) - (ADDER - WITH_ONE) * one + WITH_ONE * (bits % 2 == 0)
            cost = cost + np.where((place < width) & (bits > 1 + one), adders, 0)
        costs.append(cost)
    return np.minimum(*costs)


def _trailing_zeros(numbers: Ints) -> Ints:
    """Of positive numbers."""
    places: Ints = np.frexp(numbers & -numbers)[1].astype(np.int64) - 1
    return places
