"""`certify`: cell -> netlist, complete. Embeddings by all 256 bytes, state machines by all bytes in all states, sums by
adder identities, trees and latches split by split.

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
from bridge.cell import Automaton, Cell, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.cell.blocks import OLD, one_hot
from bridge.certificate.gadgets import Gadgets
from bridge.certificate.rows import Broken, Claim, check_block, claim
from bridge.certificate.tables import Flags, agrees, reads_only
from bridge.equivalence import Verdict, check_equivalence
from bridge.lowering import lower_traced
from bridge.lowering.sums import Trace
from bridge.metadata import Care, read_metadata

Ints = npt.NDArray[np.int64]
METHOD = "certificate"


def certify(cell: Cell, aig: Aig) -> Verdict:
    """Does the netlist compute what the cell says? The states, logits and resets are compared by name.

    A netlist straight from `lower`, for whatever objective, is proven by its certificate alone. Any other is compared
    with it by `check_equivalence`, and the answer holds for the cell because the certificate does.
    """
    started = time.monotonic()
    facts = read_metadata(aig)
    plain, trace = lower_traced(cell, objective=facts.objective, care=facts.care)
    named = METHOD if facts.care == "all" else f"{METHOD} for {len(cell.head.symbols)} of 256 bytes"
    same = np.array_equal(plain.ands, aig.ands) and plain.outputs == aig.outputs and plain.latches == aig.latches
    same = same and plain.inputs == aig.inputs and plain.points == aig.points
    try:
        _Check(cell, aig if same else plain, trace, facts.care).run()
    except Broken as broken:
        return Verdict("undecided", named, time.monotonic() - started, reason=str(broken))
    if same:
        return Verdict("equivalent", named, time.monotonic() - started)
    verdict = check_equivalence(plain, aig)
    return replace(verdict, method=f"{named}, then {verdict.method}", seconds=time.monotonic() - started)


class _Check:
    """One cell against one netlist, whose sums were built as `trace` claims, on all bytes or on those of the alphabet.

    The nodes that the netlist dropped are added again: they are definitions, which change nothing.
    """

    def __init__(self, cell: Cell, aig: Aig, trace: Trace, care: Care = "all") -> None:
        self.bytes = np.arange(256) if care == "all" else np.array(list(cell.head.symbols))
        self.cell, self.trace = cell, trace
        self.aig = replace(aig, ands=np.concatenate([aig.ands, trace.dropped])).validate()
        self.points = {point.name: point.literal for point in aig.points}
        self.outputs = {output.name: output.literal for output in aig.outputs}
        self.latches = {latch.name: 2 * (1 + len(aig.inputs) + index) for index, latch in enumerate(aig.latches)}
        self.next = {latch.name: (latch.next, latch.reset) for latch in aig.latches}
        self.inputs = {name: index for index, name in enumerate(aig.inputs, 1)}
        self.gadgets = Gadgets(self.aig)
        self.claim: Claim = claim(trace, self.gadgets, {source: self.bits(source) for source in trace.variables})

    def run(self) -> None:
        """Raises Broken with the first thing that does not hold."""
        checks: dict[type, Callable[..., None]] = {
            Embedding: self.embedding,
            Node: self.node,
            Automaton: self.automaton,
            Trees: self.trees,
            Delay: self.delay,
            Threshold: self.threshold,
            Latch: self.latch,
            Logits: self.logits,
        }
        code = self.cell.readout.code
        inputs = [f"byte[{bit}]" for bit in range(8)]
        inputs += [f"node[{bit}]" for bit in range(code.bits)] if code and self.cell.serial else []
        if sorted(self.aig.inputs) != sorted(inputs):
            raise Broken(f"the inputs are not byte[0] .. {inputs[-1]}")
        slices = self.cell.state_slices.items()
        expected = {f"state.{name}[{index}]" for name, part in slices for index in range(part.stop - part.start)}
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
        """All bytes, whatever the state."""
        self._table(block.name, self.bytes, "byte", block.table[self.bytes])

    def node(self, block: Node) -> None:
        """All code nodes, whatever the byte and the state."""
        self._table(block.name, np.arange(len(block.table)), "node", block.table)

    def _table(self, name: str, numbers: Ints, port: str, table: npt.NDArray[np.uint8]) -> None:
        literals = self.bits(name)
        values = self._port(port, numbers)
        if not reads_only(self.aig, literals, list(values)):
            raise Broken(f"{name} reads more than {port}")
        if not agrees(self.aig, literals, values, table.astype(bool)):
            raise Broken(f"{name} is not the table of the cell")

    def _port(self, port: str, numbers: Ints) -> dict[int, Flags]:
        """The values of the inputs `port[0]`, ... that spell these numbers, by variable."""
        bits = {int(name[len(port) + 1 : -1]): v for name, v in self.inputs.items() if name.startswith(f"{port}[")}
        return {variable: (numbers >> bit & 1).astype(bool) for bit, variable in bits.items()}

    def automaton(self, block: Automaton) -> None:
        """All bytes in all states. States that no latches stand for are never reached: every next one is proper."""
        states, name = len(block.following), block.name
        latches = [f"state.{name}[{index}]" for index in range(states - 1)]
        held = one_hot(np.repeat(np.arange(states), len(self.bytes)), states).astype(bool)
        values = self._port("byte", np.tile(self.bytes, states))
        values |= {self.latches[latch] >> 1: column for latch, column in zip(latches, held.T, strict=True)}
        bits = self.bits(name)
        literals = np.concatenate([[self.next[latch][0] for latch in latches], bits]).astype(np.int64)
        following = block.following[:, self.bytes].ravel()
        expected = np.concatenate([one_hot(following, states), block.table[following]], axis=1)
        if not reads_only(self.aig, literals, list(values)):
            raise Broken(f"{name} reads more than the byte and its own state")
        if not agrees(self.aig, literals, values, expected.astype(bool)):
            raise Broken(f"{name} is not the state machine of the cell")

    def trees(self, block: Trees) -> None:
        """Every split locally, given the literals of where it leads."""
        read = np.concatenate([self.bits(source) for source in block.sources])
        values = self.trace.splits[block.name].copy()
        values[len(block.splits) :] = block.leaves[::-1]
        for (bit, then, other), outs in zip(block.splits.tolist(), values, strict=False):
            for index, out in enumerate(outs.tolist()):
                if not self.gadgets.chooses(int(read[bit]), int(values[then, index]), int(values[other, index]), out):
                    raise Broken(f"{block.name} has a split that does not choose between its two ways")
        if not np.array_equal(values[block.roots].ravel(), self.bits(block.name)):
            raise Broken(f"{block.name} does not give what its roots lead to")

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
        for number in self.cell.readout.names(self.cell.serial):
            width = sum(name.startswith(f"{number}[") for name in self.outputs)
            rows.append([self.outputs.get(f"{number}[{bit}]", -1) for bit in range(width)])
        if sum(map(len, rows)) != len(self.outputs):
            raise Broken("there are outputs that are no logits of the cell")
        check_block(self.claim, block, rows)
