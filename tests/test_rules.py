"""Forests as conjunctions and disjunctions: they say what the trees say, no answer is too many, and they are priced."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.boosting import BoostingOptions, train
from bridge.boosting.growth import Tree
from bridge.boosting.leaves import CONJUNCTIONS, cheapest
from bridge.boosting.rules import Path, Rule, Sets, rule_of
from bridge.cell import Embedding, Threshold
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.lowering import lower
from support.texts import chained_prose, corpus_of

FIELDS, CATEGORIES, SUBSETS = 3, 5, 6
ROWS = list(itertools.product(range(CATEGORIES), repeat=FIELDS))


def random_splits(rng: np.random.Generator, count: int) -> np.ndarray:
    """int32[count, 4]: a tree of random shape that asks random subsets of random fields, parents first."""
    splits, ends = np.zeros((count, 4), np.int32), [(-1, 0)]
    for node in range(count):
        parent, side = ends.pop(int(rng.integers(len(ends))))
        if parent >= 0:
            splits[parent, 2 + side] = node
        splits[node, :2] = rng.integers(FIELDS), rng.integers(SUBSETS)
        ends += [(node, 0), (node, 1)]
    for leaf, (parent, side) in enumerate(ends):
        splits[parent, 2 + side] = ~leaf
    return splits


def drawn(seed: int) -> tuple[Tree, np.ndarray, Sets]:
    """A tree of two values, the subsets that it asks about, bool[SUBSETS, CATEGORIES], and those as whole numbers."""
    rng = np.random.default_rng(seed)
    splits = random_splits(rng, int(rng.integers(1, 9)))
    values = rng.permutation(np.resize([-2, 6], len(splits) + 1)).astype(np.int32)
    members = rng.random((SUBSETS, CATEGORIES)) < 0.5
    numbers = [sum(1 << place for place in np.flatnonzero(row).tolist()) for row in members]
    every = (1 << CATEGORIES) - 1
    sets = {
        (field, subset): (numbers[subset], every - numbers[subset])
        for field in range(FIELDS)
        for subset in range(SUBSETS)
    }
    return Tree(splits, values), members, sets


def goes(path: Path, row: tuple[int, ...], members: np.ndarray) -> bool:
    return all(bool(members[subset, row[field]]) is member for field, subset, member in path)


def said(rule: Rule, row: tuple[int, ...], members: np.ndarray) -> int:
    return rule.base + rule.step * any(goes(path, row, members) for path in rule.paths)


def valued(tree: Tree, row: tuple[int, ...], members: np.ndarray) -> int:
    place = 0
    while place >= 0:
        field, subset, then, other = tree.splits[place].tolist()
        place = then if members[subset, row[field]] else other
    return int(tree.values[~place])


@given(st.integers(0, 100_000))
def test_a_rule_says_what_its_tree_says(seed: int) -> None:
    tree, members, sets = drawn(seed)
    rule = rule_of(tree, sets)
    assert [said(rule, row, members) for row in ROWS] == [valued(tree, row, members) for row in ROWS]


@given(st.integers(0, 100_000))
def test_no_answer_of_a_path_follows_from_the_others(seed: int) -> None:
    tree, members, sets = drawn(seed)
    for path in rule_of(tree, sets).paths:
        assert any(goes(path, row, members) for row in ROWS)
        for answer in path:
            assert any(goes(path - {answer}, row, members) != goes(path, row, members) for row in ROWS)


@given(st.integers(0, 100_000))
def test_leaf_values_are_the_best_of_all_for_their_conjunctions(seed: int) -> None:
    """Every choice of values, priced by the ways from the root to the largest parts that are constantly 1, or 0: an AND
    for each place on them, which all that lead on from there share, and one for the end of each."""
    rng = np.random.default_rng(seed)
    splits = random_splits(rng, 4)
    losses, price = rng.random((5, 2)), float(rng.random()) / 8

    def ends(place: int, way: str, bits: tuple[int, ...], one: int) -> list[str]:
        """The ways to the largest parts that are constantly `one`, a letter a step."""
        if place < 0:
            return [way] if bits[~place] == one else []
        both = [end for side in (0, 1) for end in ends(int(splits[place, 2 + side]), way + "ab"[side], bits, one)]
        return [way] if {way + "a", way + "b"} <= set(both) else both

    def total(bits: tuple[int, ...], one: int) -> float:
        ways = [way for way in ends(0, "", bits, one) if way]
        places = {way[:length] for way in ways for length in range(1, len(way) + 1)}
        return float(losses[range(5), bits].sum()) + price * (len(places) + len(ways))

    for one, ands in ((1, CONJUNCTIONS[0]), (0, CONJUNCTIONS[1])):
        chosen, found = cheapest(splits, losses, price * ands)
        assert found == pytest.approx(min(total(bits, one) for bits in itertools.product((0, 1), repeat=5)))
        assert found == pytest.approx(total(tuple(chosen.tolist()), one))


@pytest.mark.heavy
def test_a_trained_cell_is_of_neurons_within_its_budget() -> None:
    """And its netlist gives the bits that training measured, on a text whose bytes all count alike."""
    text = chained_prose(12_000)
    trained = train(corpus_of(text), BoostingOptions(ands=700, recency=0.0, form="neurons"))
    netlist = lower(trained.cell)
    assert 500 < len(netlist.ands) <= 700
    assert trained.cell.network
    kinds = {block.name: type(block) for block in trained.cell.blocks}
    assert (kinds["conjunctions"], kinds["disjunctions"]) == (Threshold, Threshold)
    assert Embedding in kinds.values()
    assert evaluate(netlist, text).bits_per_byte == pytest.approx(trained.last.bits_per_byte, abs=0.01)


def test_a_form_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="form must be one of trees, neurons"):
        BoostingOptions.from_facts({"form": "hedges"})
