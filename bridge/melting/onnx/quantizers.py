"""The operators that quantize: those of QONNX, QuantizeLinear, MultiThreshold of FINN, and plain rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.arrays import Floats32, Ints
from bridge.errors import InputError
from bridge.melting.exact import Exact
from bridge.melting.onnx.quantizer import ONE, ZERO, Quantizer, checked_steps, quantized
from bridge.melting.onnx.reading import Node
from bridge.melting.onnx.values import Known, Raw, Value
from bridge.melting.onnx.work import Work, along, axis_of, flag, given, known, known_or, number, reads, word
from bridge.melting.steps import ROUNDINGS, SAME, Boundary, rounding

# What the reference rounds with.
ROUNDS: dict[str, Callable[[Any], Any]] = {
    "HALF_EVEN": np.round,
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + np.float32(0.5)),
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - np.float32(0.5)),
    "FLOOR": np.floor,
    "CEIL": np.ceil,
    "UP": lambda x: np.sign(x) * np.ceil(np.abs(x)),
    "DOWN": np.trunc,
}


@reads("Quant", "IntQuant")
def quant(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Scale, zero point and bit width are inputs; sign, narrow range and rounding are attributes."""
    x, scale, zero, bits = given(values, 0), *(_known(values, place) for place in (1, 2, 3))
    signed, narrow = flag(node.attributes, "signed", 1), flag(node.attributes, "narrow", 0)
    width = _bits(bits)
    if width == 1 and signed:
        return _bipolar(work, node, x, scale)
    low, high = _span(width, signed, narrow)
    mode = _mode(node, "ROUND")
    _check_shape(x, scale, zero)
    points, sizes = zero.exact(), _positive(scale)

    def levels(values_: Floats32, size: Floats32, zero_: Floats32) -> Ints:
        found = np.clip(values_ / size + zero_, np.float32(low), np.float32(high))
        return _counts(ROUNDS[mode](found), low, high)

    least = points.with_(sizes, lambda point, size: (low - Fraction(point)) * size)
    return quantized(
        work,
        node,
        x,
        Quantizer(
            boundaries=[] if isinstance(x, Known) else [rounding(mode, *checked_steps(low, high))],
            levels=levels,
            numbers=[scale.array, zero.array],
            factor=sizes.map(lambda size: 1 / Fraction(size)),
            shift=points,
            worth=sizes,
            least=least,
        ),
    )


