"""What a tensor of a module is while it is melted: affine over integers, or waiting for its quantizer.

A value that a rounding or a sign has made discrete waits for the clip that may follow; one that a curve (sigmoid) has
bent waits for its rounding. Then its boundaries are pulled back through all of it, see `bridge.melting.steps`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from torch.fx import Node

from bridge.arrays import Ints
from bridge.errors import InputError
from bridge.melting.affine import Affine, Drawing
from bridge.melting.curves import INFINITE, Curve
from bridge.melting.exact import Exact, Rational
from bridge.melting.steps import ROUNDINGS, Boundary, stepped

MOST_STEPS = 1 << 16
UNROUNDED = "what a curve (sigmoid, tanh) gives is not rounded before it is used: quantize it, as in round(x * 4) / 4"


@dataclass(frozen=True)
class Steps:
    """`to(n)`: where a value becomes the integer n or more; `low`, `high`: the integers that there are."""

    to: Callable[[int], Boundary]
    low: Rational
    high: Rational

    def clipped(self, low: Rational, high: Rational) -> Steps:
        return replace(self, low=min(max(self.low, low), high), high=max(min(self.high, high), low))


STEPS = {
    "round": Steps(ROUNDINGS["HALF_EVEN"], -INFINITE, INFINITE),
    "floor": Steps(ROUNDINGS["FLOOR"], -INFINITE, INFINITE),
    "ceil": Steps(ROUNDINGS["CEIL"], -INFINITE, INFINITE),
    "trunc": Steps(ROUNDINGS["DOWN"], -INFINITE, INFINITE),
    "sign": Steps(lambda to: Boundary(Fraction(0), to == 0), -1, 1),
    "ge": Steps(lambda to: Boundary(Fraction(0), True), 0, 1),
    "gt": Steps(lambda to: Boundary(Fraction(0), False), 0, 1),
}


@dataclass(frozen=True, eq=False)
class Waiting:
    """`steps` of the curves of `x`, one after the other; None before any rounding. `node`: the first of its steps."""

    x: Affine
    curves: tuple[Curve, ...] = ()
    steps: Steps | None = None
    node: Node | None = None


@dataclass(frozen=True, eq=False)
class Raw:
    """A function of one feature each, that `node` gives: `features`, int64 of its shape. `steps`: the range of what a
    step has made of it, which `rounding` is."""

    features: Ints
    node: Node
    steps: Steps | None = None
    rounding: Node | None = None


@dataclass(frozen=True)
class Symbol:
    """The byte that is read, as its rank in the alphabet."""


Value: TypeAlias = Affine | Waiting | Raw | Symbol


def stepped_value(drawing: Drawing, name: str, value: Waiting) -> Affine:
    """Its integers, once they are steps."""
    if value.steps is None:
        raise InputError(UNROUNDED)
    low, high = _ends(drawing, value)
    if high - low > MOST_STEPS:
        raise InputError(f"is rounded to {low}..{high}; at most {MOST_STEPS:,} steps are supported: clamp it")
    boundaries = [value.steps.to(to) for to in range(low + 1, high + 1)]
    for curve in reversed(value.curves):
        boundaries = [boundary if math.isinf(boundary.value) else curve.back(boundary) for boundary in boundaries]
    none = np.zeros(value.x.shape, np.int64)
    if not boundaries:
        return value.x.times(Exact.of(0)).plus(Exact.of(low))
    return stepped(drawing, name, value.x, [boundaries], none).plus(Exact.of(low))


def _ends(drawing: Drawing, value: Waiting) -> tuple[int, int]:
    """The least and the largest integer that may come up; a curve may make them wider than they are."""
    assert value.steps is not None
    low, high = value.steps.low, value.steps.high
    if not (math.isinf(low) or math.isinf(high)):
        return round(low), round(high)
    numbers = [float(number) for end in drawing.ends(value.x) for number in end.used]
    least, most = min(numbers), max(numbers)
    for curve in value.curves:
        least, most = curve.forward(least), curve.forward(most)
    found = value.steps.clipped(math.floor(least) - 1, math.ceil(most) + 1)
    return round(found.low), round(found.high)
