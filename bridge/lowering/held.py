"""What is built of sums that are only compared with constants.

A sum of which others only ask which constants it reaches is held as `(sum + offset) >> shift`: moved so that the
constants end in as many zeros as can be, without the bits below those, of which only carries are built. A sum with one
constant is then one bit, as that of a Threshold row is. Such a sum is no number in the netlist, and its bits have no
names there.
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

CARRY_ONLY = 3  # ANDs of an adder less without its sum
TRIED = 4  # offsets whose cost is known exactly


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


def held_of(asked: Sequence[Integers], sums: Ranges, lowest: Ints, total: Ints) -> Held:
    """asked: see `only_compared`; sums: what the elements can be; lowest, total: int64[elements], the least that the
    bits of each sum add up to, and how much more."""
    rows = [np.arange(len(sums)) // (len(sums) // len(constants)) for constants in asked]
    keys = np.stack([sums.low, sums.high, lowest, total, *rows], axis=1)
    kinds, which = np.unique(keys, axis=0, return_inverse=True)
    found = np.array([_placed(asked, kind) for kind in kinds.tolist()], np.int64)[which.reshape(-1)]
    offset, shift, alone = found.T
    low, high = (bound + offset >> shift for bound in (sums.low, sums.high))
    low, high = np.where(alone, 0, low), np.where(alone, 1, high)
    return Held(offset, shift, sums, Ranges(low, high), alone.astype(np.bool_))


def _placed(asked: Sequence[Integers], kind: list[int]) -> tuple[int, int, int]:
    """(offset, shift, is it one comparison?) for elements of one kind: bounds, what the bits give, a row of each of the
    constants."""
    low, high, lowest, total, *rows = kind
    every = np.unique(np.concatenate([constants[row] for constants, row in zip(asked, rows, strict=True)]))
    live = every[(every > low) & (every <= high)].astype(np.int64)
    if not len(live):
        return -low, (high - low).bit_length(), 0
    if len(live) == 1:
        least = int(live[0]) - lowest
        top = max((least - 1).bit_length(), (total - least).bit_length())
        return (1 << top) - int(live[0]), top, 1
    offset, shift = _aligned(high - low, tuple((live - low).tolist()))
    return offset - low, shift, 0


@lru_cache(maxsize=1 << 12)
def _aligned(span: int, thresholds: tuple[int, ...]) -> tuple[int, int]:
    """(offset, shift) of numbers 0..span that are compared with these, for the fewest ANDs."""
    constants = np.array(thresholds, np.int64)
    places = np.arange(span.bit_length() + 1)
    first = constants[np.unique(np.linspace(0, len(constants) - 1, 16).astype(int))]
    offsets = np.unique(-first[:, None] % (1 << places))
    zeros = _trailing_zeros(constants + offsets[:, None])
    width = np.frexp(span + offsets)[1]
    about = np.maximum(width[:, None] - zeros - 1, 0).sum(axis=1) - CARRY_ONLY * (zeros.min(axis=1) - width)
    best = []
    for place in np.argsort(about, kind="stable")[:TRIED].tolist():
        offset, shift = int(offsets[place]), int(zeros[place].min())
        bounds = offset >> shift, span + offset >> shift
        cost = cost_of_count(bounds[1].bit_length(), bounds, (constants + offset >> shift).tolist())
        best.append((cost - CARRY_ONLY * (shift - int(width[place])), offset, shift))
    return min(best)[1:]


def _trailing_zeros(numbers: Ints) -> Ints:
    """Of positive numbers."""
    places: Ints = np.frexp(numbers & -numbers)[1].astype(np.int64) - 1
    return places
