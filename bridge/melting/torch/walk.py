"""A graph of ATen operations, node after node, as blocks: what all operations share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.fx import Node
from torch.fx.node import map_arg

from bridge.arrays import Floats
from bridge.errors import InputError
from bridge.melting.affine import Affine, Drawing, constant
from bridge.melting.curves import Curve
from bridge.melting.exact import Exact
from bridge.melting.steps import settled
from bridge.melting.torch.encoding import encoded
from bridge.melting.torch.graph import Graph, arguments, call, name_of, operation, place_of
from bridge.melting.torch.values import UNROUNDED, Raw, Steps, Symbol, Value, Waiting, stepped_value

Handler = Callable[..., Any]
LAST = ("softmax", "_softmax", "log_softmax", "_log_softmax", "argmax")  # the order of scores is theirs
WHOLE_UNITS = ("gru", "gru_cell", "lstm", "lstm_cell", "rnn_tanh", "rnn_relu", "rnn_tanh_cell", "rnn_relu_cell")


@dataclass(frozen=True, eq=False)
class Stepped:
    """For who compares: `result`, exact integers of the cell, is what `node` gives in the module; `rounding` made them
    of what `before` gave."""

    node: Node
    result: Affine
    rounding: Node

    @property
    def before(self) -> Node:
        return self.rounding.all_input_nodes[0]


@dataclass
class Walk:
    """`values`: what every node is, a number or tensor of torch where it is constant; `stepped`: all quantizers;
    `node`: the one whose turn it is."""

    graph: Graph
    drawing: Drawing
    dtype: torch.dtype
    input_shape: tuple[int, ...]
    alphabet: bytes = b""
    values: dict[Node, Any] = field(default_factory=dict)
    stepped: list[Stepped] = field(default_factory=list)
    settled: dict[int, tuple[Value, Affine]] = field(default_factory=dict)
    node: Node = field(init=False)

    @property
    def last(self) -> Node:
        """What gives the scores: a softmax at the end is left out."""
        (last, *_) = self.graph.outputs
        return self.graph.through(last.all_input_nodes[0]) if operation(last) in LAST else last

    def run(self, table: Mapping[str, Handler]) -> None:
        """Every node in order; InputError that names the one that is not supported."""
        for node in self.graph.nodes:
            if node in self.values:
                continue
            self.node = node
            try:
                self.values[node] = self._made(node, table)
            except InputError as error:
                raise InputError(f"layer {place_of(node)}: {error}") from error

    def value(self, argument: Any) -> Any:
        """What an argument of a node is."""
        return map_arg(argument, lambda node: self.values[self.graph.through(node)])

    def _made(self, node: Node, table: Mapping[str, Handler]) -> Any:
        if node.op == "placeholder":
            return self.graph.constants[node]
        kind = operation(node)
        if kind is None:
            raise InputError(f"{node.op} {node.target!s:.60} is no operation of tensors")
        given = {name: self.value(argument) for name, argument in arguments(node).items()}
        if not any(isinstance(part, Value) for argument in given.values() for part in _parts(argument)):
            with torch.no_grad():
                return call(node, self.value(node.args), self.value(node.kwargs))
        if kind not in table:
            if kind in WHOLE_UNITS:
                raise InputError(f"{kind} works with floats inside: write it out, with round and clamp after each sum")
            raise InputError("this operation is not supported on what depends on the input")
        return table[kind](self, **given)

    @property
    def name(self) -> str:
        """For the blocks of the node."""
        return name_of(self.node)

    @property
    def kind(self) -> str:
        """Which operation it is."""
        return operation(self.node) or ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what the node gives."""
        return tuple(self.node.meta["val"].shape)

    def affine(self, value: Any) -> Affine:
        """Any value as affine: its quantizer is built, once; constants are what they are."""
        if isinstance(value, Affine):
            return value
        if isinstance(value, int | float | Tensor):
            return constant(Exact.of(self.array(value)))
        if isinstance(value, Symbol):
            raise InputError("bytes can only be looked up in an embedding")
        if id(value) not in self.settled:  # the value is kept beside, so that nothing else gets its id
            made = self._raw(value) if isinstance(value, Raw) else self._waiting(value)
            self.settled[id(value)] = value, made
        return self.settled[id(value)][1]

    def array(self, value: Any) -> Floats:
        """A constant in float64, numbers rounded to the floats of the module first, as torch does."""
        given = value if isinstance(value, Tensor) else torch.tensor(value, dtype=self.dtype)
        found: Floats = given.detach().to(torch.float64).numpy()
        if not np.isfinite(found).all():
            raise InputError("has constants that are no finite numbers")
        return found

    def whole(self, value: Any) -> Affine:
        """The same without a clip that waits."""
        return settled(self.drawing, f"{self.name}.clip", self.affine(value))

    def _waiting(self, value: Waiting) -> Affine:
        if value.node is None:
            return stepped_value(self.drawing, self.name, value)
        made = stepped_value(self.drawing, name_of(value.node), value)
        last = next((node for node, known in self.values.items() if known is value), None)
        if last is not None:  # else it is a part of what a node does
            self.stepped.append(Stepped(last, made, value.node))
        return made

    def _raw(self, value: Raw) -> Affine:
        if value.steps is None or value.rounding is None:
            raise InputError("its input is not quantized: quantize it first, or say which integers it is, input_range")
        path = self._path(value.node)
        base = self.values

        def function(features: Tensor) -> Tensor:
            known: dict[Node, Any] = {path[0]: features.reshape(1, *self.input_shape)}
            for node in path[1:]:
                args, kwargs = map_arg((node.args, node.kwargs), lambda each: known.get(each, base.get(each)))
                known[node] = call(node, args, kwargs)
            found: Tensor = known[path[-1]]
            return found

        count = math.prod(self.input_shape)
        made = encoded(self.drawing, "x", value.features, count, function, self.dtype)
        self.stepped.append(Stepped(value.node, made, value.rounding))
        return made

    def _path(self, last: Node) -> list[Node]:
        """From the input to a node, what depends on the input."""
        wanted = {last}
        for node in reversed(self.graph.nodes):
            if node in wanted:
                wanted |= {each for each in map(self.graph.through, node.all_input_nodes) if depends(self.values[each])}
        return [node for node in self.graph.nodes if node in wanted]

    def bend(self, value: Any, straight: Callable[[Affine], Value], curve: Curve | None) -> Value:
        """A function of each entry that is affine or a clip; `curve`: the same, if it rises, for what is curved
        already."""
        if isinstance(value, Waiting) and value.steps is None:
            if curve is None:
                raise InputError(UNROUNDED)
            return replace(value, curves=(*value.curves, curve))
        return self._further(value) or straight(self.affine(value))

    def curved(self, value: Any, curve: Curve) -> Value:
        """Bent by a function that rises."""
        return self.bend(value, lambda affine: Waiting(affine, (curve,)), curve)

    def rounded(self, value: Any, steps: Steps) -> Value:
        """Made discrete."""
        if isinstance(value, Waiting) and value.steps is None:
            return replace(value, steps=steps, node=self.node)
        if raw := self._further(value):
            return replace(raw, steps=steps, rounding=self.node)
        return Waiting(self.affine(value), (), steps, self.node)

    def _further(self, value: Any) -> Raw | None:
        """What the node makes of raw features that no step was made of yet; None for any other value."""
        if not isinstance(value, Raw) or value.steps is not None:
            return None
        return Raw(np.broadcast_to(value.features, self.shape), self.node)

    def clip_steps(self, value: Any, low: Any, high: Any) -> Value | None:
        """A clip by whole numbers of what is rounded already; None if that is not what it is."""
        ends = [end for end in (low, high) if isinstance(end, int | float) and not math.isinf(end)]
        if not isinstance(value, Waiting | Raw) or value.steps is None or any(end != round(end) for end in ends):
            return None
        clipped = value.steps.clipped(*(end if math.isinf(end) else Fraction(end) for end in (low, high)))
        if isinstance(value, Waiting):
            return replace(value, steps=clipped)
        return replace(value, node=self.node, steps=clipped)


def depends(value: Any) -> bool:
    """On the input?"""
    return any(isinstance(part, Value) for part in _parts(value))


def _parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
