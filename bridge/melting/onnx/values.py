"""What a tensor of a graph is while it is read: known, the raw input, affine over integers, or behind the scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats32, Ints
from bridge.errors import InputError
from bridge.melting.affine import Affine
from bridge.melting.curves import Curve
from bridge.melting.exact import Exact, dyadic

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Known:
    """A constant. `array`: as the reference computes it; `integers`, `scale`: int64 and rationals of the same shape,
    what it is exactly, if it came from a quantizer."""

    array: Array
    integers: Ints | None = None
    scale: Exact | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def exact(self) -> Exact:
        """Its numbers; InputError unless they are finite."""
        if self.integers is not None and self.scale is not None:
            return Exact.of(self.integers) * self.scale
        if self.array.dtype.kind == "f" and not np.isfinite(self.array).all():
            raise InputError("has a constant that is not finite")
        return Exact.of(self.array)

    def whole(self) -> tuple[Ints, Exact]:
        """Integers and scales; InputError for floats that are no such thing."""
        if self.integers is not None and self.scale is not None:
            return self.integers, self.scale
        self.exact()
        found = dyadic(self.array)
        if found is None or np.abs(found[0]).max(initial=0) >= 1 << 31:
            raise InputError("has weights that are floats, and not integers times a scale: quantize them first")
        return found[0], Exact.of(found[1]).to(self.shape)

    def laid(self, layout: Callable[[Array], Array]) -> Known:
        """Its entries in another order or shape."""
        if self.integers is None or self.scale is None:
            return Known(layout(self.array))
        return Known(layout(self.array), layout(self.integers), self.scale.laid(layout))

    def taken(self, index: Ints, filler: float) -> Known:
        """Entries by number, -1 being the filler."""
        gone = index < 0
        if self.integers is None or self.scale is None or (gone.any() and filler):
            return Known(np.where(gone, np.asarray(filler, self.array.dtype), _at(self.array, index)))
        integers = np.where(gone, 0, _at(self.integers, index))
        return Known(_at(self.array, index) * ~gone, integers, self.scale.laid(lambda codes: _at(codes, index)))


Step: TypeAlias = Callable[[Floats32, Floats32], Floats32]
ExactStep: TypeAlias = Callable[[Affine, Exact], Affine]


@dataclass(frozen=True, eq=False)
class Raw:
    """The input of the network, before anything quantizes it. `features`: int64 of any shape; `steps`: what is done to
    each entry, in float32 as the reference does and exactly, with a float32 of its own."""

    features: Ints
    steps: tuple[tuple[Step, ExactStep, Floats32], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.features.shape

    def then(self, step: Step, exact: ExactStep, number: Array) -> Raw:
        shape = np.broadcast_shapes(self.shape, number.shape)
        wide = self.to(shape)
        return replace(wide, steps=(*wide.steps, (step, exact, np.broadcast_to(number.astype(np.float32), shape))))

    def to(self, shape: tuple[int, ...]) -> Raw:
        return self._laid(lambda array: np.broadcast_to(array, shape))

    def taken(self, index: Ints, filler: float) -> Raw:
        """Entries by number; InputError for what is no entry."""
        if (index < 0).any():
            raise InputError("pads the input before it is quantized, which is not supported")
        return self._laid(lambda array: _at(array, index))

    def _laid(self, layout: Callable[[Array], Array]) -> Raw:
        steps = tuple((step, exact, layout(numbers)) for step, exact, numbers in self.steps)
        return Raw(layout(self.features), steps)

    def numbers(self) -> list[Floats32]:
        """float32[size] of each step."""
        return [np.ascontiguousarray(numbers).reshape(-1) for _, _, numbers in self.steps]

    def run(self, values: Floats32, entries: Ints) -> Floats32:
        """[..., n] features of some entries, int64[n] -> what the steps make of them."""
        for (step, _, _), numbers in zip(self.steps, self.numbers(), strict=True):
            values = step(values, numbers[entries])
        return values

    def affine(self, integers: Affine) -> Affine:
        """The same, exactly, where the features are these."""
        made = integers[self.features]
        for _, exact, numbers in self.steps:
            made = exact(made, Known(numbers).exact())
        return made


@dataclass(frozen=True, eq=False)
class Beyond:
    """What is left out at the end of the network, because the scores say it all. `scores`: what it reads, of that
    name; `what`: the nodes; `curve`: what it makes of each score, for a quantizer that follows."""

    scores: Affine
    tensor: str
    what: tuple[str, ...]
    signed: bool = False  # the sign of a single score decides
    curve: Curve | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.scores.shape


Value: TypeAlias = Known | Raw | Affine | Beyond


def _at(array: Array, index: Ints) -> Array:
    return np.ascontiguousarray(array).reshape(-1)[np.maximum(index, 0)]
