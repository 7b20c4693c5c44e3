"""Area flow: what every node of a netlist costs those that read it."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import variable_of
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


def flow_to_roots(aig: Aig) -> tuple[Floats, Ints, Flags]:
    """(float64[variables], the flow behind every node up to the points before it; int64[variables], its readers;
    bool[points and outputs], whether it is the first at its node)."""
    variable = np.array([root.variable for root in (*aig.points, *aig.outputs)], np.int64)
    points = len(aig.points)
    leaf = np.arange(aig.variables) < aig.first_and
    leaf[variable[:points]] = True
    pays = ~leaf[variable]
    pays[np.unique(variable[:points], return_index=True)[1]] = True
    roots = np.bincount(variable[pays], minlength=aig.variables)
    readers = roots + np.where(leaf, 0, np.bincount(variable_of(aig.ands.ravel()), minlength=aig.variables))
    return area_flow(aig.ands, aig.first_and, leaf, readers), readers, pays
