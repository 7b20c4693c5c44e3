"""Operators that are affine, or clip, entry by entry: nothing is computed, scales and offsets wait for a quantizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bridge.errors import InputError
from bridge.melting.affine import Affine, joined
from bridge.melting.curves import SIGMOID, TANH, Curve, leaky
from bridge.melting.exact import Exact, square_root
from bridge.melting.largest import largest
from bridge.melting.onnx.reading import Node
from bridge.melting.onnx.values import Beyond, ExactStep, Known, Raw, Step, Value
from bridge.melting.onnx.work import Work, along, flag, given, known, known_or, number, reads
from bridge.melting.sums import added

MINUS_ONE = Exact.of(-1)
END = math.inf


def _inverse(k: Exact) -> Exact:
    if 0 in k.used:
        raise InputError("divides by zero")
    return k.map(lambda value: 1 / Fraction(value))


def _at_most(x: Affine, k: Exact) -> Affine:
    return x.clipped(k.map(lambda _: -END), k)


def _at_least(x: Affine, k: Exact) -> Affine:
    return x.clipped(k, k.map(lambda _: END))


# By operator: in float32, as the reference computes; exactly; and both where the constant stands first.
_Pair = tuple[Step, ExactStep]
PAIRS: dict[str, tuple[_Pair, _Pair | None]] = {
    "Add": ((np.add, Affine.plus), (np.add, Affine.plus)),
    "Sub": (
        (np.subtract, lambda x, k: x.plus(k * MINUS_ONE)),
        (lambda x, k: np.subtract(k, x), lambda x, k: x.times(MINUS_ONE).plus(k)),
    ),
    "Mul": ((np.multiply, Affine.times), (np.multiply, Affine.times)),
    "Div": ((np.divide, lambda x, k: x.times(_inverse(k))), None),
    "Min": ((np.minimum, _at_most), (np.minimum, _at_most)),
    "Max": ((np.maximum, _at_least), (np.maximum, _at_least)),
}


@reads("Add", "Sub", "Mul", "Div", "Min", "Max", "Sum")
def pair(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Two tensors, one of them constant, or the sum, the difference or the larger of two that are not."""
    if len(values) < 2:
        return given(values, 0)
    op = "Add" if node.op == "Sum" else node.op
    made = given(values, 0)
    for place in range(1, len(values)):
        made = _pair(work, node, op, made, given(values, place))
    return made


def _pair(work: Work, node: Node, op: str, a: Value, b: Value) -> Value:
    try:
        work.bounded(math.prod(np.broadcast_shapes(a.shape, b.shape)))
    except ValueError as error:
        raise InputError(f"has the shapes {list(a.shape)} and {list(b.shape)}") from error
    if isinstance(a, Known) and isinstance(b, Known):
        return _scaled(a, b) if op == "Mul" else Known(PAIRS[op][0][0](a.array, b.array))
    straight, turned = PAIRS[op]
    if isinstance(b, Known):
        return with_constant(work, a, straight, b)
    if isinstance(a, Known):
        if turned is None:
            raise InputError("divides a constant by what is none")
        return with_constant(work, b, turned, a)
    return _both(work, node, op, work.affine(a), work.affine(b))


def _both(work: Work, node: Node, op: str, a: Affine, b: Affine) -> Affine:
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = a.to(shape), b.to(shape)
    if op in ("Add", "Sub"):
        a, b = work.settled(node, a), work.settled(node, b)
        return added(work.drawing, node.name, [a, b if op == "Add" else b.times(MINUS_ONE)])
    if op == "Max":
        groups = np.arange(a.elements.size)
        both = [part.reshape(-1)[groups, None] for part in (a, b)]
        return largest(work.drawing, node.name, joined(both, 1)).reshape(*shape)
    raise InputError("multiplies, divides or compares two tensors of which neither is constant")


def with_constant(work: Work, x: Value, how: _Pair, k: Known) -> Value:
    """A tensor that is none, and a constant."""
    if isinstance(x, Raw):
        k.exact()
        return x.then(*how, k.array)
    return how[1](work.affine(x), k.exact())


def _scaled(a: Known, b: Known) -> Known:
    """A constant that came from a quantizer keeps its integers."""
    array = np.asarray(a.array * b.array)
    one, other = (a, b) if a.integers is not None else (b, a)
    if one.integers is None or one.scale is None or other.integers is not None or 0 in other.exact().used:
        return Known(array)
    return Known(array, np.broadcast_to(one.integers, array.shape), (one.scale * other.exact()).to(array.shape))


