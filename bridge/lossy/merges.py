"""Merge nodes that a text does not tell apart: constant, equal or complementary wherever it leads, or nearly constant.

A trace of every node is folded into a hash while the netlist runs on many places of the text at once; nodes of equal
hashes had the same values at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder, Output
from bridge.errors import InputError
from bridge.execution import run
from bridge.execution.program import compile_program
from bridge.lossy.kernels import merge_nodes

WORDS = 8  # of 64 streams
STEPS = 384
HELD = 1 << 22  # words of traces held at a time
RARE = 0.02  # how often a nearly constant node may take its other value
FACTOR = np.uint64(0x9E3779B97F4A7C15)

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Merge:
    """`node`, a variable, becomes `literal`, of an earlier variable or a constant; `share`: of the positions of the
    sample where the two differ."""

    node: int
    literal: int
    share: float


def find_merges(aig: Aig, text: bytes, seed: int) -> list[Merge]:
    """Every node's best merge, the harmless ones first. InputError when the text is too short."""
    ones, hashes, samples = _traces(aig, text, seed)
    nodes = np.arange(aig.first_and, aig.variables)
    rare = np.minimum(ones, samples - ones) / samples
    found = [
        Merge(node, int(2 * ones[node] > samples), float(rare[node])) for node in nodes[rare[nodes] <= RARE].tolist()
    ]
    constant = {merge.node for merge in found if not merge.share}
    first: dict[int, int] = {}
    for variable, (value, other) in enumerate(hashes.tolist()):
        if variable in constant or variable == 0:
            continue
        twin = first.setdefault(min(value, other), 2 * variable + (value > other))
        if twin >> 1 != variable and variable >= aig.first_and:
            found.append(Merge(variable, twin ^ int(value > other), 0.0))
    return sorted(found, key=lambda merge: (merge.share, merge.node))


def merged(aig: Aig, merges: Sequence[Merge]) -> Aig:
    """The netlist with these nodes merged, and what nothing needs any more left out."""
    target = np.full(aig.variables, -1, np.int64)
    for merge in reversed(merges):  # the least harmful merge of a node counts
        target[merge.node] = merge.literal
    builder = AigBuilder(aig.name, aig.variables + 1)
    leaves = [0, *(builder.input(name) for name in aig.inputs)]
    latches = [builder.latch(latch.name, latch.reset) for latch in aig.latches]
    literals = np.array([*leaves, *latches, *([0] * len(aig.ands))], np.int64)
    merge_nodes(builder.graph, aig.ands, target, literals)
    return builder.build_like(aig, literals)


def _traces(aig: Aig, text: bytes, seed: int) -> tuple[Ints, Words, int]:
    """(ones of every variable, uint64[variables, 2] hashes of its trace and of its complement's, positions)."""
    data = np.frombuffer(text, np.uint8)
    streams = 64 * WORDS
    if len(data) <= STEPS:
        raise InputError(f"a text of {len(data):,} bytes is too short to simplify on; more than {STEPS} are needed")
    if not all(name.startswith("byte[") for name in aig.inputs):
        raise InputError("only netlists whose inputs are byte[0] .. byte[7] can be simplified on a text")
    starts = np.random.default_rng(seed).integers(0, len(data) - STEPS, streams)
    every = [Output("", 2 * variable) for variable in range(aig.variables)]
    program = compile_program(replace(aig, outputs=tuple(every), points=()))
    order = [int(name[5:-1]) for name in aig.inputs]
    ones, hashes = np.zeros(aig.variables, np.int64), np.zeros((aig.variables, 2), np.uint64)
    state, chunk = program.reset_state(WORDS), max(1, HELD // (aig.variables * WORDS))
    for start in range(0, STEPS, chunk):
        places = starts + np.arange(start, min(start + chunk, STEPS))[:, None]
        bits = data[places][:, None, :] >> np.array(order, np.uint8)[:, None] & 1
        inputs = np.packbits(bits, axis=2, bitorder="little").view(np.uint64)
        rows, state = run(program, inputs, state)
        ones += np.bitwise_count(rows).sum(axis=(0, 2), dtype=np.int64)
        for row in rows:
            for word in row.T:
                hashes[:, 0] = (hashes[:, 0] ^ word) * FACTOR
                hashes[:, 1] = (hashes[:, 1] ^ ~word) * FACTOR
    return ones, hashes, STEPS * streams
