"""A fresh sample of rows for every tree, where there are more than growth needs to look at.

A row is drawn with a probability in proportion to what it can add to the sums by which splits are chosen, at most one,
and stands for as many as it was unlikely: the sums of a sample are right on average, and of all samples of that size
these vary least (minimal variance sampling: Ibragimov and Gusev, 2019).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bridge.arrays import Flags, Floats32, Ints
from bridge.compiled import compiled

ROUNDS = 50


class Sample(NamedTuple):
    """`places`: int64[n], of rows, in ascending order; `stands_for`: float32[n], how many like it each one is."""

    places: Ints
    stands_for: Floats32


def drawn(slopes: Floats32, curves: Floats32, most: int, seed: int) -> Sample:
    """About `most` of the rows, which are more; the same for the same seed. slopes, curves: float32[rows]."""
    sure = sure_size(slopes, curves, most)
    chosen = np.zeros(len(slopes), np.bool_)
    choose(slopes, curves, sure, seed, chosen)
    places = np.flatnonzero(chosen)
    sizes = np.hypot(slopes[places], curves[places])
    return Sample(places, np.maximum(sure / sizes, 1.0).astype(np.float32))


@compiled
def sure_size(slopes: Floats32, curves: Floats32, most: int) -> float:
    """How long (slope, curve) must be for a row to be sure of its place, so that `most` rows are to be expected."""
    size, before = np.inf, -1
    for _ in range(ROUNDS):
        large, rest = 0, 0.0
        for row in range(len(slopes)):
            length = math.hypot(slopes[row], curves[row])
            if length < size:
                rest += length
            else:
                large += 1
        if large == before or large >= most:
            break
        size, before = rest / (most - large), large
    return size


@compiled
def choose(slopes: Floats32, curves: Floats32, sure: float, seed: int, chosen: Flags) -> None:
    """chosen: bool[rows], receives which rows are drawn."""
    for row in range(len(slopes)):
        value = (np.uint64(row) + (np.uint64(seed) << np.uint64(40))) * np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        uniform = float((value ^ (value >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53
        chosen[row] = uniform * sure < math.hypot(slopes[row], curves[row])
