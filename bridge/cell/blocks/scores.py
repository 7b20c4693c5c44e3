"""The head of a network that is no text model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from bridge.arrays import Ints
from bridge.cell.blocks.base import RangesOf, Reader, Surroundings, Values, WidthOf
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.readout import Labelled


@dataclass(frozen=True, eq=False, repr=False)
class Scores(Reader):
    """The head: the elements of its sources are numbers with names, of classes or of what is estimated.

    `labels`: the names, distinct; `scale`: what one unit of each is worth.
    """

    labels: tuple[str, ...]
    scale: float = 1.0

    HEAD: ClassVar[bool] = True
    INTEGERS: ClassVar[bool] = True

    @property
    def labelled(self) -> Labelled:
        """What its numbers are."""
        return Labelled(self.labels, self.scale)

    def width(self, width_of: WidthOf) -> int:
        return len(self.labels)

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        return Ranges.joined([ranges_of(source) for source in self.sources])

    def check(self, cell: Surroundings) -> None:
        width, place = cell.read_width(self), f"block {self.name!r}"
        if problem := self.labelled.problem():
            raise InputError(f"{place}: {problem}")
        if len(self.labels) != width:
            raise InputError(f"{place}: reads {width} elements, but has {len(self.labels)} distinct labels")

    def normalised(self) -> Self:
        return replace(super().normalised(), labels=tuple(self.labels), scale=float(self.scale))

    def bits(self, values: Values) -> Ints:
        return self.read(values).astype(np.int64)

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"labels": list(self.labels)}

    @classmethod
    def parsed(cls, facts: Any) -> dict[str, Any]:
        if not isinstance(facts["labels"], list):
            raise InputError(f"block {facts['name']!r}: labels must be a list of names")
        try:
            scale = float(facts["scale"])
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"block {facts['name']!r}: {error}") from error
        return {**super().parsed(facts), "labels": tuple(facts["labels"]), "scale": scale}
