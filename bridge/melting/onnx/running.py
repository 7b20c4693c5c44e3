"""The network as others run it: onnxruntime for standard operators, the executor of qonnx where there are its own."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.arrays import Floats, Floats32
from bridge.errors import InputError, MissingExtra
from bridge.melting.onnx.reading import Array

AT_ONCE = 256  # rows
MOSTLY = 0.9

Run = Callable[[Floats32], dict[str, Array]]


@dataclass(frozen=True, eq=False)
class Runner:
    """`many`: float32[AT_ONCE, ...] in one go, None if the network does not take that; `one`: float32[1, ...]."""

    name: str
    shape: tuple[int, ...]
    kind: Any
    one: Run
    many: Run | None

    def __call__(self, raw: Floats) -> dict[str, Array]:
        """float64[rows, features] -> the tensors that are asked for, [rows, entries] each."""
        found: dict[str, list[Array]] = {}
        size = AT_ONCE if self.many else 1
        for start in range(0, len(raw), size):
            part = np.asarray(raw[start : start + size], np.float64)
            rows = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)]).astype(self.kind)
            run = self.many or self.one
            for name, array in run(rows.reshape(size, *self.shape)).items():
                found.setdefault(name, []).append(array.reshape(size, -1)[: len(part)])
        return {name: np.concatenate(parts) for name, parts in found.items()}


def runner_of(path: Path, wanted: Sequence[str], shape: tuple[int, ...], kind: Any) -> Runner:
    """Who runs a file and gives these tensors. `shape`: of one row, its batch of one included where there is one."""
    import onnx

    model = onnx.load(str(path))
    _hush()
    own = {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
    name, make = _by_onnxruntime() if own else _by_qonnx()
    row = shape[1:] if len(shape) > 1 else shape
    one = make(model, wanted, shape)
    if len(shape) < 2:
        return Runner(name, shape, kind, lambda rows: one(rows.reshape(shape)), None)
    single = Runner(name, row, kind, one, None)
    try:
        many = make(_widened(model), wanted, (AT_ONCE, *row))
        batched = Runner(name, row, kind, one, many)
        probe = np.random.default_rng(0).normal(size=(8, int(np.prod(row)))) * 2
        found, told = batched(probe), single(probe)
        # Sums of another order may fall on another side of a boundary, here and there.
        if all(np.isclose(found[key], told[key], 1e-3, 1e-5).mean() > MOSTLY for key in told):
            return batched
    except Exception as error:  # whatever an executor says against a batch: rows are then run one by one
        logging.getLogger(__name__).debug("one row at a time: %s", error)
    return single


def _hush() -> None:
    """What a session says against a batch is for us alone."""
    try:
        import onnxruntime
    except ImportError:
        return
    onnxruntime.set_default_logger_severity(4)


def _widened(model: Any) -> Any:
    """The same network for many rows: what has one row now, in its input and in the targets of Reshape, has more."""
    import onnx
    from onnx import numpy_helper

    made = onnx.ModelProto()
    made.CopyFrom(model)
    known = {tensor.name for tensor in made.graph.initializer}
    for node in made.graph.node:  # in order, as onnx asks
        known |= set(node.output) if known.issuperset(filter(None, node.input)) else set()
    reshapes = [node.input for node in made.graph.node if node.op_type == "Reshape" and len(node.input) > 1]
    targets = {shape for data, shape, *_ in reshapes if data not in known}
    for tensor in made.graph.initializer:
        if tensor.name in targets:
            array = numpy_helper.to_array(tensor).copy()
            if array.ndim == 1 and array.size > 1 and array[0] == 1:
                array[0] = AT_ONCE
                tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    for node in made.graph.node:
        for entry in node.attribute:
            if node.op_type == "Constant" and node.output[0] in targets and entry.name == "value":
                array = numpy_helper.to_array(entry.t).copy()
                if array.ndim == 1 and array.size > 1 and array[0] == 1:
                    array[0] = AT_ONCE
                    entry.t.CopyFrom(numpy_helper.from_array(array))
    return made


def _shaped(model: Any, shape: tuple[int, ...]) -> Any:
    """With the shape of its input, and no other shapes."""
    import onnx

    made = onnx.ModelProto()
    made.CopyFrom(model)
    constants = {tensor.name for tensor in made.graph.initializer}
    for value in made.graph.input:
        if value.name not in constants:
            tensor = value.type.tensor_type
            tensor.ClearField("shape")
            for size in shape:
                tensor.shape.dim.add().dim_value = size
    for value in made.graph.output:
        value.type.tensor_type.ClearField("shape")
    del made.graph.value_info[:]
    return made


def _input_name(model: Any) -> str:
    constants = {tensor.name for tensor in model.graph.initializer}
    return next(str(value.name) for value in model.graph.input if value.name not in constants)


def _by_onnxruntime() -> tuple[str, Callable[[Any, Sequence[str], tuple[int, ...]], Run]]:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra("the reference of an ONNX file needs onnxruntime: pip install onnxruntime") from error

    def make(model: Any, wanted: Sequence[str], shape: tuple[int, ...]) -> Run:
        made = _shaped(model, shape)
        here = {value.name for value in made.graph.output}
        for name in wanted:
            if name not in here:
                made.graph.output.add().name = name
        settings = onnxruntime.SessionOptions()
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # nothing is fused
        settings.log_severity_level = 4
        session = onnxruntime.InferenceSession(made.SerializeToString(), settings, ["CPUExecutionProvider"])
        given = _input_name(made)
        return lambda rows: dict(zip(wanted, session.run(list(wanted), {given: rows}), strict=True))

    return f"onnxruntime {onnxruntime.__version__}", make


def _by_qonnx() -> tuple[str, Callable[[Any, Sequence[str], tuple[int, ...]], Run]]:
    try:
        from importlib.metadata import version

        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.core.onnx_exec import execute_onnx
        from qonnx.transformation.infer_shapes import InferShapes
    except ImportError as error:
        raise MissingExtra("the reference of a QONNX file needs qonnx: pip install qonnx") from error

    def make(model: Any, wanted: Sequence[str], shape: tuple[int, ...]) -> Run:
        made = _shaped(model, shape)
        for entry in (*made.graph.node, *made.opset_import):
            if entry.domain == "finn.custom_op.general":
                entry.domain = "qonnx.custom_op.general"
        given = _input_name(made)
        with redirect_stdout(io.StringIO()):
            wrapped = ModelWrapper(made).transform(InferShapes())

        def run(rows: Floats32) -> dict[str, Array]:
            try:
                with redirect_stdout(io.StringIO()), warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # about shapes that it did not infer
                    found = execute_onnx(wrapped, {given: rows}, return_full_exec_context=True)
            except Exception as error:
                raise InputError(f"qonnx does not run it: {' '.join(str(error).split())[:200]}") from error
            return {name: np.asarray(found[name]) for name in wanted}

        return run

    return f"qonnx {version('qonnx')}", make
