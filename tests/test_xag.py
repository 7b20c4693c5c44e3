"""XOR-AND graphs compute what their netlists do, and have few ANDs where few are known to be enough."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.aig.xag import Xag, xag
from support import naive
from support.netlists import multiplier, random_netlist
from support.small_netlists import parity, small_netlist


def values(xag: Xag, aig: Aig, inputs: np.ndarray, state: np.ndarray) -> np.ndarray:
    """bool[batch, roots] for bool[batch, inputs] and bool[batch, latches], 64 patterns a word."""
    leaves = np.hstack([inputs, state]).T
    packed = np.packbits(leaves, axis=1, bitorder="little")
    words = np.zeros((xag.leaves, -(-packed.shape[1] // 8) * 8), np.uint8)
    words[:, : packed.shape[1]] = packed
    out = xag.evaluate(words.view(np.uint64)).view(np.uint8)
    return np.unpackbits(out, axis=1, count=len(inputs), bitorder="little").astype(bool).T


def assert_same(xag: Xag, aig: Aig, seed: int = 0) -> None:
    random = np.random.default_rng(seed)
    inputs, state = (random.random((100, count)) < 0.5 for count in (len(aig.inputs), len(aig.latches)))
    outputs, following = naive.evaluate(aig, inputs, state)
    roots = len(aig.outputs) + len(aig.latches)  # properties follow
    assert (values(xag, aig, inputs, state)[:, :roots] == np.hstack([outputs, following])).all()
    again = xag.to_aig(aig).validate()
    outputs_again, following_again = naive.evaluate(again, inputs, state)
    assert (outputs_again == outputs).all()
    assert (following_again == following).all()


@given(st.integers(0, 2**32 - 1))
def test_same_function(seed: int) -> None:
    aig = small_netlist(seed)
    made = xag(aig)
    assert_same(made, aig)
    assert made.ands <= len(aig.ands)


def test_larger_netlists() -> None:
    for seed in range(20):
        aig = random_netlist(seed)
        assert_same(xag(aig), aig, seed)


def test_parity_is_free() -> None:
    made = xag(parity(AigBuilder(), 9))
    assert (made.ands, made.xors, made.and_depth) == (0, 8, 0)


def test_reading_back_changes_no_figure() -> None:
    aig = multiplier(6, swapped=False)
    made = xag(aig)
    again = xag(made.to_aig(aig))
    assert (again.ands, again.xors) == (made.ands, made.xors)
    assert made.ands < len(aig.ands) / 2
