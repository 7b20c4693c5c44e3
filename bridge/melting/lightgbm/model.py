"""LightGBM's text format: a section of `key=value` lines for the model, and one for every tree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.errors import InputError
from bridge.melting.ensemble import (
    MAX_FEATURES,
    MAX_SCORES,
    MAX_SPLITS,
    Ensemble,
    Nodes,
    Question,
    Tree,
    question,
    together,
    tree_of,
)
from bridge.melting.ensemble_labels import boosted_labels

MAX_BYTES = 1 << 25
ZERO = float(np.float32(1e-35))  # values up to it, up and down, are 0 to LightGBM
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_AS_ZERO, _ZERO_MISSING, _NAN_MISSING = range(3)
_Number = TypeVar("_Number", int, float)
_MANY = ("multiclass", "multiclassova")


def sections_of(text: str) -> list[dict[str, str]]:
    """That of the model, and those of its trees. InputError for what is no such text."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "tree":
        raise InputError("is no LightGBM model: its first line is not 'tree'")
    sections: list[dict[str, str]] = [{}]
    for line in lines[1:]:
        line = line.strip()
        if line == "end of trees":
            return sections
        key, equals, value = line.partition("=")
        if key == "Tree" and equals:
            sections.append({})
        elif line and key in sections[-1]:
            raise InputError(f"{_place(len(sections) - 1)}: the key {key[:40]!r} comes twice")
        elif line:
            sections[-1][key] = value
    raise InputError("ends before its 'end of trees'")


def _place(section: int) -> str:
    return f"tree {section - 1}" if section else "the model"


@dataclass(frozen=True)
class Section:
    """One of them, and what it is called."""

    place: str
    values: Mapping[str, str]

    def text(self, key: str) -> str:
        if key not in self.values:
            raise InputError(f"{self.place} has no {key!r}")
        return self.values[key]

    def whole(self, key: str, low: int, high: int) -> int:
        numbers = self.integers(key, 1)
        if not low <= int(numbers[0]) <= high:
            raise InputError(f"{self.place}: {key!r} is {numbers[0]}, outside {low}..{high}")
        return int(numbers[0])

    def integers(self, key: str, count: int | None = None) -> Ints:
        numbers = self._numbers(key, int, count)
        if any(not -(2**31) <= number < 2**32 for number in numbers):
            raise InputError(f"{self.place}: {key!r} has a number that is too large")
        return np.array(numbers, np.int64)

    def floats(self, key: str, count: int) -> Floats:
        return np.array(self._numbers(key, float, count), np.float64)

    def _numbers(self, key: str, kind: Callable[[str], _Number], count: int | None) -> list[_Number]:
        words = self.text(key).split()
        if count is not None and len(words) != count:
            raise InputError(f"{self.place}: {key!r} has {len(words)} entries, not {count}")
        try:
            return [kind(word) for word in words]
        except (ValueError, OverflowError) as error:
            raise InputError(f"{self.place}: {key!r} must be numbers: {str(error)[:80]}") from error


def ensemble_of(text: str, rounds: int | None, classes: tuple[object, ...] | None) -> Ensemble:
    """rounds: how many rounds of boosting count, None for all; classes: their names, if they are known."""
    head, *stored = sections_of(text)
    model = Section("the model", head)
    scores = model.whole("num_tree_per_iteration", 1, MAX_SCORES)
    features = model.whole("max_feature_idx", 0, MAX_FEATURES - 1) + 1
    objective = head.get("objective", "")
    kind = objective.split(" ")[0]
    if rounds is not None:
        stored = stored[: rounds * scores]
    if not stored or len(stored) % scores or len(stored) > MAX_SPLITS:
        raise InputError(f"has {len(stored):,} trees for {scores} scores")
    trees = together(
        _tree(Section(f"tree {index}", section), features, index % scores) for index, section in enumerate(stored)
    )
    binary, many = kind in ("binary", "cross_entropy") and scores == 1, kind in _MANY
    return Ensemble(
        trees,
        np.zeros(scores),
        boosted_labels(scores, classes, binary=binary, many=many),
        features,
        binary or many,
        rival=0.0 if binary else None,
        divisor=len(stored) // scores if "average_output" in head else 1,
        missing=True,
        objective=objective[:200],
    ).checked()


