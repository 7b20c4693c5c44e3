"""A graph, node by node, as a cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.cell import Cell
from bridge.cell.checks import MAX_SOURCE_BITS
from bridge.errors import InputError
from bridge.melting.affine import Affine, constant, joined
from bridge.melting.exact import Exact
from bridge.melting.head import Reading, finished, scored
from bridge.melting.onnx import arithmetic, pools, products, quantizers, shapes
from bridge.melting.onnx.reading import Given, Node, read_graph
from bridge.melting.onnx.values import Beyond, Known, Raw
from bridge.melting.onnx.work import READERS, Bounds, Work
from bridge.melting.source import File, input_range

DOMAINS = ("", "ai.onnx", "qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general")
_TABLES = arithmetic, pools, products, quantizers, shapes  # that they are imported enters their operators


@dataclass(frozen=True, eq=False)
class Melted:
    """The cell, and what its tensors are; `output`: the name of the one that holds the scores."""

    cell: Cell
    work: Work
    scores: Affine
    output: str
    reading: Reading


def melted(file: File, options: Mapping[str, Any]) -> Melted:
    """InputError, in one sentence that names the node, for what is not supported."""
    graph = read_graph(file)
    if len(graph.given) != 1:
        names = ", ".join(entry.name[:40] for entry in graph.given[:4])
        raise InputError(f"has {len(graph.given)} inputs ({names}); one is supported")
    if len(graph.outputs) != 1:
        raise InputError(f"has {len(graph.outputs)} outputs; one is supported")
    given = graph.given[0]
    shape = _shape(given)
    work = Work(graph, _bounds(given, options), features=math.prod(shape))
    work.values |= {name: Known(array) for name, array in graph.constants.items()}
    work.values[given.name] = Raw(np.arange(work.features).reshape(shape))
    for node in graph.nodes:
        _visit(work, node)
    return _finished(work)


def _visit(work: Work, node: Node) -> None:
    """What a node gives."""
    if node.domain not in DOMAINS:
        raise InputError(f"{node}: operators of {node.domain[:60]!r} are not supported")
    try:
        values = [work.value(name) if name else None for name in node.inputs]
        if shapes.foldable(node, values):
            made: Any = shapes.folded(work, node, values)
        elif node.op in READERS:
            made = READERS[node.op](work, node, values)
        else:
            raise InputError("is not supported")
    except InputError as error:
        raise InputError(f"{node}: {error}") from error
    except (ArithmeticError, IndexError, TypeError, ValueError) as error:
        # Parameters are checked where they are read, so that this may well be a fault of ours; tests take it for one.
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        raise InputError(f"{node}: cannot be read, perhaps by a fault of aigbridge: {said}") from error
    made = made if isinstance(made, list) else [made]
    for name, value in zip(node.outputs, made, strict=False):
        work.values[name] = value


def _finished(work: Work) -> Melted:
    try:
        last = work.value(work.graph.outputs[0])
        what = last.what if isinstance(last, Beyond) else ()
        signed = isinstance(last, Beyond) and last.signed
        scores = last.scores if isinstance(last, Beyond) else work.affine(last)
        scores = scores.reshape(-1)
        if signed:  # a class of its own for what is not above 0
            scores = joined([constant(Exact.of(np.zeros(1))), scores], 0)
        reading = scored(work.drawing, scores, [str(label) for label in range(len(scores.elements))])
    except InputError as error:
        raise InputError(f"output {work.graph.outputs[0][:80]!r}: {error}") from error
    facts = _facts(work, what, reading)
    cell = Cell(finished(work.drawing.blocks), record={"melt": facts})
    tensor = last.tensor if isinstance(last, Beyond) else work.graph.outputs[0]
    return Melted(cell, work, scores, tensor, reading)


def _facts(work: Work, what: tuple[str, ...], reading: Reading) -> dict[str, Any]:
    notes = list(dict.fromkeys(work.drawing.notes))  # once, where several channels of a node say the same
    if what:
        notes.append(f"left out at the end: {', '.join(what)}")
    facts: dict[str, Any] = {"notes": [*notes, *reading.notes], "offset": float(reading.offset)}
    if not reading.ordered:
        facts["bound"] = 2 * float(reading.error)
    return facts


def _shape(given: Given) -> tuple[int, ...]:
    """With a batch of one."""
    shape = (1, *given.shape[1:]) if len(given.shape) > 1 else given.shape
    if -1 in shape or not shape:
        raise InputError(
            f"input {given.name[:80]!r} has the shape {list(given.shape)}: all sizes but the batch must be known, "
            f"and at least 1"
        )
    if math.prod(shape) > MAX_SOURCE_BITS:
        raise InputError(
            f"input {given.name[:80]!r} has {math.prod(shape):,} entries; at most {MAX_SOURCE_BITS:,} may be"
        )
    return shape


def _bounds(given: Given, options: Mapping[str, Any]) -> Bounds | None:
    if options.get("input_range") is not None:
        return Bounds(*input_range(options["input_range"]))
    if given.low is not None and given.high is not None:
        return Bounds(given.low, given.high, 1)
    return None
