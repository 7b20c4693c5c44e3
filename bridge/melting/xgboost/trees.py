"""From an XGBoost model to an `Ensemble`: `x < t` goes left, in float32; categories of a set go right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.cell.blocks import Integers
from bridge.errors import InputError
from bridge.melting.ensemble import MAX_SPLITS, Ensemble, Nodes, Question, Tree, question, together, tree_of
from bridge.melting.ensemble_labels import boosted_labels
from bridge.melting.xgboost import model

CATEGORIES = 1 << 24  # codes from here on belong to no set
_NO_NODE = (1 << 31) - 1


def ensemble_of(learner: Mapping[str, Any], rounds: int | None, classes: tuple[object, ...] | None) -> Ensemble:
    """rounds: how many rounds of boosting count, None for all; classes: their names, if they are known."""
    booster = model.record(learner, "gradient_booster", "learner")
    kind = str(booster.get("name"))
    if kind not in ("gbtree", "dart"):
        raise InputError(f"the booster {kind[:40]!r} has no trees; only gbtree and dart are read")
    forest = model.record(booster, "gbtree", "the dart booster") if kind == "dart" else booster
    forest = model.record(forest, "model", "the booster")
    stored = model.records(forest, "trees", "the booster")
    shape, objective = model.shape_of(learner, stored), _objective(learner)
    weights = np.ones(len(stored))
    if kind == "dart":
        weights = model.singles(booster, "weight_drop", "the dart booster", len(stored))
    score = model.integers(forest, "tree_info", "the booster", len(stored), shape.scores - 1)
    used = _used(forest, len(stored), shape, rounds)
    trees = together(
        _tree(f"tree {index}", stored[index], shape, float(weights[index]), max(int(score[index]), 0))
        for index in range(used)
    )
    parameters = model.record(learner, "learner_model_param", "learner")
    base = model.base_scores(parameters, objective, shape.scores)
    binary, many = objective.startswith("binary:"), objective.startswith("multi:")
    if binary and shape.scores > 1:
        raise InputError(f"{objective} with {shape.scores} targets is not supported; melt each of them by itself")
    return Ensemble(
        trees,
        base,
        boosted_labels(shape.scores, classes, binary=binary, many=many),
        shape.features,
        binary or many,
        rival=0.0 if binary else None,
        single=True,
        missing=True,
        objective=objective,
    ).checked()


def _objective(learner: Mapping[str, Any]) -> str:
    return str(model.entry(model.record(learner, "objective", "learner"), "name", "objective"))


def _used(forest: Mapping[str, Any], trees: int, shape: model.Shape, rounds: int | None) -> int:
    """How many trees belong to so many rounds."""
    if rounds is None:
        return trees
    if "iteration_indptr" in forest:
        starts = model.integers(forest, "iteration_indptr", "the booster", None, trees)
        return int(starts[min(rounds, len(starts) - 1)]) if len(starts) else 0
    facts = model.record(forest, "gbtree_model_param", "the booster")
    parallel = model.whole(facts, "num_parallel_tree", "gbtree_model_param", (0, 1 << 20), 1)
    return min(trees, rounds * max(parallel, 1) * (1 if shape.vectors else shape.scores))


def _tree(place: str, facts: Mapping[str, Any], shape: model.Shape, weight: float, score: int) -> Tree:
    left = model.integers(facts, "left_children", place, None, _NO_NODE)
    count = len(left)
    right = model.integers(facts, "right_children", place, count, _NO_NODE)
    features = model.integers(facts, "split_indices", place, count, _NO_NODE)
    steps = model.singles(facts, "split_conditions", place, count)
    default = model.numbers(facts, "default_left", place, count)
    sets = _sets(place, facts, count)
    is_leaf = left == -1
    if features[~is_leaf].size and not 0 <= features[~is_leaf].min() <= features[~is_leaf].max() < shape.features:
        raise InputError(f"{place}: asks about a feature outside 0..{shape.features - 1}")
    if np.isnan(steps).any():
        raise InputError(f"{place}: a step is not a number")
    values = _vectors(place, facts, shape, is_leaf, right) if shape.vectors else steps[:, None]

    def ask(node: int) -> Question:
        feature, missing, codes = int(features[node]), not bool(default[node]), sets[node]
        if codes is None:
            return Question(feature, (float(steps[node]),), missing=missing)
        return _membership(feature, codes, missing)

    return tree_of(place, Nodes(left, right, is_leaf, values * weight), ask, 0 if shape.vectors else score)


def _membership(feature: int, codes: Ints, missing: bool) -> Question:
    """Is it, without its fraction, a code of a set?"""
    steps = np.stack([codes, codes + 1], axis=1).ravel().astype(float)
    return question(feature, steps.tolist(), [False, *[True, False] * len(codes)], missing)


def _sets(place: str, facts: Mapping[str, Any], count: int) -> list[Ints | None]:
    """By node the codes of its set, ascending; None where it compares."""
    sets: list[Ints | None] = [None] * count
    if "split_type" not in facts:
        return sets
    kinds = model.integers(facts, "split_type", place, count, 1)
    if not (kinds == 1).any():
        return sets
    codes = model.integers(facts, "categories", place, None, CATEGORIES - 1)
    nodes = model.integers(facts, "categories_nodes", place, None, count - 1)
    starts = model.integers(facts, "categories_segments", place, len(nodes), len(codes))
    sizes = model.integers(facts, "categories_sizes", place, len(nodes), len(codes))
    if sizes.sum() > len(codes) or len(codes) > MAX_SPLITS:
        raise InputError(f"{place}: its sets have {sizes.sum():,} categories of {len(codes):,} that are listed")
    for node, start, size in zip(nodes.tolist(), starts.tolist(), sizes.tolist(), strict=True):
        chosen = np.unique(codes[max(start, 0) : max(start, 0) + max(size, 0)])
        if node < 0 or start < 0 or start + size > len(codes) or (chosen < 0).any():
            raise InputError(f"{place}: node {node} has a set of categories outside those that are listed")
        sets[node] = chosen
    for node in np.flatnonzero(kinds == 1).tolist():
        if sets[node] is None:
            raise InputError(f"{place}: node {node} asks for categories, but has no set of them")
    return sets


def _vectors(place: str, facts: Mapping[str, Any], shape: model.Shape, is_leaf: Integers, right: Integers) -> Floats:
    """float64[nodes, scores]; since 3.1 the leaves alone have numbers, and `right` is which of them."""
    if len(is_leaf) * shape.scores > 1 << 24:
        raise InputError(f"{place}: has {len(is_leaf):,} nodes of {shape.scores:,} numbers")
    found = np.zeros((len(is_leaf), shape.scores))
    if "leaf_weights" not in facts:
        weights = model.singles(facts, "base_weights", place, found.size)
        return weights.reshape(found.shape)
    weights = model.singles(facts, "leaf_weights", place, int(is_leaf.sum()) * shape.scores)
    which = right[is_leaf]
    if len(which) and not 0 <= which.min() <= which.max() < len(which):
        raise InputError(f"{place}: a leaf has no numbers")
    found[is_leaf] = weights.reshape(-1, shape.scores)[which]
    return found