@reads("Neg")
def negative(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    return _pair(work, node, "Mul", given(values, 0), Known(np.array(-1, np.float32)))


@reads("Relu")
def relu(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    return with_constant(work, given(values, 0), PAIRS["Max"][0], Known(np.array(0, np.float32)))


@reads("Clip")
def clip(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Bounds are attributes or inputs, by version."""
    x = given(values, 0)
    for place, (key, end) in enumerate((("min", -END), ("max", END)), start=1):
        bound = known_or(values, place, number(node.attributes, key, 0.0) if key in node.attributes else end)
        if bound.array.size != 1:
            raise InputError("has bounds that are no single numbers")
        if np.isfinite(bound.array).all():
            x = with_constant(work, x, PAIRS["Max" if key == "min" else "Min"][0], bound)
    return x


@reads("BatchNormalization")
def batch_normalization(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Of inference; the root is taken to so many bits that no threshold can tell."""
    x, (scale, bias, mean, variance) = given(values, 0), (known(values, place) for place in range(1, 5))
    if flag(node.attributes, "training_mode", 0) or len(x.shape) < 2:
        raise InputError("is in training, or has no channels")
    channels = x.shape[1]
    if any(part.shape != (channels,) for part in (scale, bias, mean, variance)):
        raise InputError(f"needs {channels} numbers of each kind")
    epsilon = Fraction(float(np.float32(number(node.attributes, "epsilon", 1e-5))))
    spread = variance.exact().map(lambda value: Fraction(value) + epsilon)
    if any(value <= 0 for value in spread.used):
        raise InputError("has a variance that is not positive")
    slope = scale.exact().with_(spread.map(square_root), lambda a, b: Fraction(a) / b)
    shift = bias.exact() + mean.exact() * slope * MINUS_ONE
    wide = [part.laid(lambda codes: along(codes, 1, len(x.shape))) for part in (slope, shift)]
    if not isinstance(x, Raw):
        return work.affine(x).times(wide[0]).plus(wide[1])
    with np.errstate(all="ignore"):
        factor = scale.array / np.sqrt(variance.array + np.float32(epsilon))
        term = bias.array - mean.array * factor
    numbers = [along(part.astype(np.float32), 1, len(x.shape)) for part in (factor, term)]
    return x.then(np.multiply, Affine.times, numbers[0]).then(np.add, Affine.plus, numbers[1])


@reads("Cast")
def cast(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """To floats; to smaller types only what is whole anyway, and that they hold."""
    x, to = given(values, 0), number(node.attributes, "to", 1)
    if isinstance(x, Affine) and to not in _FLOATS:
        low, high = _WHOLE.get(to, (0, -1))
        ends = [value for end in work.drawing.ends(x) for value in end.used]
        whole = all(Fraction(part).denominator == 1 for part in (*x.scale.used, *x.offset.used, *ends))
        if not whole or min(ends, default=0) < low or max(ends, default=0) > high:
            raise InputError("cuts values off to integers, which is not supported")
        return x
    if to not in _FLOATS and not isinstance(x, Beyond):
        raise InputError("makes integers of the input, which is not supported: it needs a quantizer")
    return x


_FLOATS = (1, 11)  # FLOAT and DOUBLE among the types of a TensorProto
# The integers, in turn, that its other types hold: 8 and 16 bits, wider ones, and those of small floats.
_WHOLE: dict[float, tuple[int, int]] = {
    **{kind: (0, (1 << bits) - 1) for kind, bits in ((2, 8), (4, 16), (12, 32), (13, 64))},
    **{kind: (-(1 << bits - 1), (1 << bits - 1) - 1) for kind, bits in ((3, 8), (5, 16), (6, 32), (7, 64))},
    **{kind: (-(1 << bits), 1 << bits) for kind, bits in ((10, 11), (16, 8))},
}


@reads("HardSigmoid")
def hard_sigmoid(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """A line, clipped to 0..1."""
    numbers = number(node.attributes, "alpha", 0.2), number(node.attributes, "beta", 0.5), 0.0, 1.0
    x = given(values, 0)
    for op, constant in zip(("Mul", "Add", "Max", "Min"), numbers, strict=True):
        x = with_constant(work, x, PAIRS[op][0], Known(np.array(constant, np.float32)))
    return x


@reads("LeakyRelu")
def leaky_relu(work: Work, node: Node, values: Sequence[Value | None]) -> list[Value]:
    slope = Fraction(float(np.float32(number(node.attributes, "alpha", 0.01))))
    if slope <= 0:
        raise InputError("has a negative slope that does not rise")
    return _left_out(work, node, values, leaky(slope))


@reads("Softmax", "LogSoftmax", "ArgMax", "TopK", "Sigmoid", "Tanh")
def beyond(work: Work, node: Node, values: Sequence[Value | None]) -> list[Value]:
    """At the end of a network, where the scores before it say all; curves before a quantizer, too."""
    return _left_out(work, node, values, {"Sigmoid": SIGMOID, "Tanh": TANH}.get(node.op))


def _left_out(work: Work, node: Node, values: Sequence[Value | None], curve: Curve | None) -> list[Value]:
    x = given(values, 0)
    scores, tensor, what = (
        (x.scores, x.tensor, x.what) if isinstance(x, Beyond) else (work.affine(x), node.inputs[0], ())
    )
    signed = node.op == "Sigmoid" and scores.elements.size == 1
    made = Beyond(scores, tensor, (*what, str(node)), signed, None if what else curve)
    return [made, made]
