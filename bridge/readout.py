"""From integer logits to probabilities and code lengths: the one place that knows the probability model.

`p(symbol) = (1 - UNSEEN_MASS) * softmax(scale * logits)` over the symbols of the training text; the bytes outside that
alphabet share UNSEEN_MASS equally, so no byte ever costs infinity. With all 256 symbols the model is the plain softmax.

With a code tree, the numbers are scores of its nodes instead of logits of symbols, and the product of
`sigmoid(scale * score)` (bit 1) or one minus that (bit 0) along a symbol's path takes the place of the softmax.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bridge import readout_kernels
from bridge.aig.names import logit, score
from bridge.codetree import CodeTree
from bridge.errors import InputError

UNSEEN_MASS = 2.0**-20
WEIGHTS = 1 << 12  # exponentials held in a table, one for each difference of two logits

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Readout:
    """`symbols`: the bytes that have a logit, ascending; `scale`: what one unit of an integer logit
    or score is worth (nats); `code`: whose nodes the scores belong to."""

    symbols: bytes
    scale: float
    code: CodeTree | None = None

    def __post_init__(self) -> None:
        if not self.symbols or list(self.symbols) != sorted(set(self.symbols)):
            raise InputError("the symbols of a readout must be distinct bytes in ascending order, at least one")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise InputError(f"the logit scale must be a positive finite number, not {self.scale!r}")
        if self.code is not None and self.code.nodes + 1 != len(self.symbols):
            raise InputError(f"a code of {self.code.nodes} nodes does not fit {len(self.symbols)} symbols")

    @property
    def numbers(self) -> int:
        """How many integers a prediction is made of."""
        return len(self.symbols) if self.code is None else self.code.nodes

    def names(self, serial: bool) -> list[str]:
        """What the numbers are called in a netlist, `<name>[bit]` being their outputs."""
        if self.code is None:
            return [logit(symbol) for symbol in self.symbols]
        return [score()] if serial else [score(node) for node in range(self.code.nodes)]

    @cached_property
    def paths(self) -> tuple[Ints, Ints]:
        """(nodes, bits), int64[256, longest path]: what a byte's code asks, -1 after its end and for unseen bytes."""
        assert self.code is not None
        nodes, bits = (np.full((256, table.shape[1]), -1, np.int64) for table in self.code.paths)
        nodes[list(self.symbols)], bits[list(self.symbols)] = self.code.paths
        return nodes, bits

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
        """int[n, numbers] -> float64[n, 256], rows sum to 1."""
        numbers = logits.astype(np.float64)
        with np.errstate(over="ignore"):  # a scale of 1e308 makes infinities, which are right
            if self.code is None:
                scaled = self.scale * (numbers - numbers.max(axis=1, keepdims=True))
            else:
                scaled = self._log_products(self.scale * numbers)
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        weights *= self._seen_mass / weights.sum(axis=1, keepdims=True)
        unseen = 256 - len(self.symbols)
        table = np.full((len(logits), 256), UNSEEN_MASS / unseen if unseen else 0.0)
        table[:, list(self.symbols)] = weights
        return table

    def code_lengths(self, logits: Ints, targets: npt.NDArray[np.uint8]) -> Floats:
        """int[n, numbers], uint8[n] -> float64[n]: -log2 p(target), in bits."""
        numbers = np.ascontiguousarray(logits, np.int64)
        if self.code is not None:
            nodes, bits = self.paths
            lengths: Floats = readout_kernels.path_lengths(numbers, nodes[targets], bits[targets], self.model)
        else:
            lengths = readout_kernels.code_lengths(numbers, self.rows[targets], self.model)
        return lengths

    def _log_products(self, scaled: Floats) -> Floats:
        """float64[n, symbols]: the logarithm of each symbol's product."""
        assert self.code is not None
        ways = np.stack([-np.logaddexp(0, scaled), -np.logaddexp(0, -scaled), np.zeros_like(scaled)])
        nodes, bits = self.code.paths
        products: Floats = ways[bits, :, nodes].sum(axis=1).T
        return products
