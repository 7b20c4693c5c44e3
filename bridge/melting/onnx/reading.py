"""An ONNX file, which may be anything, as nodes in order, attributes in plain Python and constants in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.errors import InputError, MissingExtra
from bridge.files import read_bytes
from bridge.melting.source import MAX_BYTES, File

MAX_NODES = 5_000
MAX_ENTRIES = 1 << 24  # of a tensor
MAX_DIMENSIONS = 8
_FIELDS = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}  # of a ModelProto: the wire type
_GRAPH = 7

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Node:
    """`inputs`: names, "" for one that is left out."""

    name: str
    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.op})"

    def alone(self, opset: int) -> Any:
        """A model of this node only."""
        from onnx import ValueInfoProto, helper

        node = helper.make_node(self.op, list(self.inputs), list(self.outputs), **self.attributes)
        given, gives = ([ValueInfoProto(name=name) for name in ends if name] for ends in (self.inputs, self.outputs))
        graph = helper.make_graph([node], "node", given, gives)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


@dataclass(frozen=True)
class Given:
    """What the network is given. `shape`: -1 where the file says nothing; `kind`: the type of its array; `low`,
    `high`: of integers, if it is these."""

    name: str
    shape: tuple[int, ...]
    kind: Any
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Graph:
    """`nodes`: those that the outputs need, each after what it reads; `opset`: version of the standard operators."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    given: tuple[Given, ...]
    outputs: tuple[str, ...]
    opset: int


def recognises(start: bytes) -> bool:
    """Does a file start as a ModelProto does: its fields, with their wire types, up to the graph?"""
    at, seen = 0, set()
    while at < len(start):
        tag, at = _varint(start, at)
        field, wire = tag >> 3, tag & 7
        if _FIELDS.get(field) != wire:
            return False
        length, at = _varint(start, at)
        if at < 0:
            return False
        seen.add(field)
        if field == _GRAPH:
            return length > 0
        at += length if wire == 2 else 0
    return bool(seen) and at > len(start)  # the graph may come after more than we are shown


def read_graph(file: File) -> Graph:
    """InputError in one sentence for what is no ONNX file, or one with parts that are not supported."""
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra("an ONNX file needs onnx: pip install 'aigbridge[onnx]'") from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(file.data)
    except Exception as error:  # of protobuf, whose errors have no common class
        raise InputError(f"{file.path}: is no ONNX file: {' '.join(str(error).split())[:200]}") from error
    graph = model.graph
    if len(graph.node) > MAX_NODES:
        raise InputError(f"the graph has {len(graph.node):,} nodes; at most {MAX_NODES:,} are allowed")
    if len(graph.sparse_initializer):
        raise InputError("sparse constants are not supported")
    constants = {
        _text(tensor.name): array_of(tensor, file.path.parent, f"constant {tensor.name!r}")
        for tensor in graph.initializer
    }
    nodes = [_node(proto, index, file.path.parent) for index, proto in enumerate(graph.node)]
    outputs = tuple(_text(value.name) for value in graph.output)
    kinds = _annotations(graph)
    given = tuple(_given(value, kinds) for value in graph.input if value.name not in constants)
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
    if not outputs or not given:
        raise InputError("the graph has no input or no output")
    return Graph(
        _in_order(nodes, {*constants, *(value.name for value in given)}, outputs), constants, given, outputs, opset
    )


def array_of(tensor: Any, folder: Path, place: str) -> Array:
    """A TensorProto as an array; `place`: what to call it. InputError for what is none, or too large."""
    from onnx import numpy_helper

    dims = list(tensor.dims)
    if len(dims) > MAX_DIMENSIONS or min(dims, default=0) < 0 or math.prod(dims) > MAX_ENTRIES:
        raise InputError(f"{place} has the shape {dims}; at most {MAX_ENTRIES:,} entries are allowed")
    if tensor.data_location == tensor.EXTERNAL:
        tensor = _external(tensor, folder, place)
    try:
        array = np.asarray(numpy_helper.to_array(tensor))
    except Exception as error:  # bytes that do not fit the shape, types that are none
        raise InputError(f"{place} is no array: {' '.join(str(error).split())[:200]}") from error
    if array.dtype.kind not in "biuf" and array.dtype.name not in ("int4", "uint4", "int2", "uint2"):
        raise InputError(f"{place} holds {array.dtype.name}, which is not supported")
    if array.dtype.kind not in "biuf":
        array = array.astype(np.int8 if array.dtype.name.startswith("i") else np.uint8)
    return array


def _external(tensor: Any, folder: Path, place: str) -> Any:
    """The same with the bytes that stand in a file beside it."""
    facts = {entry.key: _text(entry.value) for entry in tensor.external_data}
    name = facts.get("location", "")
    if not name or Path(name).name != name or name in (".", ".."):
        raise InputError(f"{place} stands in the file {name!r:.80}, which is not beside this one")
    file = folder / name
    if file.is_symlink() or not file.is_file():
        raise InputError(f"{place} stands in the file {name!r:.80}, which is missing or no plain file")
    try:
        start, length = int(facts.get("offset", 0)), int(facts.get("length", -1))
    except ValueError as error:
        raise InputError(f"{place}: its place in {name!r:.80} is no number") from error
    content = read_bytes(file, "constants of an ONNX file", MAX_BYTES)
    end = len(content) if length < 0 else start + length
    if not 0 <= start <= end <= len(content):
        raise InputError(f"{place} stands outside the file {name!r:.80}")
    made = type(tensor)()
    made.CopyFrom(tensor)
    made.ClearField("external_data")
    made.data_location = tensor.DEFAULT
    made.raw_data = content[start:end]
    return made


