"""Mutual information of bits and features, counted on a text.

Information is in bits. Normalized information I / sqrt(H(bit) * H(feature)) lies in 0 .. 1 and is 1 just where the two
are equal or complementary.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats, Ints, Words
from bridge.compiled import compiled
from bridge.execution.words import count_bits


def entropy(ones: npt.NDArray[Any], samples: int) -> Floats:
    """float64, bits: of a yes-or-no variable that was yes `ones` times."""
    part = np.asarray(ones, np.float64) / max(1, samples)
    return _plogp(part) + _plogp(1 - part)


def mutual_information(ones: Ints, others: Ints, joint: Ints, samples: int) -> Floats:
    """float64[n, m], bits. ones: int64[n], others: int64[m], how often each is 1; joint: int64[n, m], both."""
    total = max(1, samples)
    cells = [joint, ones[:, None] - joint, others[None, :] - joint, samples - ones[:, None] - others[None, :] + joint]
    together = sum((_plogp(cell / total) for cell in cells), start=np.zeros(joint.shape))
    found = entropy(ones, samples)[:, None] + entropy(others, samples)[None, :] - together
    return np.maximum(found, 0.0)


def normalized(information: Floats, ones: Ints, others: Ints, samples: int) -> Floats:
    """float64[n, m] in 0 .. 1; 0 where one of the two is constant."""
    scale = np.sqrt(entropy(ones, samples)[:, None] * entropy(others, samples)[None, :])
    shares: Floats = np.divide(information, scale, out=np.zeros_like(information), where=scale > 0)
    return shares


def _plogp(part: Floats) -> Floats:
    safe = np.where(part > 0, part, 1.0)
    return -safe * np.log2(safe)


@compiled
def count_joint(left: Words, right: Words, counts: Ints) -> None:
    """counts, int64[n, m]: add how many bits two rows of uint64[n, W] and uint64[m, W] both have set."""
    for one in range(len(left)):
        for other in range(len(right)):
            total = np.int64(0)
            for word in range(left.shape[1]):
                total += count_bits(left[one, word] & right[other, word])
            counts[one, other] += total
