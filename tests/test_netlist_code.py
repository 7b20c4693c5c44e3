"""Coded netlists: the same functions come back, from fewer bits than the bound has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.coding.netlist_code import pack_netlist, unpack_netlist
from bridge.coding.score import netlist_bits
from bridge.lowering import lower
from support.cells import cells, tree_cells
from support.strategies import aigs


def values(roots: list[int], ands: np.ndarray, leaves: np.ndarray) -> list[int]:
    """Of each root, for bits of leaves that are int (many places at once), the constant first; ANDs in any order."""
    found: dict[int, int] = dict(enumerate(leaves.tolist()))
    ones = (1 << 62) - 1
    waiting = [literal >> 1 for literal in roots]
    while waiting:
        variable = waiting[-1]
        if variable in found:
            waiting.pop()
            continue
        read = ands[variable - len(leaves)].tolist()
        missing = [literal >> 1 for literal in read if literal >> 1 not in found]
        waiting += missing
        if not missing:
            one, two = (found[literal >> 1] ^ (ones if literal & 1 else 0) for literal in read)
            found[variable] = one & two
    return [found[literal >> 1] ^ (ones if literal & 1 else 0) for literal in roots]


def assert_comes_back(aig: Aig, seed: int = 0) -> bytes:
    code = pack_netlist(aig)
    back = unpack_netlist(code)
    leaves = np.random.default_rng(seed).integers(0, 1 << 62, aig.first_and)
    leaves[0] = 0
    roots = [*aig.next_literals().tolist(), *(output.literal for output in aig.outputs)]
    assert back.leaves == aig.first_and
    assert values(back.roots.tolist(), back.ands, leaves) == values(roots, aig.ands.astype(np.int64), leaves)
    return code


@pytest.mark.heavy
@settings(deadline=None, max_examples=30)
@given(st.one_of(cells, tree_cells).map(lower), st.integers(0, 1000))
def test_every_lowered_cell_comes_back(aig: Aig, seed: int) -> None:
    assert_comes_back(aig, seed)


@settings(deadline=None, max_examples=60)
@given(aigs(), st.integers(0, 1000))
def test_every_netlist_comes_back(aig: Aig, seed: int) -> None:
    assert_comes_back(aig, seed)


def test_it_takes_fewer_bits_than_the_bound(tiny: Cell) -> None:
    """And says more: what is put out, and held."""
    aig = lower(tiny)
    assert 8 * len(assert_comes_back(aig)) < 0.7 * netlist_bits(aig)
