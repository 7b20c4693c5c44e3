"""Products of two integers: every pair of factors, in the smallest netlist known, proven or found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cell import Cell, Input, Product, Scores
from bridge.cell.blocks.products import MAX_BITS
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.local import MOST
from bridge.equivalence.certificate.rows import Broken
from bridge.errors import InputError
from bridge.lowering import lower, lower_traced
from bridge.lowering.blocks.products import multiplier
from bridge.lowering.plan import PLAIN, SHALLOW, SMALL
from support.naive import evaluate

Bounds = tuple[int, int]
bounds = st.tuples(st.integers(-9, 9), st.integers(0, 17)).map(lambda both: (both[0], sum(both)))


def times(left: Bounds, right: Bounds, count: int = 1) -> Cell:
    """`count` products of factors of these bounds."""
    a, b = (Input(name, *np.tile(np.array(one)[:, None], count)) for name, one in (("a", left), ("b", right)))
    labels = tuple(f"p{i}" for i in range(count))
    return Cell((a, b, Product("p", "a", "b"), Scores("score", ("p",), labels)))


@given(bounds, bounds, st.sampled_from([PLAIN, SMALL, SHALLOW]))
def test_every_pair_of_factors(left: Bounds, right: Bounds, style: int) -> None:
    a, b = (part.ravel() for part in np.meshgrid(np.arange(left[0], left[1] + 1), np.arange(right[0], right[1] + 1)))
    bits = Ranges(*np.array([left, right]).T).encode(np.stack([a, b], axis=1)).astype(bool)
    aig = multiplier(left, right, style)
    outputs, _ = evaluate(aig, bits, np.zeros((len(a), 0), bool))
    product = a * b
    own = Ranges(product.min(keepdims=True), product.max(keepdims=True))
    np.testing.assert_array_equal(own.decode(outputs.astype(np.uint8))[:, 0], product)


def test_what_it_costs() -> None:
    """A bit is a mask, and factors of few or odd values are tables."""
    ands = {
        (left, right): len(multiplier(left, right, SMALL).ands)
        for left, right in [((0, 1), (-8, 7)), ((0, 3), (0, 3)), ((0, 2), (-8, 8)), ((5, 6), (5, 6))]
    }
    assert list(ands.values()) == [4, 10, 27, 3]
    wide = (0, 15), (-15, 15)
    assert len(multiplier(*wide, SMALL).ands) <= min(112, len(multiplier(*wide, PLAIN).ands))
    assert multiplier(*wide, SHALLOW).levels().max() <= multiplier(*wide, SMALL).levels().max()


@pytest.mark.parametrize("right", [(-8, 8), (-255, 255)], ids=["small", "18 bits"])
def test_it_is_proven(right: Bounds) -> None:
    cell = times((0, 255), right)
    assert certify(cell, lower(cell)).answer == "equivalent"


def test_the_certificate_finds_a_product_that_is_wrong() -> None:
    cell = times((0, 3), (-3, 3))
    aig, trace = lower_traced(cell)
    for place in range(len(aig.ands)):
        ands = aig.ands.copy()
        ands[place, 0] ^= 1
        with pytest.raises(Broken, match=r"Product p is not what the cell says|an output is not the score"):
            Checker(cell, replace(aig, ands=ands), trace).run()


def test_squares() -> None:
    cell = Cell((Input("a", np.array([-3]), np.array([3])), Product("p", "a", "a"), Scores("score", ("p",), ("p",))))
    aig = lower(cell)
    assert certify(cell, aig).answer == "equivalent"
    assert cell.step(cell.reset(7), np.arange(-3, 4)[:, None])[1].ravel().tolist() == [9, 4, 1, 0, 1, 4, 9]


def test_a_cell_of_products_is_read_back(tmp_path: Path) -> None:
    cell = times((0, 3), (-3, 3), 2)
    cell.save(tmp_path / "p.safetensors")
    assert Cell.load(tmp_path / "p.safetensors").digest == cell.digest


def test_what_is_no_product() -> None:
    assert MAX_BITS <= MOST  # all that is allowed can be proven
    with pytest.raises(InputError, match=r"block 'p': the factors of element 0 have 19 bits; at most 18 are allowed"):
        times((0, 511), (-511, 511))
    blocks = Input("a", np.zeros(2, int), np.ones(2, int)), Input("b", np.zeros(1, int), np.ones(1, int))
    with pytest.raises(InputError, match="'p': left 'a' and right 'b' differ in width"):
        Cell((*blocks, Product("p", "a", "b"), Scores("score", ("p",), ("x", "y"))))
