"""Broken ONNX files: bytes that are changed, cut and repeated, and protobufs whose fields are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from onnx import GraphProto, ModelProto, TensorProto, helper, numpy_helper

T = TypeVar("T")

NUMBERS = (0, 1, -1, 2, 127, 255, 1 << 20, 1 << 31, -(1 << 31), 1 << 40, (1 << 63) - 1)
ATTRIBUTES = (0, -1, 7, [1, 2], [0], [-1, -1, 3, 3], [1, 1, 1, 1], [1.5], 1.5, -2.0, "NHWC", "x")


def mutants(model: ModelProto, count: int, seed: int = 0) -> Iterator[bytes]:
    """Half of them by bytes, half by fields."""
    random, whole = np.random.default_rng(seed), model.SerializeToString()
    for number in range(count):
        yield _by_bytes(whole, random) if number % 2 else _by_fields(model, random)


def _by_bytes(whole: bytes, random: Generator) -> bytes:
    data = bytearray(whole)
    for _ in range(int(random.integers(1, 4))):
        at, kind = int(random.integers(len(data) or 1)), int(random.integers(4))
        if kind == 0 and data:
            data[at] = int(random.integers(256))
        elif kind == 1:
            data = data[:at]
        elif kind == 2:
            data[at:at] = data[at : at + int(random.integers(1, 40))]
        else:
            del data[at : at + int(random.integers(1, 10))]
    return bytes(data)


def _by_fields(model: ModelProto, random: Generator) -> bytes:
    made = ModelProto()
    made.CopyFrom(model)
    CHANGES[random.integers(len(CHANGES))](made.graph, random)
    return bytes(made.SerializeToString())


def _one(random: Generator, choices: Sequence[T]) -> T:
    return choices[random.integers(len(choices))]


def _rewired(graph: GraphProto, random: Generator) -> None:
    node = _one(random, graph.node)
    names = [each.name for each in graph.initializer] + [name for each in graph.node for name in each.output]
    node.input[random.integers(len(node.input))] = _one(random, names)


def _of_another_kind(graph: GraphProto, random: Generator) -> None:
    _one(random, graph.node).op_type = _one(random, graph.node).op_type


def _gone(graph: GraphProto, random: Generator) -> None:
    del graph.node[random.integers(len(graph.node))]


def _with_another_number(graph: GraphProto, random: Generator) -> None:
    """In an attribute."""
    attributes = [entry for node in graph.node for entry in node.attribute]
    entry, number = _one(random, attributes), _one(random, NUMBERS)
    if entry.ints:
        entry.ints[random.integers(len(entry.ints))] = number
    entry.i, entry.f = number, float(random.choice([np.nan, np.inf, -1.0, 1e30]))


def _with_another_attribute(graph: GraphProto, random: Generator) -> None:
    """Of any type."""
    entry = _one(random, [entry for node in graph.node for entry in node.attribute])
    entry.CopyFrom(helper.make_attribute(entry.name, _one(random, ATTRIBUTES)))


def _with_wrong_sizes(graph: GraphProto, random: Generator) -> None:
    """Of a tensor, whose bytes stay."""
    tensor = _one(random, [tensor for tensor in graph.initializer if tensor.dims])
    tensor.dims[random.integers(len(tensor.dims))] = _one(random, NUMBERS)


def _with_wrong_type(graph: GraphProto, random: Generator) -> None:
    _one(random, graph.initializer).data_type = int(random.integers(1, 24))


def _with_another_shape(graph: GraphProto, random: Generator) -> None:
    """A tensor that is well-formed, of another type as well."""
    tensor, shape = _one(random, graph.initializer), random.integers(0, 5, size=random.integers(5))
    array = np.resize(random.normal(size=7), shape).astype(random.choice(["f4", "f8", "i8", "u1", "i1", "?"]))
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _with_a_strange_value(graph: GraphProto, random: Generator) -> None:
    tensors = [tensor for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT and tensor.raw_data]
    tensor = _one(random, tensors)
    array = np.frombuffer(tensor.raw_data, np.float32).copy()
    array[random.integers(len(array))] = random.choice([np.nan, np.inf, -1.0, 0.0, 1e30, 1e-30, 64.0])
    tensor.raw_data = array.tobytes()


def _of_another_input(graph: GraphProto, random: Generator) -> None:
    _one(random, graph.input[0].type.tensor_type.shape.dim).dim_value = _one(random, NUMBERS)


CHANGES = (
    _rewired,
    _of_another_kind,
    _gone,
    _with_another_number,
    _with_another_attribute,
    _with_wrong_sizes,
    _with_wrong_type,
    _with_another_shape,
    _with_a_strange_value,
    _of_another_input,
)
