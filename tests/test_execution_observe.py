"""Counts of recorded signals against plain counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, Latch, Output
from bridge.errors import InputError
from bridge.execution import observe, states
from bridge.execution.words import random_words
from support.naive import evaluate, reset_state
from support.strategies import aigs


def every_literal(aig: Aig) -> Aig:
    outputs = tuple(Output(str(literal), literal) for literal in range(2 * aig.variables))
    return Aig(aig.inputs, aig.latches, aig.ands, outputs)


@given(aigs(), st.integers(1, 130), st.integers(1, 7), st.integers(1, 40), st.integers(0, 2**32))
def test_counts_are_those_of_plain_counting(aig: Aig, streams: int, steps: int, held: int, seed: int) -> None:
    words = -(-streams // 64)
    rng = np.random.default_rng(seed)
    inputs = random_words(rng, steps, len(aig.inputs), words)
    signals = list(range(2 * aig.variables))
    pairs = rng.integers(0, len(signals), (5, 2)).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(states, "HELD", held)
        seen = observe(aig, signals, inputs, streams=streams, pairs=pairs, traces=True)
    bits = np.unpackbits(np.ascontiguousarray(inputs, "<u8").view(np.uint8), axis=2, bitorder="little")
    state, values = reset_state(aig, streams), []
    for step in range(steps):
        now, state = evaluate(every_literal(aig), bits[step, :, :streams].T.astype(bool), state)
        values.append(now)
    expected = np.stack(values)
    np.testing.assert_array_equal(seen.ones, expected.sum(axis=(0, 1)))
    np.testing.assert_array_equal(seen.toggles, (expected[1:] != expected[:-1]).sum(axis=(0, 1)))
    np.testing.assert_array_equal(seen.joint, [(expected[..., a] & expected[..., b]).sum() for a, b in pairs])
    assert seen.samples == steps * streams
    assert seen.traces is not None
    assert seen.traces.shape == (steps, len(signals), words)


def toggle() -> Aig:
    return Aig(("a",), (Latch("s", 5, 1),), np.array([[4, 2]], np.uint32), (Output("o", 6),), (Output("p", 7),), "t")


def test_names_of_every_kind() -> None:
    inputs = np.full((4, 1, 1), ~np.uint64(0))
    seen = observe(toggle(), ["a", "s", "o", "p", 1], inputs)
    np.testing.assert_array_equal(seen.ones, 64 * np.array([4, 2, 2, 2, 4]))
    np.testing.assert_array_equal(seen.toggles, 64 * np.array([0, 3, 3, 3, 0]))


def test_wrong_arguments() -> None:
    inputs = np.zeros((1, 1, 1), np.uint64)
    for signal in ("x", -1, 8):
        with pytest.raises(InputError, match="has no signal"):
            observe(toggle(), [signal], inputs)
    with pytest.raises(InputError, match="65 streams do not fit"):
        observe(toggle(), ["a"], inputs, streams=65)
    with pytest.raises(InputError, match=r"outside 0 \.\. 0"):
        observe(toggle(), ["a"], inputs, pairs=[(0, 1)])
    with pytest.raises(InputError, match="inputs must have shape"):
        observe(toggle(), ["a"], inputs[0])
