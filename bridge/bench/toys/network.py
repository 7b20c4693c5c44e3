"""An autoencoder of known features, as numbers and, where its weights are ternary, as a cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from bridge.analysis.superposition import Superposition, slopes
from bridge.arrays import Floats, Ints
from bridge.bench.toys.data import Inputs, Toy
from bridge.cell import Block, Cell, Input, Levels, Linear, Scores, Threshold
from bridge.errors import InputError


@dataclass(frozen=True)
class Kind:
    """Are weights -1, 0 and 1 times one scale, and hidden units -1 and 1?"""

    name: str
    ternary: bool
    binary: bool


KINDS = (
    Kind("float", False, False),
    Kind("ternary weights", True, False),
    Kind("binary units", False, True),
    Kind("ternary weights, binary units", True, True),
)


@dataclass(frozen=True, eq=False)
class ToyNetwork:
    """x' = ReLU(gain W^T h + bias), h = W x, or where units are binary the signs of W x - thresholds, 1 where it is 0.

    `weights`: float64[m, n]; `bias`: float64[n]; `thresholds`: float64[m], not asked where units are not binary.
    """

    toy: Toy
    kind: Kind
    weights: Floats
    gain: float
    bias: Floats
    thresholds: Floats

    def bits(self, levels: Ints) -> Ints:
        """int64[rows, m] of 0 and 1, of binary units; levels: int64[rows, n]."""
        return (self._sums(levels) >= self.reached).astype(np.int64)

    def hidden(self, levels: Ints) -> Floats:
        """float64[rows, m], what the output is made of."""
        if self.kind.binary:
            return np.where(self.bits(levels), 1.0, -1.0)
        return self._sums(levels) / self.toy.levels

    def output(self, hidden: Floats) -> Floats:
        """float64[rows, n], the reconstructed features."""
        return np.maximum(self.gain * (hidden @ self.weights) + self.bias, 0)

    def superposition(self, given: Inputs) -> Superposition:
        """Its response: of a linear one from the weights alone, else from the inputs given."""
        reached = slopes(self.bits(given.levels), given.values, given.chances) * 2 if self.kind.binary else self.weights
        return Superposition(self.gain * self.weights.T @ reached, len(self.weights))

    @property
    def reached(self) -> Floats:
        """float64[m]: which sum of weights and levels makes a unit 1; the next integer where the sums are integers."""
        wanted = [Fraction(float(one)) * self.toy.levels for one in self.thresholds]
        return np.array([ceil(one) if self.kind.ternary else float(one) for one in wanted], np.float64)

    def cell(self) -> Cell:
        """Reads levels x[i], gives the level that is nearest to each reconstructed feature (the upper one of two).
        InputError for weights that are not ternary."""
        if not self.kind.ternary:
            raise InputError(f"a toy of {self.kind.name} is no logic: its weights are no integers")
        features, levels = self.weights.shape[1], self.toy.levels
        weights = self.weights.astype(np.int8)
        unit: Block = Linear("h", ("x",), weights, np.zeros(len(weights), np.int32))
        if self.kind.binary:
            unit = Threshold("h", ("x",), weights, _bounded(self.reached.tolist(), features * levels))
        back, constant, scale = weights.T, np.zeros(features, np.int32), Fraction(self.gain) / levels
        if self.kind.binary:  # -1 and 1 are 2 b - 1
            back, constant, scale = 2 * weights.T, -weights.sum(axis=0, dtype=np.int32), Fraction(self.gain)
        blocks = (
            Input("x", np.zeros(features, np.int64), np.full(features, levels)),
            unit,
            Linear("sum", ("h",), back, constant),
            Levels("read", "sum", self._steps(scale)),
            Scores("score", ("read",), tuple(f"feature {i}" for i in range(features)), 1 / levels),
        )
        return Cell(blocks, name=f"toy, {self.kind.name}")

    def _steps(self, scale: Fraction) -> Ints:
        """int64[n, levels]: the sums from which on the output rounds to 1, 2, .. levels."""
        bound = len(self.weights) * self.toy.features * self.toy.levels + 1
        half = [Fraction(2 * k + 1, 2 * self.toy.levels) for k in range(self.toy.levels)]
        rows = [[(step - Fraction(float(bias))) / scale for step in half] for bias in self.bias]
        return np.stack([_bounded(row, bound) for row in rows])

    def _sums(self, levels: Ints) -> Floats:
        return np.asarray(levels, np.float64) @ self.weights.T


def dedicated(toy: Toy, kind: Kind) -> ToyNetwork:
    """The best there is without superposition, of any kind: a unit for each of the most important features, exactly
    that feature (of bits, where units are), and the mean of all others."""
    units, mean = np.arange(toy.hidden), float(toy.law @ np.arange(toy.levels + 1) / toy.levels)
    weights, bias = np.zeros((toy.hidden, toy.features)), np.full(toy.features, mean)
    weights[units, units] = 1.0
    bias[units] = 0.5 if kind.binary else 0.0
    return ToyNetwork(toy, kind, weights, 0.5 if kind.binary else 1.0, bias, np.full(toy.hidden, 0.5))


def same_levels(network: ToyNetwork, rng: np.random.Generator) -> ToyNetwork:
    """A null: its weights, dealt out anew among all units and features."""
    return replace(network, weights=rng.permuted(network.weights.ravel()).reshape(network.weights.shape))


def same_norms(network: ToyNetwork, rng: np.random.Generator) -> ToyNetwork:
    """A null: every feature in a random direction, as strong as before; ternary ones in a random corner."""
    if network.kind.ternary:
        signs = rng.choice([-1.0, 1.0], network.weights.shape)
        return replace(network, weights=rng.permuted(np.abs(network.weights), axis=0) * signs)
    drawn = rng.normal(size=network.weights.shape)
    norms = np.linalg.norm(network.weights, axis=0) / np.linalg.norm(drawn, axis=0)
    return replace(network, weights=drawn * norms)


def _bounded(values: Any, bound: int) -> Ints:
    """Next integers from above, as far as sums can reach."""
    return np.array([min(max(ceil(value), -bound), bound + 1) for value in values], np.int64)
