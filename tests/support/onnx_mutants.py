"""Broken ONNX files: bytes that are changed, cut and repeated, and protobufs whose fields are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from onnx import ModelProto

NUMBERS = (0, 1, -1, 2, 127, 255, 1 << 20, 1 << 31, -(1 << 31), 1 << 40, (1 << 63) - 1)


def mutants(model: ModelProto, count: int, seed: int = 0) -> Iterator[bytes]:
    """Half of them by bytes, half by fields."""
    random, whole = np.random.default_rng(seed), model.SerializeToString()
    for number in range(count):
        yield _by_bytes(whole, random) if number % 2 else _by_fields(model, random)


def _by_bytes(whole: bytes, random: np.random.Generator) -> bytes:
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


def _by_fields(model: ModelProto, random: np.random.Generator) -> bytes:
    made = ModelProto()
    made.CopyFrom(model)
    graph, number = made.graph, int(NUMBERS[random.integers(len(NUMBERS))])
    node = graph.node[random.integers(len(graph.node))]
    tensor = graph.initializer[random.integers(len(graph.initializer))]
    kind = int(random.integers(8))
    if kind == 0 and node.input:
        names = [each.name for each in graph.initializer] + [name for each in graph.node for name in each.output]
        node.input[random.integers(len(node.input))] = names[random.integers(len(names))]
    elif kind == 1:
        node.op_type = graph.node[random.integers(len(graph.node))].op_type
    elif kind == 2 and node.attribute:
        entry = node.attribute[random.integers(len(node.attribute))]
        if entry.ints:
            entry.ints[random.integers(len(entry.ints))] = number
        entry.i, entry.f = number, float(random.choice([np.nan, np.inf, -1.0, 1e30]))
    elif kind == 3 and tensor.dims:
        tensor.dims[random.integers(len(tensor.dims))] = number
    elif kind == 4:
        array = np.frombuffer(tensor.raw_data, np.float32).copy() if len(tensor.raw_data) % 4 == 0 else np.zeros(0)
        if array.size:
            array[random.integers(len(array))] = random.choice([np.nan, np.inf, -1.0, 0.0, 1e30, 1e-30, 64.0])
            tensor.raw_data = array.astype(np.float32).tobytes()
    elif kind == 5:
        sizes = graph.input[0].type.tensor_type.shape.dim
        sizes[random.integers(len(sizes))].dim_value = number
    elif kind == 6:
        del graph.node[random.integers(len(graph.node))]
    else:
        tensor.data_type = int(random.integers(1, 24))
    return bytes(made.SerializeToString())
