"""What the readers of nodes share: the drawing, the options, and the table of operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from bridge.arrays import Ints
from bridge.cell.blocks import Input
from bridge.errors import InputError
from bridge.melting.affine import Affine, Drawing, constant
from bridge.melting.exact import Exact
from bridge.melting.onnx.reading import MAX_ENTRIES, Graph, Node
from bridge.melting.onnx.values import Known, Raw, Value
from bridge.melting.steps import Boundary, settled

MAX_IN_ALL = 1 << 27  # entries of all tensors together


@dataclass(frozen=True)
class Bounds:
    """Raw features are integers of low..high, which the network reads divided by `divisor`."""

    low: int
    high: int
    divisor: Any  # a Fraction


class Quantized(NamedTuple):
    """What a quantizer gives, and what it asks about: `before` reaches boundaries, see `Quantizer`; None for the first,
    whose thresholds are those of the input."""

    value: Affine
    before: Affine | None
    boundaries: Sequence[Sequence[Boundary]]
    row: Ints


@dataclass
class Work:
    """`values`: tensors by name; `quantized`: what quantizers gave, by the name of the tensor."""

    graph: Graph
    bounds: Bounds | None
    drawing: Drawing = field(default_factory=Drawing)
    values: dict[str, Value] = field(default_factory=dict)
    quantized: dict[str, Quantized] = field(default_factory=dict)
    features: int = 0
    entries: int = 0
    _integers: Affine | None = None

    def input_name(self) -> str:
        """That of the file, if it is a word."""
        name = self.graph.given[0].name
        return self.drawing.name(name if name[:1].isalpha() else "x")

    def readers(self, name: str) -> list[Node]:
        return [node for node in self.graph.nodes if name in node.inputs]

    def value(self, name: str) -> Value:
        """A tensor; InputError for a further output of a node, which its reader does not give."""
        if name not in self.values:
            raise InputError(f"reads {name[:80]!r}, a further output of a node, which is not supported")
        return self.values[name]

    def known(self, name: str) -> Any:
        """The array of a constant; None for what is none, or not known yet."""
        value = self.values.get(name)
        return value.array if isinstance(value, Known) else None

    def settled(self, node: Node, value: Value) -> Affine:
        """A tensor as affine, without a clip that waits."""
        return settled(self.drawing, f"{node.name}.clip", self.affine(value))

    def bounded(self, entries: int) -> None:
        """InputError before a tensor, or all together, grows too large."""
        self.entries += entries
        if entries > MAX_ENTRIES or self.entries > MAX_IN_ALL:
            raise InputError(f"makes a tensor too large: at most {MAX_ENTRIES:,} entries, {MAX_IN_ALL:,} in all")

    def integers(self) -> Affine:
        """Of shape [features]: the raw features, which are integers."""
        if self.bounds is None:
            raise InputError("reads the input before it is quantized: say what integers it holds by input_range")
        if self._integers is None:
            name = self.input_name()
            low, high = (np.full(self.features, end) for end in (self.bounds.low, self.bounds.high))
            self._integers = self.drawing.add(Input(name, low, high))
        return self._integers

    def affine(self, value: Value) -> Affine:
        """A tensor as affine; InputError for what is no such thing."""
        if isinstance(value, Affine):
            return value
        if isinstance(value, Known):
            return constant(value.exact())
        if isinstance(value, Raw):
            integers = self.integers()
            assert self.bounds is not None
            return value.affine(integers.times(Exact.of(1 / self.bounds.divisor)))
        raise InputError(f"reads what {value.what[0]} gives, which is supported at the end of a network alone")


Reader: TypeAlias = Callable[[Work, Node, Sequence[Value | None]], "Value | Sequence[Value]"]
READERS: dict[str, Reader] = {}


def reads(*operators: str) -> Callable[[Reader], Reader]:
    """Enter a function in the table of operators."""

    def enter(reader: Reader) -> Reader:
        READERS.update(dict.fromkeys(operators, reader))
        return reader

    return enter


def given(values: Sequence[Value | None], place: int) -> Value:
    """An input; InputError if it is left out."""
    if place >= len(values) or (value := values[place]) is None:
        raise InputError(f"lacks its input {place}")
    return value


def known(values: Sequence[Value | None], place: int) -> Known:
    """An input that must be a constant."""
    value = given(values, place)
    if not isinstance(value, Known):
        raise InputError(f"its input {place} must be a constant")
    return value


def known_or(values: Sequence[Value | None], place: int, default: float) -> Known:
    """An input that must be a constant if it is there."""
    there = place < len(values) and values[place] is not None
    return known(values, place) if there else Known(np.array(default, np.float32))


def whole_numbers(attributes: Mapping[str, Any], key: str, default: Sequence[int]) -> list[int]:
    """An attribute that must be a list of integers."""
    value = attributes.get(key, default)
    if not isinstance(value, list | tuple) or not all(type(number) is int for number in value):
        raise InputError(f"its attribute {key!r} must be a list of integers")
    return list(value)


def number(attributes: Mapping[str, Any], key: str, default: float) -> float:
    """An attribute that must be a number."""
    value = attributes.get(key, default)
    if type(value) not in (int, float) or not np.isfinite(value):
        raise InputError(f"its attribute {key!r} must be a number")
    return float(value)


def flag(attributes: Mapping[str, Any], key: str, default: int) -> bool:
    """An attribute that must be a number, and counts unless it is 0."""
    return bool(number(attributes, key, default))


def word(attributes: Mapping[str, Any], key: str, default: str) -> str:
    value = attributes.get(key, default)
    if not isinstance(value, str):
        raise InputError(f"its attribute {key!r} must be a word")
    return value


def axis_of(axis: Any, dimensions: int) -> int:
    """An axis as 0..dimensions-1; InputError for what is none."""
    if not isinstance(axis, int | float) or not -dimensions <= axis < dimensions or axis != int(axis):
        raise InputError(f"has no axis {axis!r:.40} in {dimensions} dimensions")
    return int(axis) % dimensions


def along(array: Ints, axis: int, dimensions: int) -> Ints:
    """A vector, or a scalar, as what broadcasts along an axis."""
    if array.ndim == 1 and not dimensions:
        raise InputError("has a parameter for each entry of an axis, but no axis")
    return array.reshape([-1 if place == axis else 1 for place in range(dimensions)]) if array.ndim == 1 else array
