"""Fanin and fanout cones: what a signal reads and what reads it, through latches for k steps; what cones share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import networkx as nx
import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import variable_of
from bridge.aig.stats import to_networkx
from bridge.analysis.places import SameNodes, placed, same_nodes
from bridge.analysis.reachability import longest_paths, spread, spread_back
from bridge.analysis.signals import Signal, input_bits, point_bits, resolve, state_bits, target_literals
from bridge.arrays import Flags, Ints, Words
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.words import unpacked

Direction = Literal["fanin", "fanout"]

MOST_STEPS = 64


@dataclass(frozen=True, eq=False)
class Cone:
    """The transitive fanin or fanout of a signal within `steps` steps.

    `nodes`: int64, ascending, the variables met in any step, of a cell those of `lower(cell, apart=True)`; `ands`: AND
    nodes among them, places not counted; `unrolled`: AND nodes of each step, counted from the signal on; `depth`: the
    longest path in ANDs within the first of these steps; `inputs`, `latches`, `points`, `outputs`: names met. A fanin
    cone ends at inputs and latches that it *reads*; the latches and outputs of a fanout cone are those that the signal
    *reaches*. `same_node`: other names in the netlist of the signal's nodes, whose cone this also is, and of the
    points' nodes, which need not stand on the way themselves.
    """

    signal: str
    direction: Direction
    steps: int
    nodes: Ints
    ands: int
    unrolled: tuple[int, ...]
    depth: int
    inputs: tuple[str, ...]
    latches: tuple[str, ...]
    points: tuple[str, ...]
    outputs: tuple[str, ...]
    same_node: SameNodes = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything but the node numbers."""
        facts = {key: value for key, value in vars(self).items() if key not in ("nodes", "same_node")}
        lists = {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}
        return lists | {"same_node": {name: [*others] for name, others in self.same_node.items()}}


def check_steps(steps: int) -> int:
    """The same number; InputError outside 1 .. MOST_STEPS."""
    if not 1 <= steps <= MOST_STEPS:
        raise InputError(f"the number of steps must lie in 1 .. {MOST_STEPS}, not {steps}")
    return steps


def fanin_cone(model: Cell | Aig, name: str, steps: int = 1) -> Cone:
    """What the signal is computed from. A state bit stands for the function of its next value."""
    aig = placed(model)
    gates = _gates(model, aig)
    signal = resolve(aig, name)
    front = variable_of(target_literals(aig, signal.bits))
    first_latch, nexts = aig.first_latch, variable_of(aig.next_literals())
    met, read, unrolled = np.zeros(aig.variables, np.bool_), np.zeros(aig.first_and, np.bool_), []
    depths = np.zeros(aig.variables, np.int64)
    longest_paths(aig.ands, aig.first_and, gates, depths)
    depth = int(depths[front].max(initial=0))
    for _ in range(check_steps(steps)):
        masks = np.zeros((aig.variables, 1), np.uint64)
        masks[front] = 1
        spread_back(aig.ands, aig.first_and, masks)
        here = masks[:, 0] > 0
        met |= here
        read |= here[: aig.first_and]
        unrolled.append(int((here[aig.first_and :] & gates).sum()))
        front = nexts[here[first_latch : aig.first_and]]
    latches = tuple(bit.name for bit in state_bits(aig) if read[bit.variable])
    return _cone(aig, signal, gates, met, direction="fanin", unrolled=tuple(unrolled), depth=depth, latches=latches)


def fanout_cone(model: Cell | Aig, name: str, steps: int = 1) -> Cone:
    """What is computed from the signal. Its own state bits, as they are before the first step, are the source."""
    aig = placed(model)
    gates = _gates(model, aig)
    signal = resolve(aig, name)
    front = np.unique(np.array([bit.variable for bit in signal.bits if bit.variable], np.int64))
    first_latch, nexts = aig.first_latch, variable_of(aig.next_literals())
    met, unrolled, depth = np.zeros(aig.variables, np.bool_), [], 0
    reached, outputs = np.zeros(len(aig.latches), np.bool_), np.zeros(len(aig.outputs), np.bool_)
    for step in range(check_steps(steps)):
        depths = np.full(aig.variables, -1, np.int64)
        depths[front] = 0
        longest_paths(aig.ands, aig.first_and, gates, depths)
        here = depths >= 0
        met |= here
        unrolled.append(int((here[aig.first_and :] & gates).sum()))
        depth = int(depths.max(initial=0)) if step == 0 else depth
        reached |= here[nexts]
        outputs |= here[variable_of(aig.output_literals())]
        front = first_latch + np.flatnonzero(here[nexts])
    latches = tuple(aig.latches[index].name for index in np.flatnonzero(reached))
    names = tuple(aig.outputs[index].name for index in np.flatnonzero(outputs))
    facts = {"latches": latches, "outputs": names}
    return _cone(aig, signal, gates, met, direction="fanout", unrolled=tuple(unrolled), depth=depth, **facts)


