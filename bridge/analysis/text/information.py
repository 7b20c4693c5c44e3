"""Mutual information of bits and features, and superposition: how many features share a bit, how many bits a feature.

Information is in bits. Normalized information I / sqrt(H(bit) * H(feature)) lies in 0 .. 1 and is 1 just where the two
are equal or complementary. A bit *carries* a feature if it is at least a threshold. Features overlap (every vowel is a
letter), so beside the counts there is an effective number, the participation ratio (sum I)^2 / sum I^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats, Ints, Words
from bridge.compiled import compiled
from bridge.execution.words import count_bits
from bridge.printable import html_table

THRESHOLD = 0.1


@dataclass(frozen=True, eq=False)
class Superposition:
    """`features_per_bit`: int64[bits], `bits_per_feature`: int64[features], by the threshold; `effective_features`:
    float64[bits], `effective_bits`: float64[features], participation ratios, 0 where there is no information."""

    bits: tuple[str, ...]
    features: tuple[str, ...]
    threshold: float
    features_per_bit: Ints
    bits_per_feature: Ints
    effective_features: Floats
    effective_bits: Floats

    def summary(self) -> dict[str, float]:
        """Means over the bits that carry anything and the features that are carried; parts that are not."""
        carrying, carried = self.features_per_bit > 0, self.bits_per_feature > 0
        return {
            "threshold": self.threshold,
            "features_per_carrying_bit": _mean(self.features_per_bit[carrying]),
            "bits_per_carried_feature": _mean(self.bits_per_feature[carried]),
            "bits_with_several_features": _mean(self.features_per_bit > 1),
            "bits_with_none": _mean(~carrying),
            "features_with_none": _mean(~carried),
            "effective_features_per_bit": _mean(self.effective_features),
            "effective_bits_per_feature": _mean(self.effective_bits),
        }

    def _repr_html_(self) -> str:
        return html_table((key.replace("_", " "), f"{value:.3f}") for key, value in self.summary().items())


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


def superposition_of(
    bits: tuple[str, ...], features: tuple[str, ...], information: Floats, shares: Floats, threshold: float = THRESHOLD
) -> Superposition:
    """information, shares: float64[bits, features], mutual information and the same normalized."""
    carries = shares >= threshold
    ratios = _ratio(information, 1), _ratio(information, 0)
    return Superposition(bits, features, threshold, carries.sum(axis=1), carries.sum(axis=0), *ratios)


def _ratio(information: Floats, axis: int) -> Floats:
    squares = (information**2).sum(axis=axis)
    ratios: Floats = np.divide(information.sum(axis=axis) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
    return ratios


def _plogp(part: Floats) -> Floats:
    safe = np.where(part > 0, part, 1.0)
    return -safe * np.log2(safe)


def _mean(values: npt.NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


@compiled
def count_joint(left: Words, right: Words, counts: Ints) -> None:
    """counts, int64[n, m]: add how many bits two rows of uint64[n, W] and uint64[m, W] both have set."""
    for one in range(len(left)):
        for other in range(len(right)):
            total = np.int64(0)
            for word in range(left.shape[1]):
                total += count_bits(left[one, word] & right[other, word])
            counts[one, other] += total
