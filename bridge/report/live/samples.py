"""Rows of numbers that the page can begin with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.rows import labelled_of, run
from bridge.printable import counted

MOST = 64
LONGEST = 80  # letters of what a row is
Arrays = Mapping[str, npt.NDArray[Any]]


def samples_of(model: Cell | Aig, data: Arrays) -> dict[str, Any]:
    """data: `x`, float[rows, features], what each input reads, and perhaps `y`, what each row is. As JSON the first
    MOST rows: a number that is missing is null, one that is infinite its name. InputError for rows that the model
    cannot be given, and for models that read none."""
    labelled_of(model)
    rows = np.asarray(data["x"])[:MOST]
    run(model, rows)
    what = _what(data["y"], len(data["x"])) if "y" in data else None
    return {"rows": [[_number(value) for value in row] for row in rows.tolist()], "what": what, "of": len(data["x"])}


def _what(told: npt.ArrayLike, rows: int) -> list[str]:
    """What each of the first rows is."""
    array = np.asarray(told)
    if array.shape not in ((rows,), (rows, 1)):
        raise InputError(f"y must be what each of the {counted(rows, 'row')} is, not {array.dtype}{list(array.shape)}")
    return [str(each)[:LONGEST] for each in array[:MOST].ravel().tolist()]


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