def _node(proto: Any, index: int, folder: Path) -> Node:
    op = _text(proto.op_type)[:80]
    name = _text(proto.name)[:80] or f"{op}_{index}"
    place = f"node {name!r} ({op})"
    attributes = {_text(entry.name): _attribute(entry, folder, place) for entry in proto.attribute}
    reads, gives = (tuple(map(_text, names)) for names in (proto.input, proto.output))
    return Node(name, op, _text(proto.domain), reads, gives, attributes)


def _attribute(entry: Any, folder: Path, place: str) -> Any:
    """In plain Python; tensors become arrays, text stays text."""
    plain = {
        entry.FLOAT: lambda: float(entry.f),
        entry.INT: lambda: int(entry.i),
        entry.STRING: lambda: entry.s.decode(errors="replace"),
        entry.FLOATS: lambda: [float(number) for number in entry.floats],
        entry.INTS: lambda: [int(number) for number in entry.ints],
        entry.STRINGS: lambda: [text.decode(errors="replace") for text in entry.strings],
        entry.TENSOR: lambda: array_of(entry.t, folder, f"{place}: attribute {entry.name[:40]!r}"),
    }
    if entry.type not in plain:
        raise InputError(f"{place}: attribute {entry.name[:40]!r} holds a graph or a type that is not supported")
    found: Callable[[], Any] = plain[entry.type]
    return found()


def _text(value: Any) -> str:
    """A name; protobuf gives those that are no text as bytes."""
    if not isinstance(value, str):
        raise InputError(f"holds the name {value[:40]!r}, which is no text")
    return value


def _annotations(graph: Any) -> dict[str, str]:
    """The integer types that QONNX tools note beside tensors."""
    return {
        note.tensor_name: _text(entry.value)
        for note in graph.quantization_annotation
        for entry in note.quant_parameter_tensor_names
        if entry.key == "finn_datatype"
    }


def _given(value: Any, kinds: Mapping[str, str]) -> Given:
    from onnx import TensorProto

    tensor = value.type.tensor_type
    place = f"input {_text(value.name)[:80]!r}"
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        raise InputError(f"{place} has no shape")
    dims = [entry.dim_value if entry.HasField("dim_value") else -1 for entry in tensor.shape.dim]
    shape = tuple(dim if dim > 0 else -1 for dim in dims)
    if len(shape) > MAX_DIMENSIONS or math.prod(map(abs, shape)) > MAX_ENTRIES:
        raise InputError(f"{place} has the shape {dims}; at most {MAX_ENTRIES:,} entries are allowed")
    types = {TensorProto.UINT8: "UINT8", TensorProto.INT8: "INT8"}
    low, high = _integer_bounds(types.get(tensor.elem_type, kinds.get(value.name, "")))
    kind = {
        TensorProto.FLOAT: np.float32,
        TensorProto.DOUBLE: np.float64,
        TensorProto.UINT8: np.uint8,
        TensorProto.INT8: np.int8,
    }
    if tensor.elem_type not in kind:
        raise InputError(f"{place} holds neither floats nor bytes")
    return Given(value.name, shape, kind[tensor.elem_type], low, high)


def _integer_bounds(kind: str) -> tuple[int | None, int | None]:
    """Of `UINT8`, `INT4` and the like."""
    signed, digits = not kind.startswith("U"), kind.removeprefix("U").removeprefix("INT")
    if "INT" not in kind or not digits.isdecimal() or not 1 <= int(digits[:3]) <= 16:
        return None, None
    bits = int(digits[:3])
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def _in_order(nodes: Sequence[Node], known: set[str], outputs: Sequence[str]) -> tuple[Node, ...]:
    """Those that the outputs need, each after what it reads; InputError for names that nobody gives, and cycles."""
    makers: dict[str, int] = {}
    for place, node in enumerate(nodes):
        for name in filter(None, node.outputs):
            if name in makers or name in known:
                raise InputError(f"{node}: its output {name[:80]!r} is given twice")
            makers[name] = place
    needs: dict[int, list[int]] = {}
    wanted = [("the graph", output) for output in outputs]
    while wanted:
        reader, name = wanted.pop()
        if not name or name in known:
            continue
        if name not in makers:
            raise InputError(f"{reader}: reads {name[:80]!r}, which nothing gives")
        place = makers[name]
        if place not in needs:
            node = nodes[place]
            needs[place] = [makers[read] for read in node.inputs if read in makers]
            wanted += [(str(node), read) for read in node.inputs]
    try:
        order = TopologicalSorter({place: needs[place] for place in sorted(needs)}).static_order()
        return tuple(nodes[place] for place in order)
    except CycleError as error:
        raise InputError(f"{nodes[error.args[1][0]]}: reads, by others, what it gives itself") from error


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and what comes after it; -1 for none."""
    value = shift = 0
    while 0 <= at < len(data) and shift < 64:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 128:
            return value, at
    return 0, -1
