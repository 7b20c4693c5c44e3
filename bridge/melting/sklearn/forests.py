"""scikit-learn's trees: `x <= t` goes left. Forests average shares or values, boosting adds to a first guess."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bridge.arrays import Floats
from bridge.errors import InputError
from bridge.melting.ensemble import Ensemble, Nodes, Question, Tree, question, together, tree_of
from bridge.melting.ensemble_labels import estimates, labels_of


def averaged(model: Any, members: Sequence[Any]) -> Ensemble:
    """Of trees whose answers are averaged, or one tree."""
    classifies = hasattr(model, "classes_")
    outputs = int(model.n_outputs_)
    if classifies and outputs > 1:
        raise InputError(f"sklearn: a {type(model).__name__} of {outputs} outputs is not supported; fit one for each")
    names = tuple(model.classes_) if classifies else ()
    two = len(names) == 2
    trees = []
    for index, member in enumerate(members):
        values = np.asarray(member.tree_.value, np.float64)
        values = _shares(values[:, 0, : len(names)]) if classifies else values[:, :, 0]
        trees.append(_tree(f"tree {index}", member.tree_, values[:, 1:] if two else values))
    scores = trees[0].leaves.shape[1]
    return Ensemble(
        together(trees),
        np.zeros(scores),
        labels_of(names) if classifies else estimates(scores),
        int(model.n_features_in_),
        classifies,
        rival=len(trees) / 2 if two else None,
        divisor=len(trees),
        single=True,
        missing=_takes_missing(model),
        objective=type(model).__name__,
    ).checked()


def boosted(model: Any) -> Ensemble:
    """Gradient boosting."""
    if getattr(model, "init", None) not in (None, "zero"):
        raise InputError(f"sklearn: a {type(model).__name__} that starts from another model is not supported")
    rate = float(model.learning_rate)
    trees = together(
        _tree(f"tree {index} of score {score}", member.tree_, member.tree_.value[:, 0, :1] * rate, score)
        for index, row in enumerate(model.estimators_)
        for score, member in enumerate(row)
    )
    base = np.asarray(model._raw_predict_init(np.zeros((1, int(model.n_features_in_)))), np.float64)[0]
    return _boosted(model, trees, base, single=True, missing=False)


def histogram_boosted(model: Any) -> Ensemble:
    """Gradient boosting of histograms."""
    categories, features = _categories(model), range(int(model.n_features_in_))
    order = [*categories, *(feature for feature in features if feature not in categories)]
    trees = together(
        _histogram_tree(f"tree {index} of score {score}", predictor, order, categories, score)
        for index, row in enumerate(model._predictors)
        for score, predictor in enumerate(row)
    )
    base = np.asarray(model._baseline_prediction, np.float64).reshape(-1)
    return _boosted(model, trees, base, single=False, missing=True)


def _boosted(model: Any, trees: tuple[Tree, ...], base: Floats, *, single: bool, missing: bool) -> Ensemble:
    classifies = hasattr(model, "classes_")
    labels = labels_of(tuple(model.classes_)) if classifies else estimates(len(base))
    rival = 0.0 if classifies and len(labels) == 2 else None
    features = int(model.n_features_in_)
    return Ensemble(
        trees,
        base,
        labels,
        features,
        classifies,
        rival=rival,
        single=single,
        missing=missing,
        objective=type(model).__name__,
    ).checked()


def _takes_missing(model: Any) -> bool:
    tags = getattr(model, "__sklearn_tags__", None)
    return tags is not None and bool(tags().input_tags.allow_nan)


def _shares(values: Floats) -> Floats:
    """Of the classes in each node; older versions hold counts."""
    total = values.sum(axis=1, keepdims=True)
    return values if np.allclose(total, 1, atol=1e-6) else values / np.where(total > 0, total, 1)


def _tree(place: str, tree: Any, values: Floats, score: int = 0) -> Tree:
    left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)
    to_left = np.asarray(getattr(tree, "missing_go_to_left", np.zeros(len(left), np.uint8)))

    def ask(node: int) -> Question:
        step = _next_single(float(tree.threshold[node]))
        return Question(int(tree.feature[node]), (step,), missing=not to_left[node])

    return tree_of(place, Nodes(left, right, left == -1, values), ask, score)


def _next_single(step: float) -> float:
    """The least float32 above a number, since features are rounded to float32 and held against a float64."""
    with np.errstate(over="ignore"):
        near = np.float32(step)
    above: np.float32 = near if float(near) > step else np.nextafter(near, np.float32(np.inf))
    return float(above)


def _histogram_tree(place: str, predictor: Any, order: list[int], categories: dict[int, Floats], score: int) -> Tree:
    """order: the features as the trees count them, those of categories first."""
    nodes, sets = predictor.nodes, predictor.raw_left_cat_bitsets

    def ask(node: int) -> Question:
        row = nodes[node]
        feature, missing = order[int(row["feature_idx"])], not row["missing_go_to_left"]
        if row["is_categorical"]:
            bits = sets[int(row["bitset_idx"])]
            return _membership(feature, categories[feature], bits, missing)
        step = float(row["num_threshold"])
        return Question(feature, () if step == math.inf else (math.nextafter(step, math.inf),), missing=missing)

    values = np.asarray(nodes["value"], np.float64)[:, None]
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    return tree_of(place, Nodes(left, right, nodes["is_leaf"] != 0, values), ask, score)


def _categories(model: Any) -> dict[int, Floats]:
    """By feature the values that are categories, ascending; InputError unless all are numbers."""
    if getattr(model, "is_categorical_", None) is None:
        return {}
    encoder = model._preprocessor.named_transformers_["encoder"]
    found = {}
    for place, feature in enumerate(np.flatnonzero(model.is_categorical_).tolist()):
        values = np.asarray(encoder.categories_[place])
        if values.dtype.kind not in "biuf":
            raise InputError(f"sklearn: the categories of feature {feature} are no numbers; encode them before fitting")
        values = values.astype(np.float64)
        found[feature] = values[~np.isnan(values)]
    return found


def _membership(feature: int, values: Floats, bits: Any, missing: bool) -> Question:
    """A category of the set goes left, other known ones right, all else where missing values go."""
    steps, answers = list[float](), [missing]
    for code, value in enumerate(values.tolist()):
        steps += [value, math.nextafter(value, math.inf)]
        answers += [not int(bits[code >> 5]) >> (code & 31) & 1, missing]
    return question(feature, steps, answers, missing)
