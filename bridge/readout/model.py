"""From integer logits to probabilities and code lengths: the one place that knows the probability model.

`p(symbol) = (1 - UNSEEN_MASS) * softmax(scale * logits)` over the symbols of the training text; the bytes outside that
alphabet share UNSEEN_MASS equally, so no byte ever costs infinity. With all 256 symbols the model is the plain softmax.

With a code tree, the numbers are scores of its nodes instead of logits of symbols, and the product of
`sigmoid(scale * score)` (bit 1) or one minus that (bit 0) along a symbol's path takes the place of the softmax.

*argmax* is the symbol of the largest probability, the lowest of equals; where there is a code tree, in code lengths of
a fixed point, which make it exact (`bridge.readout.fixedpoint`). *greedy* is where the likelier code bit leads each
time, of equals 0, what is written at temperature 0: without a code tree the same as argmax, with one often another
symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig.names import logit, score
from bridge.arrays import Bits, Floats, Ints
from bridge.errors import InputError
from bridge.readout.codetree import CodeTree, Paths
from bridge.readout.fixedpoint import FixedPoint
from bridge.readout.lengths import Drawing, Model, code_lengths, path_lengths

UNSEEN_MASS = 2.0**-20
WEIGHTS = 1 << 12  # exponentials held in a table, one for each difference of two logits


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
    def paths(self) -> Paths:
        """int64[256, longest path], by byte: what a byte's code asks, -1 after its end and for unseen bytes."""
        assert self.code is not None
        nodes, bits = (np.full((256, table.shape[1]), -1, np.int64) for table in self.code.paths)
        nodes[list(self.symbols)], bits[list(self.symbols)] = self.code.paths
        return Paths(nodes, bits)

    @cached_property
    def rows(self) -> Ints:
        """int64[256]: the index of every byte among the symbols, or -1."""
        rows = np.full(256, -1, np.int64)
        rows[list(self.symbols)] = np.arange(len(self.symbols))
        return rows

    @cached_property
    def model(self) -> Model:
        """The probability model in the form that compiled code takes."""
        unseen = 256 - len(self.symbols)
        length = int(min(WEIGHTS, 746 / self.scale + 2))  # exp(-746) is 0
        weights = np.exp(-self.scale * np.arange(length))
        bits = np.log2(unseen / UNSEEN_MASS) if unseen else 0.0
        return Model(weights, self.scale, -np.log2(self._seen_mass), bits)

    @cached_property
    def drawing(self) -> Drawing:
        """What is needed to draw along the code tree."""
        assert self.code is not None
        return Drawing(np.array(self.code.children), np.frombuffer(self.symbols, np.uint8), self.scale)

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

    def code_lengths(self, logits: Ints, targets: Bits) -> Floats:
        """int[n, numbers], uint8[n] -> float64[n]: -log2 p(target), in bits."""
        numbers = np.ascontiguousarray(logits, np.int64)
        if self.code is not None:
            nodes, bits = self.paths
            return path_lengths(numbers, nodes[targets], bits[targets], self.model)
        return code_lengths(numbers, self.rows[targets], self.model)

    @cached_property
    def fixed(self) -> FixedPoint:
        """The code lengths in which `argmax` is decided; of a readout with a code tree."""
        return FixedPoint(self.scale)

    def logits(self, numbers: Ints) -> Ints:
        """int[n, numbers] -> int64[n, symbols]: the logits; with a code tree minus the code length of every symbol, in
        the units of `fixed`."""
        if self.code is None:
            return numbers.astype(np.int64)
        zero, one = self.fixed.lengths(numbers.astype(np.int64))
        return -self._along_paths(zero, one)

    def argmax(self, numbers: Ints) -> Bits:
        """int[n, numbers] -> uint8[n]: the likeliest byte, the lowest of equals."""
        return self._bytes(self.logits(numbers).argmax(axis=1))

    def greedy(self, numbers: Ints) -> Bits:
        """int[n, numbers] -> uint8[n]: the byte to which the likelier code bits lead."""
        if self.code is None:
            return self.argmax(numbers)
        children, places = np.array(self.code.children), np.zeros(len(numbers), np.int64)
        rows = np.arange(len(numbers))
        while (places >= 0).any():
            bits = (numbers[rows, np.maximum(places, 0)] > 0).astype(np.int64)
            places = np.where(places >= 0, children[np.maximum(places, 0), bits], places)
        return self._bytes(~places)

    def told_apart(self, node: int) -> tuple[bytes, bytes]:
        """The symbols to which the score of a code node leads above 0, and those to which it leads otherwise."""
        assert self.code is not None
        nodes, bits = self.code.paths
        one, zero = (np.flatnonzero(((nodes == node) & (bits == bit)).any(axis=1)) for bit in (1, 0))
        return self._bytes(one).tobytes(), self._bytes(zero).tobytes()

    def _bytes(self, ranks: Ints) -> Bits:
        return np.frombuffer(self.symbols, np.uint8)[ranks]

    def _along_paths(self, zero: npt.NDArray[Any], one: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """[n, symbols]: the sums along each symbol's path of what its bits are worth, [n, nodes]."""
        assert self.code is not None
        ways = np.stack([zero, one, np.zeros_like(zero)])
        sums = np.zeros((len(self.symbols), len(zero)), zero.dtype)
        for nodes, bits in zip(self.code.paths[0].T, self.code.paths[1].T, strict=True):
            sums += ways[bits, :, nodes]
        return sums.T

    def _log_products(self, scaled: Floats) -> Floats:
        """float64[n, symbols]: the logarithm of each symbol's product."""
        return self._along_paths(-np.logaddexp(0, scaled), -np.logaddexp(0, -scaled))