def _gates(model: Cell | Aig, aig: Aig) -> Flags:
    """bool[n]: the ANDs that count. Of a cell `a AND a` is a place."""
    counted: Flags = aig.ands[:, 0] != aig.ands[:, 1]
    return counted if isinstance(model, Cell) else np.ones_like(counted)


def _cone(
    aig: Aig,
    signal: Signal,
    gates: Flags,
    met: Flags,
    *,
    direction: Direction,
    unrolled: tuple[int, ...],
    depth: int,
    latches: tuple[str, ...],
    outputs: tuple[str, ...] = (),
) -> Cone:
    met[0] = False
    own = {bit.name for bit in signal.bits}
    points = [bit for bit in point_bits(aig) if met[bit.variable] and bit.name not in own]
    # What a state bit is computed from is its next value, which is no place.
    told = [bit for bit in signal.bits if direction == "fanout" or bit.latch < 0]
    through = {bit.variable: bit for bit in reversed(points)}  # one name of each node
    through = {variable: through[variable] for variable in through.keys() - {bit.variable for bit in told}}
    return Cone(
        signal=signal.name,
        direction=direction,
        steps=len(unrolled),
        nodes=np.flatnonzero(met),
        ands=int((met[aig.first_and :] & gates).sum()),
        unrolled=unrolled,
        depth=depth,
        inputs=tuple(bit.name for bit in input_bits(aig) if met[bit.variable]),
        latches=latches,
        points=tuple(bit.name for bit in points),
        outputs=outputs,
        same_node=same_nodes(aig, [*told, *(through[variable] for variable in sorted(through))]),
    )


def cone_graph(model: Cell | Aig, cone: Cone) -> nx.DiGraph[Any]:
    """The cone as a networkx graph, with the constant where it is read; see `bridge.aig.stats.to_networkx`.

    `model`: what the cone was made from.
    """
    aig = placed(model)
    roots = target_literals(aig, resolve(aig, cone.signal).bits) if cone.direction == "fanin" else np.zeros(0, np.int64)
    read = np.concatenate([aig.ands[cone.nodes[cone.nodes >= aig.first_and] - aig.first_and].ravel(), roots])
    return to_networkx(aig, np.concatenate([np.zeros(int((read < 2).any()), np.int64), cone.nodes]))


def reaches(aig: Aig, sources: Sequence[Signal], targets: Sequence[Signal], steps: int = 1) -> Flags:
    """bool[sources, targets]: whether any path leads from a source, in step 1, to a target in steps 1 .. `steps`.

    False is a proof that the source does not affect the target; see `dependences.affects` for what that means.
    """
    first_latch, nexts = aig.first_latch, variable_of(aig.next_literals())
    ends = [variable_of(target_literals(aig, signal.bits)) for signal in targets]
    places = np.concatenate([[0], *ends])[1:].astype(np.int64)
    bounds = np.cumsum([0, *map(len, ends)])[:-1]
    masks = _masks(aig.variables, [np.array([bit.variable for bit in source.bits], np.int64) for source in sources])
    found = np.zeros((len(targets), masks.shape[1]), np.uint64)
    for _ in range(check_steps(steps)):
        masks[0] = 0
        spread(aig.ands, aig.first_and, masks)
        if len(targets):
            found |= np.bitwise_or.reduceat(masks[places], bounds, axis=0)
        following = np.zeros_like(masks)
        following[first_latch : aig.first_and] = masks[nexts]
        masks = following
    return _unpacked(found, len(sources)).T.copy()


def _masks(variables: int, groups: Sequence[Ints]) -> Words:
    """One bit for each group, set in all its variables."""
    masks = np.zeros((variables, max(1, -(-len(groups) // 64))), np.uint64)
    for index, group in enumerate(groups):
        masks[group, index // 64] |= np.uint64(1 << index % 64)
    return masks


def _unpacked(masks: Words, count: int) -> Flags:
    """bool[rows, count]."""
    return unpacked(masks, count).astype(np.bool_)
