"""What a tensor of a module is while it is melted: affine over integers, or waiting for its quantizer.

A value that a rounding or a sign has made discrete waits for the clip that may follow; one that a curve (sigmoid) has
bent waits for its rounding. Then its boundaries are pulled back through all of it, see `bridge.melting.steps`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np
from torch.fx import Node

from bridge.arrays import Ints
from bridge.errors import InputError
from bridge.melting.affine import Affine, Drawing
from bridge.melting.exact import Exact, Rational
from bridge.melting.steps import HALF, ROUNDINGS, Boundary, stepped

DIGITS = 60  # of a curve that is not rational
MOST_STEPS = 1 << 16
INFINITE = math.inf


class Curve(NamedTuple):
    """A function that rises: in floats, and what its argument must reach for it to reach a boundary."""

    forward: Callable[[float], float]
    back: Callable[[Boundary], Boundary]


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
        raise InputError("is curved and not rounded since: quantize it")
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
    x, bounds = value.x, drawing.bounds
    ends = [
        (Exact.of(bound[x.elements]) * x.scale + x.offset).with_(x.low, max).with_(x.high, min).used
        for bound in (bounds.low, bounds.high)
    ]
    numbers = [float(number) for end in ends for number in end]
    least, most = min(numbers), max(numbers)
    for curve in value.curves:
        least, most = curve.forward(least), curve.forward(most)
    found = value.steps.clipped(math.floor(least) - 1, math.ceil(most) + 1)
    return round(found.low), round(found.high)


def scaled(factor: Fraction, term: Fraction) -> Curve:
    """`factor * x + term`, the factor above 0."""
    slope, start = float(factor), float(term)
    return Curve(lambda x: x * slope + start, lambda at: Boundary((at.value - term) / factor, at.closed))


def clip(low: Rational, high: Rational) -> Curve:
    """No less than `low`, no more than `high`."""

    def back(at: Boundary) -> Boundary:
        if at.reached(low):
            return Boundary(-INFINITE, True)
        return at if at.reached(high) else Boundary(INFINITE, True)

    return Curve(lambda x: min(max(x, float(low)), float(high)), back)


def leaky(slope: Fraction) -> Curve:
    """Below 0, as much times the slope."""
    own = float(slope)
    return Curve(
        lambda x: max(x, 0.0) + own * min(x, 0.0),
        lambda at: at if at.value >= 0 else at._replace(value=at.value / slope),
    )


def _inverse(
    low: int, high: int, middle: Fraction, function: Callable[[Decimal], Decimal]
) -> Callable[[Boundary], Boundary]:
    """What a curve from `low` to `high`, neither of which it reaches, gives a value for; 0 for the middle, and
    irrational elsewhere, so that DIGITS decide."""

    def back(at: Boundary) -> Boundary:
        if at.value <= low or at.value >= high:
            return Boundary(-INFINITE if at.value <= low else INFINITE, True)
        if at.value == middle:
            return Boundary(Fraction(0), at.closed)
        with localcontext() as context:
            context.prec = DIGITS
            value = Fraction(at.value)
            return Boundary(Fraction(function(Decimal(value.numerator) / value.denominator)), at.closed)

    return back


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


SIGMOID = Curve(_sigmoid, _inverse(0, 1, HALF, lambda y: (y / (1 - y)).ln()))
TANH = Curve(math.tanh, _inverse(-1, 1, Fraction(0), lambda y: ((1 + y) / (1 - y)).ln() / 2))
