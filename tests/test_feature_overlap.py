"""How many features share a bit, and that chance stands beside: what has nothing in common shows it."""

from __future__ import annotations

import numpy as np
import pytest

from bridge import Cell, lower
from bridge.analysis.text.features import Features, text_features
from bridge.analysis.text.overlap import Counts, feature_overlap, overlap_of
from bridge.analysis.text.statistics import text_statistics
from bridge.corpus import read_text

TEXT = read_text("pydoc")[:2000]


def test_bits_from_elsewhere_and_those_of_a_netlist_are_counted_alike() -> None:
    aig, features = lower(Cell.load("tiny")), text_features(TEXT)
    found = text_statistics(aig, TEXT, names=["byte"], features=features).overlap()
    bits = np.unpackbits(np.frombuffer(TEXT, np.uint8)[None], axis=0, bitorder="little").astype(bool)
    again = feature_overlap(bits, features)
    assert all(found.beside()[name] == pytest.approx(summary) for name, summary in again.beside().items())
    assert np.array_equal(again.features_per_bit, found.features_per_bit)
    assert np.array_equal(again.bits_per_feature, found.bits_per_feature)
    assert found.summary()["features_per_carrying_bit"] >= 1


def test_every_varied_feature_is_carried_by_itself_and_by_no_null() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((30, 5000)) < rng.random((30, 1)) * 0.8 + 0.1
    found = feature_overlap(values, Features(tuple(map(str, range(30))), values))
    assert found.features_per_bit.tolist() == [1] * 30 == found.bits_per_feature.tolist()
    assert set(found.nulls) == {"moved_features", "random_bits"}
    assert all(not null.features_per_bit.any() for null in found.nulls.values())
    assert np.allclose(found.effective_features, 1, atol=0.02)
    by_chance = found.nulls["random_bits"].effective_features  # noise is spread over all features
    assert by_chance.mean() > 5


def test_moved_features_that_last_are_no_weaker_than_chance() -> None:
    """A period of the whole text over 2 is what moving cannot break; random bits do."""
    values = np.tile(np.arange(1000) < 500, 2)[None]
    found = feature_overlap(values, Features(("half",), values))
    assert [int(null.features_per_bit[0]) for null in found.nulls.values()] == [1, 0]


def test_random_bits_keep_their_rates() -> None:
    ones, others = np.array([0, 10, 400, 1000]), np.array([0, 3, 500, 1000])
    joint = np.zeros((4, 4), np.int64)
    drawn = Counts(ones, others, joint, joint, 1000).random()
    assert (drawn >= np.maximum(0, ones[:, None] + others - 1000)).all()
    assert (drawn <= np.minimum(ones[:, None], others)).all()
    assert abs(drawn[2, 2] - 200) < 40
    assert not overlap_of(("a",) * 4, ("b",) * 4, Counts(ones, others, drawn, joint, 1000)).features_per_bit.any()


def test_it_prints_with_its_nulls() -> None:
    found = feature_overlap(np.eye(3, 50, dtype=bool), Features(("x",), np.eye(1, 50, dtype=bool)))
    assert set(found.to_json()) == {"threshold", "measured", "moved_features", "random_bits"}
    assert found._repr_html_().count("random bits") == 1
