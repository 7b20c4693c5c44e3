"""`certify`: cell -> netlist, complete. Embeddings by all 256 bytes, sums by adder identities, latches locally.

SAT cannot prove a lowering: one neuron of fan-in 24 built in two ways defeats every engine. The lowering says how it
built each sum; this checks that claim on the netlist as given, with rows made from the cell's weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.cell import Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.cell.blocks import OLD
from bridge.certificate.gadgets import Gadgets
from bridge.certificate.rows import Broken, Claim, check_block, claim
from bridge.equivalence import Verdict, check_equivalence
from bridge.execution import simulate
from bridge.lowering import lower_traced
from bridge.lowering.sums import Trace

Ints = npt.NDArray[np.int64]
METHOD = "certificate"


def certify(cell: Cell, aig: Aig) -> Verdict:
    """Does the netlist compute what the cell says? The states, logits and resets are compared by name.

    A netlist straight from `lower` is proven by its certificate alone. Any other is compared with it by
    `check_equivalence`, and the answer holds for the cell because the certificate does.
    """
    started = time.monotonic()
    plain, trace = lower_traced(cell)
    same = np.array_equal(plain.ands, aig.ands) and plain.outputs == aig.outputs and plain.latches == aig.latches
    same = same and plain.inputs == aig.inputs and plain.points == aig.points
    try:
        _Check(cell, aig if same else plain, trace).run()
    except Broken as broken:
        return Verdict("undecided", METHOD, time.monotonic() - started, reason=str(broken))
    if same:
        return Verdict("equivalent", METHOD, time.monotonic() - started)
    verdict = check_equivalence(plain, aig)
    method = f"{METHOD}, then {verdict.method}"
    return Verdict(verdict.answer, method, time.monotonic() - started, verdict.counterexample, verdict.reason)


class _Check:
    """One cell against one netlist, whose sums were built as `trace` claims.

    The nodes that the netlist dropped are added again: they are definitions, which change nothing.
    """

    def __init__(self, cell: Cell, aig: Aig, trace: Trace) -> None:
        self.cell, self.trace = cell, trace
        self.aig = replace(aig, ands=np.concatenate([aig.ands, trace.dropped])).validate()
        self.points = {point.name: point.literal for point in aig.points}
        self.outputs = {output.name: output.literal for output in aig.outputs}
        self.latches = {latch.name: 2 * (1 + len(aig.inputs) + index) for index, latch in enumerate(aig.latches)}
        self.next = {latch.name: (latch.next, latch.reset) for latch in aig.latches}
        self.gadgets = Gadgets(self.aig)
        self.claim: Claim = claim(trace, self.gadgets, {source: self.bits(source) for source in trace.variables})

    def run(self) -> None:
        """Raises Broken with the first thing that does not hold."""
        checks: dict[type, Callable[..., None]] = {
            Embedding: self.embedding,
            Delay: self.delay,
            Threshold: self.threshold,
            Latch: self.latch,
            Logits: self.logits,
        }
        if sorted(self.aig.inputs) != sorted(f"byte[{bit}]" for bit in range(8)):
            raise Broken("the inputs are not byte[0] .. byte[7]")
        expected = {f"state.{name}[{i}]" for name in self.cell.state_slices for i in range(self.cell.widths[name])}
        if set(self.latches) != expected or any(reset != 0 for _, reset in self.next.values()):
            raise Broken("the latches are not the state bits of the cell, or do not start at 0")
        for block in self.cell.blocks:
            checks[type(block)](block)

    def bits(self, source: str) -> Ints:
        """The literals of a source: by name, or as the trace says where the netlist has dropped it."""
        name = source.removeprefix(OLD)
        held = source.startswith(OLD) or isinstance(self.cell.by_name[name], Delay)
        table, prefix = (self.latches, "state.") if held else (self.points, "")
        literals = [table.get(f"{prefix}{name}[{index}]", -1) for index in range(self.cell.widths[name])]
        claimed = self.trace.bits[source].tolist()
        both = zip(literals, claimed, strict=True)
        return np.array([claim if literal < 0 else literal for literal, claim in both], np.int64)

    def embedding(self, block: Embedding) -> None:
        """All 256 bytes, whatever the state: the cone must not read a latch."""
        literals = self.bits(block.name)
        if _reading_latches(self.aig)[literals >> 1].any():
            raise Broken(f"{block.name} reads the state")
        patterns = np.zeros((len(self.aig.inputs) + len(self.aig.latches), 4), np.uint64)
        for index, name in enumerate(self.aig.inputs):
            bits = np.arange(256) >> int(name[5:-1]) & 1
            patterns[index] = np.packbits(bits.astype(np.uint8), bitorder="little").view(np.uint64)
        words = simulate(self.aig, patterns, literals)
        found = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        if (block.table != found.T).any():
            raise Broken(f"{block.name} is not the table of the cell")

    def delay(self, block: Delay) -> None:
        bits = np.concatenate([self.bits(block.source), self.bits(block.name)])
        for index in range(self.cell.widths[block.name]):
            if self.next[f"state.{block.name}[{index}]"][0] != bits[index]:
                raise Broken(f"{block.name}[{index}] does not take the bit before it")

    def threshold(self, block: Threshold) -> None:
        literals = self.bits(block.name)
        check_block(self.claim, block, [[literal] for literal in literals.tolist()])

    def latch(self, block: Latch) -> None:
        sources = (self.bits(name) for name in (block.select, block.value, OLD + block.name))
        for index, (select, value, old) in enumerate(zip(*sources, strict=True)):
            following = self.next[f"state.{block.name}[{index}]"][0]
            if self.bits(block.name)[index] != following:
                raise Broken(f"{block.name}[{index}] is not the next state of its latch")
            if not self.gadgets.chooses(int(select), int(value), int(old), following):
                raise Broken(f"{block.name}[{index}] does not choose between value and state")

    def logits(self, block: Logits) -> None:
        rows = []
        for symbol in block.symbols:
            width = sum(name.startswith(f"logit.{symbol}[") for name in self.outputs)
            rows.append([self.outputs.get(f"logit.{symbol}[{bit}]", -1) for bit in range(width)])
        if sum(map(len, rows)) != len(self.outputs):
            raise Broken("there are outputs that are no logits of the cell")
        check_block(self.claim, block, rows)


def _reading_latches(aig: Aig) -> npt.NDArray[np.bool_]:
    """bool[variables]: has the cone a latch? Level by level."""
    reads = np.zeros(aig.variables, np.bool_)
    reads[1 + len(aig.inputs) : aig.first_and] = True
    levels = aig.levels()[aig.first_and :]
    for level in range(1, int(levels.max(initial=0)) + 1):
        nodes = np.flatnonzero(levels == level)
        reads[aig.first_and + nodes] = reads[aig.ands[nodes] >> 1].any(axis=1)
    return reads
