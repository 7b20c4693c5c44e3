"""The first quantizers of a module, on raw features: steps of torch's own floats, found by halving."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from bridge.arrays import Flags, Floats, Ints
from bridge.cell import Input
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.melting.affine import Affine, Drawing
from bridge.melting.exact import Exact, floats_of, keys_of

MOST_LEVELS = 1 << 12
AT_ONCE = 64  # levels

Function = Callable[[Tensor], Tensor]


def encoded(drawing: Drawing, name: str, features: Ints, count: int, function: Function, dtype: torch.dtype) -> Affine:
    """An Input of what a function makes of raw features: integers, each rising or falling with one of them.

    features: int64 of the shape of its result; count: how many there are; function: floats [count] -> as many numbers.
    InputError unless it gives a few integers."""
    flat = features.ravel()
    largest = torch.finfo(dtype).max

    def levels(points: Tensor) -> Floats:
        """[n, features] -> float64[n, elements]"""
        with torch.no_grad():  # one by one, since torch has other sums for many at once
            made = torch.stack([function(row).reshape(-1) for row in points.to(dtype)])
        found: Floats = made.to(torch.float64).numpy()
        return found

    ends = levels(torch.tensor([[-largest], [largest]], dtype=torch.float64).expand(2, count))
    if not np.isfinite(ends).all() or (ends != np.round(ends)).any() or np.abs(ends).max() > 2**31:
        raise InputError("its input is rounded, but has no ends: clamp it as well")
    low, high = ends.min(axis=0).astype(np.int64), ends.max(axis=0).astype(np.int64)
    falls = ends[0] > ends[1]
    most = int((high - low).max())
    if most > MOST_LEVELS:
        raise InputError(f"its input has {most + 1:,} levels; at most {MOST_LEVELS + 1:,} are supported")
    thresholds = np.full((len(flat), most), np.nan)
    for start in range(1, most + 1, AT_ONCE):
        steps = np.arange(start, min(start + AT_ONCE, most + 1))
        found = _least(levels, steps, flat, (low, high, falls), count, dtype)
        thresholds[:, steps - 1] = np.where(steps[:, None] <= high - low, found, np.nan).T
    if (thresholds == thresholds[:1]).all():
        thresholds = thresholds[:1]
    whole = np.where(falls, 0, low)
    encoder = Encoder(whole, flat.astype(np.int32), thresholds, None, dtype == torch.float32, count)
    made = drawing.add(Input.encoded(drawing.name(name), encoder).normalised())
    sign, first = np.where(falls, -1, 1), np.where(falls, high, 0)
    return made.times(Exact.of(sign)).plus(Exact.of(first)).reshape(*features.shape)


def _least(
    levels: Callable[[Tensor], Floats],
    steps: Ints,
    flat: Ints,
    ends: tuple[Ints, Ints, Flags],
    count: int,
    dtype: torch.dtype,
) -> Floats:
    """[steps, elements]: the least float from which on an element is so many steps from where it starts."""
    low, high, falls = ends
    shape, kind = (len(steps), len(flat)), np.float32 if dtype == torch.float32 else np.float64
    bounds = keys_of(np.array([np.finfo(kind).min, np.finfo(kind).max], kind))
    first, last = (np.full(shape, bound) for bound in bounds)
    wanted = np.where(falls, high - steps[:, None], low + steps[:, None])
    # An element reads one feature, but a feature may be read by several: each in turn.
    turns = _turns(flat)
    while (first < last).any():
        middle = (first >> 1) + (last >> 1) + (first & last & 1)
        reached = np.zeros(shape, bool)
        for turn in turns:
            points = np.zeros((len(steps), count))
            points[:, flat[turn]] = floats_of(middle[:, turn], kind)
            given = levels(torch.from_numpy(points))[:, turn]
            reached[:, turn] = np.where(falls[turn], given <= wanted[:, turn], given >= wanted[:, turn])
        last = np.where(reached, middle, last)
        first = np.where(reached, first, np.minimum(middle + 1, last))
    return floats_of(last, kind)


def _turns(flat: Ints) -> Sequence[Ints]:
    """Elements in groups in which no feature comes up twice."""
    order = np.argsort(flat, kind="stable")
    sorted_ = flat[order]
    starts = np.flatnonzero(np.r_[True, sorted_[1:] != sorted_[:-1]])
    rank = np.arange(len(flat)) - np.repeat(starts, np.diff(np.r_[starts, len(flat)]))
    return [order[rank == turn] for turn in range(int(rank.max(initial=0)) + 1)]
