"""Numbers with names: of classes, of which the largest wins, or of what is estimated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import names
from bridge.arrays import Ints

_FORBIDDEN = set("[]@'\"\\")
_SHOWN = " ".join(sorted(_FORBIDDEN))


@dataclass(frozen=True)
class Labelled:
    """`labels`: the names, distinct, one for each number; `scale`: what one unit of a number is worth."""

    labels: tuple[str, ...]
    scale: float = 1.0

    @property
    def names(self) -> list[str]:
        """What the numbers are called in a netlist."""
        return [names.label(label) for label in self.labels]

    @property
    def estimates(self) -> bool:
        """Is it one number, which stands for itself, instead of several of which the largest wins?"""
        return len(self.labels) == 1

    def answers(self, numbers: Ints) -> npt.NDArray[Any]:
        """int64[..., labels] -> str[...], the label of the largest, the first of equals; estimates as float64[...]."""
        if self.estimates:
            estimates: npt.NDArray[np.floating] = self.scale * numbers[..., 0]
            return estimates
        found: npt.NDArray[np.str_] = np.array(self.labels)[numbers.argmax(axis=-1)]
        return found

    def problem(self) -> str | None:
        """What is wrong with it, if anything is."""
        for label in self.labels:
            if not isinstance(label, str) or not label.isprintable() or not label or _FORBIDDEN & set(label):
                return f"label {label!r:.80} must be printable, without any of {_SHOWN}"
        if not self.labels or len(set(self.labels)) != len(self.labels):
            return f"has {len(set(self.labels))} distinct labels, not {max(1, len(self.labels))}"
        if not (math.isfinite(self.scale) and self.scale > 0):
            return f"the scale must be a positive finite number, not {self.scale!r}"
        return None

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {"labels": list(self.labels), "scale": self.scale}

    @classmethod
    def parsed(cls, facts: Mapping[str, Any]) -> Labelled:
        """Undo `facts`. KeyError, TypeError, ValueError or OverflowError for what is none."""
        if not isinstance(facts["labels"], list):
            raise ValueError("labels must be a list of names")
        made = cls(tuple(facts["labels"]), float(facts["scale"]))
        if problem := made.problem():
            raise ValueError(problem)
        return made
