"""Rows of numbers that the page can begin with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.execution.rows import labelled_of, run

MOST = 64
Arrays = Mapping[str, npt.NDArray[Any]]


def samples_of(model: Cell | Aig, data: Arrays) -> dict[str, Any]:
    """data: `x`, float[rows, features], what each input reads, and perhaps `y`, what each row is. As JSON the first
    MOST rows: a number that is missing is null, one that is infinite its name. InputError for rows that the model
    cannot be given, and for models that read none."""
    labelled_of(model)
    rows = np.asarray(data["x"])[:MOST]
    run(model, rows)
    told = data.get("y")
    what = None if told is None else [str(each) for each in np.asarray(told)[: len(rows)].ravel().tolist()]
    return {"rows": [[_number(value) for value in row] for row in rows.tolist()], "what": what, "of": len(data["x"])}


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
