"""How good a model of rows is: accuracy and confusion of classes, errors of estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.arrays import Floats, Ints
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.rows import Rows, labelled_of, run
from bridge.readout import Labelled

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Classified:
    """`confusion`: int64[labels, labels], how often rows of a class (first) were taken for one (second)."""

    labels: tuple[str, ...]
    confusion: Ints

    @property
    def rows(self) -> int:
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        return self.correct / self.rows

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        own = {"rows": self.rows, "correct": self.correct, "accuracy": self.accuracy}
        return own | {"labels": list(self.labels), "confusion": self.confusion.tolist()}


@dataclass(frozen=True)
class Estimated:
    """`mae`, `rmse`: mean absolute and root mean squared error; `r2`: the share of the variance that is explained, None
    where all rows are to have the same value."""

    rows: int
    mae: float
    rmse: float
    r2: float | None

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {"rows": self.rows, "mae": self.mae, "rmse": self.rmse, "r2": self.r2}


def measure(model: Cell | Aig, x: Rows, y: Any, *, encoded: bool = False) -> Classified | Estimated:
    """Compare what a model says of rows with what is so. x: as for `bridge.run`; y: [rows], for several labels those of
    the rows, or their places among them, for one label numbers. InputError for what does not fit."""
    labelled, told = labelled_of(model), np.asarray(y)
    if told.ndim == 2 and told.shape[1] == 1:
        told = told[:, 0]
    wanted = _numbers(told) if labelled.estimates else places(labelled, told)
    numbers = run(model, x, encoded=encoded)
    if len(wanted) != len(numbers) or not len(wanted):
        raise InputError(
            f"there are {len(numbers)} rows of x, but {len(wanted)} of y: they must be as many, one at least"
        )
    if not labelled.estimates:
        size = len(labelled.labels)
        pairs = np.bincount(wanted * size + numbers.argmax(axis=1), minlength=size * size)
        return Classified(labelled.labels, pairs.reshape(size, size))
    return _estimated(labelled.answers(numbers), wanted.astype(np.float64))


def places(labelled: Labelled, y: Array) -> Ints:
    """int64[rows]: which label each row has. What is named so counts first; where labels are no numbers, numbers are
    places. InputError with the first value that is no label."""
    if y.ndim != 1 or y.dtype.kind not in "iubfU":
        raise InputError(f"y must be labels of shape [rows], not {y.dtype}{list(y.shape)}")
    if y.dtype.kind == "f" and np.isfinite(y).all() and (np.floor(y) == y).all() and (np.abs(y) < 2**53).all():
        y = y.astype(np.int64)
    values, which = np.unique(y.astype(np.int64) if y.dtype.kind == "b" else y, return_inverse=True)
    place = {label: index for index, label in enumerate(labelled.labels)}
    words = [str(value) for value in values.tolist()]
    if values.dtype.kind in "iu" and not place.keys() & set(words):
        place = {str(index): index for index in range(len(labelled.labels))}
    for word in words:
        if word not in place:
            known = ", ".join(labelled.labels[:10]) + ", ..." * (len(labelled.labels) > 10)
            raise InputError(f"y: {word!r:.80} is no label ({known})")
    return np.array([place[word] for word in words], np.int64)[which.reshape(-1)]


def _numbers(y: Array) -> Floats:
    if y.ndim != 1 or y.dtype.kind not in "iubf" or not np.isfinite(y).all():
        raise InputError(f"y must be finite numbers of shape [rows], not {y.dtype}{list(y.shape)}")
    return y.astype(np.float64)


def _estimated(found: Floats, wanted: Floats) -> Estimated:
    with np.errstate(over="ignore"):
        errors = np.abs(found - wanted)
        squares, spread = np.square(errors).mean(), np.square(wanted - wanted.mean()).mean()
    r2 = float(1 - squares / spread) if spread > 0 else None
    return Estimated(len(wanted), float(errors.mean()), float(np.sqrt(squares)), r2)
