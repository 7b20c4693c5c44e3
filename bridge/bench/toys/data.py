"""Features that are known because they are made: independent, sparse, of falling importance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.errors import InputError

ALL = 1 << 16  # inputs that are listed instead of sampled
SAMPLE = 1 << 16


@dataclass(frozen=True)
class Toy:
    """n features for m hidden units. Each is 0 with probability `sparsity`, else drawn evenly from 0 .. `levels`, over
    `levels`; with one level it is then 1. Feature i has the importance decay^i."""

    features: int = 16
    hidden: int = 4
    sparsity: float = 0.9
    decay: float = 0.9
    levels: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.hidden <= self.features:
            raise InputError(f"{self.hidden} units for {self.features} features: at least 1, and no more than features")
        if not 0 <= self.sparsity < 1 or not 0 < self.decay <= 1 or not 1 <= self.levels <= 255:
            raise InputError("sparsity is 0 .. 1 but not 1, decay 0 .. 1 but not 0, levels 1 to 255")

    @property
    def importance(self) -> Floats:
        """float64[n]."""
        return np.power(self.decay, np.arange(self.features), dtype=np.float64)

    @property
    def law(self) -> Floats:
        """float64[levels + 1]: how likely each level is."""
        active = 1 - self.sparsity
        if self.levels == 1:
            return np.array([self.sparsity, active])
        law = np.full(self.levels + 1, active / (self.levels + 1))
        law[0] += self.sparsity
        return law


@dataclass(frozen=True, eq=False)
class Inputs:
    """`levels`: int64[rows, n]; `chances`: float64[rows], of sum 1; `exact`: are these all there are?"""

    toy: Toy
    levels: Ints
    chances: Floats
    exact: bool

    @cached_property
    def values(self) -> Floats:
        """float64[rows, n], 0 .. 1."""
        return self.levels / self.toy.levels


def inputs(toy: Toy) -> Inputs:
    """All inputs with their probabilities if they are at most `ALL`, else `SAMPLE` drawn at random."""
    kinds = toy.levels + 1
    if kinds**toy.features <= ALL:
        levels = np.arange(kinds**toy.features)[:, None] // kinds ** np.arange(toy.features) % kinds
        return Inputs(toy, levels, toy.law[levels].prod(axis=1), exact=True)
    levels = np.random.default_rng(0).choice(kinds, (SAMPLE, toy.features), p=toy.law)
    return Inputs(toy, levels, np.full(SAMPLE, 1 / SAMPLE), exact=False)
