"""Cones as DOT text, and as SVG where Graphviz is installed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.analysis.cones import Cone, cone_graph
from bridge.analysis.places import placed
from bridge.cell import Cell
from bridge.errors import InputError, ToolError
from bridge.toolchain.process import Limits, run_process

MOST_NODES = 400
_SECONDS = 60.0
_SHAPES = {"input": "box", "latch": "box", "output": "cds", "next": "cds", "and": "circle", "constant": "plain"}
_SHAPES |= {"point": "ellipse"}
_COLOURS = {"input": "#dbeafe", "latch": "#fef3c7", "output": "#dcfce7", "next": "#fef3c7", "point": "#f3e8ff"}


def to_dot(model: Cell | Aig, cone: Cone) -> str:
    """DOT text: boxes are inputs and latches, circles ANDs (violet: neurons), dashed edges complements.

    `model`: what the cone was made from. InputError above MOST_NODES nodes: nobody could read it.
    """
    if len(cone.nodes) > MOST_NODES:
        raise InputError(
            f"the {cone.direction} cone of {cone.signal} has {len(cone.nodes):,} nodes, but at most {MOST_NODES} can "
            "be drawn; ask for a smaller signal"
        )
    aig = placed(model)
    graph: nx.DiGraph[Any] = cone_graph(aig, cone)
    for point in aig.points:  # those that are no node's name: complements, and second names
        variable = point.variable
        if variable in graph and graph.nodes[variable].get("name") != point.name:
            graph.add_node(("point", point.name), kind="point", name=point.name)
            graph.add_edge(variable, ("point", point.name), complement=point.inverted)
    ids = {node: f"n{place}" for place, node in enumerate(graph)}
    lines = ["digraph {", "  rankdir=BT; node [fontname=Helvetica fontsize=10]; edge [arrowsize=0.5];"]
    for node, facts in graph.nodes(data=True):
        kind, name = facts["kind"], facts.get("name", "")
        label = f"{name}'" if kind == "next" else name or ("0" if kind == "constant" else "&")
        kind = "point" if kind == "and" and name else kind
        colour = quoted(_COLOURS.get(kind, "white"))
        lines.append(f"  {ids[node]} [label={quoted(label)} shape={_SHAPES[kind]} style=filled fillcolor={colour}];")
    for start, end, complement in _edges(aig, graph):
        lines.append(f"  {ids[start]} -> {ids[end]}{' [style=dashed]' if complement else ''};")
    return "\n".join([*lines, "}", ""])


def _edges(aig: Aig, graph: nx.DiGraph[Any]) -> Iterator[tuple[Any, Any, bool]]:
    """(from, to, complemented); an AND may read a node and its complement, which are two edges."""
    for end, facts in graph.nodes(data=True):
        if facts["kind"] == "and":
            fanins = dict.fromkeys(aig.ands[end - aig.first_and].tolist())
            yield from ((variable_of(fanin), end, inverted(fanin)) for fanin in fanins if variable_of(fanin) in graph)
        else:
            yield from ((start, end, data["complement"]) for start, _, data in graph.in_edges(end, data=True))


def to_svg(model: Cell | Aig, cone: Cone) -> str:
    """The drawing. ToolError when Graphviz is missing or fails, InputError when the cone is too large."""
    return svg_of(to_dot(model, cone), cone.signal)


def svg_of(text: str, what: str) -> str:
    """DOT text as SVG, a drawing of `what`. ToolError when Graphviz is missing or fails."""
    program = shutil.which("dot")
    if program is None:
        raise ToolError("drawing needs the program dot: install Graphviz, or write a .dot file instead")
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as name:
        folder = Path(name)
        (folder / "drawing.dot").write_text(text, encoding="utf-8")
        command = [program, "-Tsvg", "-o", "drawing.svg", "drawing.dot"]
        finished = run_process(command, folder, Limits(seconds=_SECONDS), tool="dot", step=f"the drawing of {what}")
        drawn = folder / "drawing.svg"
        svg = drawn.read_text(encoding="utf-8", errors="replace") if drawn.is_file() else ""
    if "</svg>" not in svg:
        raise ToolError(f"dot made no drawing of {what}: {finished.log.strip()[-300:] or 'it said nothing'}")
    return svg[svg.index("<svg") :]


def quoted(text: str) -> str:
    escaped = "".join(c if c.isprintable() else f"\\\\x{ord(c):02x}" for c in text.replace("\\", "\\\\"))
    return '"' + escaped.replace('"', '\\"') + '"'
