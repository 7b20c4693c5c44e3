"""Operators that move entries about, and those of constants: both as the evaluator of onnx itself runs them.

What moves entries is run once on their numbers, so that any of its versions and attributes mean what they should.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bridge.errors import InputError
from bridge.melting.affine import joined
from bridge.melting.onnx.reading import MAX_ENTRIES, Node
from bridge.melting.onnx.values import Array, Beyond, Known, Value
from bridge.melting.onnx.work import Work, axis_of, given, number, reads, whole_numbers, word

LAYOUTS = (
    "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Dropout", "Slice", "Gather", "Split",
    "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "Pad",
)  # fmt: skip
FOLDED = {
    "Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Neg", "Abs", "Exp", "Log", "Floor", "Ceil", "Round", "Sign", "Mod",
    "Reciprocal", "Min", "Max", "Clip", "Relu", "Cast", "Equal", "Where", "Greater", "GreaterOrEqual", "Less",
    "LessOrEqual", "Not", "And", "Or", "ReduceProd", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "Concat",
    "ConstantOfShape", "Range", "MatMul", "Gemm", "BatchNormalization", *LAYOUTS,
}  # fmt: skip


def foldable(node: Node, values: Sequence[Value | None]) -> bool:
    """Is it an operator that the evaluator runs on constants, and are they that? Those that came from quantizers and
    only move keep what they are exactly."""
    if node.op not in FOLDED or not all(value is None or isinstance(value, Known) for value in values):
        return False
    return node.op not in (*LAYOUTS, "Mul") or not any(_quantized(value) for value in values)


def folded(work: Work, node: Node, values: Sequence[Value | None]) -> list[Value]:
    arrays = [value.array if isinstance(value, Known) else None for value in values]
    return [Known(array) for array in evaluated(work, node, arrays)]


def evaluated(work: Work, node: Node, arrays: Sequence[Array | None]) -> list[Array]:
    """What the evaluator of onnx makes of arrays; InputError for whatever it says against them."""
    from onnx.reference import ReferenceEvaluator

    work.bounded(_entries(node, arrays))
    feeds = {name: array for name, array in zip(node.inputs, arrays, strict=False) if array is not None}
    try:
        with np.errstate(all="ignore"):
            found = ReferenceEvaluator(node.alone(work.graph.opset)).run(None, feeds)
    except Exception as error:  # of any kind: it checks little before it computes
        raise InputError(f"cannot be computed: {' '.join(str(error).split())[:160] or type(error).__name__}") from error
    made: list[Array] = [np.asarray(array) for array in found if array is not None]
    if any(array.dtype.kind not in "biuf" for array in made):
        raise InputError("gives what is no array of numbers")
    return made


@reads(*LAYOUTS)
def layout(work: Work, node: Node, values: Sequence[Value | None]) -> list[Value]:
    """Entries in another order or shape."""
    data, filler = given(values, 0), 0.0
    if node.op in ("Identity", "Dropout"):
        return [data]
    if node.op == "Pad" and word(node.attributes, "mode", "constant") == "constant":
        filler = number(node.attributes, "value", 0.0)
        if len(values) > 2 and isinstance(value := values[2], Known) and value.array.size == 1:
            filler = float(value.array.reshape(-1)[0])
    rest = [value.array if isinstance(value, Known) else None for value in values[1:]]
    if any(value is not None and not isinstance(value, Known) for value in values[1:]):
        raise InputError("its shape or index must be a constant")
    if node.op == "Pad":
        rest, node = [*rest[:1], np.array(-1, np.int64), *rest[2:]], _with_filler(work, node)
    numbers = np.arange(math.prod(data.shape), dtype=np.int64).reshape(data.shape)
    found = evaluated(work, node, [numbers, *rest])
    return [_taken(data, np.asarray(index, np.int64), filler) for index in found]


@reads("Concat")
def concat(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """Side by side."""
    parts = [given(values, place) for place in range(len(values))]
    axis = axis_of(node.attributes.get("axis", 1), len(parts[0].shape))
    shapes = {tuple(size for place, size in enumerate(part.shape) if place != axis) for part in parts}
    if len(shapes) > 1 or len({len(part.shape) for part in parts}) > 1:
        raise InputError(f"puts the shapes {[list(part.shape) for part in parts]} side by side")
    work.bounded(sum(math.prod(part.shape) for part in parts))
    return joined([work.affine(part) for part in parts], axis)


@reads("Shape")
def shape(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    sizes = given(values, 0).shape
    start, end = (number(node.attributes, key, default) for key, default in (("start", 0), ("end", len(sizes))))
    return Known(np.array(sizes[int(start) : int(end)], np.int64))


@reads("Size")
def size(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    return Known(np.array(math.prod(given(values, 0).shape), np.int64))


@reads("Constant")
def constant_(work: Work, node: Node, values: Sequence[Value | None]) -> Value:
    """The attribute that holds it."""
    if isinstance(array := node.attributes.get("value"), np.ndarray):
        return Known(array)
    attributes = node.attributes
    for key, kind in (("value_float", np.float32), ("value_int", np.int64)):
        if key in attributes:
            return Known(np.array(number(attributes, key, 0), kind))
    if "value_ints" in attributes:
        return Known(np.array(whole_numbers(attributes, "value_ints", []), np.int64))
    if isinstance(floats := attributes.get("value_floats"), list | tuple) and all(type(f) is float for f in floats):
        return Known(np.array(floats, np.float32))
    raise InputError("holds no constant of a type that is supported")


def _taken(data: Value, index: Array, filler: float) -> Value:
    if isinstance(data, Beyond):
        return replace(data, scores=data.scores.taken(index, filler))
    return data.taken(index, filler)


def _with_filler(work: Work, node: Node) -> Node:
    """Where the filler is an attribute, -1."""
    attributes = dict(node.attributes) | ({"value": -1.0} if work.graph.opset < 11 else {})
    inputs = node.inputs if work.graph.opset < 11 else _named(node)
    return replace(node, inputs=inputs, attributes=attributes)


def _named(node: Node) -> tuple[str, ...]:
    """With a name for the filler."""
    inputs = [*node.inputs, "", ""][: max(3, len(node.inputs))]
    return (*inputs[:2], inputs[2] or "filler", *inputs[3:])


def _quantized(value: Value | None) -> bool:
    return isinstance(value, Known) and value.integers is not None


def _entries(node: Node, arrays: Sequence[Array | None]) -> int:
    """How many entries the result has, or more; asked before it is made. InputError for shapes that do not fit."""
    first = arrays[0] if arrays else None
    size = 1 if first is None else first.size
    second = arrays[1] if len(arrays) > 1 else None
    if node.op in ("ConstantOfShape", "Expand", "Tile", "Pad", "Range"):
        return _grown(node.op, first, second, node, arrays)
    if node.op == "Gather" and first is not None and second is not None and first.ndim:
        axis = axis_of(node.attributes.get("axis", 0), first.ndim)
        return int(size // max(1, first.shape[axis]) * second.size)
    if node.op in ("MatMul", "Gemm") and first is not None and second is not None:
        return _checked_product(first, second)
    if node.op == "Concat":
        return sum(array.size for array in arrays if array is not None)
    if node.op in LAYOUTS or node.op.startswith("Reduce"):
        return size
    try:
        return math.prod(np.broadcast_shapes(*(array.shape for array in arrays if array is not None)))
    except ValueError as error:
        raise InputError("has shapes that do not go together") from error


def _grown(op: str, first: Array | None, second: Array | None, node: Node, arrays: Sequence[Array | None]) -> int:
    if op == "Range":
        ends = [float(array.reshape(-1)[0]) if array is not None and array.size else 0.0 for array in arrays[:3]]
        start, end, step = ends if len(ends) == 3 else (0.0, math.inf, 1.0)
        span = abs((end - start) / step) if step else math.inf
        return int(min(span, 2.0 * MAX_ENTRIES)) + 1 if math.isfinite(span) else 2 * MAX_ENTRIES
    if op == "ConstantOfShape":
        return _many(first)
    size = 1 if first is None else first.size
    if op == "Expand":
        return max(1, size) * _many(second)
    if op == "Tile":
        return size * _many(second)
    pads = second if second is not None else np.array(whole_numbers(node.attributes, "pads", []))
    if first is None or pads.size != 2 * first.ndim:
        return _many(pads + 1) * size
    around = np.abs(pads.astype(np.float64)).reshape(2, -1).sum(axis=0) + first.shape
    return int(min(np.prod(around), 2.0 * MAX_ENTRIES))


def _many(shape: Any) -> int:
    """The product of a shape, or more than is allowed."""
    sizes = [] if shape is None else np.asarray(shape, np.float64).reshape(-1).tolist()
    return int(min(math.prod(map(abs, sizes)), 2.0 * MAX_ENTRIES))


def _checked_product(first: Array, second: Array) -> int:
    """The work of a product of matrices counts, too."""
    if first.ndim > 2 or second.ndim > 2:
        raise InputError("multiplies constants of more than two dimensions")
    return int(first.size) * (int(second.shape[-1]) if second.ndim == 2 else 1)
