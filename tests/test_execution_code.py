"""Heads over code trees, serial and parallel: oracle, netlist and definition agree; generation follows the readout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Output
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import bits_per_byte, evaluate, generate, trace
from bridge.lowering import lower
from support.cells import random_tree_cell, tree_cells
from support.naive import measured_slowly
from support.texts import random_text


@pytest.mark.heavy
@given(tree_cells, st.sampled_from([1, 63, 130]), st.integers(0, 9))
def test_scores_and_states_match_the_oracle(cell: Cell, streams: int, steps: int) -> None:
    data = np.frombuffer(random_text(cell, steps * streams), np.uint8).reshape(steps, streams)
    scores, state = trace(cell, data)
    netlist_scores, netlist_state = trace(lower(cell), data)
    assert scores.shape == (steps, streams, len(cell.head.symbols) - 1)
    np.testing.assert_array_equal(netlist_scores, scores)
    np.testing.assert_array_equal(netlist_state, state)


@pytest.mark.heavy
@given(tree_cells, st.integers(2, 2500))
@settings(max_examples=8)
def test_bits_per_byte_match_the_oracle_to_the_last_bit(cell: Cell, length: int) -> None:
    data = random_text(cell, length)
    assert bits_per_byte(lower(cell), data) == bits_per_byte(cell, data)
    assert bits_per_byte(lower(cell), data[:300], exact=True) == bits_per_byte(cell, data[:300], exact=True)


@pytest.mark.heavy
@pytest.mark.parametrize("serial", [False, True])
def test_the_measure_is_what_it_says(serial: bool) -> None:
    cell = random_tree_cell(5, serial)
    data = random_text(cell, 1500)
    assert bits_per_byte(cell, data) == pytest.approx(measured_slowly(cell, data, 1024, 256), rel=1e-12)


def test_evaluations_per_byte() -> None:
    cell = random_tree_cell(5)
    data = random_text(cell, 500)
    nodes = cell.readout.paths[0]
    asked = [int((nodes[byte] >= 0).sum()) for byte in data[1:]]
    result = evaluate(lower(cell), data)
    assert (result.serial, result.evaluations_mean) == (True, pytest.approx(np.mean(asked)))
    assert result.evaluations_max == (nodes >= 0).sum(axis=1).max()
    parallel = evaluate(random_tree_cell(5, serial=False), data)
    assert (parallel.serial, parallel.evaluations_mean, parallel.evaluations_max) == (False, 1.0, 1)


@pytest.mark.heavy
@given(tree_cells, st.binary(max_size=9), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 99))
@settings(max_examples=20)
def test_the_netlist_writes_what_the_oracle_writes(cell: Cell, prompt: bytes, temperature: float, seed: int) -> None:
    written = bytes(generate(cell, prompt, 20, temperature=temperature, seed=seed))
    assert bytes(generate(lower(cell), prompt, 20, temperature=temperature, seed=seed)) == written
    assert len(written) == 20
    assert set(written) <= set(cell.head.symbols)


@pytest.mark.heavy
def test_symbols_are_as_frequent_as_probable() -> None:
    cell = random_tree_cell(11)
    _, scores = cell.step(cell.reset(1), np.array([7], np.uint8))
    expected = cell.readout.probabilities(scores)[0, list(cell.head.symbols)]
    count = 3000
    written = [next(generate(cell, bytes([7]), 1, temperature=1.0, seed=seed)) for seed in range(count)]
    frequencies = np.array([written.count(symbol) for symbol in cell.head.symbols]) / count
    assert np.abs(frequencies - expected).max() < 4 * np.sqrt(0.25 / count)


def test_what_is_no_serial_model_is_refused() -> None:
    aig = lower(random_tree_cell(5))
    with pytest.raises(InputError, match=r"no input 'node\[3\]'"):
        bits_per_byte(replace(aig, inputs=(*aig.inputs[:-1], "node[9]")), b"abc")
    with pytest.raises(InputError, match="score has 0 bits"):
        bits_per_byte(replace(aig, outputs=()), b"abc")
    with pytest.raises(InputError, match=r"'score.3\[0\]' is not a bit"):
        bits_per_byte(replace(aig, outputs=(*aig.outputs, Output("score.3[0]", 0))), b"abc")
