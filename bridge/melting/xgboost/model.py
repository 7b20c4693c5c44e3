"""The parts of an XGBoost model, JSON or UBJSON, since version 1.0: read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.arrays import Floats
from bridge.cell.blocks import Integers
from bridge.errors import InputError
from bridge.files import parse_json
from bridge.melting.ensemble import MAX_FEATURES, MAX_NUMBERS, MAX_SCORES
from bridge.melting.xgboost.ubjson import parse_ubjson

MAX_BYTES = 1 << 25
_LOGISTIC = ("reg:logistic", "binary:logistic")
_LOGARITHM = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft")


def parsed(data: bytes) -> Mapping[str, Any]:
    """The `learner` of a model; InputError for what is none."""
    if len(data) > MAX_BYTES:
        raise InputError(f"is larger than the {MAX_BYTES:,} bytes allowed for an XGBoost model")
    second = data.lstrip()[1:].lstrip()[:1]
    try:
        facts = parse_json(data) if second in (b'"', b"}") else parse_ubjson(data)
    except ValueError as error:
        raise InputError(f"is no XGBoost model in JSON or UBJSON: {error}") from error
    if not isinstance(facts, dict):
        raise InputError("is no XGBoost model: it holds no record")
    return record(facts, "learner", "the model")


def entry(facts: Mapping[str, Any], key: str, place: str) -> Any:
    if key not in facts:
        raise InputError(f"{place} has no {key!r}")
    return facts[key]


def record(facts: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    found = entry(facts, key, place)
    if not isinstance(found, dict):
        raise InputError(f"{place}: {key!r} must be a record, not {found!r:.40}")
    return found


def records(facts: Mapping[str, Any], key: str, place: str) -> list[dict[str, Any]]:
    found = entry(facts, key, place)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InputError(f"{place}: {key!r} must be a list of records")
    return found


def whole(facts: Mapping[str, Any], key: str, place: str, bounds: tuple[int, int], default: int | None = None) -> int:
    """A whole number, which XGBoost spells as text."""
    found = entry(facts, key, place) if default is None else facts.get(key, default)
    text = str(found)
    if isinstance(found, bool) or not text.isascii() or not text.isdigit() or len(text) > 12:
        raise InputError(f"{place}: {key!r} must be a whole number, not {found!r:.40}")
    number = int(text)
    if not bounds[0] <= number <= bounds[1]:
        raise InputError(f"{place}: {key!r} is {number}, outside {bounds[0]}..{bounds[1]}")
    return number


def numbers(facts: Mapping[str, Any], key: str, place: str, count: int | None = None) -> Integers:
    """A list of numbers; InputError unless there are `count`."""
    found = entry(facts, key, place)
    try:
        array = np.asarray(found if isinstance(found, list | np.ndarray) else None)
    except ValueError:
        array = np.array(None)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise InputError(f"{place}: {key!r} must be a list of numbers")
    if count is not None and len(array) != count:
        raise InputError(f"{place}: {key!r} has {len(array)} entries, not {count}")
    return array


def singles(facts: Mapping[str, Any], key: str, place: str, count: int) -> Floats:
    """float64[count]: numbers that were float32."""
    with np.errstate(over="ignore"):
        return numbers(facts, key, place, count).astype(np.float32).astype(np.float64)


def integers(facts: Mapping[str, Any], key: str, place: str, count: int | None, most: int) -> Integers:
    """Whole numbers of 0..most, or -1."""
    array = numbers(facts, key, place, count)
    if array.dtype.kind == "f" and len(array):
        raise InputError(f"{place}: {key!r} must be a list of whole numbers")
    if len(array) and not -1 <= int(array.min()) <= int(array.max()) <= most:
        raise InputError(f"{place}: {key!r} must lie in -1..{most}")
    return array.astype(np.int64)


def base_scores(parameters: Mapping[str, Any], objective: str, scores: int) -> Floats:
    """float64[scores]: what the trees add to. It is stored as what the link function makes of it."""
    text, place = str(entry(parameters, "base_score", "learner_model_param")), "learner_model_param"
    try:
        stored = np.array([float(part) for part in text.strip().removeprefix("[").removesuffix("]").split(",")])
    except ValueError as error:
        raise InputError(f"{place}: 'base_score' must be numbers, not {text[:40]!r}") from error
    if len(stored) not in (1, scores):
        raise InputError(f"{place}: 'base_score' has {len(stored)} numbers for {scores} scores")
    with np.errstate(all="ignore"):
        stored = stored.astype(np.float32).astype(np.float64)
        if objective in _LOGISTIC:
            stored = np.log(stored) - np.log1p(-stored)
        elif objective in _LOGARITHM:
            stored = np.log(stored)
    if not np.isfinite(stored).all():
        raise InputError(f"{place}: 'base_score' {text[:40]} does not fit the objective {objective}")
    return np.broadcast_to(stored, scores).copy()


@dataclass(frozen=True, eq=False)
class Shape:
    """`scores`: classes or targets; `features`; `vectors`: has a leaf a number for every score?"""

    scores: int
    features: int
    vectors: bool


def shape_of(learner: Mapping[str, Any], trees: list[dict[str, Any]]) -> Shape:
    if not 0 < len(trees) <= MAX_NUMBERS:
        raise InputError(f"has {len(trees):,} trees, which is not 1..{MAX_NUMBERS:,}")
    parameters, place = record(learner, "learner_model_param", "learner"), "learner_model_param"
    classes = whole(parameters, "num_class", place, (0, MAX_SCORES))
    targets = whole(parameters, "num_target", place, (0, MAX_SCORES), 1)
    features = whole(parameters, "num_feature", place, (0, MAX_FEATURES))
    first = record(trees[0], "tree_param", "tree 0")
    vectors = whole(first, "size_leaf_vector", "tree 0", (0, MAX_SCORES), 0) > 1
    return Shape(max(classes, targets, 1), max(features, 1), vectors)
