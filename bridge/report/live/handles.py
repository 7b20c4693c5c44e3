"""Handles: every named bit of a netlist can be held or turned while it runs, without making it anew.

What reads a bit reads `(bit & keep) ^ turn` instead, as an intervention of `bridge.analysis.edits` would have it:
keep 1 and turn 0 leave it as it is, keep 1 and turn 1 turn it, keep 0 holds it at turn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig import Aig, Latch
from bridge.aig.literals import larger_first, through
from bridge.arrays import Ints

NODES = 4  # of a handle


def with_handles(aig: Aig, variables: Ints) -> tuple[Aig, Ints]:
    """The netlist with a handle at each of these distinct variables, ascending: its inputs are those of `aig`, then
    `keep` and `turn` of each handle. And int64[variables of aig]: the literal that is read of each."""
    handles, inputs, first = len(variables), len(aig.inputs), aig.first_and + 2 * len(variables)
    added = np.zeros(aig.variables, np.int64)
    added[variables] = NODES
    start = first + int(added[: aig.first_and].sum())
    own = 2 * np.arange(aig.variables)
    own[inputs + 1 : aig.first_and] += 4 * handles
    own[aig.first_and :] = 2 * (start + np.arange(len(aig.ands)) + _before(added[aig.first_and :]))
    nodes = own[variables] // 2 + 1
    leaves = variables < aig.first_and
    nodes[leaves] = first + NODES * np.arange(int(leaves.sum()))
    image = own.copy()
    image[variables] = 2 * (nodes + NODES - 1) + 1
    keep = 2 * (inputs + 1 + 2 * np.arange(handles))
    ands = np.zeros((start - first + len(aig.ands) + int(added[aig.first_and :].sum()), 2), np.int64)
    ands[own[aig.first_and :] // 2 - first] = through(image, aig.ands.astype(np.int64))
    kept = 2 * nodes
    pairs = ((own[variables], keep), (kept, keep + 3), (kept + 1, keep + 2), (kept + 3, kept + 5))
    for place, pair in enumerate(pairs):
        ands[nodes + place - first] = np.stack(pair, axis=1)
    names = (name for handle in range(handles) for name in (f"keep {handle}", f"turn {handle}"))
    handled = replace(
        aig,
        inputs=(*aig.inputs, *names),
        latches=tuple(Latch(each.name, through(image, each.next), each.reset) for each in aig.latches),
        ands=larger_first(ands).astype(np.uint32),
        outputs=tuple(replace(each, literal=through(image, each.literal)) for each in aig.outputs),
        points=(),
        properties=aig.properties.mapped(lambda literal: through(image, literal)),
    )
    return handled, image


def _before(counts: Ints) -> Ints:
    """int64[n]: the sum of all before each."""
    return np.cumsum(counts) - counts
