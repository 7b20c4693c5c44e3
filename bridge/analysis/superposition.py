"""Superposition of known features: how many of them a layer stores in how many dimensions, and how well they part.

The measures of Elhage et al., "Toy Models of Superposition" (2022), made for networks that are not linear, too. What
counts is the *response* G: how far output i moves, before its last nonlinearity, when feature j does, on average over
all others. Of a linear autoencoder, x' = ReLU(W^T W x + b), it is W^T W, and then these are the figures of that paper:

- features per dimension, ||W||_F^2 / m: the trace of G over the number of hidden units;
- dimensionality of feature i, ||W_i||^2 / sum_j (W_i . W_j / ||W_i||)^2: G_ii^2 / sum_j G_ij^2. A feature of its own
  dimension has 1, an antipodal pair 1/2 each, a pentagon 2/5, one that is not stored 0. It is the capacity of Scherlis
  et al., "Polysemanticity and Capacity in Neural Networks" (2022); its sum is at most the number of units;
- interference, sum over j != i of (W_i . W_j / ||W_i||)^2: the same sum of G_ij^2 over G_ii.

Rows of data may have probabilities: with all inputs there are, and theirs, the figures are exact up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats
from bridge.errors import InputError
from bridge.printable import html_table

STORED = 0.5  # the response of an output to its own feature, of 1, from which on a feature counts as stored


@dataclass(frozen=True, eq=False)
class Superposition:
    """`response`: float64[n, n], of outputs (rows) to features (columns); `hidden`: how many units lie between."""

    response: Floats
    hidden: int

    def __post_init__(self) -> None:
        shape = self.response.shape
        if len(shape) != 2 or shape[0] != shape[1] or not shape[0] or not np.isfinite(self.response).all():
            raise InputError(f"a response is a square matrix of finite numbers, not one of shape {list(shape)}")
        if self.hidden < 1:
            raise InputError(f"a layer has at least one unit, not {self.hidden}")

    @cached_property
    def own(self) -> Floats:
        """float64[n]: how far each output follows its feature, 1 for wholly; ||W_i||^2 of a linear one."""
        return np.diag(self.response).astype(np.float64)

    @property
    def features_per_dimension(self) -> float:
        return float(self.own.sum() / self.hidden)

    @cached_property
    def dimensionality(self) -> Floats:
        """float64[n], 0 .. 1; 0 of an output that follows nothing, or its feature the wrong way round."""
        return _ratio(np.maximum(self.own, 0) ** 2, (self.response**2).sum(axis=1))

    @cached_property
    def interference(self) -> Floats:
        """float64[n]; 0 of an output that follows nothing, or its feature the wrong way round."""
        return _ratio((self.response**2).sum(axis=1) - self.own**2, np.maximum(self.own, 0))

    @property
    def stored(self) -> npt.NDArray[np.bool_]:
        """bool[n]: outputs that follow their feature at least half."""
        return self.own >= STORED

    def summary(self) -> dict[str, float]:
        """Means are over the stored features, nan where none is."""
        stored = self.stored
        return {
            "stored": float(stored.sum()),
            "features_per_dimension": self.features_per_dimension,
            "dimensionality": _mean(self.dimensionality[stored]),
            "dimensions_used": float(self.dimensionality.sum() / self.hidden),
            "interference": _mean(self.interference[stored]),
        }

    def to_json(self) -> dict[str, Any]:
        return self.summary() | {"dimensionalities": self.dimensionality.tolist()}

    def __str__(self) -> str:
        return ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in self.summary().items())

    def _repr_html_(self) -> str:
        return html_table((key.replace("_", " "), f"{value:.3g}") for key, value in self.summary().items())


def superposition(weights: npt.NDArray[Any]) -> Superposition:
    """Of a linear autoencoder with tied weights: [m, n], m units and n features."""
    if weights.ndim != 2:
        raise InputError(f"weights are a matrix of units and features, not of shape {list(weights.shape)}")
    wide = weights.astype(np.float64)
    return Superposition(wide.T @ wide, len(weights))


def slopes(values: npt.NDArray[Any], features: npt.NDArray[Any], chances: Floats) -> Floats:
    """float64[m, n]: how far each of m values moves on average when a feature does, from 0 to 1 in a straight line.

    values: [rows, m]; features: [rows, n], independent of each other; chances: float64[rows], their sum is 1.
    Of features of 0 and 1 it is the mean at 1 less the mean at 0. 0 for a feature that is constant.
    """
    mean = chances @ features
    weighted = chances[:, None] * (features - mean)
    spread = (weighted * (features - mean)).sum(axis=0)
    return _ratio(values.astype(np.float64).T @ weighted, np.broadcast_to(spread, (values.shape[1], len(spread))))


def linear_readback(values: npt.NDArray[Any], features: npt.NDArray[Any], chances: Floats) -> Floats:
    """float64[n], 0 .. 1: the part of each feature's variance that the best linear map of the values tells.

    Its sum over independent features is at most the number of values, however they are made: superposition is what
    readers that are not linear gain. 0 for a feature that is constant. Shapes as for `slopes`.
    """
    feature_mean, value_mean = chances @ features, chances @ values
    centred, moved = features - feature_mean, values - value_mean
    together = moved.T @ (chances[:, None] * centred)
    own = moved.T @ (chances[:, None] * moved)
    return _ratio((together * (np.linalg.pinv(own, hermitian=True) @ together)).sum(axis=0), chances @ centred**2)


def best_readback(bits: npt.NDArray[Any], features: npt.NDArray[Any], chances: Floats) -> Floats:
    """float64[n], 0 .. 1: the part of each feature's variance that any reader of the bits could tell.

    bits: [rows, m] of 0 and 1, m at most 16; else as for `slopes`. 0 for a feature that is constant.
    """
    if bits.shape[1] > 16:
        raise InputError(f"{bits.shape[1]} bits have too many codes to read: at most 16")
    codes = bits.astype(np.int64) @ (1 << np.arange(bits.shape[1]))
    size = 1 << bits.shape[1]
    weight = np.bincount(codes, chances, size).astype(np.float64)
    sums = np.stack([np.bincount(codes, chances * column, size) for column in features.T]).astype(np.float64)
    means = _ratio(sums, np.broadcast_to(weight, sums.shape))
    overall = chances @ features
    return _ratio(((means - overall[:, None]) ** 2) @ weight, chances @ (features - overall) ** 2)


def _ratio(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.zeros(np.shape(above)), where=np.asarray(below) > 1e-15)
    return found


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
