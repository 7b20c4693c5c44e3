"""Functions that rise, between a sum and its quantizer, whose boundaries are pulled back through them."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from bridge.melting.exact import Rational
from bridge.melting.steps import HALF, Boundary

DIGITS = 60  # of a curve that is not rational
INFINITE = math.inf


class Curve(NamedTuple):
    """A function that rises: in floats, and what its argument must reach for it to reach a boundary."""

    forward: Callable[[float], float]
    back: Callable[[Boundary], Boundary]


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
