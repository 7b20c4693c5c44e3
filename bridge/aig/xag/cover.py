"""Cover the gates by small functions, each a form with as few ANDs as there can be, and build that cover.

Every gate that is needed begins with its own two fanins. Then gate after gate takes the cut that costs least with all
that is needed for it alone (exact area, as in the mappers of ABC), so that the whole never gets dearer. What is built
may be smaller still, since forms share ANDs.

Minimal forms as a target of cuts: Testa, Soeken, Amaru, De Micheli (DAC 2019).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.aig.cuts import PAD
from bridge.aig.xag.cuts import Cuts, empty_cuts, find_cuts
from bridge.aig.xag.forms import LEAVES, MOST, SIDE, Forms, all_forms
from bridge.aig.xag.graph import XagGraph, and_of, compacted, empty_xag, xor_of
from bridge.arrays import Ands, Bits, Flags, Int, Ints
from bridge.compiled import compiled, compiled_part

ROUNDS = 3


def covered(leaves: int, fanins: Ands, odd: Flags, roots: Ints, seed: int) -> tuple[Ands, Flags, Ints]:
    """The gates anew, and the roots. seed: which of equally cheap cuts are taken."""
    forms = all_forms()
    variables = 1 + leaves + len(odd)
    cuts = empty_cuts(variables)
    readers = np.bincount(np.concatenate([fanins.ravel(), roots]) >> 1, minlength=variables)
    find_cuts(fanins, odd, readers, forms.cost, cuts)
    stack = np.empty(2 * LEAVES * variables + 2, np.int64)
    cover = Cover(cuts, readers, 1 + leaves, forms.cost, np.zeros(variables, np.uint8), stack)
    choose(cover, seed)
    graph = empty_xag(1 + leaves + int(_room(cover, forms)), leaves)
    return compacted(graph, leaves, _build(graph, cover, forms, roots))


class Cover(NamedTuple):
    """In the making. `cuts`: those there are; `needed`: int64[variables], the readers of each; `first`: the first gate;
    `price`: int64[TABLES], of every function; `chosen`: uint8[variables], the cut of each gate; `stack`: for work."""

    cuts: Cuts
    needed: Ints
    first: Int
    price: Ints
    chosen: Bits
    stack: Ints


@compiled_part
def _take(cover: Cover, variable: Int, index: Int, step: Int) -> np.int64:
    """Have one reader more (step 1) or less (-1) of the leaves of a cut, and of the leaves of those that nothing else
    reads: what all of them cost."""
    cuts, needed, first, price, chosen, stack = cover
    cost = np.int64(0)
    stack[0], stack[1] = variable, index
    depth = 2
    while depth:
        depth -= 2
        variable, index = stack[depth], stack[depth + 1]
        cost += price[cuts.tables[variable, index]]
        for place in range(LEAVES):
            leaf = np.int64(cuts.leaves[variable, index, place])
            if leaf == PAD:
                break
            before = needed[leaf]
            needed[leaf] += step
            if leaf >= first and (before == 0 or needed[leaf] == 0):
                stack[depth], stack[depth + 1] = leaf, chosen[leaf]
                depth += 2
    return cost


@compiled
def choose(cover: Cover, seed: int) -> None:
    """The cut of every gate; each begins with its first one, and `needed` says so. seed: 0 to stay where others are
    equally cheap."""
    state = np.uint64(seed)
    for _ in range(ROUNDS):
        for variable in range(cover.first, len(cover.needed)):
            if cover.needed[variable] == 0:
                continue
            now = np.int64(cover.chosen[variable])
            best, least = now, _take(cover, variable, now, -1)
            for place in range(cover.cuts.counts[variable] - 1):
                index = np.int64(place)
                if index == now:
                    continue
                cost = _take(cover, variable, index, 1)
                _take(cover, variable, index, -1)
                state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                if cost < least or (cost == least and seed and state >> np.uint64(63)):
                    best, least = index, cost
            cover.chosen[variable] = best
            _take(cover, variable, best, 1)


@compiled
def _room(cover: Cover, forms: Forms) -> int:
    """Variables that the cover may take at most."""
    room = 0
    for variable in range(cover.first, len(cover.needed)):
        if cover.needed[variable]:
            room += 8 + 16 * forms.ands[cover.cuts.tables[variable, cover.chosen[variable]]]
    return room


@compiled_part
def _sum_of(graph: XagGraph, terms: Ints, mask: Int) -> np.int64:
    result = np.int64(0)
    for place in range(LEAVES + MOST):
        if mask >> place & 1:
            result = xor_of(graph, result, terms[place])
    return result


@compiled
def _build(graph: XagGraph, cover: Cover, forms: Forms, roots: Ints) -> Ints:
    """Build the cover; the roots in the graph."""
    image, terms = np.zeros(len(cover.needed), np.int64), np.zeros(LEAVES + MOST, np.int64)
    for leaf in range(1, cover.first):
        image[leaf] = 2 * leaf
    for variable in range(cover.first, len(cover.needed)):
        if cover.needed[variable] == 0:
            continue
        cut = cover.chosen[variable]
        table = np.int64(cover.cuts.tables[variable, cut])
        for place in range(LEAVES):
            leaf = cover.cuts.leaves[variable, cut, place]
            terms[place] = 0 if leaf == PAD else image[leaf]
        for gate in range(forms.ands[table]):
            sides = forms.sides[table] >> 2 * SIDE * gate
            one, other = _sum_of(graph, terms, sides), _sum_of(graph, terms, sides >> SIDE)
            terms[LEAVES + gate] = and_of(graph, one, other)
        image[variable] = _sum_of(graph, terms, np.int64(forms.outs[table])) ^ (table & 1)
    return np.array([image[root >> 1] ^ (root & 1) for root in roots])
