"""Feature overlap: how many features of a text share a bit, and how many bits a feature, beside what chance gives.

A bit *carries* a feature if their normalized information is at least a threshold. Features overlap by themselves (every
vowel is a letter), so beside the counts there is an effective number, the participation ratio (sum I)^2 / sum I^2. None
of this says how a network stores its features: for that they must be known, see `bridge.analysis.superposition`.

Two nulls stand beside every figure. *Moved features*: the same features half a text away, which last as long and are
true as often. *Random bits*: bits that are 1 as often, at places drawn at random; features that are shuffled instead
of moved have just that law, so it is the null for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.analysis.text.features import Features, moved
from bridge.analysis.text.information import mutual_information, normalized
from bridge.arrays import Flags, Floats, Ints
from bridge.printable import html_table
from bridge.printable.notebook import Framed

THRESHOLD = 0.1


@dataclass(frozen=True, eq=False)
class Counts:
    """How often n bits and F features are 1 in N samples, and both. `ones`: int64[n]; `feature_ones`: int64[F];
    `joint`, `moved`: int64[n, F], with the features where they are, and with those half a text away."""

    ones: Ints
    feature_ones: Ints
    joint: Ints
    moved: Ints
    samples: int

    def random(self, seed: int = 0) -> Ints:
        """int64[n, F]: the joint counts of random bits that are 1 as often."""
        rest = self.samples - self.ones
        drawn = np.random.default_rng(seed).hypergeometric(
            self.ones[:, None], rest[:, None], self.feature_ones[None, :]
        )
        return drawn.astype(np.int64)


@dataclass(frozen=True, eq=False, repr=False)
class FeatureOverlap(Framed):
    """`features_per_bit`: int64[bits], `bits_per_feature`: int64[features], by the threshold; `effective_features`:
    float64[bits], `effective_bits`: float64[features], participation ratios, 0 where there is no information.
    `nulls`: the same by chance, of moved features and of random bits; a null has none of its own."""

    bits: tuple[str, ...]
    features: tuple[str, ...]
    threshold: float
    features_per_bit: Ints
    bits_per_feature: Ints
    effective_features: Floats
    effective_bits: Floats
    nulls: Mapping[str, FeatureOverlap] = field(default_factory=dict)

    def summary(self) -> dict[str, float]:
        """Means over the bits that carry anything and the features that are carried; parts that are not."""
        carrying, carried = self.features_per_bit > 0, self.bits_per_feature > 0
        return {
            "features_per_carrying_bit": _mean(self.features_per_bit[carrying]),
            "bits_per_carried_feature": _mean(self.bits_per_feature[carried]),
            "bits_with_several_features": _mean(self.features_per_bit > 1),
            "bits_with_none": _mean(~carrying),
            "features_with_none": _mean(~carried),
            "effective_features_per_bit": _mean(self.effective_features),
            "effective_bits_per_feature": _mean(self.effective_bits),
        }

    def beside(self) -> dict[str, dict[str, float]]:
        """The summary, as measured and by chance."""
        return {"measured": self.summary()} | {name: null.summary() for name, null in self.nulls.items()}

    def rows(self) -> list[tuple[str, ...]]:
        """One row a figure: its name, as measured, and by chance."""
        columns = list(self.beside().values())
        return [(key.replace("_", " "), *(f"{column[key]:.3f}" for column in columns)) for key in columns[0]]

    def columns(self) -> dict[str, list[Any]]:
        """A row for each figure of the summary: `figure measured`, and by chance."""
        return {"figure": [*self.summary()]} | {name: [*found.values()] for name, found in self.beside().items()}

    def to_json(self) -> dict[str, Any]:
        """`threshold measured`, and the same by chance."""
        return {"threshold": self.threshold, **self.beside()}

    def _repr_html_(self) -> str:
        head = ("feature overlap", *(name.replace("_", " ") for name in self.beside()))
        return html_table(self.rows(), head, f"a bit carries a feature from a likeness of {self.threshold:g} on")


def overlap_of(
    bits: tuple[str, ...], features: tuple[str, ...], counts: Counts, threshold: float = THRESHOLD
) -> FeatureOverlap:
    """Of bits and features that were counted."""

    def shared(joint: Ints, nulls: Mapping[str, FeatureOverlap]) -> FeatureOverlap:
        known = counts.ones, counts.feature_ones
        information = mutual_information(*known, joint, counts.samples)
        carries = normalized(information, *known, counts.samples) >= threshold
        ratios = _ratio(information, 1), _ratio(information, 0)
        return FeatureOverlap(bits, features, threshold, carries.sum(axis=1), carries.sum(axis=0), *ratios, nulls)

    nulls = {"moved_features": shared(counts.moved, {}), "random_bits": shared(counts.random(), {})}
    return shared(counts.joint, nulls)


def feature_overlap(values: Flags, features: Features, threshold: float = THRESHOLD) -> FeatureOverlap:
    """Of bits from anywhere, such as the signs of a float network: values: bool[n, bytes that the features cover]."""

    def joint(others: Features) -> Ints:
        both: Ints = (values.astype(np.float32) @ others.values.T.astype(np.float32)).astype(np.int64)
        return both

    ones, feature_ones = values.sum(axis=1), features.values.sum(axis=1)
    counts = Counts(ones, feature_ones, joint(features), joint(moved(features)), values.shape[1])
    return overlap_of(tuple(map(str, range(len(values)))), features.names, counts, threshold)


def _ratio(information: Floats, axis: int) -> Floats:
    squares = (information**2).sum(axis=axis)
    ratios: Floats = np.divide(information.sum(axis=axis) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
    return ratios


def _mean(values: npt.NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
