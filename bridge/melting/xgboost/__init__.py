"""XGBoost: JSON and UBJSON files of any version since 1.0, boosters and models of its scikit-learn interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.cell import Cell
from bridge.errors import InputError, MissingExtra
from bridge.melting.ensemble import Ensemble
from bridge.melting.ensemble_cell import BOOSTED, melted, rounds_of
from bridge.melting.ensemble_reference import Library, reference_of
from bridge.melting.source import File, Importer, Reference
from bridge.melting.xgboost.model import parsed
from bridge.melting.xgboost.trees import ensemble_of


def _read(source: Any, options: Mapping[str, Any]) -> tuple[Ensemble, bytes, int | None]:
    """The ensemble, the model that it was read from, and how many rounds of it count."""
    rounds, classes = rounds_of(options), None
    if isinstance(source, File):
        data = source.data
    else:
        booster = source
        if hasattr(source, "get_booster"):
            booster, classes = source.get_booster(), getattr(source, "classes_", None)
            best = booster.attributes().get("best_iteration")
            rounds = int(best) + 1 if rounds is None and best is not None else rounds
        if not hasattr(booster, "save_raw"):
            raise InputError(f"xgboost: a {type(source).__name__} is no model; give a Booster, or a fitted estimator")
        data = bytes(booster.save_raw("ubj"))
    return ensemble_of(parsed(data), rounds, None if classes is None else tuple(classes)), data, rounds


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    ensemble, _, _ = _read(source, options)
    return melted(ensemble, options)


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> Reference:
    try:
        import xgboost
    except ImportError as error:
        raise MissingExtra("--check needs xgboost: pip install xgboost-cpu") from error
    ensemble, data, rounds = _read(source, options)
    booster = xgboost.Booster()
    booster.load_model(bytearray(data))
    used = (0, rounds or 0)

    def matrix(raw: Floats) -> Any:
        return xgboost.DMatrix(
            raw[:, : booster.num_features()],
            feature_names=booster.feature_names,
            feature_types=booster.feature_types,
            enable_categorical=True,
        )

    def predict(raw: Floats) -> Floats:
        return np.asarray(booster.predict(matrix(raw), output_margin=True, iteration_range=used), np.float64)

    def reach(raw: Floats) -> Ints:
        return np.asarray(booster.predict(matrix(raw), pred_leaf=True, iteration_range=used)).astype(np.int64)

    return reference_of(f"xgboost {xgboost.__version__}", ensemble, options, Library(predict, 2.0**-23, reach))


def _recognises(start: bytes) -> bool:
    parts = (b"gradient_booster", b"learner_model_param", b"attributes", b"feature_names")
    return start.lstrip()[:1] == b"{" and b"learner" in start and any(part in start for part in parts)


IMPORTER = Importer("XGBoost (JSON, UBJSON)", _melt, _reference, _recognises, ("xgboost",), BOOSTED)
