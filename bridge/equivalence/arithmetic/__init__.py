"""Netlists that add: adders are taken out of both, and what they add up to is compared."""

from bridge.equivalence.arithmetic.prove import by_adders
from bridge.equivalence.arithmetic.words import METHOD, adds_up

__all__ = ["METHOD", "adds_up", "by_adders"]
