"""Samples of rows: as large as asked, the same for the same seed, and right on average."""

from __future__ import annotations

from statistics import mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.boosting import BoostingOptions, train
from bridge.boosting.sampling import drawn
from bridge.corpus import load_corpus
from support.texts import corpus_of

pytestmark = pytest.mark.heavy


def some_rows(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and curves of very unequal rows, a few of which are sure to be drawn."""
    rng = np.random.default_rng(seed)
    size = rng.pareto(1.5, count)
    return (size * rng.normal(size=count)).astype(np.float32), (size * rng.random(count)).astype(np.float32)


@given(st.integers(0, 1000), st.integers(2, 3000), st.data())
def test_a_sample_is_about_as_large_as_asked(seed: int, count: int, data: st.DataObject) -> None:
    most = data.draw(st.integers(1, count - 1))
    slopes, curves = some_rows(seed, count)
    sample = drawn(slopes, curves, most, seed)
    assert abs(len(sample.places) - most) <= 6 * most**0.5 + 1
    assert (np.diff(sample.places) > 0).all()
    assert (sample.stands_for >= 1).all()
    again = drawn(slopes, curves, most, seed)
    assert all((one == other).all() for one, other in zip(sample, again, strict=True))


def test_sums_over_samples_are_right_on_average() -> None:
    """Of each tenth of the rows, within what chance allows."""
    slopes, curves = some_rows(1, 5000)
    part = np.arange(5000) // 500
    found = np.zeros((400, 10))
    for seed in range(len(found)):
        places, stands_for = drawn(slopes, curves, 500, seed)
        found[seed] = np.bincount(part[places], curves[places] * stands_for, 10)
    whole = np.bincount(part, curves, 10)
    error = found.std(axis=0) / len(found) ** 0.5
    assert (np.abs(found.mean(axis=0) - whole) < 5 * error).all()
    assert (found.std(axis=0) < 0.25 * whole).all()


def test_trees_grown_on_samples_are_nearly_as_good_and_come_again() -> None:
    """Of up to 14,000 places of a node, a tree sees 2,000. Forests as small differ by 0.1 by chance: so the mean of two
    sizes, which ask about three symbols alone."""
    corpus = corpus_of(load_corpus("pydoc").training[:30_000])
    again, *runs = (
        train(corpus, BoostingOptions(ands=ands, window=3, letters=0, sample=most))
        for ands, most in ((400, 2000), (400, 2000), (600, 2000), (400, 1 << 21), (600, 1 << 21))
    )
    parts, wholes = runs[:2], runs[2:]
    assert again.cell.digest == parts[0].cell.digest != wholes[0].cell.digest
    assert mean(each.last.bits_per_byte for each in parts) < mean(each.last.bits_per_byte for each in wholes) + 0.1
