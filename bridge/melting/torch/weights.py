"""Floats as integers times a scale, where they are that: `n * scale`, rounded to their type once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.errors import InputError
from bridge.melting.exact import Exact, dyadic

LARGEST = 1 << 15  # integer
SMALL = 16  # integers of which no scale per row is tried
MULTIPLES = 1 << 10  # of the scale that the smallest float may be
NO_GRID = "are not integers times a scale, per tensor or per row: quantize them first, for example to round(w / s) * s"


def integers_of(weights: Floats, single: bool) -> tuple[Ints, Exact]:
    """[rows, in] -> integers of the same shape, and the scale of each row, one for all if that will do. `single`: are
    they float32? InputError unless they are on a grid, and finite."""
    if not np.isfinite(weights).all():
        raise InputError("has weights that are no finite numbers")
    whole = grid(weights.ravel(), single)
    found = [grid(row, single) for row in weights] if whole is None or np.abs(whole[0]).max() > SMALL else [None]
    rows = [row for row in found if row is not None]
    if len(rows) == len(weights):
        integers = np.stack([row[0] for row in rows])
        if whole is None or np.abs(integers).max() < np.abs(whole[0]).max():
            return integers, Exact.of(np.array([scale for _, scale in rows], object))
    if whole is None:
        raise InputError(f"its weights {NO_GRID}")
    return whole[0].reshape(weights.shape), Exact.of(whole[1]).to((len(weights),))


def grid(numbers: Floats, single: bool) -> tuple[Ints, Fraction] | None:
    """The smallest integers, and the simplest scale with which they become these floats exactly; None if none does."""
    exact = dyadic(numbers)
    if exact is not None and np.abs(exact[0]).max(initial=0) <= LARGEST:
        return exact
    sizes = np.unique(np.abs(numbers[numbers != 0]))
    for times in range(1, MULTIPLES + 1):
        counts = np.round(sizes * times / sizes[0])
        if counts[-1] > LARGEST:
            return None
        if (np.abs(sizes * times / sizes[0] - counts) > counts * 2.0**-20).any():
            continue
        scale = _scale(sizes, counts.astype(np.int64), single)
        if scale is not None:
            integers = np.round(numbers / float(scale)).astype(np.int64)
            return integers, scale
    return None


def _scale(sizes: Floats, counts: Ints, single: bool) -> Fraction | None:
    """One that all sizes are these multiples of, each within half a unit in its last place."""
    kind = np.float32 if single else np.float64
    half = np.spacing(sizes.astype(kind)).astype(np.float64)
    ends = [
        [
            (Fraction(size) + sign * Fraction(step) / 2) / count
            for size, step, count in zip(sizes, half, counts.tolist(), strict=True)
        ]
        for sign in (-1, 1)
    ]
    low, high = max(ends[0]), min(ends[1])
    if low > high:
        return None
    middle = Fraction(float(kind(float((low + high) / 2))))
    return middle if low <= middle <= high else (low + high) / 2
