"""scikit-learn's trees, forests and gradient boosting, fitted, from Python. Its files are pickles and are not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.melting.ensemble import Ensemble
from bridge.melting.ensemble_cell import OPTIONS, melted
from bridge.melting.ensemble_reference import Library, reference_of
from bridge.melting.sklearn import forests
from bridge.melting.source import Importer, Reference

_READERS: Mapping[str, Callable[[Any], Ensemble]] = {
    "DecisionTree": lambda model: forests.averaged(model, [model]),
    "ExtraTree": lambda model: forests.averaged(model, [model]),
    "RandomForest": lambda model: forests.averaged(model, model.estimators_),
    "ExtraTrees": lambda model: forests.averaged(model, model.estimators_),
    "GradientBoosting": forests.boosted,
    "HistGradientBoosting": forests.histogram_boosted,
}


def _read(model: Any) -> Ensemble:
    kinds = [kind.__name__ for kind in type(model).__mro__]
    stems = [kind.removesuffix("Classifier").removesuffix("Regressor") for kind in kinds]
    reader = next((_READERS[stem] for stem in stems if stem in _READERS), None)
    if reader is None:
        raise InputError(
            f"sklearn: a {kinds[0]} is not supported; these are, as classifiers and regressors: {', '.join(_READERS)}"
        )
    if not hasattr(model, "n_features_in_"):
        raise InputError(f"sklearn: the {kinds[0]} is not fitted")
    return reader(model)


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    return melted(_read(source), options)


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> Reference:
    import sklearn

    ensemble = _read(source)

    def predict(raw: Floats) -> Floats:
        if hasattr(source, "_baseline_prediction"):  # its `predict` of counts and the like has a link function
            return np.asarray(source._raw_predict(raw), np.float64)
        if hasattr(source, "decision_function") or not ensemble.classes:
            answer = source.decision_function if ensemble.classes else source.predict
            return np.asarray(answer(raw), np.float64)
        shares = np.asarray(source.predict_proba(raw), np.float64)
        return shares[:, 1:] if ensemble.rival is not None else shares

    def reach(raw: Floats) -> Ints:
        return np.asarray(source.apply(raw)).astype(np.int64)

    leaves = reach if hasattr(source, "apply") else None
    return reference_of(f"scikit-learn {sklearn.__version__}", ensemble, options, Library(predict, 2.0**-52, leaves))


IMPORTER = Importer("scikit-learn (from Python)", _melt, _reference, None, ("sklearn",), OPTIONS)
