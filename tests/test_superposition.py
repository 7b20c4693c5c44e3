"""Superposition: the measures against cases worked out by hand, and toys as logic against their numbers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis.superposition import Superposition, best_readback, linear_readback, slopes, superposition
from bridge.bench.toys.data import Inputs, Toy, inputs
from bridge.bench.toys.measured import depends, figures, proven, readers
from bridge.bench.toys.network import KINDS, Kind, ToyNetwork, dedicated, same_levels, same_norms
from bridge.errors import InputError
from bridge.execution import rows as execution_rows

SEEDS = st.integers(0, 2**32 - 1)


def polygon(corners: int) -> np.ndarray:
    angles = 2 * np.pi * np.arange(corners) / corners
    return np.stack([np.cos(angles), np.sin(angles)])


@pytest.mark.parametrize(
    ("weights", "dimensionality", "per_dimension", "interference"),
    [
        (np.eye(3), 1, 1, 0),
        (np.array([[1, -1]]), 1 / 2, 2, 1),
        (polygon(3), 2 / 3, 3 / 2, 1 / 2),
        (polygon(5), 2 / 5, 5 / 2, 3 / 2),
        (3 * polygon(5), 2 / 5, 9 * 5 / 2, 9 * 3 / 2),
    ],
)
def test_figures_of_the_paper(
    weights: np.ndarray, dimensionality: float, per_dimension: float, interference: float
) -> None:
    found = superposition(weights)
    assert found.dimensionality == pytest.approx(np.full(weights.shape[1], dimensionality))
    assert found.features_per_dimension == pytest.approx(per_dimension)
    assert found.interference == pytest.approx(np.full(weights.shape[1], interference), abs=1e-12)
    assert found.stored.all()


def test_a_feature_that_is_not_stored_has_no_dimension() -> None:
    found = superposition(np.array([[1, 0, 0], [0, 1, 0]]))
    assert found.dimensionality.tolist() == [1, 1, 0]
    assert found.stored.tolist() == [True, True, False]
    assert found.summary() == {
        "stored": 2,
        "features_per_dimension": 1,
        "dimensionality": 1,
        "dimensions_used": 1,
        "interference": 0,
    }
    assert "stored 2" in str(found)
    assert "<td>features per dimension</td>" in found._repr_html_()
    assert found.to_json()["dimensionalities"] == [1, 1, 0]


def test_an_output_that_follows_its_feature_the_wrong_way_round_stores_nothing() -> None:
    found = Superposition(np.array([[-1.0, 0], [0, 1]]), 2)
    assert found.dimensionality.tolist() == [0, 1]
    assert np.isnan(superposition(np.zeros((1, 2))).summary()["dimensionality"])


@pytest.mark.parametrize("response", [np.zeros((2, 3)), np.zeros((0, 0)), np.full((2, 2), np.nan)])
def test_what_is_no_response_is_refused(response: np.ndarray) -> None:
    with pytest.raises(InputError, match="square matrix of finite numbers"):
        Superposition(response, 1)
    with pytest.raises(InputError, match="at least one unit"):
        Superposition(np.eye(2), 0)


@given(SEEDS, st.integers(1, 5), st.integers(0, 4))
def test_dimensionalities_sum_to_no_more_than_there_are(seed: int, hidden: int, more: int) -> None:
    """Also where the way there and the way back differ: a response of m units has rank m."""
    rng = np.random.default_rng(seed)
    there, back = rng.normal(size=(2, hidden, hidden + more))
    for response in (there.T @ there, back.T @ there):
        assert Superposition(response, hidden).dimensionality.sum() <= hidden + 1e-9


@given(SEEDS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 2))
@settings(max_examples=30)
def test_slopes_and_readers_by_brute_force(seed: int, features: int, units: int, levels: int) -> None:
    """Of bits a slope is a difference of two means; readers are least squares, and a mean for every code."""
    rng = np.random.default_rng(seed)
    given_ = inputs(Toy(features, min(units, features), float(rng.random()) * 0.9, 0.9, levels))
    values, chances = given_.values, given_.chances
    bits = rng.integers(0, 2, (len(values), units))
    found, reader, best = (each(bits, values, chances) for each in (slopes, linear_readback, best_readback))
    for i, column in enumerate(values.T):
        mean = np.average(column, weights=chances)
        spread = np.average((column - mean) ** 2, weights=chances)
        if levels == 1:
            high, low = (np.average(bits[column == one], 0, chances[column == one]) for one in (1, 0))
            assert found[:, i] == pytest.approx(high - low, abs=1e-9)
        root = np.sqrt(chances)[:, None]
        design = np.column_stack([bits, np.ones(len(bits))])
        line = design @ np.linalg.lstsq(design * root, column * root[:, 0], rcond=None)[0]
        assert reader[i] == pytest.approx(1 - np.average((column - line) ** 2, weights=chances) / spread, abs=1e-6)
        groups = {
            code: [k for k, row in enumerate(bits.tolist()) if tuple(row) == code] for code in map(tuple, bits.tolist())
        }
        told = sum(chances[k].sum() * (np.average(column[k], weights=chances[k]) - mean) ** 2 for k in groups.values())
        assert best[i] == pytest.approx(told / spread, abs=1e-9)
        assert reader[i] <= best[i] + 1e-9


def test_a_linear_reader_of_linear_units_gets_as_many_features_as_units() -> None:
    given_ = inputs(Toy(8, 3, 0.8))
    weights = np.random.default_rng(0).normal(size=(3, 8))
    units = given_.values @ weights.T
    assert linear_readback(units, given_.values, given_.chances).sum() == pytest.approx(3)
    assert slopes(units, given_.values, given_.chances) == pytest.approx(weights)
    with pytest.raises(InputError, match="at most 16"):
        best_readback(np.zeros((2, 17), int), given_.values[:2], given_.chances[:2])


@given(SEEDS, st.sampled_from(KINDS), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_the_cell_gives_the_nearest_levels_of_the_numbers(seed: int, kind: Kind, levels: int) -> None:
    network = random_network(seed, kind, levels)
    if not network.kind.ternary:
        with pytest.raises(InputError, match="no logic"):
            network.cell()
        return
    read = np.array(list(product(range(levels + 1), repeat=network.toy.features)))
    exact = network.output(network.hidden(read)) * levels
    wanted = np.clip(np.floor(exact + 0.5), 0, levels)
    clear = np.abs(exact + 0.5 - np.rint(exact + 0.5)) > 1e-9  # floats do not know the side of a tie
    found = execution_rows.run(network.cell(), {"x": read})
    assert (found == wanted)[clear].all()


@given(SEEDS)
@settings(max_examples=3, deadline=None)
def test_what_a_bit_depends_on_is_what_moves_it(seed: int) -> None:
    """Proven on the logic, and by the average of all inputs: a threshold never moves both ways."""
    network = random_network(seed, KINDS[3], 1)
    given_ = inputs(network.toy)
    moved = np.abs(slopes(network.bits(given_.levels), given_.values, given_.chances)) > 1e-12
    assert np.array_equal(depends(network), moved.T)
    found = proven(network)
    assert found["features_per_bit"] == pytest.approx(moved.sum() / network.toy.hidden)


@given(SEEDS, st.sampled_from(KINDS))
@settings(max_examples=30, deadline=None)
def test_figures_by_brute_force(seed: int, kind: Kind) -> None:
    network = random_network(seed, kind, 1)
    given_ = inputs(network.toy)
    errors, constant = 0.0, 0.0
    rate = 1 - network.toy.sparsity
    for row in product((0, 1), repeat=network.toy.features):
        chance = np.prod([rate if one else 1 - rate for one in row])
        sums = [sum(w * x for w, x in zip(weights, row, strict=True)) for weights in network.weights]
        if network.kind.binary:
            sums = [1 if total >= reached else -1 for total, reached in zip(sums, network.thresholds, strict=True)]
        for i, one in enumerate(row):
            answer = (
                network.gain * sum(h * w for h, w in zip(sums, network.weights[:, i], strict=True)) + network.bias[i]
            )
            errors += chance * network.toy.decay**i * (one - max(0, answer)) ** 2
            constant += chance * network.toy.decay**i * (one - rate) ** 2
    assert figures(network, given_)["error"] == pytest.approx(errors / constant)


def random_network(seed: int, kind: Kind, levels: int) -> ToyNetwork:
    rng = np.random.default_rng(seed)
    features = int(rng.integers(1, 5))
    toy = Toy(features, int(rng.integers(1, features + 1)), float(rng.random()) * 0.9, 0.8, levels)
    shape = toy.hidden, features
    weights = rng.integers(-1, 2, shape).astype(float) if kind.ternary else rng.normal(size=shape)
    bias, thresholds = rng.normal(size=features), rng.normal(size=toy.hidden)
    return ToyNetwork(toy, kind, weights, float(rng.uniform(0.2, 2)), bias, thresholds)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("levels", [1, 2])
def test_without_superposition_every_unit_has_a_feature(kind: Kind, levels: int) -> None:
    toy = Toy(5, 2, 0.6, 0.5, levels)
    network, given_ = dedicated(toy, kind), inputs(toy)
    found = figures(network, given_)
    assert (found["stored"], found["dimensionality"]) == (2, 1)
    if levels == 1 or not kind.binary:  # of more levels a bit knows only whether they reach the middle
        assert found["error"] == pytest.approx(1 - toy.importance[:2].sum() / toy.importance.sum())
        assert found["read"] == pytest.approx(2)
        assert readers(network, given_) == pytest.approx({"linear": 2} | ({"best": 2} if kind.binary else {}))


def test_inputs_are_all_or_a_sample() -> None:
    every, some = inputs(Toy(3, 1, 0.5, levels=2)), inputs(Toy(20, 5, 0.75, levels=3))
    assert (len(every.levels), every.exact, every.chances.sum()) == (27, True, pytest.approx(1))
    assert every.chances[every.levels.tolist().index([0, 1, 2])] == pytest.approx((2 / 3) * (1 / 6) ** 2)
    assert (some.exact, some.chances.sum()) == (False, pytest.approx(1))
    assert np.bincount(some.levels.ravel()) / some.levels.size == pytest.approx(some.toy.law, abs=0.005)
    assert Inputs(some.toy, some.levels, some.chances, exact=False).values.max() == 1


@pytest.mark.parametrize("wrong", [{"hidden": 0}, {"hidden": 17}, {"sparsity": 1}, {"decay": 0}, {"levels": 0}])
def test_toys_that_are_none(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError):
        Toy(**wrong)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nulls_keep_what_they_say(kind: Kind) -> None:
    network, rng = random_network(3, kind, 1), np.random.default_rng(0)
    assert np.array_equal(np.sort(same_levels(network, rng).weights, None), np.sort(network.weights, None))
    norms = [np.linalg.norm(one.weights, axis=0) for one in (network, same_norms(network, rng))]
    assert norms[0] == pytest.approx(norms[1])
