"""Splits of trees, each by itself, given the literals of where it leads."""

from __future__ import annotations

import numpy as np

from bridge.aig import FALSE, TRUE
from bridge.arrays import Ints
from bridge.cell import Trees
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.rows import Broken


def check_splits(gadgets: Gadgets, block: Trees, asked: list[int], values: Ints, ways: Ints) -> None:
    """Broken unless `values` is what splits give, as `lower_trees` has it.

    A split without `ways` gives what it chooses. One with them gives that where it is reached and 0 elsewhere: for it,
    and all that it leads to, this is shown from the leaves up, so the root, which is always reached, gives what it
    chooses.
    """
    for root in block.roots.tolist():
        if root >= 0 and ways[root, 0] not in (-1, TRUE):
            raise Broken(f"{block.name} has a root that is not always reached")
    for split, select in zip(range(len(block.splits)), asked, strict=True):
        if ways[split, 0] < 0:
            _check_chosen(gadgets, block, split, select, values, ways)
        else:
            _check_reached(gadgets, block, split, select, values, ways)


def _check_chosen(gadgets: Gadgets, block: Trees, split: int, select: int, values: Ints, ways: Ints) -> None:
    _, then, other = block.splits[split].tolist()
    if any(way >= 0 and ways[way, 0] not in (-1, TRUE) for way in (then, other)):
        raise Broken(f"{block.name} has a split that chooses what is not always reached")
    for index, out in enumerate(values[split].tolist()):
        if not gadgets.chooses(select, int(values[then, index]), int(values[other, index]), out):
            raise Broken(f"{block.name} has a split that does not choose between its two ways")


def _check_reached(gadgets: Gadgets, block: Trees, split: int, select: int, values: Ints, ways: Ints) -> None:
    here, *both = ways[split].tolist()
    if not (gadgets.chooses(select, here, FALSE, both[0]) and gadgets.chooses(select, FALSE, here, both[1])):
        raise Broken(f"{block.name} has a split that is not left as the trees say")
    given = []
    for way, literal in zip(block.splits[split, 1:].tolist(), both, strict=True):
        if way >= 0 and ways[way, 0] != literal:
            raise Broken(f"{block.name} has a split that is not reached from where it should be")
        given.append(values[way] if way >= 0 else np.where(values[way] == TRUE, literal, FALSE))
    for a, b, out in np.stack([*given, values[split]], axis=1).tolist():
        whole = [a, b] == both and out == here
        if not whole and not gadgets.chooses(a, TRUE, b, out):
            raise Broken(f"{block.name} has a split that does not join its two ways")
