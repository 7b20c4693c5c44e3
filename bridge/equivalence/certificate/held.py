"""Sums that are only compared, as the lowering claims to hold them: what that can be, and what it tells."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ints
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate.rows import Broken
from bridge.lowering.held import Held


def held_ranges(held: Held, sums: Ranges) -> Ranges:
    """What `(element + offset) >> shift` can be, if the elements can be `sums`; of one comparison, 0 and 1. Broken for
    what is held without a sign, but would need one."""
    low = np.where(held.alone, 0, sums.low + held.offset >> held.shift)
    high = np.where(held.alone, 1, sums.high + held.offset >> held.shift)
    if (low < 0).any():
        raise Broken("a sum that is only compared is not held as it is claimed to be")
    return Ranges(low, high)


def moved(held: Held, sums: Ranges, own: Ranges, element: int, thresholds: Ints) -> Ints:
    """What is held of an element, `own`, reaches these where it reaches the thresholds. Broken unless that can be
    told."""
    low, high = int(sums.low[element]), int(sums.high[element])
    offset, shift = int(held.offset[element]), int(held.shift[element])
    live = (low < thresholds) & (thresholds <= high)
    ends = thresholds[live] + offset
    if (ends & (1 << shift) - 1).any() or (held.alone[element] and (ends != 1 << shift).any()):
        raise Broken("a sum that is only compared does not tell whether it reaches a threshold")
    found = np.where(thresholds > high, 1 + own.high[element], 0)
    found[live] = ends >> shift
    return found
