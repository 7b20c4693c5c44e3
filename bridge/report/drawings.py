"""Small cones as drawings: what a neuron is built from, between the named signals that it reads and itself.

An edge is complemented where its end reads the complement of the signal or node at its start. Layers run from the
signals on the left to the neuron on the right; within a layer, nodes stand where their fanins are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of

MOST = 24  # AND nodes


@dataclass(frozen=True)
class Drawing:
    """`places`: (layer, row) of every node; `leaves`: names of the first nodes, which are signals; `edges`: (from, to,
    complemented). The last node is the signal drawn, which reads one AND; those between are ANDs."""

    places: tuple[tuple[int, int], ...]
    leaves: tuple[str, ...]
    edges: tuple[tuple[int, int, bool], ...]


def draw(aig: Aig, literal: int, names: Mapping[int, tuple[str, bool]]) -> Drawing | None:
    """The cone of a literal down to the variables in `names` (all inputs and latches, and the points), each with the
    name of a signal and whether that is its complement; the literal's own is not asked. None where it has no or more
    than MOST AND nodes."""
    root = variable_of(literal)
    nodes, leaves = _cone(aig, root, names)
    if not 0 < len(nodes) <= MOST:
        return None
    order = [*leaves, *sorted(nodes)]
    turned = {leaf for leaf in leaves if leaf in names and names[leaf][1]}
    layers: dict[int, int] = dict.fromkeys(leaves, 0)
    heights = {leaf: float(row) for row, leaf in enumerate(leaves)}
    edges = []
    for node in sorted(nodes):
        fanins = aig.ands[node - aig.first_and].tolist()
        layers[node] = 1 + max(layers[variable_of(fanin)] for fanin in fanins)
        heights[node] = sum(heights[variable_of(fanin)] for fanin in fanins) / 2
        ends = dict.fromkeys((variable_of(fanin), inverted(fanin) ^ (variable_of(fanin) in turned)) for fanin in fanins)
        edges += [(order.index(start), order.index(node), flip) for start, flip in ends]
    rows: dict[int, int] = {}
    for layer in range(layers[root] + 1):
        here = sorted((node for node in order if layers[node] == layer), key=lambda node: (heights[node], node))
        rows |= {node: row for row, node in enumerate(here)}
    places = [(layers[node], rows[node]) for node in order]
    edges.append((order.index(root), len(order), inverted(literal)))
    return Drawing((*places, (layers[root] + 1, 0)), tuple(names.get(leaf, ("0",))[0] for leaf in leaves), tuple(edges))


def _cone(aig: Aig, root: int, stops: Collection[int]) -> tuple[set[int], list[int]]:
    """(AND nodes, leaves in the order met); gives up soon after MOST nodes."""
    nodes, leaves, stack = {root}, dict[int, None](), [root]
    if root < aig.first_and:
        return set(), []
    while stack and len(nodes) <= MOST:
        for fanin in aig.ands[stack.pop() - aig.first_and].tolist():
            variable = variable_of(fanin)
            if variable < aig.first_and or variable in stops:
                leaves[variable] = None
            elif variable not in nodes:
                nodes.add(variable)
                stack.append(variable)
    return nodes, list(leaves)
