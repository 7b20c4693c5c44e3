"""Networks of numbers and plain netlists on the page: what is given, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Cell, predict, run
from bridge.cell import Input, Linear, Scores
from bridge.cell.encoder import Encoder
from support.browser import Browser
from support.live import Engine

pytestmark = pytest.mark.heavy

ROWS = 500


def random_encoder(rng: np.random.Generator) -> Encoder:
    """Of a few elements: thresholds that repeat, that are infinite, or are not there at all, and missing values."""
    elements, rows = int(rng.integers(1, 4)) * 2, int(rng.choice([1, 2]))
    thresholds = np.sort(rng.choice([-np.inf, -2.5, -0.1, 0.0, 0.1, 0.1, 1 / 3, 7.0, 1e30, np.inf], (rows, 6)), axis=1)
    for row in thresholds:
        row[int(rng.integers(0, 7)) :] = np.nan
    low = rng.integers(-3, 3, elements)
    features = rng.integers(0, 4, elements).astype(np.int32)
    missing = low + rng.integers(0, 5, elements) if rng.random() < 0.5 else None
    return Encoder(low, features, thresholds, missing, bool(rng.random() < 0.5), 4)


def raw_rows(rng: np.random.Generator, encoder: Encoder, count: int = ROWS) -> np.ndarray:
    """On the thresholds, beside them, and anywhere; missing where that may be."""
    finite = encoder.thresholds[np.isfinite(encoder.thresholds)]
    near = np.concatenate([finite, np.nextafter(finite, -np.inf), finite.astype(np.float32).astype(float), [0.0]])
    table = np.where(
        rng.random((count, 4)) < 0.7, rng.choice(near, (count, 4)), rng.normal(size=(count, 4)).round(3) * 3
    )
    if encoder.missing is not None:
        table[rng.random((count, 4)) < 0.1] = np.nan
    return table


def encoded_cell(encoder: Encoder, seed: int, labels: int = 3) -> Cell:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-3, 4, (labels, len(encoder.low)))
    sums = Linear("sums", ("x",), weights, rng.integers(-4, 5, labels))
    names = tuple(f"kind {label}" for label in range(labels))
    return Cell((Input.encoded("x", encoder), sums, Scores("class", ("sums",), names, 0.5)), "encoded")


@pytest.fixture
def engine(browser: Browser, tmp_path: Path) -> Engine:
    return Engine(browser, tmp_path, more=("../data", "encoding", "given", "steps", "scores"))


GIVEN = """
  const block = givenBlocks(live.facts)[0];
  return arguments[0].map((row) => {
    const values = row.map((value) => (value === null ? NaN : value));
    const made = block.changed(nothingGiven(live.facts), [...values.entries()]);
    const again = block.changed(nothingGiven(live.facts), [...block.values([...made]).entries()]);
    return [made, again];
  });
"""


@pytest.mark.parametrize("seed", range(4))
def test_raw_features_are_encoded_and_answered_as_in_python(engine: Engine, seed: int) -> None:
    rng = np.random.default_rng(seed)
    encoder = random_encoder(rng)
    cell, table = encoded_cell(encoder, seed), raw_rows(rng, encoder)
    engine.start(cell)
    found = engine.browser.run(GIVEN, [[None if np.isnan(value) else value for value in row] for row in table.tolist()])
    wanted = encoder.encode(table)
    np.testing.assert_array_equal([made for made, _ in found], wanted)
    np.testing.assert_array_equal([again for _, again in found], wanted)  # by way of values that would give them
    numbers = engine.browser.run(
        "const reading = new Reading(live.machine); return arguments[0].map((row) => { reading.read([row]);"
        " const { numbers } = reading.moments[0]; return [[...numbers], answerTold(live.facts, numbers)]; })",
        wanted.tolist(),
    )
    np.testing.assert_array_equal([row for row, _ in numbers], run(cell, table))
    assert [label for _, label in numbers] == predict(cell, table).tolist()
