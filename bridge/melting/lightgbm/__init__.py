"""LightGBM: text models, boosters and models of its scikit-learn interface."""

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
from bridge.melting.lightgbm.model import MAX_BYTES, ensemble_of
from bridge.melting.source import File, Importer, Reference


def _read(source: Any, options: Mapping[str, Any]) -> tuple[Ensemble, str]:
    """The ensemble, and the text that it was read from."""
    classes = None
    if isinstance(source, File):
        try:
            text = source.within(MAX_BYTES, "a LightGBM model").decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"is no LightGBM model: it is not text ({error.reason})") from error
    else:
        booster = getattr(source, "booster_", source)
        if not hasattr(booster, "model_to_string"):
            raise InputError(f"lightgbm: a {type(source).__name__} is no model; give a Booster, or a fitted estimator")
        classes, text = getattr(source, "classes_", None), booster.model_to_string()
    return ensemble_of(text, rounds_of(options), None if classes is None else tuple(classes)), text


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    ensemble, _ = _read(source, options)
    return melted(ensemble, options)


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> Reference:
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtra("--check needs lightgbm: pip install lightgbm") from error
    ensemble, text = _read(source, options)
    booster = lightgbm.Booster(model_str=text)
    rounds = options.get("rounds") or -1

    def predict(raw: Floats) -> Floats:
        sums = np.asarray(booster.predict(raw, raw_score=True, num_iteration=rounds), np.float64)
        return sums / ensemble.divisor  # raw scores of averaged trees are their sums

    def reach(raw: Floats) -> Ints:
        return np.asarray(booster.predict(raw, pred_leaf=True, num_iteration=rounds)).astype(np.int64)

    return reference_of(f"lightgbm {lightgbm.__version__}", ensemble, options, Library(predict, 2.0**-52, reach))


def _recognises(start: bytes) -> bool:
    return start.split(b"\n", 1)[0].strip() == b"tree" and b"num_tree_per_iteration=" in start


IMPORTER = Importer("LightGBM (text)", _melt, _reference, _recognises, ("lightgbm",), BOOSTED)
