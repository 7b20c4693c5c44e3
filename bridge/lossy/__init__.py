"""Smaller at a price: simplifications that change what a model computes, within a budget of bits per byte."""

from bridge.lossy.budget import Simplified, simplify

__all__ = ["Simplified", "simplify"]
