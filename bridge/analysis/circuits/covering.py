"""The smallest circuit among elements that only the head reads: how many of them must be kept is a covering problem.

Each element that is let go costs the prediction some of its margin over each rival, and what is kept must save enough
of it. An integer program finds a smallest set; that there is none smaller follows from multiples of the conditions,
which come from a linear program in floating point and are checked in whole numbers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.analysis.circuits.bounds import read_of
from bridge.analysis.circuits.layers import Layers
from bridge.analysis.minimal import Minimal
from bridge.arrays import Ints
from bridge.truth.programs import Optimum, Polytope

UNIT = 1 << 20  # of the multiples
_SECONDS = 20.0


def covered(layers: Layers, found: Minimal, seconds: float) -> Minimal:
    """The same with fewer elements where there are fewer, and with what is proven of the least; as it is where other
    blocks read the candidates."""
    costs_needs = _costs(layers)
    if costs_needs is None or found.answer is not True:
        return found
    costs, needs = costs_needs
    chosen = _fewest(costs, needs, whole=True, seconds=min(seconds, _SECONDS))
    if chosen is not None:
        kept = np.flatnonzero(chosen.point > 0.5)
        if len(kept) < len(found.kept) and (costs[:, kept].sum(axis=1) >= needs).all():
            found = replace(found, kept=tuple(kept.tolist()), why="")
    saved = costs[:, found.kept].sum(axis=1)
    needed = frozenset(place for place in found.kept if (saved - costs[:, place] < needs).any())
    return replace(found, least=max(found.least, _least(costs, needs)), needed=needed)


def _costs(layers: Layers) -> tuple[Ints, Ints] | None:
    """int64[rivals, elements]: what letting each go costs; int64[rivals]: what must be saved. None if other blocks read
    one of the elements, or if something else is open."""
    cell = layers.cell
    if any((layers.candidates(block.reads) < layers.count).any() for block in cell.blocks[:-1] if block.reads):
        return None
    read = read_of(layers.whole, layers.differences[0])
    if (read.low != read.high).any():
        return None
    costs: Ints = layers.losses.astype(np.int64)
    return costs, costs.sum(axis=1) - layers.slack(layers.whole)[0].astype(np.int64)


def _least(costs: Ints, needs: Ints) -> int:
    """Fewer elements never save enough."""
    found = _fewest(costs, needs)
    if found is None:
        return 0
    multiples = found.whole_multiples(UNIT)
    used = multiples != 0
    taken = multiples[used] @ costs[used].astype(object)
    bound = int(multiples[used] @ needs[used].astype(object)) + int(np.minimum(0, UNIT - taken).sum())
    return max(0, -(-bound // UNIT))


def _fewest(costs: Ints, needs: Ints, *, whole: bool = False, seconds: float = _SECONDS) -> Optimum | None:
    """Elements, or parts of them, that save what is needed."""
    polytope = Polytope(np.zeros(costs.shape[1]), np.ones(costs.shape[1]), whole=whole)
    polytope.add(-costs.astype(np.float64), -needs.astype(np.float64))
    return polytope.least(np.ones(costs.shape[1]), seconds)
