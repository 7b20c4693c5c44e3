"""Ensembles of trees on scikit-learn's own data, the table of docs/melt-trees.md: `python tools/ensembles.py digits`.

Each of ten models of XGBoost, LightGBM and scikit-learn is trained on 70 % of the rows, melted, and compared with its
own library on the others and on random rows. One line each: trees, splits, accuracy (ours, theirs), rows within the
bound and those of them that differ, ANDs, the certificate. Exit code 1 if a row outside the bound differs or a proof
fails.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn import datasets, ensemble, tree
from sklearn.model_selection import train_test_split

from bridge import certify, lower, melt, predict
from bridge.melting.check import check

SETS = {name: getattr(datasets, f"load_{name}") for name in ("digits", "iris", "wine", "breast_cancer", "diabetes")}


def models(kind: str) -> Iterator[tuple[str, Any]]:
    """kind: Classifier or Regressor."""
    seeded: dict[str, Any] = {"random_state": 0}
    deep = {"max_depth": 6} if kind == "Regressor" else {}
    boosted = getattr(lightgbm, f"LGBM{kind}")
    some = {"n_estimators": 12, "num_leaves": 15, "verbose": -1}
    yield "XGBoost", getattr(xgboost, f"XGB{kind}")(n_estimators=12, max_depth=4)
    yield "XGBoost, dart", getattr(xgboost, f"XGB{kind}")(n_estimators=6, max_depth=3, booster="dart", rate_drop=0.3)
    yield "LightGBM", boosted(**some)
    yield "LightGBM, rf", boosted(**some, boosting_type="rf", subsample=0.7, subsample_freq=1)
    yield "random forest", getattr(ensemble, f"RandomForest{kind}")(24, **seeded, **deep)
    yield "random forest, depth 5", getattr(ensemble, f"RandomForest{kind}")(24, max_depth=5, **seeded)
    yield "extra trees", getattr(ensemble, f"ExtraTrees{kind}")(24, max_depth=8, **seeded)
    yield "gradient boosting", getattr(ensemble, f"GradientBoosting{kind}")(n_estimators=12, **seeded)
    yield "histogram boosting", getattr(ensemble, f"HistGradientBoosting{kind}")(max_iter=12, max_leaf_nodes=15)
    yield "decision tree", getattr(tree, f"DecisionTree{kind}")(max_depth=5, **seeded)


def row(model: Any, unseen: Any, wanted: Any, count: int) -> tuple[bool, list[str]]:
    """Is all of a trained model as it should be, and its line of the table."""
    cell = melt(model)
    aig = lower(cell)
    proof = certify(cell, aig)
    parts = [check(model, cell, data, netlist=aig, seed=1) for data in (unseen, count)]
    told = cell.record["melt"]
    accuracy = "-"
    if len(cell.last.labels) > 1:
        accuracy = f"{np.mean(predict(cell, unseen) == wanted.astype(str)):.3f}, {model.score(unseen, wanted):.3f}"
    within = [f"{part.close} of {part.rows} ({part.strayed} differ)" for part in parts]
    fine = proof.answer == "equivalent" and all(part.good for part in parts)
    return fine, [*map(str, (told["trees"], told["splits"])), accuracy, *within, f"{len(aig.ands):,}", proof.answer]


def main() -> None:
    """Print a line for each data set and model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=list(SETS), metavar="set", help=", ".join(SETS))
    parser.add_argument("--rows", type=int, default=10_000, help="random ones")
    given = parser.parse_args()
    fine = True
    for name in given.sets:
        seen, unseen, known, wanted = train_test_split(*SETS[name](return_X_y=True), test_size=0.3, random_state=0)
        for kind, model in models("Regressor" if name == "diabetes" else "Classifier"):
            good, line = row(model.fit(seen, known), unseen, wanted, given.rows)
            fine &= good
            print(" | ".join([name, kind, *line]), flush=True)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
