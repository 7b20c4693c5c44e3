"""A certificate proves every lowering, of cells of any shape, and no fault gets past it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell, Embedding, Logits, Threshold
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.rows import Broken
from bridge.lowering import lower, lower_traced
from bridge.metadata import Objective
from support.cells import cells, random_cell, random_tree_cell, tree_cells
from support.prototype_cells import load_prototype


@pytest.mark.heavy
@given(st.one_of(cells, tree_cells), st.sampled_from(get_args(Objective)))
def test_every_lowering_is_proven(cell: Cell, objective: Objective) -> None:
    verdict = certify(cell, lower(cell, objective=objective))
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)


@pytest.mark.parametrize("sharing_rows", [1, 3])
def test_a_bit_and_its_complement_that_nothing_else_reads(sharing_rows: int) -> None:
    """They add up to a constant, so that the netlist does not have them; the certificate must still know them."""
    column = np.arange(256)[:, None] >> np.arange(3) & 1
    table = np.hstack([column, 1 - column[:, :2]]).astype(np.uint8)
    weights = np.tile([[1, 2, 1, 1, 2]], (sharing_rows, 1))
    neurons = Threshold("n", ("emb",), weights, np.full(sharing_rows, 4))
    head = Logits("logit", ("n", "emb"), np.ones((2, sharing_rows + 5), int), np.array([0, 1]), 1.0, b"ab")
    cell = Cell((Embedding("emb", table), neurons, head))
    verdict = certify(cell, lower(cell))
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)


def flipped(aig: Aig, node: int, side: int) -> Aig:
    ands = aig.ands.copy()
    ands[node, side] ^= 1
    ands[node] = np.sort(ands[node])[::-1]
    return replace(aig, ands=ands)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("trees", [False, True])
def test_every_inverted_fanin_breaks_the_certificate_or_is_harmless(seed: int, trees: bool) -> None:
    """The trace stays as the lowering gave it; the netlist has one fault. A fault that is not found must be none."""
    cell = random_tree_cell(seed) if trees else random_cell(seed, layers=1, neurons=3)
    aig, trace = lower_traced(cell)
    rng = np.random.default_rng(seed)
    missed = []
    for node in rng.permutation(len(aig.ands))[:150].tolist():
        faulty = flipped(aig, node, int(rng.integers(2)))
        try:
            Checker(cell, faulty, trace).run()
        except Broken:
            continue
        missed.append(faulty)
    for faulty in missed:
        assert certify(cell, faulty).answer == "equivalent"


@pytest.mark.parametrize("change", ["weights", "thresholds", "table"])
def test_another_cell_is_not_proven(change: str) -> None:
    cell = random_cell(11, layers=1, neurons=3)
    aig = lower(cell)
    index = next(i for i, block in enumerate(cell.blocks) if change in vars(block))
    array = np.array(getattr(cell.blocks[index], change))
    reads = [point.name for point in aig.points if point.name.startswith(f"{cell.blocks[index].name}[")]
    row = int(reads[0].split("[")[1].rstrip("]")) if reads else 0
    if change == "table":
        array[7, row] ^= 1
    else:
        array[row] = array[row] + 1 if change == "thresholds" else np.roll(array[row], 1)
    other = Cell((*cell.blocks[:index], replace(cell.blocks[index], **{change: array}), *cell.blocks[index + 1 :]))
    assert certify(other, aig).answer != "equivalent" or lower(other).ands.tolist() == aig.ands.tolist()


def test_an_optimized_netlist_is_compared_with_the_certified_one() -> None:
    cell = random_cell(3)
    aig = lower(cell)
    first = replace(aig.outputs[0], literal=aig.outputs[0].literal ^ 1)
    verdict = certify(cell, replace(aig, outputs=(first, *aig.outputs[1:])))
    assert verdict.answer == "different"
    assert verdict.counterexample
    again = certify(cell, replace(aig, points=()))
    assert again.answer == "equivalent"
    assert again.method.startswith("certificate, then")


def test_gadgets_know_dependent_leaves() -> None:
    """c = a & b is an input of an adder of a, b and c."""
    aig = Aig(("a", "b"), (), np.array([[4, 2], [5, 3], [9, 7]]), ())
    gadgets = Gadgets(aig)
    both, odd = 6, 10
    assert gadgets.adds(2, 4, 0, 0, odd, both, 0)
    assert not gadgets.adds(2, 4, 1, 0, odd, both, 0)
    assert gadgets.adds(2, 4, both, 0, 9, both, 0)  # a + b + ab = (a | b) + 2ab
    assert gadgets.chooses(2, 4, 0, both)
    assert gadgets.reaches([(2, 1), (4, 1)], 1, 9)
    assert gadgets.reaches([(2, 1), (4, 2), (both, 2)], 3, both)
    assert not gadgets.reaches([(2, 1), (4, 1)], 2, 9)


def test_gadgets_know_what_implies_what_only_once_it_is_proven() -> None:
    """Two of four bits, and all four, are carries of a column; then the carry of them and a bit takes 2 ANDs."""
    builder = AigBuilder()
    a, b, c, d, e = (builder.input(name) for name in "abcde")
    high = 0
    for x, y in combinations((a, b, c, d), 2):
        high = builder.or_(high, builder.and_(x, y))
    low = builder.and_(builder.and_(a, b), builder.and_(c, d))
    carry = builder.or_(low, builder.and_(high, e))
    for index, literal in enumerate((high, low, carry)):
        builder.output(f"o{index}", literal)
    aig = builder.build()
    high, low, carry = (output.literal for output in aig.outputs)
    gadgets = Gadgets(aig)
    assert not gadgets.adds(e, high, low, 0, -1, carry, 0)
    assert not gadgets.adds(a, b, c, d, -1, low, high)
    assert gadgets.adds(a, b, c, d, -1, high, low)
    assert gadgets.adds(e, high, low, 0, -1, carry, 0)
    assert gadgets.reaches([(high, 1), (low, 1)], 1, high)


@pytest.mark.heavy
@given(st.one_of(cells, tree_cells))
def test_a_lowering_that_cares_for_the_alphabet_says_so(cell: Cell) -> None:
    verdict = certify(cell, lower(cell, care="alphabet"))
    count = len(cell.head.symbols)
    assert (verdict.answer, verdict.method) == ("equivalent", f"certificate for {count} of 256 bytes"), str(verdict)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["h3", "w1", "i25", "g90"])
@pytest.mark.parametrize("objective", ["area", "depth"])
def test_the_prototype_cells(shared: Path, name: str, objective: Objective) -> None:
    cell = load_prototype(shared / "data" / "cells" / f"cell_{name}.npz")
    verdict = certify(cell, lower(cell, objective=objective))
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate")
