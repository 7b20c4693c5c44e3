"""From integer logits to probabilities and code lengths: the one place that knows the probability model.

`p(symbol) = (1 - UNSEEN_MASS) * softmax(scale * logits)` over the symbols of the training text; the bytes outside that
alphabet share UNSEEN_MASS equally, so no byte ever costs infinity. With all 256 symbols the model is the plain softmax.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bridge.errors import InputError

UNSEEN_MASS = 2.0**-20

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Readout:
    """`symbols`: the bytes that have a logit, ascending; `scale`: what one unit of an integer logit is worth (nats)."""

    symbols: bytes
    scale: float

    def __post_init__(self) -> None:
        if not self.symbols or list(self.symbols) != sorted(set(self.symbols)):
            raise InputError("the symbols of a readout must be distinct bytes in ascending order, at least one")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise InputError(f"the logit scale must be a positive finite number, not {self.scale!r}")

    @cached_property
    def _row(self) -> npt.NDArray[np.int64]:
        rows = np.full(256, -1, np.int64)
        rows[list(self.symbols)] = np.arange(len(self.symbols))
        return rows

    @property
    def _seen_mass(self) -> float:
        return 1.0 if len(self.symbols) == 256 else 1.0 - UNSEEN_MASS

    def probabilities(self, logits: Ints) -> Floats:
        """int[n, symbols] -> float64[n, 256], rows sum to 1."""
        scaled = self.scale * logits.astype(np.float64)
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        weights *= self._seen_mass / weights.sum(axis=1, keepdims=True)
        unseen = 256 - len(self.symbols)
        table = np.full((len(logits), 256), UNSEEN_MASS / unseen if unseen else 0.0)
        table[:, list(self.symbols)] = weights
        return table

    def code_lengths(self, logits: Ints, targets: npt.NDArray[np.uint8]) -> Floats:
        """int[n, symbols], uint8[n] -> float64[n]: -log2 p(target), in bits."""
        scaled = self.scale * logits.astype(np.float64)
        scaled -= scaled.max(axis=1, keepdims=True)
        row = self._row[targets]
        seen = row >= 0
        own = scaled[np.arange(len(targets)), np.where(seen, row, 0)]
        nats = np.log(np.exp(scaled).sum(axis=1)) - own
        bits = nats / np.log(2.0) - np.log2(self._seen_mass)
        unseen = 256 - len(self.symbols)
        return np.where(seen, bits, np.log2(unseen) - np.log2(UNSEEN_MASS) if unseen else 0.0)
