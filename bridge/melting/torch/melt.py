"""From a module of torch to a cell."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bridge.arrays import Ints
from bridge.cell import Cell, Delay, Input, Linear, Logits
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing
from bridge.melting.exact import Exact, unit
from bridge.melting.head import finished, scored
from bridge.melting.source import input_range
from bridge.melting.torch.graph import Graph, graph_of, operation
from bridge.melting.torch.layers import TABLE
from bridge.melting.torch.values import Raw, Symbol
from bridge.melting.torch.walk import Walk
from bridge.printable import counted

ROUNDS = 24  # of widening the ranges of a state
MOST_FEATURES = 1 << 20
MOST_HELD = 1 << 62  # what int64 holds
GROWS = "what the module gives back as its state grows from step to step: clamp and round it"
WORDS = "a list of whole numbers from 1 up, such as (1, 28, 28)"


@dataclass(frozen=True, eq=False)
class Melted:
    """The cell, and the walk that made it, for who compares."""

    cell: Cell
    walk: Walk
    scores: Affine


@dataclass(frozen=True)
class Shape:
    """What the module is given, and how: `features`: the shape without the batch; `states`: those of what it is given
    back in the next step; `span`: the integers that features are, and what they are divided by."""

    features: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]
    span: tuple[int, int, Fraction] | None
    alphabet: bytes | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Shape:
        alphabet = options.get("alphabet")
        if alphabet is not None and (not isinstance(alphabet, bytes) or list(alphabet) != sorted({*alphabet})):
            raise InputError("alphabet must be bytes in ascending order, those that the indices stand for")
        if alphabet is None and "input_shape" not in options:
            raise InputError(f"say what one row of the input is like: input_shape, {WORDS}")
        features = () if alphabet is not None else _shape("input_shape", options["input_shape"])
        given = options.get("state_shapes", ())
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise InputError("state_shapes must be a list of shapes, one for each further argument of the module")
        span = input_range(options["input_range"]) if options.get("input_range") is not None else None
        return cls(features, tuple(_shape("state_shapes", each) for each in given), span, alphabet)

    def examples(self, dtype: torch.dtype) -> list[Tensor]:
        """A batch of one of everything."""
        first = (
            torch.zeros(1, *self.features, dtype=dtype) if self.alphabet is None else torch.zeros(1, dtype=torch.int64)
        )
        return [first, *(torch.zeros(1, *shape, dtype=dtype) for shape in self.states)]


def _shape(name: str, given: Any) -> tuple[int, ...]:
    numbers = (given,) if isinstance(given, int) else given
    try:
        shape = tuple(int(number) for number in numbers)
        whole = shape == tuple(numbers) and min(shape, default=1) >= 1 and math.prod(shape) <= MOST_FEATURES
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise InputError(f"{name} must be {WORDS}, not {given!r:.80}")
    return shape


def melted(module: Any, options: Mapping[str, Any]) -> Melted:
    """The cell of a module, by its own operations."""
    if not isinstance(module, nn.Module):
        raise InputError(f"a {type(module).__name__} is no torch.nn.Module")
    shape, dtype = Shape.of(options), dtype_of(module)
    examples = shape.examples(dtype)
    _check_arguments(module, examples)
    graph = graph_of(module, examples)
    if len(graph.inputs) != 1 + len(shape.states) or len(graph.outputs) != 1 + len(shape.states):
        wanted = f"gives {len(graph.outputs)} tensors for {len(graph.inputs)}"
        raise InputError(f"the module {wanted}: one for the first, and a new state for each of state_shapes")
    states = [
        Held(f"state{place}", one, Fraction(1), np.zeros((2, math.prod(one)), np.int64))
        for place, one in enumerate(shape.states, 1)
    ]
    for _ in range(ROUNDS):
        walk = _walked(graph, shape, dtype, states)
        found = [_held(walk, state, node) for state, node in zip(states, graph.outputs[1:], strict=True)]
        if all(map(Held.same, states, found)):
            return _ended(walk, shape, found, type(module).__name__)
        states = found
    raise InputError(GROWS)


def _check_arguments(module: nn.Module, examples: Sequence[Tensor]) -> None:
    """InputError unless `forward` takes as many as there are."""
    try:
        inspect.signature(module.forward).bind(*examples)
    except TypeError as error:
        given = "an input alone" if len(examples) == 1 else f"an input and {counted(len(examples) - 1, 'state')}"
        hint = "state_shapes says what shapes the arguments after the first have"
        raise InputError(f"the module's forward cannot be called with {given} ({error}): {hint}") from error


def dtype_of(module: nn.Module) -> torch.dtype:
    """float32, or float64 if that is what its parameters are."""
    kinds = {part.dtype for part in (*module.parameters(), *module.buffers()) if part.dtype.is_floating_point}
    if not kinds <= {torch.float32, torch.float64} or len(kinds) > 1:
        raise InputError(f"parameters are {', '.join(sorted(map(str, kinds)))}: make them all float32 or float64")
    return kinds.pop() if kinds else torch.float32


@dataclass(frozen=True, eq=False)
class Held:
    """A state of the module: `scale` times the integers that a block holds, which lie in `ends`, int64[2, n]."""

    name: str
    shape: tuple[int, ...]
    scale: Fraction
    ends: Ints

    def same(self, other: Held) -> bool:
        return self.scale == other.scale and np.array_equal(self.ends, other.ends)


def _walked(graph: Graph, shape: Shape, dtype: torch.dtype, states: Sequence[Held]) -> Walk:
    """All nodes but the head, with states of these ranges."""
    drawing = Drawing()
    walk = Walk(graph, drawing, dtype, shape.features, shape.alphabet or b"")
    first, *others = graph.inputs
    walk.values[first] = _input(drawing, shape, first)
    for state, node in zip(states, others, strict=True):
        drawing.expect(state.name, Ranges(*state.ends))
        held = drawing.add(Delay(f"{state.name}.before", state.name, 1))
        walk.values[node] = held.times(Exact.of(state.scale)).reshape(1, *state.shape)
    if walk.last is not graph.outputs[0]:
        walk.values[graph.outputs[0]] = None
    walk.run(TABLE)
    return walk


def _input(drawing: Drawing, shape: Shape, node: Any) -> Any:
    if shape.alphabet is not None:
        return Symbol()
    count = math.prod(shape.features)
    if shape.span is None:
        return Raw(np.arange(count).reshape(1, *shape.features), node)
    low, high, divisor = shape.span
    given = drawing.add(Input(drawing.name("x"), np.full(count, low), np.full(count, high)).normalised())
    return given.times(Exact.of(1 / divisor)).reshape(1, *shape.features)


def _held(walk: Walk, state: Held, node: Any) -> Held:
    """The block that holds the new state, named after it."""
    x = walk.whole(walk.values[node])
    if x.elements.size != math.prod(state.shape):
        raise InputError(f"{state.name} has {math.prod(state.shape)} numbers, but its new value {x.elements.size}")
    flat, drawing = x.reshape(-1), walk.drawing
    own = unit([*flat.scales.used, *flat.offset.used])
    factors, biases = ([int(Fraction(number) / own) for number in part.numbers()] for part in (flat.scale, flat.offset))
    if max(map(abs, [*factors, *biases]), default=0) > MOST_HELD:
        raise InputError(GROWS)  # in ever finer parts, if it is not rounded
    sources, weights = drawing.multiples(flat.elements, np.array(factors))
    drawing.add(Linear(state.name, sources, weights, np.array(biases, np.int64)).normalised())
    made = drawing.ranges(state.name).with_zero()
    before = state.ends if state.scale == own else np.zeros_like(state.ends)
    ends = np.stack([np.minimum(before[0], made.low), np.maximum(before[1], made.high)])
    return replace(state, scale=own, ends=ends)


def _ended(walk: Walk, shape: Shape, states: Sequence[Held], name: str) -> Melted:
    """With the head."""
    notes = []
    if walk.last is not walk.graph.outputs[0]:
        notes.append(f"the {operation(walk.graph.outputs[0])} at the end is left out: scores are what it is given")
    scores = walk.affine(walk.values[walk.last])
    count = scores.elements.size
    record: dict[str, Any] = {}
    if shape.alphabet is None:
        reading = scored(walk.drawing, scores, [str(label) for label in range(count)])
        notes += reading.notes
        record = {"scale": float(reading.scale), "offset": float(reading.offset)}
        if reading.error or not reading.ordered:
            record["bound"] = float(2 * reading.error)
    else:
        notes += _logits(walk, scores.reshape(-1), shape.alphabet)
    blocks = finished([block.normalised() for block in walk.drawing.blocks])
    record["notes"] = [*walk.drawing.notes, *notes]
    return Melted(Cell(blocks, name, {"melt": record}), walk, scores)


def _logits(walk: Walk, scores: Affine, alphabet: bytes) -> list[str]:
    """The head of a text model: a logit for each symbol, of one scale; biases are rounded to a 64th of it."""
    drawing = walk.drawing
    if len(scores.elements) != len(alphabet):
        raise InputError(f"gives {len(scores.elements)} logits for {len(alphabet)} symbols")
    own = unit(scores.scales.used)
    factors = np.array([int(Fraction(number) / own) for number in scores.scale.numbers()])
    most = int(np.abs(factors[scores.elements != NOTHING]).max(initial=1))
    exact = [Fraction(number) / own for number in scores.offset.numbers()]
    fine = 1 if all(number.denominator == 1 for number in exact) else max(1, 64 // most)
    if most > 127:
        raise InputError("logits have scales that differ: quantize the last layer per tensor")
    sources, weights = drawing.multiples(scores.elements, factors * fine)
    biases = np.array([round(number * fine) for number in exact], np.int64)
    drawing.blocks.append(Logits("logit", sources, weights, biases, float(own / fine), alphabet))
    rounded = max(abs(bias - number * fine) for bias, number in zip(biases.tolist(), exact, strict=True)) * own / fine
    return [f"biases of logits are rounded, by {float(rounded):.3g} nats at most"] if rounded else []
