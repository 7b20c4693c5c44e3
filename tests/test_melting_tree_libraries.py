"""Models of XGBoost, LightGBM and scikit-learn, every leaf beside what the library itself comes to."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.errors import InputError, MissingExtra
from bridge.melting import importer_of, melt
from bridge.melting.check import check
from bridge.melting.source import opened
from support.command_line import Call
from support.ensembles import mixed_data
from support.tools import skip_or_fail

RAW, CLASSES = mixed_data()
TWO = CLASSES % 2
WHOLE = np.nan_to_num(RAW)
ROWS = 600


def library(name: str) -> Any:
    if find_spec(name) is None:
        skip_or_fail(f"{name} is not installed")
    return __import__(name)


def assert_same(model: Any, more: np.ndarray | None = None, **options: Any) -> Any:
    """Every leaf is that of the library, every score within its bound; the netlist is the cell. The cell."""
    cell = melt(model, **options)
    found = check(model, cell, ROWS, options)
    assert found.good, found
    assert found.close < ROWS // 2
    if more is not None:
        again = check(model, cell, more, options)
        assert again.good, again
    return cell


XGBOOST: dict[str, tuple[dict[str, Any], np.ndarray]] = {
    "two classes": ({"objective": "binary:logistic"}, TWO),
    "raw margins": ({"objective": "binary:logitraw", "base_score": 0.2}, TWO),
    "hinge": ({"objective": "binary:hinge"}, TWO),
    "three classes": ({"objective": "multi:softprob", "num_class": 3}, CLASSES),
    "dropped trees": ({"booster": "dart", "rate_drop": 0.5, "one_drop": 1}, CLASSES),
    "forest": ({"objective": "multi:softmax", "num_class": 3, "num_parallel_tree": 2}, CLASSES),
    "counts": ({"objective": "count:poisson"}, CLASSES),
    "shares": ({"objective": "reg:logistic"}, TWO * 0.8),
    "two targets": ({"multi_strategy": "multi_output_tree"}, np.column_stack([CLASSES, TWO * 2.0])),
}


@pytest.mark.heavy
@pytest.mark.parametrize("kind", XGBOOST)
def test_xgboost(kind: str) -> None:
    xgboost = library("xgboost")
    options, target = XGBOOST[kind]
    data = xgboost.DMatrix(RAW, target)
    assert_same(xgboost.train({"max_depth": 3, **options}, data, 3))


@pytest.mark.heavy
@pytest.mark.parametrize("most_alone", [1, 100])
def test_xgboost_categories(most_alone: int) -> None:
    """Alone or in sets; of codes that it has not seen, or that are none, and of fractions."""
    xgboost = library("xgboost")
    data = xgboost.DMatrix(RAW, TWO, feature_types=["q", "c", "q", "q"], enable_categorical=True)
    options = {"objective": "binary:logistic", "max_depth": 3, "max_cat_to_onehot": most_alone}
    odd = RAW[:60].copy()
    odd[:, 1] = np.tile([-1, -0.5, 0, 0.5, 3.7, 10, 11.5, 20, 1e6, np.nan], 6)
    assert_same(xgboost.train(options, data, 3), odd)


@pytest.mark.heavy
def test_xgboost_rounds_and_names_of_classes() -> None:
    xgboost = library("xgboost")
    model = xgboost.XGBClassifier(n_estimators=40, max_depth=3, learning_rate=1.0, early_stopping_rounds=2)
    model.fit(RAW[:200], CLASSES[:200], eval_set=[(RAW[200:], CLASSES[200:])], verbose=False)
    cell = assert_same(model)
    assert cell.record["melt"]["trees"] == 3 * (model.best_iteration + 1)
    assert cell.last.labels == ("0", "1", "2")
    booster = model.get_booster()
    assert melt(booster, rounds=1).record["melt"]["trees"] == 3
    assert melt(booster).record["melt"]["trees"] > cell.record["melt"]["trees"]
    assert_same(booster, rounds=2)


LIGHTGBM: dict[str, dict[str, Any]] = {
    "plain": {},
    "zeros are missing": {"zero_as_missing": True},
    "nothing is missing": {"use_missing": False},
    "forest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    "dropped trees": {"boosting": "dart", "drop_rate": 0.9},
}


@pytest.mark.heavy
@pytest.mark.parametrize("categories", [[], [1]])
@pytest.mark.parametrize("kind", LIGHTGBM)
def test_lightgbm(kind: str, categories: list[int]) -> None:
    lightgbm = library("lightgbm")
    data = lightgbm.Dataset(RAW, CLASSES, categorical_feature=categories, params={"verbose": -1})
    options = {"objective": "multiclass", "num_class": 3, "num_leaves": 7, "min_data_in_leaf": 5, "verbose": -1}
    more = {"min_data_per_group": 5, "cat_smooth": 1, "num_threads": 1}
    odd = RAW[:60].copy()
    odd[:, 1] = np.tile([-1.5, -1, -0.5, 0, 0.5, 3.7, 10, 40, 1e6, np.nan], 6)
    assert_same(lightgbm.train({**options, **more, **LIGHTGBM[kind]}, data, 3), odd)


@pytest.mark.heavy
@pytest.mark.parametrize("missing", [False, True])
def test_lightgbm_takes_what_is_near_zero_for_zero(missing: bool) -> None:
    lightgbm = library("lightgbm")
    small = float(np.float32(1e-35))
    raw = RAW * [1e-35, 1, 1, 1]
    options = {"objective": "binary", "min_data_in_leaf": 3, "verbose": -1, "zero_as_missing": missing}
    model = lightgbm.train(options, lightgbm.Dataset(raw, RAW[:, 0] > 0.4, params={"verbose": -1}), 3)
    odd = raw[:60].copy()
    odd[:, 0] = np.tile([0, small, -small, 1e-35, -1e-35, np.nextafter(small, 1), small / 2, -small / 2, 1, -1], 6)
    assert_same(model, odd)


@pytest.mark.heavy
def test_lightgbm_models_of_its_own_interface() -> None:
    lightgbm = library("lightgbm")
    model = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=5, verbose=-1).fit(RAW, np.array(["no", "yes"])[TWO])
    assert assert_same(model).last.labels == ("no", "yes")
    counts = lightgbm.LGBMRegressor(n_estimators=3, num_leaves=5, verbose=-1, objective="poisson").fit(RAW, CLASSES)
    assert assert_same(counts).last.labels == ("value",)


SKLEARN: dict[str, dict[str, Any]] = {
    "DecisionTree": {"max_depth": 4},
    "ExtraTree": {"max_depth": 4},
    "RandomForest": {"n_estimators": 4, "max_depth": 4},
    "ExtraTrees": {"n_estimators": 4},
    "GradientBoosting": {"n_estimators": 3},
    "HistGradientBoosting": {"max_iter": 3, "max_leaf_nodes": 7},
}


def fitted(name: str, target: np.ndarray, **options: Any) -> Any:
    library("sklearn")
    from sklearn import ensemble, tree

    kind = getattr(ensemble, name, None) or getattr(tree, name)
    return kind(random_state=0, **options).fit(WHOLE if name.startswith("Gradient") else RAW, target)


@pytest.mark.heavy
@pytest.mark.parametrize("name", SKLEARN)
def test_sklearn(name: str) -> None:
    for kind, target in (("Classifier", TWO), ("Classifier", CLASSES), ("Regressor", CLASSES * 1.7)):
        assert_same(fitted(name + kind, target, **SKLEARN[name]))


@pytest.mark.heavy
def test_sklearn_categories_and_several_targets() -> None:
    odd = RAW[:60].copy()
    odd[:, 1] = np.tile([-1, -0.5, 0, 0.5, 3, 9, 10, 20, 1e6, np.nan], 6)
    options = SKLEARN["HistGradientBoosting"]
    assert_same(fitted("HistGradientBoostingClassifier", CLASSES, categorical_features=[1], **options), odd)
    targets = np.column_stack([CLASSES, TWO])
    cell = assert_same(fitted("RandomForestRegressor", targets, n_estimators=3, max_depth=3))
    assert cell.last.labels == ("value0", "value1")


@pytest.mark.heavy
def test_sklearn_forests_of_pure_leaves_are_exact() -> None:
    cell = melt(fitted("RandomForestClassifier", TWO, n_estimators=5))
    assert cell.record["melt"]["bound"] == 0
    assert cell.ranges["trees"].are_bits


@pytest.mark.heavy
def test_whole_numbers_as_they_are() -> None:
    """Pixels of 0..16, divided or not."""
    library("sklearn")
    from sklearn.datasets import load_digits
    from sklearn.ensemble import ExtraTreesClassifier

    pixels, digits = load_digits(return_X_y=True)
    model = ExtraTreesClassifier(3, max_depth=5, random_state=0)
    assert assert_same(model.fit(pixels, digits), input_range="0..16").inputs[0].encoder is None
    assert_same(model.fit(pixels / 16, digits), input_range="0..16/16")


@pytest.mark.heavy
def test_what_is_not_supported_is_said() -> None:
    xgboost, lightgbm, _ = (library(name) for name in ("xgboost", "lightgbm", "sklearn"))
    from sklearn.ensemble import AdaBoostClassifier, GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LinearRegression

    linear = xgboost.train({"booster": "gblinear"}, xgboost.DMatrix(WHOLE, TWO), 1)
    options = {"linear_tree": True, "verbose": -1}
    leaves = lightgbm.train(options, lightgbm.Dataset(WHOLE, TWO, params=options), 1)
    for model, said in (
        (linear, "the booster 'gblinear' has no trees"),
        (leaves, "tree 0: leaves that are linear models are not supported"),
        (AdaBoostClassifier(), "a AdaBoostClassifier is not supported"),
        (LinearRegression(), "a LinearRegression is not supported"),
        (RandomForestClassifier(), "is not fitted"),
        (RandomForestClassifier(2).fit(WHOLE, np.column_stack([TWO, CLASSES])), "of 2 outputs is not supported"),
        (GradientBoostingClassifier(n_estimators=1, init=RandomForestClassifier(2)).fit(WHOLE, TWO), "another model"),
        (xgboost.DMatrix(WHOLE), "a DMatrix is no model"),
        (lightgbm.Dataset(WHOLE), "a Dataset is no model"),
    ):
        with pytest.raises(InputError, match=said):
            melt(model)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_checks_need_the_library_and_melting_does_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, path = library(name), tmp_path / "model.json"
    if name == "xgboost":
        package.train({}, package.DMatrix(RAW, TWO), 1).save_model(path)
    else:
        package.train({"verbose": -1}, package.Dataset(RAW, TWO, params={"verbose": -1}), 1).save_model(path)
    monkeypatch.setitem(sys.modules, name, None)
    cell = melt(path)
    with pytest.raises(MissingExtra, match=f"--check needs {name}: pip install {name}"):
        importer_of(opened(path)).reference(opened(path), {}, cell)


@pytest.mark.heavy
def test_the_command_line_says_what_a_bound_leaves_open(call: Call, tmp_path: Path) -> None:
    xgboost = library("xgboost")
    options = {"objective": "multi:softprob", "num_class": 3, "max_depth": 3}
    xgboost.train(options, xgboost.DMatrix(RAW, CLASSES), 3).save_model(tmp_path / "m.json")
    said = ["melt", tmp_path / "m.json", "-o", tmp_path / "c.safetensors", "--check", "400"]
    coarse, fine = call(*said, "--leaf-bits", "1"), call(*said, "--leaf-bits", "16")
    for found in (coarse, fine):
        assert "may be off by" in found.out
        assert "rows equal, scores within that bound" in found.out
    assert "warning: rounded leaves decide" in coarse.out
    assert "warning" not in fine.out
