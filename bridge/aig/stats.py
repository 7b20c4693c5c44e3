"""Counts, levels, fanouts and structure of a netlist, and views of it as networkx graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.aig.names import block_of

if TYPE_CHECKING:
    import networkx as nx  # takes longer to import than most netlists to count

_HISTOGRAM_ENDS = (1, 2, 3, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True)
class Stats:
    """`levels`: the depth in ANDs; `fanouts`: readers -> nodes with so many (0 readers up to "129+", in bins named by
    their bounds); `xors`, `muxes`: ANDs that are the root of such a structure of three ANDs."""

    inputs: int
    latches: int
    outputs: int
    ands: int
    levels: int
    points: int
    largest_fanout: int
    fanouts: dict[str, int]
    xors: int
    muxes: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def depth(aig: Aig) -> int:
    """The maximum level of any node."""
    return int(aig.levels().max())


def stats(aig: Aig) -> Stats:
    """All counts at once."""
    readers = fanouts(aig)
    xors, muxes = _xors_and_muxes(aig)
    return Stats(
        inputs=len(aig.inputs),
        latches=len(aig.latches),
        outputs=len(aig.outputs),
        ands=len(aig.ands),
        levels=depth(aig),
        points=len(aig.points),
        largest_fanout=int(readers[1:].max(initial=0)),
        fanouts=_histogram(readers[aig.first_and :]),
        xors=xors,
        muxes=muxes,
    )


def fanouts(aig: Aig) -> npt.NDArray[np.int64]:
    """int64[variables]: how many ANDs, outputs, next states and properties read each variable."""
    counts: npt.NDArray[np.int64] = np.bincount(variable_of(aig.ands.ravel()), minlength=aig.variables)
    counts += np.bincount(variable_of(aig.roots()), minlength=aig.variables)
    return counts


def to_networkx(aig: Aig, variables: npt.NDArray[np.int64] | None = None) -> nx.DiGraph[Any]:
    """Every variable a node (attributes `kind`, and `name` if it has one), every fanin an edge (`complement`).

    Outputs and next states are nodes named ("output", name) and ("next", name). A node has the name of the first point
    that is its value; points that are complements of nodes name none. With `variables` only these, and the edges
    between them. For graphs that fit: about 1 kB a node.
    """
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph(name=aig.name)
    graph.add_node(0, kind="constant")
    graph.add_nodes_from((v, {"kind": "input", "name": name}) for v, name in enumerate(aig.inputs, 1))
    first_latch = aig.first_latch
    graph.add_nodes_from((v, {"kind": "latch", "name": latch.name}) for v, latch in enumerate(aig.latches, first_latch))
    nodes = np.arange(aig.first_and, aig.variables)
    if variables is not None:
        kept = set(variables.tolist())
        graph.remove_nodes_from([v for v in graph if v not in kept])
        nodes = variables[variables >= aig.first_and]
    graph.add_nodes_from(nodes.tolist(), kind="and")
    for variable, fanins in zip(nodes.tolist(), aig.ands[nodes - aig.first_and].tolist(), strict=True):
        graph.add_edges_from(
            (variable_of(f), variable, {"complement": inverted(f)}) for f in fanins if variable_of(f) in graph
        )
    ends = [("output", output.name, output.literal) for output in aig.outputs]
    ends += [("next", latch.name, latch.next) for latch in aig.latches]
    for kind, name, literal in ends:
        if variable_of(literal) in graph:
            graph.add_node((kind, name), kind=kind, name=name)
            graph.add_edge(variable_of(literal), (kind, name), complement=inverted(literal))
    for point in aig.points:
        if not point.inverted and point.variable in graph:
            graph.nodes[point.variable].setdefault("name", point.name)
    return graph


@dataclass(frozen=True)
class Block:
    """So many bits have names of the block; `readers`: the blocks that it feeds, sorted."""

    bits: int
    readers: tuple[str, ...]


def block_graph(aig: Aig) -> dict[str, Block]:
    """Which named block feeds which. A block is what stands before `[` in the names of inputs, latches, points and
    outputs; it feeds another if some bit of that reads some bit of it with no other point between.

    The block of a latch is both a reader (its next state) and a source (its value).
    """
    sources = [(name, 2 * variable) for variable, name in enumerate(aig.leaves, 1)]
    sources += [(point.name, point.literal) for point in aig.points if point.variable >= aig.first_and]
    readers = [(output.name, output.literal, False) for output in aig.outputs]
    readers += [(latch.name, latch.next, False) for latch in aig.latches]
    readers += [(point.name, point.literal, True) for point in aig.points]
    bits: dict[str, set[str]] = {}
    for name in [*aig.leaves, *(name for name, _, _ in readers)]:
        bits.setdefault(block_of(name), set()).add(name)
    fed: dict[str, set[str]] = {block: set() for block in bits}
    blocks = list(dict.fromkeys(block_of(name) for name, _ in sources))
    # 64 source blocks at a time, one bit each.
    for start in range(0, len(blocks), 64):
        some = {block: 1 << index for index, block in enumerate(blocks[start : start + 64])}
        shown, own = _reached(aig, [(variable_of(literal), some.get(block_of(name), 0)) for name, literal in sources])
        for name, literal, inner in readers:
            mask = int((own if inner else shown)[variable_of(literal)])
            for block, bit in some.items():
                if mask & bit:
                    fed[block].add(block_of(name))
    return {block: Block(len(names), tuple(sorted(fed[block]))) for block, names in bits.items()}


def _reached(aig: Aig, sources: Sequence[tuple[int, int]]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Masks of the sources that each variable reads: as others see it (a source shows only itself), and its own."""
    stops = np.zeros(aig.variables, np.bool_)
    shown = np.zeros(aig.variables, np.uint64)
    for variable, mask in sources:
        stops[variable] = True
        shown[variable] |= np.uint64(mask)
    own = shown.copy()
    levels = aig.levels()
    order = np.argsort(levels, kind="stable")
    bounds = np.searchsorted(levels[order], np.arange(1, levels.max() + 2))
    for begin, end in pairwise(bounds):
        nodes = order[begin:end]
        fanins = variable_of(aig.ands[nodes - aig.first_and])
        own[nodes] = shown[fanins[:, 0]] | shown[fanins[:, 1]]
        shown[nodes] = np.where(stops[nodes], shown[nodes], own[nodes])
    return shown, own


def _histogram(readers: npt.NDArray[np.int64]) -> dict[str, int]:
    ends = np.array(_HISTOGRAM_ENDS)
    counts = np.bincount(np.searchsorted(ends, readers), minlength=len(ends) + 1)
    starts = [0, *(end + 1 for end in _HISTOGRAM_ENDS)]
    labels = [f"{a}" if a == b else f"{a}-{b}" for a, b in zip(starts, _HISTOGRAM_ENDS, strict=False)]
    return dict(zip([*labels, f"{starts[-1]}+"], counts.tolist(), strict=True))


def _xors_and_muxes(aig: Aig) -> tuple[int, int]:
    """Roots !(x & y) & !(z & w): an XOR when z = !x and w = !y, otherwise a MUX when z or w is the complement of x or
    y."""
    ands, first = aig.ands.astype(np.int64), aig.first_and
    inner = variable_of(ands) >= first
    roots = np.flatnonzero((inner & (ands & 1 == 1)).all(axis=1))
    left, right = ands[variable_of(ands[roots, 0]) - first], ands[variable_of(ands[roots, 1]) - first]
    opposite = left[:, :, None] == right[:, None, :] ^ 1
    count = opposite.sum(axis=(1, 2))
    return int((count == 2).sum()), int((count == 1).sum())
