"""State bits that repeat others by design: the definition of the cell makes them equal, whatever was learned.

The delay of a latch holds what the latch holds, the delay of a bit that tells one state of an automaton what the
automaton holds, and where two bits are equal, so are their delays. Such copies are no findings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from bridge.aig import names
from bridge.analysis.invariants import Invariants
from bridge.cell import Cell

Place: TypeAlias = tuple[str, int, int]  # block; element, ~state of an automaton; how many steps ago


def designed_copies(cell: Cell, known: Invariants) -> frozenset[str]:
    """Those latches of `known.equal` and `known.complementary` that repeat others by design."""
    places = dict(_places(cell))
    holders = {place: name for name, place in places.items()}
    stands_for = dict((*known.equal, *known.complementary))
    copies, seen = set[str](), set[tuple[str, Place | str]]()
    for name in (*dict.fromkeys(stands_for.values()), *stands_for):
        leader = stands_for.get(name, name)
        block, element, age = place = places.get(name, (name, 0, 1))
        reasons: set[tuple[str, Place | str]] = {(leader, place)}
        younger = holders.get((block, element, age - 1))
        if younger is not None:
            reasons.add((leader, stands_for.get(younger, younger)))
        if name in stands_for and reasons & seen:
            copies.add(name)
        seen |= reasons
    return frozenset(copies)


def _places(cell: Cell) -> Iterator[tuple[str, Place]]:
    """Every state bit, and what it holds at the beginning of a step."""
    for name, part in cell.state_slices.items():
        for index in range(part.stop - part.start):
            yield names.state(name, index), _held(cell, name, index)


def _held(cell: Cell, name: str, index: int) -> Place:
    block, age = cell.by_name[name], 1
    if block.STATEFUL and block.patterns is not None:  # an automaton
        return name, ~index, age
    while block.AT_START:
        (name,) = block.keeps
        older, index = divmod(index, cell.widths[name])
        block = cell.by_name[name]
        age += older + block.AT_START
    if block.STATEFUL and block.patterns is not None:
        for value in (1, 0):
            (states,) = (block.patterns[:, index] == value).nonzero()
            if len(states) == 1:
                return name, ~int(states[0]), age
    return name, index, age
