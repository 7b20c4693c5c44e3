"""One stream in lanes: what the oracle computes, bit for bit, for cells of every shape."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cell import Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.execution import evaluate, generate, models
from bridge.execution.machines import lanes
from bridge.execution.machines.lane_machine import read_numbers
from bridge.execution.machines.lanes import lanes_of
from bridge.execution.stepper import OracleStepper
from support.cells import cells, random_cell, tree_cells
from support.texts import random_text


def assert_equal_to_the_oracle(cell: Cell, text: bytes) -> None:
    """All logits or scores, and the bits of all blocks, after every byte."""
    found = lanes_of(cell)
    assert found is not None
    memory, at, state = found.memory.copy(), found.start, cell.reset(1)
    count = cell.readout.numbers
    every = np.arange(count)[None] if cell.serial else np.zeros((1, 0), np.int64)
    for byte in text:
        one, numbers = np.array([byte], np.uint8), np.empty((1, count), np.int64)
        at = read_numbers(found.plan, memory, at, one, every, numbers)
        values = cell.read(state, one)
        np.testing.assert_array_equal(numbers, cell.ask(values))
        for name, place in found.places.items():
            if name not in cell.asked:
                words = memory[at + place.column : at + place.column + place.words]
                bits = np.unpackbits(words.view(np.uint8), bitorder="little")
                np.testing.assert_array_equal(bits[: cell.widths[name]], values[name][0], err_msg=name)
                assert not bits[cell.widths[name] :].any()
        state = cell.following(values)


@pytest.mark.heavy
@given(cells | tree_cells, st.integers(0, 150), st.integers(0, 99))
def test_everything_is_as_in_the_oracle(cell: Cell, length: int, seed: int) -> None:
    assert_equal_to_the_oracle(cell, random_text(cell, length, seed))


def weighted(rng: np.random.Generator, rows: int, columns: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    weights = rng.integers(-most, most + 1, (rows, columns))
    return weights, rng.integers(-3 * most, 3 * most, rows)


@pytest.mark.parametrize("most", [1, 4, 127])
@pytest.mark.parametrize("neurons", [63, 64, 65, 200])
def test_many_neurons_wide_sums_and_long_memory(neurons: int, most: int) -> None:
    """Several words of neurons, lanes of 8, 16 and 32 bits, delays of delays, and of blocks that come later."""
    rng = np.random.default_rng(neurons)
    symbols = bytes(range(97, 120))
    blocks = (
        Embedding("emb", rng.integers(0, 2, (256, 70))),
        Delay("past", "emb", 3),
        Delay("older", "past", 2),
        Delay("back", "n", 2),
        Threshold("z", ("emb", "back"), *weighted(rng, neurons, 70 + 2 * neurons, most)),
        Threshold("h", ("older", "old.m"), *weighted(rng, neurons, 6 * 70 + neurons, most)),
        Latch("m", "z", "h"),
        Threshold("n", ("m", "past"), *weighted(rng, neurons, neurons + 210, most)),
        Logits("logit", ("n", "m", "emb"), *weighted(rng, len(symbols), 2 * neurons + 70, most), 0.1, symbols),
    )
    cell = Cell(blocks)
    assert_equal_to_the_oracle(cell, random_text(cell, 200))


def test_extreme_thresholds_and_biases() -> None:
    symbols = b"ab"
    far = np.array([-(2**31), 2**31 - 1, 0])
    blocks = (
        Embedding("emb", np.ones((256, 1), np.uint8)),
        Threshold("n", ("emb",), np.array([[-128], [127], [0]]), far),
        Logits("logit", ("n",), np.array([[127, -128, 1], [1, 1, 1]]), far[:2], 0.1, symbols),
    )
    assert_equal_to_the_oracle(Cell(blocks), b"abc")


def without_lanes(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "lanes_of", lambda _: None)
    assert isinstance(models.stepper_of(cell, alone=True), OracleStepper)


@pytest.mark.heavy
@settings(max_examples=15)
@given(cells | tree_cells, st.sampled_from([0.0, 1.0]), st.booleans())
def test_text_and_bits_per_byte_are_those_of_the_oracle(cell: Cell, temperature: float, exact: bool) -> None:
    text = random_text(cell, 1300 if exact else 400)

    def results() -> tuple[bytes, float]:
        written = bytes(generate(cell, text[:20], 90, temperature=temperature, seed=3))
        return written, evaluate(cell, text, exact=exact).bits_per_byte

    found = results()
    with pytest.MonkeyPatch.context() as patch:
        without_lanes(cell, patch)
        assert results() == found


def test_cells_without_such_a_form_go_to_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = (
        Embedding("emb", np.eye(256, 2, dtype=np.uint8)),
        Delay("past", "emb", 2),
        Threshold("n", ("emb",), np.ones((4, 2), int), np.ones(4, int)),
        Latch("m", "past", "n"),
        Logits("logit", ("m",), np.ones((1, 4), int), np.zeros(1, int), 0.1, b"a"),
    )
    assert lanes_of(Cell(blocks)) is None
    assert bytes(generate(Cell(blocks), b"a", 3)) == b"aaa"
    cell = random_cell(1)
    assert lanes_of(cell) is not None
    for limit in ("LARGEST", "MEMORY"):
        with monkeypatch.context() as patch:
            patch.setattr(lanes, limit, 10)
            assert lanes_of(cell) is None


def test_a_long_chain_of_delays_takes_no_time() -> None:
    blocks = [Embedding("emb", np.zeros((256, 1), np.uint8))]
    for index in range(40):
        blocks.append(Delay(f"d{index}", f"d{index - 1}" if index else "emb", 1 if index else 4096))
    blocks.append(Logits("logit", ("d39",), np.zeros((1, 4096), int), np.zeros(1, int), 0.1, b"a"))
    started = time.thread_time()
    assert lanes_of(Cell(tuple(blocks))) is not None
    assert time.thread_time() - started < 2
