"""Area flow: what every node of a netlist costs those that read it."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ands, Flags, Floats, Ints
from bridge.compiled import compiled


@compiled
def area_flow(ands: Ands, first: int, leaf: Flags, readers: Ints) -> Floats:
    """float64[variables]: the ANDs behind every node; each node divides its own among its `readers`, leaves give none.

    ands: uint32[n, 2], of variables `first` on, fanins before their node; leaf: bool[variables]; readers:
    int64[variables].
    """
    flow = np.zeros(len(leaf))
    for index in range(len(ands)):
        total = 1.0
        for side in range(2):
            fanin = ands[index, side] >> 1
            if not leaf[fanin]:
                total += flow[fanin] / readers[fanin]
        flow[first + index] = total
    return flow
