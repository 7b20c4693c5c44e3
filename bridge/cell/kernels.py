"""The two parts of the oracle that numpy has no words for: descending trees, and one-hot bits back to a number."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Bits, Ints, Ints32
from bridge.compiled import compiled


@compiled
def descend(splits: Ints32, roots: Ints32, leaves: Bits, bits: Bits) -> Bits:
    """uint8[batch, trees * width]: the leaf that every tree comes to. bits: uint8[batch, in]; see `Trees`."""
    width = leaves.shape[1]
    found = np.empty((len(bits), len(roots) * width), np.uint8)
    for row in range(len(bits)):
        for tree in range(len(roots)):
            place = roots[tree]
            while place >= 0:
                place = splits[place, 1] if bits[row, splits[place, 0]] else splits[place, 2]
            for bit in range(width):
                found[row, tree * width + bit] = leaves[~place, bit]
    return found


@compiled
def decode(held: Bits) -> Ints:
    """int64[batch]: the state that uint8[batch, states - 1] stands for, see `Automaton`; of several, the first."""
    states = np.full(len(held), held.shape[1])
    for row in range(len(held)):
        for bit in range(held.shape[1]):
            if held[row, bit] != (bit == 0):
                states[row] = bit
                break
    return states
