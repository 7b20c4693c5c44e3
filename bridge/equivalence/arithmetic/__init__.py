"""Netlists that only add: adders are taken out of both, and what they add up to is compared."""

from bridge.equivalence.arithmetic.words import adds_up

__all__ = ["adds_up"]
