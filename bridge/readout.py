"""From integer logits to probabilities and code lengths: the one place that knows the probability model.

`p(symbol) = (1 - UNSEEN_MASS) * softmax(scale * logits)` over the symbols of the training text; the bytes outside that
alphabet share UNSEEN_MASS equally, so no byte ever costs infinity. With all 256 symbols the model is the plain softmax.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bridge import readout_kernels
from bridge.errors import InputError

UNSEEN_MASS = 2.0**-20
WEIGHTS = 1 << 12  # exponentials held in a table, one for each difference of two logits

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
    def rows(self) -> npt.NDArray[np.int64]:
        """int64[256]: the index of every byte among the symbols, or -1."""
        rows = np.full(256, -1, np.int64)
        rows[list(self.symbols)] = np.arange(len(self.symbols))
        return rows

    @cached_property
    def model(self) -> tuple[Floats, float, float, float]:
        """What `readout_kernels.group_lengths` needs besides logits."""
        unseen = 256 - len(self.symbols)
        length = int(min(WEIGHTS, 746 / self.scale + 2))  # exp(-746) is 0
        weights = np.exp(-self.scale * np.arange(length))
        return weights, self.scale, -np.log2(self._seen_mass), np.log2(unseen / UNSEEN_MASS) if unseen else 0.0

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
        numbers = np.ascontiguousarray(logits, np.int64)
        lengths: Floats = readout_kernels.code_lengths(numbers, self.rows[targets], self.model)
        return lengths
