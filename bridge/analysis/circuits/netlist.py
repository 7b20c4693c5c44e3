"""A circuit as a netlist of its own, and as a drawing."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from bridge.aig import Aig, AigBuilder
from bridge.aig.cone import cone
from bridge.aig.literals import through
from bridge.aig.names import parse
from bridge.analysis.circuits.candidates import Candidate, opened
from bridge.analysis.drawing import MOST_NODES, quoted, svg_of
from bridge.arrays import Bits, Flags, Ints
from bridge.errors import InputError

PREDICTION = "prediction"


def circuit_netlist(aig: Aig, elements: Sequence[Candidate], kept: Flags, rest: Bits | None) -> Aig:
    """One step of the circuit: its inputs are what kept elements read from outside, by name, and the names of elements
    that are not kept, as far as they are read; these are constants where `rest`, uint8[rests], says so. Its outputs are
    the prediction of `aig`, see `setting_of`; kept elements are points.
    """
    form, builder = opened(aig, elements), AigBuilder(aig.name, 2 * aig.variables)
    read = dict(zip(range(1, aig.first_and), builder.inputs(aig.leaves), strict=True))
    places = [(bit, keep) for item, keep in zip(elements, kept.tolist(), strict=True) for bit in item.own]
    stand_ins = []
    for place, (bit, keep) in enumerate(places):
        if keep:
            stand_ins.append(0)
        elif rest is not None:
            stand_ins.append(int(rest[place]))
        elif bit.variable in read:
            stand_ins.append(read[bit.variable])
        else:
            stand_ins.append(builder.input(bit.name) ^ (bit.literal & 1))
    leaves = [*read.values()]
    inputs, state = leaves[: len(aig.inputs)], leaves[len(aig.inputs) :]
    image = builder.copy(form, [*inputs, *kept.astype(int).tolist(), *stand_ins, *state])
    results = through(image, form.output_literals()).tolist()
    shown = len(aig.outputs)
    builder.outputs((output.name for output in aig.outputs[2:]), results[2:shown])
    own = dict(zip((bit.variable for bit, _ in places), results[shown:], strict=True))
    for item, keep in zip(elements, kept, strict=True):
        for bit in item.bits if keep else ():
            builder.point(bit.name, own[bit.variable] ^ (bit.literal & 1))
    return _read_alone(builder.build())


def _read_alone(form: Aig) -> Aig:
    """Without the inputs that nothing reads; with the points that are left."""
    small = cone(form, range(len(form.outputs)))
    builder = AigBuilder(form.name, form.variables)
    known = {name: builder.input(name) for name in small.inputs}
    image: Ints = builder.copy(form, [known.get(name, 0) for name in form.inputs])
    return builder.build_like(form, image)


def circuit_graph(aig: Aig, elements: Sequence[Candidate], kept: Flags) -> nx.DiGraph[str]:
    """Which kept element reads which, without another kept one between; the prediction is `prediction`."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    inside = [item for item, keep in zip(elements, kept, strict=True) if keep]
    owner = {variable: item.name for item in inside for variable in item.variables}
    let_go = {variable for item in elements for variable in item.variables} - owner.keys()
    graph.add_nodes_from(item.name for item in inside)
    for item in inside:
        fanins = [aig.ands[variable - aig.first_and] >> 1 for variable in item.variables if variable >= aig.first_and]
        read = [int(variable) for pair in fanins for variable in pair]
        graph.add_edges_from((source, item.name) for source in _read_by(aig, read, owner, let_go))
    predicted = [output.variable for output in aig.outputs[2:]]
    graph.add_edges_from((source, PREDICTION) for source in _read_by(aig, predicted, owner, let_go))
    return graph


def _read_by(aig: Aig, variables: list[int], owner: dict[int, str], let_go: set[int]) -> list[str]:
    """The kept elements that are met first on the way back from these variables, in the order of the netlist."""
    found, seen, waiting = set[int](), set[int](), [*variables]
    while waiting:
        variable = waiting.pop()
        if variable in seen or variable in let_go:
            continue
        seen.add(variable)
        if variable in owner:
            found.add(variable)
        elif variable >= aig.first_and:
            waiting += (aig.ands[variable - aig.first_and] >> 1).tolist()
    return list(dict.fromkeys(owner[variable] for variable in sorted(found)))


def circuit_dot(graph: nx.DiGraph[str], title: str) -> str:
    """DOT text, a column of elements for each block. InputError above MOST_NODES elements: nobody could read it."""
    if len(graph) > MOST_NODES:
        raise InputError(
            f"the circuit has {len(graph):,} elements, but at most {MOST_NODES} can be drawn; use --blocks"
        )
    ids = {name: f"n{place}" for place, name in enumerate(graph)}
    lines = ["digraph {", f"  label={quoted(title)}; rankdir=BT; node [fontname=Helvetica fontsize=10 shape=box];"]
    for name in graph:
        colour = "#dcfce7" if name == PREDICTION else "#fef3c7" if parse(name).kind == "state" else "#f3e8ff"
        lines.append(f"  {ids[name]} [label={quoted(name)} style=filled fillcolor={quoted(colour)}];")
    lines += [f"  {ids[one]} -> {ids[other]};" for one, other in graph.edges]
    return "\n".join([*lines, "}", ""])


def circuit_svg(graph: nx.DiGraph[str], title: str) -> str:
    """The drawing. ToolError when Graphviz is missing or fails, InputError when there are too many elements."""
    return svg_of(circuit_dot(graph, title), "the circuit")
