"""The share of every block in a netlist: which ANDs serve it."""

from __future__ import annotations

import numpy as np

from bridge.aig.graph import Aig
from bridge.aig.names import block_of
from bridge.arrays import Ands, Flags, Ints
from bridge.compiled import compiled


def blocks_of(aig: Aig) -> dict[str, int]:
    """How many ANDs serve each named block: those between its points, outputs or next states and the points before.

    A node that serves several counts for the first of them, in the order of the points, the outputs and the latches.
    """
    named = [*((point.name, point.literal) for point in aig.points)]
    named += [*((output.name, output.literal) for output in aig.outputs)]
    named += [*((latch.name, latch.next) for latch in aig.latches)]
    roots: dict[str, list[int]] = {}
    for name, literal in named:
        roots.setdefault(block_of(name), []).append(literal)
    stops = np.zeros(aig.variables, np.bool_)
    stops[[point.literal >> 1 for point in aig.points]] = True
    owner = np.full(aig.variables, -1, np.int64)
    for index, literals in enumerate(roots.values()):
        _claim(aig.ands, aig.first_and, stops, np.array(literals, np.int64), index, owner)
    counts = np.bincount(owner[aig.first_and :] + 1, minlength=len(roots) + 1)[1:]
    return {name: int(count) for name, count in zip(roots, counts, strict=True) if count}


@compiled
def _claim(ands: Ands, first: int, stops: Flags, roots: Ints, block: int, owner: Ints) -> None:
    """Give the nodes under these root literals, up to the next stops, to a block unless they have one already.

    stops: bool[variables]; owner: int64[variables], -1 for nodes of no block.
    """
    wanted = np.zeros(len(owner), np.bool_)
    for root in roots:
        wanted[root >> 1] = True
    starts = wanted.copy()
    for variable in range(len(owner) - 1, first - 1, -1):
        if not wanted[variable] or (stops[variable] and not starts[variable]):
            continue
        if owner[variable] == -1:
            owner[variable] = block
        wanted[ands[variable - first, 0] >> 1] = True
        wanted[ands[variable - first, 1] >> 1] = True
