"""What a signal is swapped for at places of a text: all other values of few bits, every other symbol, or what it is
elsewhere in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import BYTE
from bridge.analysis.dependences.switches import Change, switched
from bridge.analysis.runs import Runs
from bridge.analysis.signals import Bit, Signal
from bridge.analysis.text.runs import text_runs
from bridge.arrays import Words
from bridge.execution.machines.run import simulate
from bridge.execution.words import in_all_streams, packed, unpacked
from bridge.metadata import read_metadata

FEW = 6  # bits of a source of which all other values are tried at every place
ELSEWHERE = 16  # other places whose values are tried for a larger one


def runs_on(aig: Aig, text: bytes, steps: int, positions: int, seed: int) -> Runs:
    """Runs from random places of a text; of a text model, such that a byte is left, which follows the last step."""
    runs = text_runs(aig, text, steps + (read_metadata(aig).readout is not None), positions, seed)
    return replace(runs, inputs=runs.inputs[:steps])


def swaps(aig: Aig, source: Signal, text: bytes, runs: Runs, seed: int) -> tuple[str, Iterator[Words]]:
    """What it is swapped for, in words; then for every swap uint64[nodes, W], which of its nodes to invert in step 1 so
    that they all have other values, nothing where it would be swapped for its own."""
    nodes = source.nodes
    own = _values(aig, nodes, runs)
    if {bit.name for bit in source.bits} == {*BYTE}:
        readout = read_metadata(aig).readout
        symbols = range(256) if readout is None else readout.symbols
        rows = ([byte >> BYTE.index(bit.name) & 1 for bit in nodes] for byte in symbols)
        return "swapped for every other symbol", (in_all_streams(np.array(row), runs.words) ^ own for row in rows)
    if len(nodes) <= FEW:
        numbers, places = range(1, 1 << len(nodes)), np.arange(len(nodes))
        masks = (in_all_streams(number >> places & 1, runs.words) for number in numbers)
        return "swapped for every other value", _inversions(aig, nodes, runs, own, masks)
    random, elsewhere = np.random.default_rng(seed), text_runs(aig, text, 1, 64 * runs.words, seed + 1)
    flags = unpacked(_values(aig, nodes, elsewhere))
    turns = (packed(flags[:, random.permutation(flags.shape[1])]) ^ own for _ in range(ELSEWHERE))
    return "swapped for its value at other places", _inversions(aig, nodes, runs, own, turns)


def _values(aig: Aig, nodes: Sequence[Bit], runs: Runs) -> Words:
    """uint64[nodes, W], in the first step."""
    return simulate(aig, np.concatenate([runs.inputs[0], runs.state]), [bit.literal for bit in nodes])


def _inversions(aig: Aig, nodes: Sequence[Bit], runs: Runs, own: Words, masks: Iterator[Words]) -> Iterator[Words]:
    """What to invert so that nodes differ from their own values by masks, uint64[nodes, W], whatever those of them that
    are inverted do to others."""
    if len(nodes) == 1 or max(bit.variable for bit in nodes) < aig.first_and:
        yield from masks
        return
    first = Runs(runs.state, runs.inputs[:1])
    seen = switched(aig, nodes, [Bit(bit.name, bit.literal) for bit in nodes])
    for mask in masks:
        inverted = mask
        # A pass settles at least the next of them in the order of the netlist.
        for _ in nodes:
            missed = seen.changed(first, [Change(range(len(nodes)), inverted)])[0, :, 0] ^ own ^ mask
            if not missed.any():
                break
            inverted = inverted ^ missed
        yield inverted
