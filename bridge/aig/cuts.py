"""Cuts of gates: sets of few leaves that decide what a gate is.

Cong and Ding's enumeration (FlowMap, 1994): the cuts of a gate are unions of those of its fanins.
"""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ints32
from bridge.compiled import compiled_part

PAD = np.int32(0x7FFFFFFF)  # stands after the leaves


@compiled_part
def joined(leaves: Ints32, a: tuple[np.int64, np.int64], b: tuple[np.int64, np.int64], union: Ints32) -> bool:
    """Write the leaves of two cuts (variable, index) to `union`, int32[k]; False where there are more than k.

    leaves: int32[variables, cuts, k], ascending, then PAD.
    """
    most = len(union)
    i, j = np.int64(0), np.int64(0)
    for place in range(most):
        left = leaves[a[0], a[1], i] if i < most else PAD
        right = leaves[b[0], b[1], j] if j < most else PAD
        union[place] = min(left, right)
        i += np.int64(left <= right and left != PAD)
        j += np.int64(right <= left and right != PAD)
    more = (i < most and leaves[a[0], a[1], i] != PAD) or (j < most and leaves[b[0], b[1], j] != PAD)
    return not more
