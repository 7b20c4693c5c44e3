"""Ensembles of trees as cells: exact but for rounded leaves, which keep to their bound."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cell import Cell
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.melting.ensemble import Ensemble, Nodes, Question, Tree, question, tree_of
from bridge.melting.ensemble_cell import melted
from bridge.melting.ensemble_labels import labels_of
from bridge.melting.ensemble_leaves import rounded_up, whole_column, whole_leaves
from bridge.melting.ensemble_reference import Library, reference_of
from support.ensembles import naive_leaf, naive_scores, random_ensemble, random_rows

seeds = st.integers(0, 2**32 - 1)


def values_of(cell: Cell, raw: np.ndarray) -> dict[str, np.ndarray]:
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    values = cell.read(cell.reset(len(raw)), encoder.encode(raw))
    return {**values, "scores": cell.ask(values)}


def stump(leaves: list[float], *, steps: tuple[float, ...] = (0.5,), missing: bool = False) -> Tree:
    numbers = np.array(leaves)[:, None]
    return Tree((Question(0, steps, missing=missing),), np.array([[~0, ~1]]), numbers, np.arange(len(leaves)))


@pytest.mark.heavy
@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 16))
def test_every_tree_comes_to_its_leaf_and_scores_keep_to_the_bound(seed: int, bits: int) -> None:
    ensemble = random_ensemble(seed)
    cell, whole = melted(ensemble, {"leaf_bits": bits}), whole_leaves(ensemble, bits)
    raw = random_rows(np.random.default_rng(seed), ensemble, 20)
    values = values_of(cell, raw)
    rows = raw.tolist()
    for index, row in enumerate(rows):
        leaves = [naive_leaf(tree, row, single=ensemble.single) for tree in ensemble.trees]
        expected = [whole.leaves[tree][leaf].tolist() for tree, leaf in enumerate(leaves)]
        assert values["trees"][index].tolist() == [number for numbers in expected for number in numbers]
        exact, found = naive_scores(ensemble, row), values["scores"][index].tolist()
        if ensemble.rival is not None:
            assert (found[1] > found[0]) == (found[1] * whole.unit > Fraction(ensemble.rival))
            found = found[1:]
        for number, score, bound in zip(found, exact, whole.bounds, strict=True):
            assert abs(number * whole.unit / ensemble.divisor - score) <= bound <= Fraction(whole.bound)
    assert max(int(leaves.max()) for leaves in whole.leaves) < 2**bits
    assert cell.record["melt"]["bound"] == whole.bound


@pytest.mark.heavy
@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(0, 200), st.integers(0, 90), st.sampled_from([Fraction(1), Fraction(3), Fraction(255, 2)]))
def test_whole_numbers_are_read_as_they_are(seed: int, span: int, offset: int, divisor: Fraction) -> None:
    ensemble = random_ensemble(seed)
    low, high = -offset, span - offset
    cell = melted(ensemble, {"input_range": (low, high, divisor)})
    rng = np.random.default_rng(seed)
    raw = rng.integers(low, high + 1, (20, ensemble.features))
    values = cell.read(cell.reset(len(raw)), raw)
    whole = whole_leaves(ensemble)
    for index, row in enumerate((raw / float(divisor)).tolist()):
        leaves = [naive_leaf(tree, row, single=ensemble.single) for tree in ensemble.trees]
        expected = [number for tree, leaf in enumerate(leaves) for number in whole.leaves[tree][leaf].tolist()]
        assert values["trees"][index].tolist() == expected


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(4))
def test_the_netlist_is_certified(seed: int) -> None:
    for options in ({}, {"input_range": "0..15/4"}):
        cell = melted(random_ensemble(seed), options)
        assert certify(cell, lower(cell)).answer == "equivalent"


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=9), st.integers(-8, 3))
def test_a_column_is_moved_to_where_it_fits_best(column: list[float], place: int) -> None:
    unit = Fraction(2) ** place
    numbers, move, off = whole_column(np.array(column), unit)
    errors = [abs(Fraction(value) - move - int(n) * unit) for value, n in zip(column, numbers, strict=True)]
    assert max(errors) == off <= unit / 2
    assert numbers.min() == 0
    for other in np.linspace(0, 1, 23).tolist():  # no other move does better
        moved = [Fraction(value) / unit - Fraction(other) for value in column]
        assert max(abs(value - round(value)) for value in moved) * unit >= off


def test_two_leaves_need_no_more_than_their_distance() -> None:
    """The move takes up the rest: a stump is exact where its leaves are a whole number of units apart."""
    whole = whole_leaves(Ensemble((stump([0.1, 0.35]),), np.zeros(1), ("v",), 1, False), 2)
    assert float(whole.bounds[0]) == pytest.approx(abs(round(0.1 / 0.125) * 0.125 - 0.1), abs=1e-9)


def test_shares_are_exact() -> None:
    """Leaves of 0, 1/3 and 1 are counted in thirds, up to what floats of thirds are off."""
    ensemble = Ensemble((stump([0.0, 1 / 3]), stump([1.0, 1 / 3])), np.zeros(1), ("v",), 1, False, divisor=2)
    whole = whole_leaves(ensemble)
    assert whole.unit == Fraction(1, 3)
    assert [leaves.ravel().tolist() for leaves in whole.leaves] == [[0, 1], [2, 0]]
    assert whole.bound < 1e-16


def test_missing_values_take_a_second_element_only_where_they_must() -> None:
    def widths(*trees: Tree) -> list[int]:
        ensemble = Ensemble(trees, np.zeros(1), ("v",), 1, False, missing=True)
        return melted(ensemble, {}).ranges["x"].high.tolist()

    low, high = stump([0.0, 1.0], missing=False), stump([0.0, 1.0], steps=(0.7,), missing=True)
    assert widths(low) == [1]
    assert widths(low, stump([0.0, 1.0], steps=(0.4,), missing=True)) == [2]
    assert widths(low, high) == [1, 1]


def test_a_question_turns_where_its_answers_differ() -> None:
    assert question(3, [0.0, 1.0, 1.0, 2.0], [False, True, False, True, True], True).steps == (0.0,)
    assert question(3, [0.0, 1.0], [True, True, False], False) == Question(3, (1.0,), True, False)


def test_class_labels_may_be_anything() -> None:
    assert labels_of(["a'b", 3]) == ("a_b", "3")
    assert labels_of(["a'", "a_"]) == ("0", "1")
    assert labels_of(["", "b"]) == ("0", "1")


def test_what_is_no_tree_is_refused() -> None:
    leaves, inner = np.zeros((3, 1)), np.array([False, True, True])
    for left, right, said in (([1, 0, 0], [1, 0, 0], "node 1 is reached twice"), ([1, 0, 0], [9, 0, 0], "node 9")):
        with pytest.raises(InputError, match=f"tree 5: .*{said}"):
            tree_of("tree 5", Nodes(np.array(left), np.array(right), inner, leaves), lambda node: Question(0, (1.0,)))


def test_what_is_not_finite_or_empty_is_refused() -> None:
    with pytest.raises(InputError, match="tree 0: a leaf is not a finite number"):
        Ensemble((stump([0.0, math.inf]),), np.zeros(1), ("v",), 1, False).checked()
    with pytest.raises(InputError, match="has no trees"):
        Ensemble((), np.zeros(1), ("v",), 1, False).checked()
    with pytest.raises(InputError, match=r"leaf_bits must be a whole number of 1\.\.31, not 32"):
        melted(random_ensemble(0), {"leaf_bits": 32})


def test_the_comparison_tells_what_differs() -> None:
    """A library that comes to another leaf, or to another number, is found out; one within the bound is close."""
    ensemble = Ensemble((stump([-1.0, 1.0]),), np.zeros(1), ("no", "yes"), 1, True, rival=0.0)
    cell, raw = melted(ensemble, {}), np.array([[0.0], [1.0]])

    def compared(margins: list[float], leaves: list[int]) -> tuple[list[bool], list[bool], str | None]:
        library = Library(lambda rows: np.array(margins), 2.0**-52, lambda rows: np.array(leaves)[:, None])
        found = reference_of("it", ensemble, {}, library).compare(cell, raw, values_of(cell, raw))
        return found.equal.tolist(), found.close.tolist(), found.first

    assert compared([-1.0, 1.0], [0, 1]) == ([True, True], [False, False], None)
    assert compared([-1.0, 1.0], [0, 0])[2] == "trees: tree 0 comes to another leaf than in it"
    assert compared([-1.0, 0.5], [0, 1])[2] == "scores: class.'yes' is 1, but 0.5 in it"


def test_rows_hold_steps_and_their_neighbours() -> None:
    ensemble = Ensemble((stump([0.0, 1.0], steps=(0.3,)),), np.zeros(1), ("v",), 2, False, missing=True)
    reference = reference_of("it", ensemble, {}, Library(lambda rows: rows, 0.0))
    raw = reference.rows(500, 0)
    assert raw.shape == (500, 2)
    assert {0.3, math.nextafter(0.3, 1), math.nextafter(0.3, 0)} <= set(raw[:, 0].tolist())
    assert np.isnan(raw).any()
    np.testing.assert_array_equal(raw, reference.rows(500, 0))


def test_bounds_are_not_rounded_down() -> None:
    assert Fraction(rounded_up(Fraction(1, 3))) >= Fraction(1, 3)
    assert rounded_up(Fraction(1, 2)) == 0.5
