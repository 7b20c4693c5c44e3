"""Small ONNX networks as several tools write them, with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

Floats = npt.NDArray[np.float32]

QONNX, BREVITAS, FINN = "qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"


@dataclass
class Sketch:
    """A chain of nodes: each method adds some after `at`, the tensor that stands last, or after the one that is given.

    `domain`: of the quantizers; `opset`: of all else."""

    shape: tuple[Any, ...]
    domain: str = QONNX
    opset: int = 13
    seed: int = 0
    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    at: str = "x"

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """The name of its first output, which is the last tensor then."""
        names = [f"t{len(self.nodes)}{'abc'[place]}" for place in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, f"{op}_{len(self.nodes)}", domain=domain, **attributes))
        self.at = names[0]
        return self.at

    def quant(self, x: str = "", *, scale: Any = 0.25, zero: Any = 0.0, bits: int = 4, **attributes: Any) -> str:
        """As QONNX has it; attributes are `signed`, `narrow` and `rounding_mode`."""
        facts = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"} | attributes
        given = [x or self.at, self.constant(scale), self.constant(zero), self.constant(bits)]
        return self.node("Quant", *given, domain=self.domain, **facts)

    def bipolar(self, x: str = "", scale: Any = 1.0) -> str:
        return self.node("BipolarQuant", x or self.at, self.constant(scale), domain=self.domain)

    def qcdq(self, x: str = "", *, scale: Any = 0.25, zero: Any = 0, low: int = -128, high: int = 127) -> str:
        """QuantizeLinear, Clip where the range is narrower than that of the type, DequantizeLinear."""
        kind = np.int8 if low < 0 else np.uint8
        given = self.constant(scale), self.constant(zero, kind)
        axis = {"axis": 0} if np.ndim(scale) else {}
        q = self.node("QuantizeLinear", x or self.at, *given, **axis)
        if (low, high) != (np.iinfo(kind).min, np.iinfo(kind).max):
            q = self.node("Clip", q, self.constant(low, kind), self.constant(high, kind))
        return self.node("DequantizeLinear", q, *given, **axis)

    def weights(self, *shape: int) -> Floats:
        return self.random.normal(size=shape).astype(np.float32)

    def quantized_weights(self, shape: Sequence[int], bits: int, *, per_channel: bool = False, axis: int = 0) -> str:
        """Through a Quant of their own, or a BipolarQuant for one bit."""
        weights = self.weights(*shape)
        name = self.constant(weights)
        if bits == 1:
            return self.bipolar(name)
        span = np.abs(weights)
        rest = tuple(place for place in range(len(shape)) if place != axis)
        most = span.max(axis=rest, keepdims=True) if per_channel else span.max()
        scale = np.asarray(most / 2 / max(1, 2 ** (bits - 1) - 1), np.float32)
        return self.quant(name, scale=scale, bits=bits, narrow=1)

    def dense(self, inputs: int, outputs: int, bits: int = 4, **options: Any) -> str:
        x = self.at
        return self.node("MatMul", x, self.quantized_weights((inputs, outputs), bits, axis=1, **options))

    def convolution(self, rows: int, channels: int, kernel: int, bits: int = 4, **options: Any) -> str:
        x, attributes = self.at, dict(options)
        per_channel = attributes.pop("per_channel", False)
        weights = self.quantized_weights((rows, channels, kernel, kernel), bits, per_channel=per_channel)
        return self.node("Conv", x, weights, kernel_shape=[kernel, kernel], **attributes)

    def normalised(self, channels: int, spread: float = 2.0) -> str:
        """BatchNormalization; a third of the channels fall."""
        scale = self.random.uniform(0.2, 1.5, channels) * self.random.choice([1, 1, -1], channels)
        mean, variance = self.random.normal(size=channels), self.random.uniform(0.3, spread, channels)
        numbers = scale, self.random.normal(size=channels), mean, variance
        return self.node("BatchNormalization", self.at, *(self.constant(part) for part in numbers), epsilon=1e-5)

    def reshape(self, *shape: int) -> str:
        return self.node("Reshape", self.at, self.constant(shape, np.int64))

    def model(self, outputs: Sequence[str] = ()) -> ModelProto:
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs or [self.at]]
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)]
        graph = helper.make_graph(self.nodes, "graph", given, ends, self.constants)
        imports = [helper.make_opsetid("", self.opset)]
        domains = {node.domain for node in self.nodes} - {""}
        imports += [helper.make_opsetid(domain, 1) for domain in sorted(domains)]
        return helper.make_model(graph, opset_imports=imports, ir_version=8)

    def save(self, path: Path, outputs: Sequence[str] = ()) -> Path:
        path.write_bytes(self.model(outputs).SerializeToString())
        return path


def multilayer(bits: int, acts: int, domain: str = QONNX, seed: int = 0, **options: Any) -> Sketch:
    """Two hidden layers with batch normalization."""
    sketch = Sketch((1, 12), domain, seed=seed)
    _activation(sketch, acts, scale=0.25)
    for inputs, outputs in ((12, 16), (16, 10)):
        sketch.dense(inputs, outputs, bits, **options)
        sketch.normalised(outputs, spread=9.0)
        _activation(sketch, acts, scale=0.4)
    sketch.dense(10, 5, bits, **options)
    return sketch


def _activation(sketch: Sketch, bits: int, scale: float) -> None:
    if bits == 1:
        sketch.bipolar(scale=scale)
    else:
        sketch.quant(scale=scale, bits=bits, signed=1, narrow=bits % 2)


def convolutional(bits: int, acts: int, domain: str = QONNX, seed: int = 0) -> Sketch:
    """Convolutions, one of them by channel, with pads and strides, and pools."""
    sketch = Sketch((1, 2, 8, 8), domain, seed=seed)
    sketch.quant(scale=0.125, bits=3)
    sketch.convolution(4, 2, 3, bits, per_channel=True, pads=[1, 1, 1, 1])
    sketch.normalised(4)
    sketch.node("Relu", sketch.at)
    sketch.quant(scale=0.5, bits=acts, signed=0)
    sketch.node("MaxPool", sketch.at, kernel_shape=[2, 2], strides=[2, 2])
    sketch.convolution(4, 1, 3, bits, group=4, strides=[1, 1], pads=[0, 0, 1, 1])
    sketch.normalised(4)
    _activation(sketch, acts, 0.5)
    sketch.node("AveragePool", sketch.at, kernel_shape=[2, 2], strides=[1, 1])
    sketch.node("Flatten", sketch.at)
    sketch.dense(16, 3, bits)
    return sketch


def residual(bits: int, acts: int, seed: int = 0) -> Sketch:
    """Two branches that meet, each with a scale of its own."""
    sketch = Sketch((1, 3, 5, 5), seed=seed)
    first = sketch.quant(scale=0.1037, bits=acts)
    sketch.convolution(3, 3, 3, bits, pads=[1, 1, 1, 1])
    sketch.normalised(3)
    branch = sketch.quant(scale=0.3219, bits=acts)
    sketch.node("Add", branch, first)
    sketch.node("Relu", sketch.at)
    sketch.quant(scale=0.2173, bits=acts, signed=0)
    sketch.node("GlobalAveragePool", sketch.at)
    sketch.reshape(1, -1)
    sketch.dense(3, 4, bits, per_channel=True)
    return sketch


def plain_qcdq(per_channel: bool = True, seed: int = 0) -> Sketch:
    """Standard operators alone, with narrower ranges by Clip, and Gemm with a bias."""
    sketch = Sketch((1, 10), seed=seed)
    sketch.qcdq(scale=0.05)
    x = sketch.at
    weights = sketch.constant(sketch.weights(12, 10))
    scale = np.abs(sketch.weights(12)) * np.float32(0.1) + np.float32(0.05) if per_channel else 0.1
    sketch.qcdq(weights, scale=scale, low=-8, high=7, zero=np.zeros(12) if per_channel else 0)
    sketch.node("Gemm", x, sketch.at, sketch.constant(sketch.weights(12)), transB=1)
    sketch.node("Relu", sketch.at)
    sketch.qcdq(scale=0.11, zero=3, low=0, high=15)
    x = sketch.at
    sketch.qcdq(sketch.constant(sketch.weights(12, 4)), scale=0.15, zero=1)
    sketch.node("MatMul", x, sketch.at)
    sketch.node("Add", sketch.at, sketch.constant(sketch.weights(4)))
    sketch.node("Softmax", sketch.at)
    return sketch


def checked(model: ModelProto) -> ModelProto:
    """As onnx itself finds it well-formed."""
    checker.check_model(model)
    return model