@reads("BipolarQuant")
def bipolar(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """The sign, 1 for zero, times the scale."""
    return _bipolar(work, node, given(values, 0), _known(values, 1))


def _bipolar(work: Work, node: Node, x: Value, scale: Known) -> Value:
    _check_shape(x, scale)
    size = _positive(scale)
    made = Quantizer(
        boundaries=[[Boundary(Fraction(0), True)]],
        levels=lambda values_: (values_ >= 0).astype(np.int64),
        worth=size * Exact.of(2),
        least=size * Exact.of(-1),
    )
    return quantized(work, node, x, made)


@reads("Trunc")
def trunc(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Five inputs in the first version, six in the second: the scale behind is then an input, too."""
    x, scale, zero = given(values, 0), _known(values, 1), _known(values, 2)
    _check_shape(x, scale, zero)
    sizes, points, mode = _positive(scale), zero.exact(), _mode(node, "FLOOR")
    if len(values) >= 6:
        behind = _positive(_known(values, 4))
        low, high = _span(
            _bits(_known(values, 5)), flag(node.attributes, "signed", 1), flag(node.attributes, "narrow", 0)
        )
        part = _power(behind, sizes)
        points_behind = points.map(lambda point: Fraction(point) / part)
    else:
        part = Fraction(2) ** (_bits(_known(values, 3)) - _bits(_known(values, 4)))
        behind, points_behind = sizes, points
        low, high = _reach(work, x, sizes * Exact.of(part), points * Exact.of(1 / part))
    low, high = checked_steps(low, high)

    def levels(values_: Floats32, size: Floats32, point: Floats32) -> Ints:
        found = np.clip(np.round(values_ / size + point) / np.float32(part), np.float32(low), np.float32(high))
        return _counts(ROUNDS[mode](found), low, high)

    made = Quantizer(
        boundaries=[[_of_rounded(step, part) for step in rounding(mode, low, high)]],
        levels=levels,
        numbers=[scale.array, zero.array],
        factor=sizes.map(lambda size: 1 / Fraction(size)),
        shift=points,
        worth=behind,
        least=(points_behind * Exact.of(-1) + Exact.of(low)) * behind,
    )
    return quantized(work, node, x, made)


def _of_rounded(step: Boundary, part: Fraction) -> Boundary:
    """Where what is rounded to integers first, and then divided, reaches a boundary."""
    exact = Fraction(step.value) * part
    to: Boundary = ROUNDINGS["HALF_EVEN"](math.ceil(exact) if step.closed else math.floor(exact) + 1)
    return to


@reads("QuantizeLinear")
def quantize_linear(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Rounded first, then the zero point is added; a Clip that follows narrows the range."""
    x, scale = given(values, 0), _known(values, 1)
    zero = _known(values, 2) if len(values) > 2 and values[2] is not None else Known(np.zeros((), np.uint8))
    axis, dims = axis_of(node.attributes.get("axis", 1), max(1, len(x.shape))) if scale.array.ndim else 0, len(x.shape)
    if (
        zero.array.dtype.kind not in "iu"
        or zero.array.dtype.itemsize > 2
        or scale.array.ndim > 1
        or flag(node.attributes, "block_size", 0)
    ):
        raise InputError("quantizes to a type, or by blocks, which is not supported")
    low, high = (int(end) for end in (np.iinfo(zero.array.dtype).min, np.iinfo(zero.array.dtype).max))
    low, high, name = _clipped_after(work, node, low, high)
    scale, points = (Known(along(part.array, axis, dims)) for part in (scale, zero))
    _check_shape(x, scale, points)
    sizes = _positive(scale)
    kinds, row = np.unique(points.array.astype(np.int64), return_inverse=True)
    checked_steps(low, high)

    def levels(values_: Floats32, size: Floats32, point: Floats32) -> Ints:
        return _counts(np.clip(np.round(values_ / size) + point, np.float32(low), np.float32(high)), low, high)

    made = Quantizer(
        boundaries=[rounding("HALF_EVEN", low - point, high - point) for point in kinds.tolist()],
        levels=levels,
        numbers=[scale.array, points.array],
        factor=sizes.map(lambda size: 1 / Fraction(size)),
        least=Exact.of(low),
        row=row.reshape(points.shape),
    )
    return quantized(work, node, x, made, name)


@reads("DequantizeLinear")
def dequantize_linear(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """`(x - zero) * scale`"""
    x, scale, zero = given(values, 0), _known(values, 1), known_or(values, 2, 0)
    if scale.array.ndim > 1 or flag(node.attributes, "block_size", 0):
        raise InputError("scales by blocks, which is not supported")
    dims = len(x.shape)
    axis = axis_of(node.attributes.get("axis", 1), dims) if scale.array.ndim and scale.array.size > 1 else 0
    size, point = (
        Known(along(part.array, axis, dims) if part.array.size > 1 else part.array.reshape(()))
        for part in (scale, zero)
    )
    shape, sizes = _check_shape(x, size, point), _positive(size)
    if isinstance(x, Known):
        if (x.array != np.trunc(x.array)).any():
            raise InputError("scales a constant that is not whole")
        integers = np.asarray(x.array.astype(np.int64) - point.array.astype(np.int64), np.int64)
        floats = integers.astype(np.float32) * size.array.astype(np.float32)
        return Known(floats, np.broadcast_to(integers, shape), sizes.to(shape))
    return work.affine(x).plus(point.exact() * Exact.of(-1)).times(sizes)


@reads("MultiThreshold")
def multi_threshold(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Rows of thresholds, one or one for each channel."""
    x, thresholds = given(values, 0), known(values, 1)
    worth, least = (
        Exact.of(number(node.attributes, key, default)) for key, default in (("out_scale", 1.0), ("out_bias", 0.0))
    )
    layout, dims = word(node.attributes, "data_layout", "NCHW"), len(x.shape)
    if thresholds.array.ndim != 2 or not thresholds.array.size or dims < 2 or 0 in worth.used:
        raise InputError("needs thresholds by rows, and a scale that is not 0")
    rows = np.sort(thresholds.array, axis=1)
    checked_steps(0, rows.shape[1])
    Known(rows).exact()
    axis = dims - 1 if layout in ("NHWC", "NC", "NWC") else 1
    if len(rows) not in (1, x.shape[axis]):
        raise InputError(f"has {len(rows)} rows of thresholds for {x.shape[axis]} channels")
    row = along(np.arange(x.shape[axis]) % len(rows), axis, dims)

    def levels(values_: Floats32, which: Floats32) -> Ints:
        return np.asarray(
            (values_[..., None] >= rows.astype(np.float32)[which.astype(np.int64)]).sum(axis=-1), np.int64
        )

    made = Quantizer(
        boundaries=[[Boundary(Fraction(value), True) for value in line] for line in rows.tolist()],
        levels=levels,
        numbers=[row],
        worth=worth,
        least=least,
        row=row,
    )
    return quantized(work, node, x, made)


@reads("Sign")
def sign(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """-1, 0 or 1."""
    x = given(values, 0)
    steps = [Boundary(Fraction(0), True), Boundary(Fraction(0), False)]
    made = Quantizer([steps], lambda values_: (values_ >= 0).astype(np.int64) + (values_ > 0), least=Exact.of(-1))
    return quantized(work, node, x, made)


@reads("Round", "Floor", "Ceil")
def rounded(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """To integers, as many as come up, or as a Clip that follows leaves."""
    x, mode = given(values, 0), {"Round": "HALF_EVEN", "Floor": "FLOOR", "Ceil": "CEIL"}[node.op]
    *ends, name = _clipped_after(work, node, *_reach(work, x, ONE, ZERO))
    low, high = checked_steps(*ends)
    steps = rounding(mode, low, high)
    made = Quantizer([steps], lambda values_: _counts(ROUNDS[mode](values_), low, high), least=Exact.of(low))
    return quantized(work, node, x, made, name)


@reads("FloatQuant")
def float_quant(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    raise InputError("quantizes to small floats, which is not supported: integers are")


def _counts(found: npt.NDArray[Any], low: int, high: int) -> Ints:
    whole = np.where(np.isnan(found), low, found).astype(np.float64)
    return np.clip(whole, low, high).astype(np.int64) - low


def _known(values: Sequence[Value | None], place: int) -> Known:
    """A parameter that must be constant, and of finite numbers."""
    found = known(values, place)
    found.exact()
    return found


def _positive(scale: Known) -> Exact:
    sizes = Exact.of(scale.array)
    if any(size <= 0 for size in sizes.used):
        raise InputError("has a scale that is not positive")
    return sizes


def _check_shape(x: Value, *parts: Known) -> tuple[int, ...]:
    """That of the tensor; InputError for parameters that would widen it."""
    try:
        shape = np.broadcast_shapes(x.shape, *(part.shape for part in parts))
    except ValueError as error:
        raise InputError(f"has parameters that do not fit the shape {list(x.shape)}") from error
    if shape != x.shape:
        raise InputError(f"has parameters of more than the shape {list(x.shape)}")
    return shape


def _bits(bits: Known) -> int:
    widths = np.unique(bits.array)
    if len(widths) != 1 or widths[0] != round(float(widths[0])) or not 1 <= widths[0] <= 32:
        raise InputError(f"needs one whole bit width of 1..32, not {widths[:4].tolist()}")
    return int(widths[0])


def _span(bits: int, signed: bool, narrow: bool) -> tuple[int, int]:
    """As QONNX defines it."""
    if signed:
        return -(1 << bits - 1) + narrow, (1 << bits - 1) - 1
    return 0, (1 << bits) - 1 - narrow


def _mode(node: Node, default: str) -> str:
    mode = word(node.attributes, "rounding_mode", default).upper()
    rounding(mode, 0, 0)
    return SAME.get(mode, mode)


def _power(behind: Exact, sizes: Exact) -> Fraction:
    """The power of two between two scales."""
    ratios = behind.with_(sizes, lambda a, b: Fraction(2) ** round(math.log2(Fraction(a) / b))).used
    if len(ratios) != 1:
        raise InputError("scales channels by different powers of two, which is not supported")
    return Fraction(ratios[0])


def _reach(work: Work, x: Value, size: Exact, point: Exact) -> tuple[Any, Any]:
    """Integers that `x / size + point` rounds to, at least and at most."""
    if isinstance(x, Raw) and work.bounds is None:
        return -math.inf, math.inf
    ends = [x.exact()] if isinstance(x, Known) else work.drawing.ends(work.affine(x))
    reached = [value for end in ends for value in (end.with_(size, lambda a, b: Fraction(a) / b) + point).used]
    return math.floor(min(reached)), math.ceil(max(reached))


def _clipped_after(work: Work, node: Node, low: Any, high: Any) -> tuple[Any, Any, str]:
    """The range that is left if all that read a node are one Clip with constant bounds, and what gives it then."""
    name = node.outputs[0]
    readers = work.readers(name)
    if len(readers) != 1 or readers[0].op != "Clip" or name in work.graph.outputs:
        return low, high, name
    clip, ends = readers[0], []
    for place, key in ((1, "min"), (2, "max")):
        bound = clip.inputs[place] if place < len(clip.inputs) else ""
        end = work.known(bound) if bound else clip.attributes.get(key)
        ends.append(math.nan if end is None or np.size(end) != 1 else float(np.asarray(end).reshape(-1)[0]))
    low = low if not math.isfinite(ends[0]) else max(low, math.ceil(ends[0]))
    high = high if not math.isfinite(ends[1]) else min(high, math.floor(ends[1]))
    return low, high, clip.outputs[0]
