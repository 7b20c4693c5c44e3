"""Merge nodes that a text does not tell apart: equal or complementary wherever it leads, nearly constant, or nearly
what one of their fanins is.

A trace of every node is folded into a hash while the netlist runs on many places of the text at once; nodes of equal
hashes had the same values at every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.graph import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.aig.names import parse
from bridge.aig.strash import Graph, and_gate
from bridge.arrays import Ands, Flags, Ints, Words
from bridge.compiled import compiled
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.states import drive, random_excerpts, rows_of
from bridge.lowering.area_flow import area_flow
from bridge.metadata import read_metadata

WORDS = 8
STREAMS = 64 * WORDS
STEPS = 384
RARE = 0.02  # how often a nearly constant node may take its other value
FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Merge:
    """`node`, a variable, becomes `literal`, of an earlier variable or a constant; `share`: of the positions of the
    sample where the two differ; `saved`: about how many ANDs it saves."""

    node: int
    literal: int
    share: float
    saved: float = 1.0


def find_merges(aig: Aig, text: bytes, seed: int) -> list[Merge]:
    """Every node's best merge, those that cost least for the ANDs they save first. InputError when the text is too
    short."""
    ones, hashes, samples = _traces(aig, text, seed)
    merges = [*_equal(aig, hashes, ones % samples == 0), *_nearly(aig, ones, samples)]
    return sorted(merges, key=lambda merge: (merge.share / merge.saved, merge.node))


def _equal(aig: Aig, hashes: Words, constant: Flags) -> Iterator[Merge]:
    """Nodes whose traces are those of an earlier node, or their complements; what does not depend on a code node is
    never merged with what does, since the state must not."""
    asked = asks_node(aig)
    first: dict[tuple[bool, int], int] = {}
    for variable, (value, other) in enumerate(hashes.tolist()):
        if variable and not constant[variable]:
            twin = first.setdefault((asked[variable], min(value, other)), 2 * variable + (value > other))
            if variable_of(twin) != variable and variable >= aig.first_and:
                yield Merge(variable, twin ^ int(value > other), 0.0, 1.0)


def asks_node(aig: Aig) -> list[bool]:
    """For every variable: does an input `node[i]` lead to it?"""
    asked = [False, *(parse(name).kind == "node" for name in aig.inputs), *(False for _ in aig.latches)]
    for a, b in aig.ands.tolist():
        asked.append(asked[variable_of(a)] or asked[variable_of(b)])
    return asked


def _nearly(aig: Aig, ones: Ints, samples: int) -> Iterator[Merge]:
    """Nodes that are nearly constant, or nearly what one of their fanins is."""
    leaf = np.arange(aig.variables) < aig.first_and
    outside = variable_of(np.concatenate([aig.output_literals(), aig.next_literals()]))
    readers = np.bincount(np.concatenate([variable_of(aig.ands.ravel()), outside]), minlength=aig.variables)
    paid = area_flow(aig.ands, aig.first_and, leaf, readers) / np.maximum(readers, 1)
    fanins = aig.ands.astype(np.int64)
    own = ones[aig.first_and :]
    one = np.where(inverted(fanins), samples - ones[variable_of(fanins)], ones[variable_of(fanins)])
    total = 1 + paid[variable_of(fanins)].sum(axis=1)
    shares = np.stack([own, samples - own, one[:, 0] - own, one[:, 1] - own], axis=1) / samples
    saved = np.stack([total, total, 1 + paid[variable_of(fanins[:, 1])], 1 + paid[variable_of(fanins[:, 0])]], axis=1)
    literals = np.concatenate([np.tile([0, 1], (len(fanins), 1)), fanins], axis=1)
    best = (shares / saved).argmin(axis=1)
    rows = np.arange(len(fanins))
    for node in np.flatnonzero(shares[rows, best] <= RARE).tolist():
        way = best[node]
        place = node, way
        yield Merge(aig.first_and + node, int(literals[place]), float(shares[place]), float(saved[place]))


def merged(aig: Aig, merges: Sequence[Merge]) -> Aig:
    """The netlist with these nodes merged, and what nothing needs any more left out."""
    target = np.full(aig.variables, -1, np.int64)
    for merge in reversed(merges):  # the least harmful merge of a node counts
        target[merge.node] = merge.literal
    builder, leaves = AigBuilder.like(aig)
    literals = np.array([0, *leaves, *([0] * len(aig.ands))], np.int64)
    merge_nodes(builder.graph, aig.ands, target, literals)
    return builder.build_like(aig, literals)


@compiled
def merge_nodes(graph: Graph, ands: Ands, target: Ints, literals: Ints) -> None:
    """Rebuild AND nodes inside `graph`. target: int64[variables], the old literal that stands for a node, -1 for
    itself; literals: int64[variables], the new literals, those of the inputs set."""
    first = len(literals) - len(ands)
    for index in range(len(ands)):
        stand_in = target[first + index]
        if stand_in >= 0:
            literals[first + index] = literals[stand_in >> 1] ^ (stand_in & 1)
        else:
            a, b = ands[index]
            literals[first + index] = and_gate(graph, literals[a >> 1] ^ (a & 1), literals[b >> 1] ^ (b & 1))


def _traces(aig: Aig, text: bytes, seed: int) -> tuple[Ints, Words, int]:
    """(ones of every variable, uint64[variables, 2] hashes of its trace and of its complement's, positions)."""
    program = compile_program(aig, 2 * np.arange(aig.variables))
    inputs = _stimuli(aig, text, seed)
    ones, hashes = np.zeros(aig.variables, np.int64), np.zeros((aig.variables, 2), np.uint64)
    for _, rows, _ in rows_of(program, inputs, program.reset_state(WORDS)):
        ones += np.bitwise_count(rows).sum(axis=(0, 2), dtype=np.int64)
        for row in rows:
            for word in row.T:
                hashes[:, 0] = (hashes[:, 0] ^ word) * FACTOR
                hashes[:, 1] = (hashes[:, 1] ^ ~word) * FACTOR
    return ones, hashes, STEPS * STREAMS


def _stimuli(aig: Aig, text: bytes, seed: int) -> Words:
    """uint64[STEPS, inputs, WORDS]: excerpts of the text side by side; a serial head is asked, at every step, about one
    of the code nodes on the way to the byte that follows."""
    data, generator = np.frombuffer(text, np.uint8), np.random.default_rng(seed)
    if len(data) <= STEPS + 1:
        raise InputError(f"a text of {len(data):,} bytes is too short to simplify on; more than {STEPS + 1} are needed")
    places = random_excerpts(len(data), STEPS, STREAMS, generator)
    numbers: dict[str, Ints] = {"byte": data[places].astype(np.int64)}
    if any(parse(name).kind == "node" for name in aig.inputs):
        readout = read_metadata(aig).readout
        if readout is None or readout.code is None:
            raise InputError("the netlist reads a code node, but its comment holds no code")
        nodes = readout.paths[0][data[places + 1]]  # [STEPS, STREAMS, longest path]
        depth = generator.integers(0, np.maximum((nodes >= 0).sum(axis=2), 1))
        numbers["node"] = np.maximum(np.take_along_axis(nodes, depth[..., None], axis=2)[..., 0], 0)
    inputs = np.zeros((STEPS, len(aig.inputs), WORDS), np.uint64)
    for name in drive(aig, inputs, numbers):
        raise InputError(f"only netlists that read byte[i], and node[i], can be simplified on a text, not {name}")
    return inputs