def _tree(section: Section, features: int, score: int) -> Tree:
    leaves = section.whole("num_leaves", 1, MAX_SPLITS)
    if section.values.get("is_linear", "0").strip() != "0":
        raise InputError(f"{section.place}: leaves that are linear models are not supported")
    splits = leaves - 1
    values = np.concatenate([np.zeros(splits), section.floats("leaf_value", leaves)])[:, None]
    if not splits:
        return tree_of(
            section.place, Nodes(np.zeros(1), np.zeros(1), np.ones(1, np.bool_), values), _asks_nothing, score
        )
    sides = [section.integers(key, splits) for key in ("left_child", "right_child")]
    left, right = (np.concatenate([np.where(side < 0, splits + ~side, side), np.zeros(leaves, int)]) for side in sides)
    feature, step = section.integers("split_feature", splits), section.floats("threshold", splits)
    kinds = section.integers("decision_type", splits)
    sets = _sets(section, step[kinds & _CATEGORICAL != 0])
    if not 0 <= feature.min() <= feature.max() < features:
        raise InputError(f"{section.place}: asks about a feature outside 0..{features - 1}")

    def ask(node: int) -> Question:
        if kinds[node] & _CATEGORICAL:
            return _membership(int(feature[node]), sets[float(step[node])])
        return _comparison(section.place, int(feature[node]), float(step[node]), int(kinds[node]))

    is_leaf = np.arange(splits + leaves) >= splits
    return tree_of(section.place, Nodes(left, right, is_leaf, values, splits), ask, score)


def _asks_nothing(node: int) -> Question:
    raise AssertionError(node)


def _comparison(place: str, feature: int, step: float, kind: int) -> Question:
    """`x <= step` goes left, where x is 0 up to ZERO. What counts as missing goes its own way; other missing values are
    0."""
    missing, default = kind >> 2 & 3, not kind & _DEFAULT_LEFT
    if math.isnan(step) or missing > _NAN_MISSING:
        raise InputError(f"{place}: asks for a step of {step} and a missing type of {missing}, which are none")
    zeros, above = -ZERO, math.nextafter(ZERO, math.inf)
    right_of_zero = step < 0
    if missing == _ZERO_MISSING:
        right_of_zero = default
    steps = sorted({zeros, above, math.nextafter(step, math.inf)})
    answers = [False]
    for at in steps:
        answers.append(right_of_zero if zeros <= at < above else at > step)
    return question(feature, steps, answers, default if missing == _NAN_MISSING else right_of_zero)


def _sets(section: Section, chosen: Floats) -> dict[float, list[int]]:
    """The categories of the sets that are asked about, by the number of the set."""
    if not len(chosen):
        return {}
    count = section.whole("num_cat", 1, MAX_SPLITS)
    ends, words = section.integers("cat_boundaries", count + 1), section.integers("cat_threshold")
    if len(words) > MAX_SPLITS >> 5 or len(set(chosen.tolist())) < len(chosen):
        raise InputError(f"{section.place}: asks twice for a set of categories, or lists too many")
    found: dict[float, list[int]] = {}
    for number in chosen.tolist():
        if number not in range(count):
            raise InputError(f"{section.place}: asks for set {number:g} of {count} sets of categories")
        start, end = (int(end) for end in ends[int(number) : int(number) + 2])
        if not 0 <= start <= end <= len(words) or (words < 0).any() or (np.diff(ends) < 0).any():
            raise InputError(f"{section.place}: a set of categories lies outside those that are listed")
        bits = words[start:end, None] >> np.arange(32) & 1
        found[number] = np.flatnonzero(bits.ravel()).tolist()
    return found


def _membership(feature: int, codes: list[int]) -> Question:
    """A code of the set, without its fraction, goes left; all else, and what is missing, goes right."""
    steps, answers = list[float](), [True]
    for code in codes:
        steps += [float(code) if code else math.nextafter(-1.0, 0.0), float(code + 1)]
        answers += [False, True]
    return question(feature, steps, answers, True)
