"""Samples of rows: as large as asked, the same for the same seed, and right on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.boosting import BoostingOptions, train
from bridge.boosting.sampling import drawn
from bridge.corpus import load_corpus
from support.texts import corpus_of

pytestmark = pytest.mark.heavy


def some_rows(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Very unequal ones, a few of which are sure to be drawn."""
    rng = np.random.default_rng(seed)
    size = rng.pareto(1.5, count)
    fields = np.stack([np.arange(count) >> 8, np.arange(count) & 255], axis=1).astype(np.uint8)
    return fields, (size * rng.normal(size=count)).astype(np.float32), (size * rng.random(count)).astype(np.float32)


@given(st.integers(0, 1000), st.integers(1, 3000), st.integers(1, 4000))
def test_a_sample_is_about_as_large_as_asked(seed: int, count: int, most: int) -> None:
    fields, slopes, curves = some_rows(seed, count)
    sample = drawn(fields, slopes, curves, most, seed)
    if count <= most:
        assert sample.fields is fields
    else:
        assert abs(len(sample.fields) - most) <= 6 * most**0.5 + 1
        rows = sample.fields[:, 0].astype(int) * 256 + sample.fields[:, 1]
        assert (np.diff(rows) > 0).all()
        stands_for = sample.slopes / slopes[rows]
        assert (stands_for > 0.999).all()
        np.testing.assert_allclose(stands_for * curves[rows], sample.curves, rtol=1e-4)
        again = drawn(fields, slopes, curves, most, seed)
        assert all((one == other).all() for one, other in zip(sample, again, strict=True))


def test_sums_over_samples_are_right_on_average() -> None:
    """Of each tenth of the rows, within what chance allows; rows drawn evenly would be ten times as far off."""
    fields, slopes, curves = some_rows(1, 5000)
    part = np.arange(5000) // 500
    found = np.zeros((400, 10))
    for seed in range(len(found)):
        sample = drawn(fields, slopes, curves, 500, seed)
        rows = sample.fields[:, 0].astype(int) * 256 + sample.fields[:, 1]
        found[seed] = np.bincount(part[rows], sample.curves, 10)
    whole = np.bincount(part, curves, 10)
    error = found.std(axis=0) / len(found) ** 0.5
    assert (np.abs(found.mean(axis=0) - whole) < 5 * error).all()
    assert (found.std(axis=0) < 0.25 * whole).all()


def test_trees_grown_on_samples_are_nearly_as_good_and_come_again() -> None:
    """Of up to 14,000 places of a node, a tree sees 2,000."""
    corpus = corpus_of(load_corpus("pydoc").training[:30_000])
    whole, part, again = (train(corpus, BoostingOptions(ands=400, sample=most)) for most in (1 << 20, 2000, 2000))
    assert part.cell.digest == again.cell.digest != whole.cell.digest
    assert part.last.bits_per_byte < whole.last.bits_per_byte + 0.1
