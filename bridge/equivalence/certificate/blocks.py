"""What a netlist must hold for each kind of block, given the literals of what the block reads."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, names
from bridge.arrays import Flags, Ints
from bridge.cell import Automaton, Block, Cell, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.cell.blocks import OLD, one_hot
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.rows import Broken, Claim, check_block, claim
from bridge.equivalence.certificate.tables import agrees, reads_only
from bridge.lowering.trace import Trace
from bridge.metadata import Care


class Checker:
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
        code = self.cell.readout.code
        inputs = [*names.BYTE, *(names.node(bit) for bit in range(code.bits if code and self.cell.serial else 0))]
        if sorted(self.aig.inputs) != sorted(inputs):
            raise Broken(f"the inputs are not {names.BYTE[0]} .. {inputs[-1]}")
        expected = {name for block in self.cell.state_slices for name in self.held(block)}
        if set(self.latches) != expected or any(reset != 0 for _, reset in self.next.values()):
            raise Broken("the latches are not the state bits of the cell, or do not start at 0")
        for block in self.cell.blocks:
            check(block, self)

    def held(self, block: str) -> list[str]:
        """The names of the latches of a block."""
        part = self.cell.state_slices[block]
        return [names.state(block, index) for index in range(part.stop - part.start)]

    def bits(self, source: str) -> Ints:
        """The literals of a source: by name, or as the trace says where the netlist has dropped it."""
        table = self.latches if self.cell.at_start(source) else self.points
        literals = [table.get(name, -1) for name in self.cell.signals(source)]
        claimed = self.trace.bits[source].tolist()
        both = zip(literals, claimed, strict=True)
        return np.array([claim if literal < 0 else literal for literal, claim in both], np.int64)

    def table(self, name: str, kind: names.Kind, numbers: Ints, table: npt.NDArray[np.uint8]) -> None:
        """Broken unless the bits of a block are these, and read nothing but that input."""
        literals = self.bits(name)
        values = self.port(kind, numbers)
        if not reads_only(self.aig, literals, list(values)):
            raise Broken(f"{name} reads more than {kind}")
        if not agrees(self.aig, literals, values, table.astype(bool)):
            raise Broken(f"{name} is not the table of the cell")

    def port(self, kind: names.Kind, numbers: Ints) -> dict[int, Flags]:
        """The values of the inputs of a kind that spell these numbers, by variable."""
        parsed = [(names.parse(name), variable) for name, variable in self.inputs.items()]
        bits = {name.index: variable for name, variable in parsed if name.kind == kind and name.index is not None}
        return {variable: (numbers >> bit & 1).astype(bool) for bit, variable in bits.items()}


@singledispatch
def check(block: Block, checker: Checker) -> None:
    """Broken unless the netlist holds what the block says."""
    raise Broken(f"there is no certificate for {block.kind} blocks such as {block.name}")


@check.register
def _(block: Embedding, checker: Checker) -> None:
    """All bytes, whatever the state."""
    checker.table(block.name, "byte", checker.bytes, block.table[checker.bytes])


@check.register
def _(block: Node, checker: Checker) -> None:
    """All code nodes, whatever the byte and the state."""
    checker.table(block.name, "node", np.arange(len(block.table)), block.table)


@check.register
def _(block: Automaton, checker: Checker) -> None:
    """All bytes in all states. States that no latches stand for are never reached: every next one is proper."""
    states, name, aig = len(block.following), block.name, checker.aig
    latches = checker.held(name)
    held = one_hot(np.repeat(np.arange(states), len(checker.bytes)), states).astype(bool)
    values = checker.port("byte", np.tile(checker.bytes, states))
    values |= {checker.latches[latch] >> 1: column for latch, column in zip(latches, held.T, strict=True)}
    bits = checker.bits(name)
    literals = np.concatenate([[checker.next[latch][0] for latch in latches], bits]).astype(np.int64)
    following = block.following[:, checker.bytes].ravel()
    expected = np.concatenate([one_hot(following, states), block.table[following]], axis=1)
    if not reads_only(aig, literals, list(values)):
        raise Broken(f"{name} reads more than the byte and its own state")
    if not agrees(aig, literals, values, expected.astype(bool)):
        raise Broken(f"{name} is not the state machine of the cell")


@check.register
def _(block: Trees, checker: Checker) -> None:
    """Every split locally, given the literals of where it leads."""
    read = np.concatenate([checker.bits(source) for source in block.sources])
    values = checker.trace.splits[block.name].copy()
    values[len(block.splits) :] = block.leaves[::-1]
    for (bit, then, other), outs in zip(block.splits.tolist(), values, strict=False):
        for index, out in enumerate(outs.tolist()):
            if not checker.gadgets.chooses(int(read[bit]), int(values[then, index]), int(values[other, index]), out):
                raise Broken(f"{block.name} has a split that does not choose between its two ways")
    if not np.array_equal(values[block.roots].ravel(), checker.bits(block.name)):
        raise Broken(f"{block.name} does not give what its roots lead to")


@check.register
def _(block: Delay, checker: Checker) -> None:
    bits = np.concatenate([checker.bits(block.source), checker.bits(block.name)])
    for index, latch in enumerate(checker.held(block.name)):
        if checker.next[latch][0] != bits[index]:
            raise Broken(f"{latch} does not take the bit before it")


@check.register
def _(block: Threshold, checker: Checker) -> None:
    check_block(checker.claim, block, [[literal] for literal in checker.bits(block.name).tolist()])


@check.register
def _(block: Latch, checker: Checker) -> None:
    sources = (checker.bits(name) for name in (*block.reads, OLD + block.name))
    bits = checker.bits(block.name)
    for latch, bit, (select, value, old) in zip(
        checker.held(block.name), bits, zip(*sources, strict=True), strict=True
    ):
        following = checker.next[latch][0]
        if bit != following:
            raise Broken(f"{block.name} is not the next state of {latch}")
        if not checker.gadgets.chooses(int(select), int(value), int(old), following):
            raise Broken(f"{latch} does not choose between value and state")


@check.register
def _(block: Logits, checker: Checker) -> None:
    rows = []
    for number in checker.cell.readout.names(checker.cell.serial):
        bits: list[int] = []
        while names.element(number, len(bits)) in checker.outputs:
            bits.append(checker.outputs[names.element(number, len(bits))])
        rows.append(bits)
    if sum(map(len, rows)) != len(checker.outputs):
        raise Broken("there are outputs that are no logits of the cell")
    check_block(checker.claim, block, rows)
