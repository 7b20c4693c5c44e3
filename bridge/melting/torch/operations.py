"""What each ATen operation makes of values: entries one by one, and their order. Sums are in `layers`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from bridge.arrays import Ints
from bridge.errors import InputError
from bridge.melting.affine import Affine, joined
from bridge.melting.curves import INFINITE, SIGMOID, TANH, clip, leaky, scaled
from bridge.melting.exact import Exact, square_root
from bridge.melting.sums import added
from bridge.melting.torch.graph import call
from bridge.melting.torch.products import product
from bridge.melting.torch.values import STEPS, Raw, Steps, Symbol, Value, Waiting
from bridge.melting.torch.walk import Handler, Walk

SAME = (
    *("detach", "clone", "contiguous", "alias", "dropout", "feature_dropout"),
    *("to", "_to_copy", "float", "double", "type_as", "lift_fresh_copy"),
)
ORDERS = (
    *("view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose", "t"),
    *("expand", "slice", "select", "narrow", "flip", "movedim", "view_as", "index_select", "pixel_shuffle", "roll"),
)
TABLE: dict[str, Handler] = {}
_Made = TypeVar("_Made", bound=Handler)


def operation(*names: str) -> Callable[[_Made], _Made]:
    """Registers what is done for these."""

    def register(handler: _Made) -> _Made:
        TABLE.update(dict.fromkeys(names, handler))
        return handler

    return register


def varies(value: Any) -> bool:
    """Does it depend on the input?"""
    return isinstance(value, Value)


@operation("add", "sub", "rsub")
def _add(walk: Walk, x: Any, other: Any, alpha: Any = 1) -> Value:
    if alpha != 1:
        raise InputError("adds with a factor alpha: multiply first")
    a, b = (other, x) if walk.kind == "rsub" else (x, other)
    return _total(walk, a, b, 1 if walk.kind == "add" else -1)


def _total(walk: Walk, a: Any, b: Any, sign: int) -> Value:
    """`a + sign * b`"""
    if varies(a) and varies(b):
        left, right = (walk.whole(part).to(walk.shape) for part in (a, b))
        return added(walk.drawing, walk.name, [left, right.times(Exact.of(sign))])
    if varies(a):
        return _linear(walk, a, Exact.of(1), Exact.of(sign * walk.array(b)))
    return _linear(walk, b, Exact.of(sign), Exact.of(walk.array(a)))


def _linear(walk: Walk, value: Any, factor: Exact, term: Exact) -> Value:
    """`factor * value + term`."""
    curve = None
    if len(factor.values) == len(term.values) == 1 and factor.values[0] > 0:
        curve = scaled(Fraction(factor.values[0]), Fraction(term.values[0]))
    return walk.bend(value, lambda x: x.to(walk.shape).times(factor).plus(term), curve)


@operation("mul")
def _mul(walk: Walk, x: Any, other: Any) -> Value:
    if varies(x) and varies(other):
        return product(walk.drawing, walk.name, *(walk.whole(part).to(walk.shape) for part in (x, other)))
    value, factor = (x, other) if varies(x) else (other, x)
    return _linear(walk, value, Exact.of(walk.array(factor)), Exact.of(0))


@operation("div")
def _div(walk: Walk, x: Any, other: Any, rounding_mode: str | None = None) -> Value:
    if varies(other):
        raise InputError("divides by what depends on the input")
    divisors = walk.array(other)
    if (divisors == 0).any():
        raise InputError("divides by 0")
    value = _linear(walk, x, Exact.of(divisors).map(lambda number: 1 / Fraction(number)), Exact.of(0))
    return value if rounding_mode is None else walk.rounded(value, STEPS[rounding_mode])


@operation("neg")
def _neg(walk: Walk, x: Any) -> Value:
    return _linear(walk, x, Exact.of(-1), Exact.of(0))


@operation("clamp", "clip", "clamp_min", "clamp_max")
def _clamp(walk: Walk, x: Any, min: Any = None, max: Any = None) -> Value:
    return clipped(walk, x, -INFINITE if min is None else min, INFINITE if max is None else max)


@operation("relu", "relu6", "hardtanh")
def _relu(walk: Walk, x: Any, min_val: Any = 0, max_val: Any = None) -> Value:
    high = max_val if walk.kind == "hardtanh" else 6 if walk.kind == "relu6" else INFINITE
    return clipped(walk, x, min_val, high)


def clipped(walk: Walk, x: Any, low: Any, high: Any) -> Value:
    """No less than `low`, no more than `high`, numbers or tensors."""
    found = walk.clip_steps(x, low, high)
    if found is not None:
        return found
    ends = [Exact.of(np.asarray(end) if _infinite(end) else walk.array(end)) for end in (low, high)]
    single = all(len(end.values) == 1 for end in ends)
    curve = clip(ends[0].values[0], ends[1].values[0]) if single else None
    return walk.bend(x, lambda affine: affine.clipped(*ends), curve)


def _infinite(end: Any) -> bool:
    return isinstance(end, float) and math.isinf(end)


@operation("minimum", "maximum")
def _least(walk: Walk, x: Any, other: Any) -> Value:
    value, bound = (x, other) if varies(x) else (other, x)
    if varies(bound):
        raise InputError("compares two values that depend on the input: use a maximum pool, or quantize a difference")
    if walk.kind == "minimum":
        return clipped(walk, value, -INFINITE, bound)
    return clipped(walk, value, bound, INFINITE)


@operation("hardsigmoid")
def _hardsigmoid(walk: Walk, x: Any) -> Value:
    return clipped(walk, _linear(walk, x, Exact.of(Fraction(1, 6)), Exact.of(0.5)), 0, 1)


@operation("leaky_relu")
def _leaky(walk: Walk, x: Any, negative_slope: float = 0.01) -> Value:
    if negative_slope <= 0:
        raise InputError("has a negative slope that does not rise")
    return walk.curved(x, leaky(Fraction(negative_slope)))


@operation("sigmoid", "tanh")
def _smooth(walk: Walk, x: Any) -> Value:
    return walk.curved(x, SIGMOID if walk.kind == "sigmoid" else TANH)


@operation("round", "floor", "ceil", "trunc", "sign", "fix")
def _round(walk: Walk, x: Any, decimals: int = 0) -> Value:
    if decimals:
        raise InputError("rounds to decimals")
    return walk.rounded(x, STEPS.get(walk.kind, STEPS["trunc"]))


@operation("ge", "gt", "le", "lt")
def _compare(walk: Walk, x: Any, other: Any) -> Value:
    """Of one that rises: is `x - other` at least, or above, 0? Its complement for `lt` and `le`."""
    if isinstance(x, Raw) and not varies(other):
        return walk.rounded(x, Steps(STEPS["ge"].to, 0, 1))
    if not varies(x):
        raise InputError("compares a constant with what depends on the input: turn it around")
    difference = _total(walk, x, other, -1)
    falls = walk.kind in ("lt", "le")
    found = walk.rounded(difference, STEPS["gt" if walk.kind in ("gt", "le") else "ge"])
    return walk.affine(found).times(Exact.of(-1)).plus(Exact.of(1)) if falls else found


@operation("heaviside")
def _heaviside(walk: Walk, x: Any, values: Any) -> Value:
    at_zero = set(walk.array(values).ravel().tolist())
    if at_zero not in ({0.0}, {1.0}):
        raise InputError("gives something else than 0 or 1 at 0")
    return walk.rounded(x, STEPS["ge" if at_zero == {1.0} else "gt"])


@operation("where")
def _where(walk: Walk, condition: Any, x: Any, other: Any) -> Value:
    if varies(x) or varies(other):
        raise InputError("chooses between values that depend on the input: only constants are supported")
    yes, no = Exact.of(walk.array(x)), Exact.of(walk.array(other))
    return _linear(walk, walk.affine(condition), yes - no, no)


@operation("fake_quantize_per_tensor_affine", "fake_quantize_per_channel_affine")
def _fake_quantize(
    walk: Walk, x: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int, axis: int | None = None
) -> Value:
    if varies(scale) or varies(zero_point):
        raise InputError("has a scale that depends on the input")
    scales, zeros = walk.array(scale), walk.array(zero_point)
    if axis is not None:
        beside = [-1 if place == axis else 1 for place in range(len(walk.shape))]
        scales, zeros = scales.reshape(beside), zeros.reshape(beside)
    if isinstance(x, Raw):
        raise InputError("its input is raw: quantize it by operations, round(x / scale) clamped, or say --input-range")
    own, zero = Exact.of(scales), Exact.of(zeros)
    value = _linear(walk, x, own.map(lambda number: 1 / Fraction(number)), Exact.of(0))
    stepped = walk.affine(walk.rounded(value, STEPS["round"]))
    low, high = zero.map(lambda number: quant_min - number), zero.map(lambda number: quant_max - number)
    return stepped.clipped(low, high).times(own)


@operation("batch_norm")
def _batch_norm(
    walk: Walk, x: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, eps: float, **_: Any
) -> Value:
    if running_mean is None:
        raise InputError("needs the statistics of the batch: only track_running_stats is supported")
    channels = len(running_mean)
    own = [
        walk.array(part) if part is not None else np.full(channels, filling)
        for part, filling in ((weight, 1.0), (bias, 0.0), (running_mean, 0.0), (running_var, 1.0))
    ]
    small = Fraction(eps)
    spread = Exact.of(own[3]).map(lambda variance: 1 / square_root(Fraction(variance) + small))
    factor = spread * Exact.of(own[0])
    term = Exact.of(own[1]) - factor * Exact.of(own[2])
    beside = (1, channels, *[1] * (len(walk.shape) - 2))
    factor, term = (part.laid(lambda codes: codes.reshape(beside)) for part in (factor, term))
    return _linear(walk, x, factor, term)


@operation(*SAME)
def _same(walk: Walk, x: Any, **_: Any) -> Value:
    """Of another type at most, float32 or float64: wide integers, too, where it is one already."""
    kind = walk.node.meta["val"].dtype
    whole = isinstance(x, Waiting) and x.steps is not None and kind in (torch.int32, torch.int64)
    if not (kind in (torch.float32, torch.float64) or whole):
        raise InputError(f"makes {kind} of floats: round them instead")
    if isinstance(x, Raw):
        return replace(x, node=walk.node)
    found: Value = x
    return found


@operation(*ORDERS)
def _layout(walk: Walk, **given: Any) -> Value:
    """Any order: the operation itself is run on the numbers of the entries."""
    x = given["x"]
    if not varies(x) or any(varies(part) for name, part in given.items() if name != "x"):
        raise InputError("takes an order that depends on the input")
    return in_order(walk, x, _numbered(walk, shape_of(x)))


def _numbered(walk: Walk, shape: Sequence[int]) -> Any:
    """What the operation makes of the numbers of entries."""
    args = [torch.arange(math.prod(shape)).reshape(shape), *walk.value(walk.node.args)[1:]]
    return call(walk.node, args, walk.value(walk.node.kwargs))


def shape_of(x: Any) -> tuple[int, ...]:
    """Of a value."""
    if isinstance(x, Symbol):
        raise InputError("bytes can only be looked up in an embedding")
    return x.features.shape if isinstance(x, Raw) else x.x.shape if isinstance(x, Waiting) else tuple(x.shape)


def in_order(walk: Walk, x: Any, places: Tensor) -> Value:
    """Its entries by their numbers."""
    order: Ints = places.numpy()

    def layout(entries: Ints) -> Ints:
        return entries.ravel()[order]

    if isinstance(x, Raw):
        return replace(x, features=layout(x.features), node=walk.node)
    return walk.affine(x).laid(layout)


@operation("chunk", "split", "split_with_sizes", "unbind", "tensor_split")
def _split(walk: Walk, **given: Any) -> list[Value]:
    x = walk.affine(given["x"])
    return [in_order(walk, x, part) for part in _numbered(walk, x.shape)]


@operation("getitem")
def _item(walk: Walk, x: Sequence[Value], index: int) -> Value:
    return x[index]


@operation("cat", "concat", "stack")
def _join(walk: Walk, tensors: Sequence[Any], dim: int = 0) -> Affine:
    parts = [walk.affine(part) for part in tensors]
    axis = dim % len(walk.shape)
    if walk.kind == "stack":
        parts = [part.laid(lambda entries: np.expand_dims(entries, axis)) for part in parts]
    return joined(parts, axis)


@operation("constant_pad_nd", "pad")
def _pad(walk: Walk, x: Any, pad: Sequence[int], value: float | None = None, mode: str = "constant") -> Affine:
    if mode != "constant":
        raise InputError(f"pads with mode {mode}: only constants are supported")
    own = walk.affine(x)
    numbers = torch.arange(own.elements.size).reshape(own.shape)
    places = torch.nn.functional.pad(numbers, list(pad), value=-1)
    return own.taken(places.numpy(), value or 0.0)
