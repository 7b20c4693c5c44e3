"""Training goes on from a cell: the torch twin is the cell, and what it learns is a cell of as many weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cell import Cell, Delay, Embedding, Logits, fill_unseen
from bridge.cell.blocks import Threshold
from bridge.errors import InputError
from bridge.execution import bits_per_byte
from bridge.training import retrain
from bridge.training.retraining import Twin
from support.cells import cells, random_cell, random_code, random_tree_cell

pytestmark = pytest.mark.heavy


def outputs(cell: Cell, text: np.ndarray) -> np.ndarray:
    """float64[T, B, 256] probabilities."""
    state, found = cell.reset(text.shape[1]), []
    for now in text:
        state, numbers = cell.step(state, now)
        found.append(cell.readout.probabilities(numbers))
    return np.stack(found)


@torch.no_grad()
def of_twin(twin: Twin, cell: Cell, text: np.ndarray, parts: int) -> np.ndarray:
    """The same of its twin, the text read in parts."""
    state, found = twin.reset(text.shape[1]), []
    for part in np.array_split(text, parts):
        logits, state = twin(torch.from_numpy(part.astype(np.int64)), state)
        found.append(torch.softmax(logits, dim=1).view(*part.shape, -1).numpy())
    return np.concatenate(found)


def assert_same(cell: Cell, twin: Twin, text: np.ndarray, parts: int) -> None:
    expected = outputs(cell, text)[:, :, list(cell.head.symbols)]
    expected /= expected.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(of_twin(twin, cell, text, parts), expected, atol=1e-4)


@given(cells, st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_twin_of_a_cell_says_what_the_cell_says(cell: Cell, parts: int, seed: int) -> None:
    text = np.random.default_rng(seed).integers(0, 256, (9, 3)).astype(np.uint8)
    twin = Twin(cell)
    assert_same(cell, twin, text, parts)
    np.testing.assert_array_equal(outputs(twin.cell(), text), outputs(cell, text))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_twin_that_learned_still_says_what_its_cell_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    twin = Twin(random_cell(seed % 1000, recurrence=bool(seed % 2)))
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter += 0.4 * torch.from_numpy(rng.normal(size=tuple(parameter.shape)).astype(np.float32))
    cell = twin.cell()
    assert_same(cell, twin, rng.integers(0, 256, (9, 3)).astype(np.uint8), 2)
    for old, new in zip(twin.origin.blocks, cell.blocks, strict=True):
        if isinstance(old, Threshold | Logits):
            assert np.count_nonzero(new.weights) == np.count_nonzero(old.weights)  # type: ignore[union-attr]


def test_a_head_over_a_code_has_a_twin() -> None:
    rng, symbols = np.random.default_rng(3), bytes(range(97, 110))
    emb = Embedding("emb", fill_unseen(rng.integers(0, 2, (13, 5)), symbols))
    past, code = Delay("past", "emb", 3), random_code(rng, 13)
    head = Logits("score", ("past", "emb"), rng.integers(-2, 3, (12, 20)), np.arange(12), 0.3, symbols, code)
    cell = Cell((emb, past, head))
    assert_same(cell, Twin(cell), rng.integers(97, 110, (12, 2)).astype(np.uint8), 3)


def test_training_helps_and_can_be_repeated() -> None:
    cell = random_cell(4)
    text = bytes(np.resize(list(cell.head.symbols), 4000).tolist())
    trained = retrain(cell, text, 20)
    assert bits_per_byte(trained, text) < bits_per_byte(cell, text) - 0.03
    assert retrain(cell, text, 20).digest == trained.digest != retrain(cell, text, 20, gentleness=0.5).digest


def test_trees_cannot_be_trained_further() -> None:
    with pytest.raises(InputError, match="neurons"):
        retrain(random_tree_cell(1), bytes(100_000), 1)
