"""Probabilities sum to one, code lengths are their logarithms, and no byte costs infinity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.readout import Readout
from bridge.readout.codetree import CodeTree
from support.cells import random_code


@given(
    symbols=st.sets(st.integers(0, 255), min_size=2),
    scale=st.floats(1e-3, 10),
    seed=st.integers(0, 1000),
    coded=st.booleans(),
)
def test_code_lengths_are_minus_log2_of_the_probabilities(
    symbols: set[int], scale: float, seed: int, coded: bool
) -> None:
    rng = np.random.default_rng(seed)
    code = CodeTree.of(random_code(rng, len(symbols))) if coded else None
    readout = Readout(bytes(sorted(symbols)), scale, code)
    assert len(readout.names(serial=False)) == readout.numbers == len(symbols) - coded
    logits = rng.integers(-50, 50, (300, readout.numbers))
    targets = rng.integers(0, 256, 300).astype(np.uint8)
    table = readout.probabilities(logits)
    np.testing.assert_allclose(table.sum(axis=1), 1)
    lengths = readout.code_lengths(logits, targets)
    own = table[np.arange(300), targets]
    likely = own > 1e-250
    np.testing.assert_allclose(lengths[likely], -np.log2(own[likely]), rtol=1e-9, atol=1e-12)
    assert np.isfinite(lengths).all()


def test_a_byte_outside_the_alphabet_has_a_finite_price() -> None:
    lengths = Readout(b"ab", 1.0).code_lengths(np.zeros((2, 2), np.int64), np.frombuffer(b"az", np.uint8))
    assert lengths[0] == pytest.approx(1, abs=1e-5)
    assert lengths[1] == pytest.approx(20 + np.log2(254))


@pytest.mark.parametrize(("symbols", "scale"), [(b"", 1.0), (b"ba", 1.0), (b"aa", 1.0), (b"a", 0.0), (b"a", np.nan)])
def test_nonsense_is_refused(symbols: bytes, scale: float) -> None:
    with pytest.raises(InputError):
        Readout(symbols, scale)


def test_the_softmax_of_one_symbol_is_certain() -> None:
    assert Readout(b"a", 1.0).code_lengths(np.zeros((1, 1), np.int64), np.frombuffer(b"a", np.uint8)) < 1e-5


def test_a_code_must_fit_the_symbols() -> None:
    with pytest.raises(InputError, match="does not fit"):
        Readout(b"abc", 1.0, CodeTree(((-1, -2),)))
