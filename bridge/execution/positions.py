"""Where in a text an edited netlist is: latches that count the bytes read, see `bridge.analysis.edits`.

They start at 0. Streams that begin in the middle of a text start with the position of their first byte.
"""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import position
from bridge.arrays import Flags, Ints
from bridge.errors import InputError
from bridge.metadata import read_metadata


def counting_latches(aig: Aig) -> Ints:
    """int64[bits]: the indices of the latches that count, the lowest bit first; none in most netlists."""
    index = {latch.name: place for place, latch in enumerate(aig.latches)}
    found: list[int] = []
    while position(len(found)) in index:
        found.append(index[position(len(found))])
    return np.array(found, np.int64)


def counted(latches: Ints, positions: Ints) -> Flags:
    """bool[bits, n]: what they hold before the bytes at int64[n] positions; they stop at the largest they can hold."""
    bits = np.arange(len(latches))[:, None]
    most = (1 << len(latches)) - 1
    return (np.clip(positions, 0, most) >> bits & 1).astype(np.bool_)


def check_positions(aig: Aig, length: int, what: str = "bytes") -> None:
    """InputError if something is done at a position that a text of so many bytes, or a row of steps, does not have."""
    for edit in read_metadata(aig).edits:
        if edit.at is not None and edit.at >= length:
            raise InputError(
                f"{edit.told}: {length:,} {what} are read, so there is no position {edit.at:,} (the first is 0)"
            )
