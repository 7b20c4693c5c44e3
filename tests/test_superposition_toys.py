"""Toys are trained, stand beside their nulls in a table, and differences below the spread are none."""

from __future__ import annotations

import json
from itertools import chain
from math import nan

import numpy as np
import pytest

from bridge.bench.toys.data import Toy
from bridge.bench.toys.network import KINDS, Kind
from bridge.bench.toys.table import FIGURES, TRAINED, Row, markdown, rows, told
from bridge.bench.toys.training import Course, train_toys, untrained

SHORT = Course(seeds=2, starts=4, steps=200, batch=64, rate=2e-2)


@pytest.mark.heavy
def test_the_table_of_small_toys() -> None:
    """Half of the features are active: every kind stores as many as it has units, and no null is as good."""
    found = rows([Toy(4, 2, 0.5, 0.5), Toy(4, 2, 0.95, 0.5)], SHORT)
    assert len(found) == 2 * len(KINDS) * 5
    nulls = {row.made for row in found} - {TRAINED}
    for kind in KINDS:
        mine = {row.made: row for row in found if row.kind == kind.name and row.toy.sparsity == 0.5}
        trained = mine[TRAINED].values
        assert all(np.mean(trained["error"]) < np.mean(mine[null].values["error"]) for null in nulls)
        assert max(trained["error"]) <= 0.2 + 1e-9, (
            "a unit for either of the two most important leaves (1/4 + 1/8) of 15/8"
        )
        assert trained["stored"] == [2, 2]
        assert set(trained) >= set(FIGURES) - {"best", "ands", "features_per_bit", "bits_per_feature"}
        assert ("ands" in trained, "best" in trained) == (kind.ternary, kind.binary)
        assert all(row.exact and len(row.values["error"]) == SHORT.seeds for row in mine.values())
    assert all(
        markdown(found, figure).startswith(f"| {title} | S = 0.5 | S = 0.95 |") for figure, title in FIGURES.items()
    )
    assert "untrained" not in markdown(found, "ands")
    json.dumps([row.to_json() for row in found], allow_nan=False)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_training_is_reproducible_and_leaves_frozen_weights_alone(kind: Kind) -> None:
    toys, course = [Toy(4, 2, 0.5), Toy(4, 2, 0.9)], Course(seeds=1, starts=2, steps=20, batch=16)
    one, other = (train_toys(toys, kind, course) for _ in range(2))
    assert list(map(len, one)) == [1, 1]
    for first, second in zip(chain(*one), chain(*other), strict=True):
        assert np.array_equal(first.weights, second.weights)
        assert np.array_equal(first.bias, second.bias)
        assert set(np.unique(first.weights)) <= {-1, 0, 1} or not kind.ternary
    frozen = train_toys(toys, kind, Course(seeds=2, starts=1, steps=20, batch=16, frozen=True))
    for before, after in zip(chain(*untrained(toys, kind, 2)), chain(*frozen), strict=True):
        assert np.array_equal(before.weights, after.weights)
        assert not np.array_equal(before.bias, after.bias)


def test_a_difference_is_one_only_beyond_the_spread() -> None:
    assert told([3, 4], [1, 2]) == "more"
    assert told([1, 2], [3, 4]) == "less"
    assert told([1, 3], [2, 4]) == told([1], [1]) == "none"
    assert told([0.581, 0.582], [0.578, 0.579]) == "none"
    assert told([], [1]) == told([nan, 1], [2, 3]) == ""


def test_seeds_without_a_value_are_left_out() -> None:
    row = Row("float", TRAINED, Toy(), True, {"dimensionality": [nan, 0.25, 0.75], "ands": [10, 11]})
    assert row.cell("dimensionality") == "0.50 ± 0.25"
    assert row.cell("ands") == "10 ± 0"
    assert row.cell("best") == ""
    assert row.to_json()["values"]["dimensionality"] == [None, 0.25, 0.75]
