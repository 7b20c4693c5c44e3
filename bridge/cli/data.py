"""Rows of numbers and their labels, from files: what commands read, and what they say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from rich.console import RenderableType

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cli.output import table
from bridge.errors import InputError
from bridge.execution.measures import Classified, Estimated, measure
from bridge.files.arrays import read_arrays

Array: TypeAlias = npt.NDArray[Any]
SHOWN = 30  # classes in a table of confusion


def read_rows(path: Path, *needed: str) -> dict[str, Array]:
    """`x`, [rows, features], and `y` of an `.npz` file; images in `x` are laid out flat. InputError if one of the
    needed is not there."""
    found = read_arrays(path, "x", "y")
    for name in needed:
        if name not in found:
            raise InputError(f"{path}: has no array {name!r}; x are rows of features, y what each row is")
    x = found.get("x")
    if x is not None and (x.ndim < 2 or not x.size or x.dtype.kind == "U"):
        raise InputError(f"{path}: x must be numbers of shape [rows, features], not {x.dtype}{list(x.shape)}")
    return found if x is None else found | {"x": x.reshape(len(x), -1)}


def measured(model: Cell | Aig, path: Path) -> tuple[dict[str, Any], list[RenderableType]]:
    """How good a model is on the rows of a file: as JSON, and as lines."""
    rows = read_rows(path, "x", "y")
    try:
        found = measure(model, rows["x"], rows["y"])
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return found.facts() | {"data": str(path)}, _lines(found)


def _lines(found: Classified | Estimated) -> list[RenderableType]:
    if isinstance(found, Estimated):
        r2 = "" if found.r2 is None else f", R2 {found.r2:.4f}"
        return [f"mean absolute error {found.mae:.6g}, root mean squared {found.rmse:.6g}{r2} on {found.rows:,} rows"]
    line = f"accuracy {found.accuracy:.2%}: {found.correct:,} of {found.rows:,} rows"
    if len(found.labels) <= SHOWN:
        rows = [[label, *counts] for label, counts in zip(found.labels, found.confusion.tolist(), strict=True)]
        return [line, table(["is \\ taken for", *found.labels], rows)]
    wrong = found.confusion - np.diag(found.confusion.diagonal())
    worst = np.argsort(wrong, axis=None, kind="stable")[::-1][:SHOWN]
    pairs = [(found.labels[i], found.labels[j], int(wrong[i, j])) for i, j in np.argwhere(wrong >= 0)[worst].tolist()]
    return [line, table(["is", "taken for", "rows"], [pair for pair in pairs if pair[2]])]
