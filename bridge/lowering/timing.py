"""How late every bit of a cell may be, for the netlist to be about as deep as it is without sharing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.aig import Aig, names
from bridge.arrays import Ints
from bridge.cell.blocks import OLD
from bridge.lowering.timing_kernels import latest_levels

STRETCH = {"depth": 1.0, "balanced": 1.2}  # levels, as a multiple of those without sharing


def deadlines_of(plain: Aig, sources: Mapping[str, Ints], variables: int, stretch: float) -> Ints:
    """int64[variables + 1]: the level that the bits of every source may have, and last that of the outputs.

    plain: the cell without sharing, whose points are named as `lower` does; state bits are there at 0.
    """
    depth = int(plain.levels().max(initial=0))
    latest = latest_levels(plain.ands, plain.first_and, depth)
    named = {point.name: int(latest[point.variable]) for point in plain.points}
    held = {latch.name for latch in plain.latches}
    deadlines = np.full(variables + 1, depth)
    for source, own in sources.items():
        name = source.removeprefix(OLD)
        for index, variable in enumerate(own.tolist()):
            bit = names.element(name, index)
            at_start = source != name or (bit not in named and names.state(name, index) in held)
            deadlines[variable] = 0 if at_start else named.get(bit, depth)
    return np.ceil(stretch * deadlines).astype(np.int64)
