"""What a netlist must hold for each kind of block, given the literals of what the block reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import islice

import numpy as np
import numpy.typing as npt

from bridge.aig import FALSE, Aig, names
from bridge.arrays import Flags, Ints
from bridge.cell import (
    Automaton,
    Block,
    Cell,
    Delay,
    Embedding,
    Input,
    Latch,
    Levels,
    Linear,
    Logits,
    Luts,
    Maximum,
    Node,
    Product,
    Scores,
    Table,
    Threshold,
    Trees,
)
from bridge.cell.blocks import OLD, one_hot
from bridge.cell.ranges import Ranges
from bridge.cell.tabled import same_sums
from bridge.equivalence.certificate import wide
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.held import held_ranges, moved
from bridge.equivalence.certificate.local import MOST, Local, combinations
from bridge.equivalence.certificate.rows import Broken, Claim, check_block, claim
from bridge.equivalence.certificate.splits import check_splits
from bridge.equivalence.certificate.tables import agrees, reads_only
from bridge.lowering.trace import Trace
from bridge.metadata import Care


class Checker:
    """One cell against one netlist, whose sums were built as `trace` claims, on all bytes or on those of the alphabet.

    The nodes that the netlist dropped are added again: they are definitions, which change nothing.
    """

    def __init__(self, cell: Cell, aig: Aig, trace: Trace, care: Care = "all") -> None:
        self.bytes = np.arange(256) if care == "all" else np.array(list(cell.head.symbols))
        if trace.told is not cell and not same_sums(cell, trace.told, self.bytes):
            raise Broken("the cell that was lowered is another one")
        self.cell, self.trace = trace.told, trace
        self.aig = replace(aig, ands=np.concatenate([aig.ands, trace.dropped])).validate()
        self.points = {point.name: point.literal for point in aig.points}
        self.outputs = {output.name: output.literal for output in aig.outputs}
        self.latches = {latch.name: 2 * (aig.first_latch + index) for index, latch in enumerate(aig.latches)}
        self.next = {latch.name: (latch.next, latch.reset) for latch in aig.latches}
        self.inputs = {name: index for index, name in enumerate(aig.inputs, 1)}
        self.ports = {name: 2 * variable for name, variable in self.inputs.items()}
        self.held = {name: held_ranges(held, cell.ranges[name]) for name, held in trace.held.items()}
        self.gadgets, self.local = Gadgets(self.aig), Local(self.aig)
        self.claim: Claim = claim(trace, self.gadgets, {source: self.bits(source) for source in trace.variables})

    def run(self) -> None:
        """Raises Broken with the first thing that does not hold."""
        code = self.cell.readout.code if self.cell.serial else None
        inputs = [*(names.BYTE if self.cell.reads_byte else ()), *map(names.node, range(code.bits if code else 0))]
        inputs += [name for block in self.cell.inputs for name in self.cell.signals(block.name)]
        if sorted(self.aig.inputs) != sorted(inputs):
            raise Broken(f"the inputs are not {' .. '.join([*inputs[:1], *inputs[-1:]])}")
        expected = {name for block in self.cell.state_slices for name in self.cell.latches(block)}
        if set(self.latches) != expected or any(reset != 0 for _, reset in self.next.values()):
            raise Broken("the latches are not the state bits of the cell, or do not start at 0")
        for block in self.cell.blocks:
            check(block, self)

    def bits(self, source: str) -> Ints:
        """The literals of a source: by name, or as the trace says where the netlist has dropped it."""
        if source in self.held:
            if len(self.trace.bits[source]) != self.held[source].bits:
                raise Broken(f"{source} is not held as it is claimed to be")
            return self.trace.bits[source]
        given = any(block.name == source for block in self.cell.inputs)
        table = self.latches if self.cell.at_start(source) else self.ports if given else self.points
        literals = [table.get(name, -1) for name in self.cell.signals(source)]
        claimed = self.trace.bits[source].tolist()
        both = zip(literals, claimed, strict=True)
        return np.array([claim if literal < 0 else literal for literal, claim in both], np.int64)

    def numbers(self) -> list[list[int]]:
        """The literals of the outputs of each number of the head."""
        rows = []
        for number in self.cell.numbers:
            bits: list[int] = []
            while names.element(number, len(bits)) in self.outputs:
                bits.append(self.outputs[names.element(number, len(bits))])
            rows.append(bits)
        return rows

    def read(self, block: Block) -> Ints:
        """The literals of the bits of all that a block reads."""
        return np.concatenate([self.bits(source) for source in block.reads])

    def elements(self, source: str) -> list[Ints]:
        """The literals of the bits of each element of a source."""
        return self.source_ranges(source).apart(self.bits(source))

    def source_ranges(self, source: str) -> Ranges:
        """What the elements can be, or what is held of them where they are only compared."""
        return self.held[source] if source in self.held else self.cell.source_ranges(source)

    def questions(self, block: Trees) -> list[int]:
        """The literal of what every split asks. Broken unless it does."""
        read, ranges = self.read(block), self.cell.ranges_read(block)
        if ranges.plain.all() and block.thresholds is None:
            asked: list[int] = read[block.splits[:, 0]].tolist()
            return asked
        few = _few(self, block)
        claimed: list[int] = self.trace.inner[block.name].tolist()
        for element, least, literal in {*zip(block.splits[:, 0].tolist(), block.least.tolist(), claimed, strict=True)}:
            few[element].count(self.local, np.array([literal]), np.array([least]))
        return claimed

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


@dataclass(frozen=True, eq=False)
class Few:
    """Numbers that are read together: the literals of their bits, and what they can be. `what` reads them, in words."""

    what: str
    literals: Ints
    ranges: Ranges

    def numbers(self) -> Ints:
        """int64[n, elements]: for all combinations of the bits. Broken for too many."""
        if self.ranges.bits > MOST:
            raise Broken(f"{self.what} reads {self.ranges.bits} bits at once; at most {MOST} can be checked")
        return combinations(self.ranges)

    def count(self, local: Local, outs: Ints, thresholds: Ints) -> None:
        """Broken unless the literals, the lowest bit first, are how many thresholds the one number reaches."""
        if self.ranges.bits <= MOST:
            self.give(local, outs, (self.numbers() >= thresholds).sum(axis=1))
        elif not wide.counts(local, self.literals, self.bounds, thresholds, outs):
            raise Broken(f"{self.what} is not what the cell says")

    @property
    def bounds(self) -> tuple[int, int]:
        """Of the one number."""
        return self.ranges.bounds[0]

    def give(self, local: Local, outs: Ints, values: Ints) -> None:
        """Broken unless the literals, the lowest bit first, have these values, int64[n]."""
        expected = [values >> bit & 1 for bit in range(len(outs))]
        if not local.computes(self.literals, self.ranges, outs.tolist(), expected):
            raise Broken(f"{self.what} is not what the cell says")


def _few(checker: Checker, block: Block) -> list[Few]:
    """Each element that a block reads."""
    ranges = Ranges.joined([checker.source_ranges(source) for source in block.reads])
    parts = enumerate(ranges.apart(checker.read(block)))
    return [Few(f"{block.kind} {block.name}", literals, ranges.of([element])) for element, literals in parts]


def _together(few: Sequence[Few]) -> Few:
    return Few(few[0].what, np.concatenate([one.literals for one in few]), Ranges.joined([one.ranges for one in few]))


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
    latches = checker.cell.latches(name)
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
    own, asked = checker.cell.ranges[block.name], checker.questions(block)
    width = int(own.widths.max(initial=0))
    bits = block.leaves.astype(np.int64)[:, :, None] >> np.arange(width) & 1
    values = checker.trace.splits[block.name].copy()
    values[len(block.splits) :] = bits.reshape(len(bits), -1)[::-1]
    check_splits(checker.gadgets, block, asked, values, checker.trace.ways[block.name])
    if not np.array_equal(values[block.roots].ravel()[width * own.owners + own.places], checker.bits(block.name)):
        raise Broken(f"{block.name} does not give what its roots lead to")


@check.register
def _(block: Delay, checker: Checker) -> None:
    bits = np.concatenate([checker.bits(block.source), checker.bits(block.name)])
    for index, latch in enumerate(checker.cell.latches(block.name)):
        if checker.next[latch][0] != bits[index]:
            raise Broken(f"{latch} does not take the bit before it")


@check.register
def _(block: Threshold, checker: Checker) -> None:
    outputs = [[literal] for literal in checker.bits(block.name).tolist()]
    check_block(checker.claim, block, checker.cell.ranges_read(block), outputs)


@check.register
def _(block: Linear, checker: Checker) -> None:
    """The lowest bits of each sum are all that its range needs; or what is held of it, if it is only compared."""
    held = checker.trace.held.get(block.name)
    readers = [reader for reader in checker.cell.blocks if block.name in (*reader.reads, *reader.keeps)]
    if held is not None and any(reader.compared_with is None for reader in readers):
        raise Broken(f"{block.name} is read by more than comparisons")
    outputs = [bits.tolist() for bits in checker.elements(block.name)]
    check_block(checker.claim, block, checker.cell.ranges_read(block), outputs, whole=False, held=held)


@check.register
def _(block: Input, checker: Checker) -> None:
    """Its bits are inputs by their names."""


@check.register
def _(block: Levels, checker: Checker) -> None:
    rows = block.thresholds[block.row_of(checker.cell.widths[block.name])].astype(np.int64)
    held, read = checker.trace.held.get(block.source), _few(checker, block)
    for element, (few, thresholds, outs) in enumerate(zip(read, rows, checker.elements(block.name), strict=True)):
        if held is not None:
            sums, own = checker.cell.ranges[block.source], checker.source_ranges(block.source)
            thresholds = moved(held, sums, own, element, thresholds)
        few.count(checker.local, outs, thresholds)


@check.register
def _(block: Table, checker: Checker) -> None:
    rows = block.values[block.row_of(checker.cell.widths[block.name])].astype(np.int64)
    for few, values, outs in zip(_few(checker, block), rows, checker.elements(block.name), strict=True):
        few.give(checker.local, outs, values[few.numbers()[:, 0] - block.low])


@check.register
def _(block: Luts, checker: Checker) -> None:
    few, places = _few(checker, block), np.arange(block.inputs.shape[1])
    outs = checker.elements(block.name)
    for chosen, table, out in zip(block.inputs.tolist(), block.tables.tolist(), outs, strict=True):
        once = list(dict.fromkeys(chosen))
        read = _together([few[element] for element in once])
        address = (read.numbers()[:, [once.index(element) for element in chosen]] << places).sum(axis=1)
        read.give(checker.local, out, np.array([table >> place & 1 for place in range(1 << len(places))])[address])


@check.register
def _(block: Maximum, checker: Checker) -> None:
    """Two by two: the larger one of the first two that wait is claimed, and waits at the end."""
    few, claimed = _few(checker, block), iter(checker.trace.inner[block.name].tolist())
    for group, outs in zip(block.groups.tolist(), checker.elements(block.name), strict=True):
        waiting = [few[element] for element in dict.fromkeys(group)]
        while len(waiting) > 1:
            waiting = [*waiting[2:], _larger(checker, waiting[0], waiting[1], claimed)]
        if not np.array_equal(waiting[0].literals, outs):
            raise Broken(f"Maximum {block.name} is not what the cell says")


def _larger(checker: Checker, one: Few, two: Few, claimed: Iterator[int]) -> Few:
    """The larger one of two, as it is claimed; Broken unless it is."""
    (low, high), (other, most) = one.bounds, two.bounds
    numbers = (one.literals, low), (two.literals, other)
    own = Ranges(np.array([max(low, other)]), np.array([max(high, most)]))
    chain, larger = (np.array([*islice(claimed, count)], np.int64) for count in (wide.common_width(*numbers), own.bits))
    both = _together((one, two))
    if both.ranges.bits <= MOST:
        both.give(checker.local, larger, both.numbers().max(axis=1))
    elif not wide.larger(checker.local, *numbers, chain, larger):
        raise Broken(f"{one.what} is not what the cell says")
    return Few(one.what, larger, own)


@check.register
def _(block: Product, checker: Checker) -> None:
    few = _few(checker, block)
    half = len(few) // 2
    for left, right, outs in zip(few[:half], few[half:], checker.elements(block.name), strict=True):
        both = _together([left, right])
        both.give(checker.local, outs, both.numbers().prod(axis=1))


@check.register
def _(block: Scores, checker: Checker) -> None:
    read = checker.cell.ranges_read(block)
    numbers = [part.tolist() for part in read.apart(checker.read(block))]
    if sum(map(len, outputs := checker.numbers())) != len(checker.outputs):
        raise Broken("there are outputs that are no scores of the cell")
    for number, low, found in zip(numbers, read.low.tolist(), outputs, strict=True):
        sign = number[-1] if low < 0 else FALSE
        if found[: len(number)] != number or len(found) < len(number) + (low >= 0) or {sign} < {*found[len(number) :]}:
            raise Broken("an output is not the score of its label")


@check.register
def _(block: Latch, checker: Checker) -> None:
    own, bits = checker.cell.ranges[block.name], checker.bits(block.name)
    selects = [int(literals[0]) if len(literals) else FALSE for literals in checker.elements(block.select)]
    sources = np.array(selects)[own.owners], checker.bits(block.value), checker.bits(OLD + block.name)
    for latch, bit, (select, value, old) in zip(
        checker.cell.latches(block.name), bits, zip(*sources, strict=True), strict=True
    ):
        following = checker.next[latch][0]
        if bit != following:
            raise Broken(f"{block.name} is not the next state of {latch}")
        if not checker.gadgets.chooses(int(select), int(value), int(old), following):
            raise Broken(f"{latch} does not choose between value and state")


@check.register
def _(block: Logits, checker: Checker) -> None:
    rows = checker.numbers()
    if sum(map(len, rows)) != len(checker.outputs):
        raise Broken("there are outputs that are no logits of the cell")
    check_block(checker.claim, block, checker.cell.ranges_read(block), rows)
