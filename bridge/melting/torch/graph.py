"""A module of torch as a graph of ATen operations, in order, with everything that is constant worked out."""

from __future__ import annotations

import logging
import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import export
from torch.export.graph_signature import InputKind
from torch.fx import Node as FxNode

from bridge.errors import InputError

GET_ITEM = "getitem"


@dataclass(frozen=True, eq=False)
class Graph:
    """`nodes`: what the outputs need, in order; `constants`: values of placeholders; `inputs`: the other ones, by
    place; `outputs`: nodes; `stand_for`: straight-through estimators, each by what it gives."""

    nodes: Sequence[FxNode]
    constants: dict[FxNode, Any]
    inputs: Sequence[FxNode]
    outputs: Sequence[FxNode]
    stand_for: dict[FxNode, FxNode]

    def through(self, node: FxNode) -> FxNode:
        """The node itself, or what it stands for."""
        while node in self.stand_for:
            node = self.stand_for[node]
        return node


def graph_of(module: nn.Module, examples: Sequence[Tensor]) -> Graph:
    """The module in eval mode on a batch of one; InputError in the words of torch where it cannot be traced."""
    try:
        with quiet(module), torch.no_grad():
            program = export(module, tuple(examples), strict=False)
    except Exception as error:  # whatever the user's code raises
        words = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"the module cannot be traced by torch.export: {words:.200}") from error
    placeholders = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    constants, inputs = {}, []
    for spec in program.graph_signature.input_specs:
        name = getattr(spec.arg, "name", None)
        if spec.kind == InputKind.USER_INPUT:
            inputs.append(placeholders[str(name)])
        elif spec.target in program.state_dict:
            constants[placeholders[str(name)]] = program.state_dict[spec.target].detach()
        else:
            constants[placeholders[str(name)]] = program.constants[str(spec.target)]
    (last,) = (node for node in program.graph.nodes if node.op == "output")
    outputs = [
        node for node in torch.fx.node.map_arg(last.args[0], lambda node: node) or () if isinstance(node, FxNode)
    ]
    stand_for = {node: given for node in program.graph.nodes if (given := _estimated(node)) is not None}
    if not outputs:
        raise InputError("the module gives no tensor")
    graph = Graph((), constants, inputs, outputs, stand_for)
    needed = _needed(graph)
    nodes = [node for node in program.graph.nodes if node in needed]
    return Graph(nodes, constants, inputs, [graph.through(node) for node in outputs], stand_for)


@contextmanager
def quiet(module: nn.Module) -> Iterator[None]:
    """In eval mode, for a while, and without what torch logs of its own errors, which are raised as well."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)
        for part, training in modes:
            part.training = training


def _needed(graph: Graph) -> set[FxNode]:
    waiting, found = list(graph.outputs), set[FxNode]()
    while waiting:
        node = graph.through(waiting.pop())
        if node not in found:
            found.add(node)
            waiting += node.all_input_nodes
    return found


def _estimated(node: FxNode) -> FxNode | None:
    """What `x + (q - x).detach()`, in any order, or `x - (x - q).detach()` gives: q."""
    kind = operation(node)
    if kind not in ("add", "sub") or len(node.args) != 2 or node.kwargs:
        return None
    a, b = (_bare(arg) for arg in node.args)
    for x, difference in ((a, b), (b, a))[: 2 if kind == "add" else 1]:
        if isinstance(difference, FxNode) and operation(difference) == "sub" and len(difference.args) == 2:
            first, second = (_bare(arg) for arg in difference.args)
            given, same = (first, second) if kind == "add" else (second, first)
            if same is x and isinstance(given, FxNode):
                return given
    return None


def _bare(value: Any) -> Any:
    while isinstance(value, FxNode) and operation(value) == "detach":
        value = value.args[0]
    return value


def operation(node: FxNode) -> str | None:
    """The name of an ATen operation, of whatever overload, in place or not; None for other nodes."""
    if node.op != "call_function":
        return None
    if node.target is operator.getitem:
        return GET_ITEM
    schema = _schema(node)
    return None if schema is None else schema.name.rpartition("::")[2].rstrip("_")


def _schema(node: FxNode) -> Any:
    """Of an ATen operation; None for other nodes."""
    return getattr(node.target, "_schema", None)


def call(node: FxNode, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The operation of a node, on tensors."""
    assert callable(node.target)
    return node.target(*args, **kwargs)


def arguments(node: FxNode) -> dict[str, Any]:
    """By name, defaults included; the first one, `self`, is `x`."""
    if node.target is operator.getitem:
        return dict(zip(("x", "index"), node.args, strict=True))
    found: dict[str, Any] = {}
    for place, argument in enumerate(_schema(node).arguments):
        name = {"self": "x", "input": "x"}.get(argument.name, argument.name)
        if place < len(node.args):
            found[name] = node.args[place]
        elif argument.name in node.kwargs:
            found[name] = node.kwargs[argument.name]
        else:
            found[name] = argument.default_value if argument.has_default_value() else None
    return found


def place_of(node: FxNode) -> str:
    """The layer and the operation, for people: `fc1 (linear)`."""
    return f"{name_of(node)} ({operation(node) or node.op})"


def name_of(node: FxNode) -> str:
    """A name for the blocks of a node: its layer's."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return (stack[-1][0] if stack else "") or node.name
