"""Pieces of two cut netlists that differ: what keeps them from agreeing?"""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from bridge.aig import Aig
from bridge.aig.cone import cone
from bridge.aig.cut import common_places, cut_pair
from bridge.aig.literals import variable_of
from bridge.arrays import Bits
from bridge.execution import simulate


def cut_too_many(a: Aig, b: Aig, whole: Set[str], vector: Bits) -> set[str]:
    """Points that may be why `cut_pair(a, b, whole)` differ under an input vector though the netlists need not.

    Of those that the differing pieces read, the ones that only one netlist reads there, or if there are none, all.
    A tool that optimizes a cut form may find that two pieces share a node, and make of it what one of them is: joined,
    one piece reads the other's point, which it did not before. Nothing if no piece differs or none reads a point.
    """
    names, places = common_places(a, b, whole)
    pair = cut_pair(a, b, whole)
    ours, theirs = (simulate(form, vector.astype(np.uint64)[:, None])[:, 0] for form in pair)
    differ = np.flatnonzero((ours ^ theirs) & np.uint64(1)).tolist()
    mine, others = (set(cone(form, differ).inputs) for form in pair)
    owners: dict[str, set[str]] = {}
    for name, variable in zip(names, variable_of(places.stand_ins).tolist(), strict=True):
        if variable >= a.first_and:
            owners.setdefault(pair[0].inputs[variable - 1], set()).add(name)
    read = (mine ^ others) & owners.keys() or mine & owners.keys()
    return {name for stand_in in read for name in owners[stand_in]}
