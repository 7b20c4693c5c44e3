"""Cut what reads a place, and give it something else to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.aig import Aig, AigBuilder, Latch, Output
from bridge.aig.literals import larger_first, through
from bridge.aig.names import as_read, node, parse
from bridge.analysis.edits.counting import drawn, equals, looked_up, names_of, one_more
from bridge.analysis.signals import Bit
from bridge.arrays import Ands, Bits, Ints
from bridge.execution.positions import counting_latches

Fanins = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Edit:
    """Something done to bits, each of another node. `told`: in words; `table`: uint8[K, bits], what they become, one
    row always, of 2^k rows one that is drawn at every position; None: they are inverted. `at`: at one position only;
    `node`: while that code node is asked about only; `seed`: of the draws."""

    told: str
    bits: tuple[Bit, ...]
    table: Bits | None
    at: int | None = None
    node: int | None = None
    seed: int = 0

    @property
    def is_drawn(self) -> bool:
        return self.table is not None and len(self.table) > 1

    @property
    def always(self) -> bool:
        return self.at is None and self.node is None

    @property
    def counts(self) -> bool:
        """Does it need to know the position?"""
        return self.is_drawn or self.at is not None


@dataclass(frozen=True)
class Reader:
    """What is read instead of a node: `value`, a literal of the new netlist, or None for its complement, where
    `condition` holds."""

    condition: int
    value: int | None

    @property
    def nodes(self) -> int:
        return 1 if self.condition == 1 or self.value in (0, 1) else 3

    def added(self, own: int, first: int) -> tuple[list[Fanins], int]:
        """The nodes from variable `first` on, and the literal to read. own: what was read so far."""
        value, literal = own ^ 1 if self.value is None else self.value, 2 * first
        if self.condition == 1:
            return [(value, value)], literal
        if value in (0, 1):
            return [(own ^ value, self.condition ^ 1)], literal ^ value
        one, other = (value, self.condition), (own, self.condition ^ 1)
        return [one, other, (literal ^ 1, literal + 2 ^ 1)], literal + 4 ^ 1


@dataclass(eq=False)
class _New:
    """The netlist in the making: leaves, `counter` among them, nodes that depend on nothing else, and the rest."""

    aig: Aig
    width: int
    nodes: list[Fanins] = field(default_factory=list)

    @property
    def more(self) -> int:
        """Latches that are new."""
        return self.width if not len(counting_latches(self.aig)) else 0

    @property
    def first_and(self) -> int:
        return self.aig.first_and + self.more

    @property
    def counter(self) -> Ints:
        """int64[width]: literals of the latches that count."""
        old = counting_latches(self.aig)
        return 2 * (self.aig.first_latch + old if len(old) else self.aig.first_and + np.arange(self.width))


def edited(aig: Aig, edits: Sequence[Edit], width: int) -> Aig:
    """The netlist in which all of it is done at once. width: bits of the counter of positions, 0 if none is needed.

    No node folds or meets another: what was a place remains one. Readers of a state bit or an input read a point
    `do.NAME`; a state bit that is always held also holds it.
    """
    new = _New(aig, width)
    readers, counted = _prepared(new, edits)
    image, ands = _rebuilt(new, readers)
    known = {name: variable for variable, name in enumerate(aig.leaves, 1)}
    shown = {name: int(image[known[name]]) for name in known if known[name] in readers}
    old = {point.name for point in aig.points}
    held = _held(aig, edits)
    latches = [
        Latch(latch.name, int(held[latch.name]), 1 if held[latch.name] else 0)
        if latch.name in held
        else replace(latch, next=through(image, latch.next))
        for latch in aig.latches
    ]
    latches += [Latch(*pair) for pair in zip(names_of(new.more), counted, strict=True)]
    points = [Output(point.name, through(image, point.literal)) for point in aig.points]
    points += [Output(as_read(name), literal) for name, literal in shown.items() if as_read(name) not in old]
    return replace(
        aig,
        latches=tuple(latches),
        ands=ands,
        outputs=tuple(Output(output.name, through(image, output.literal)) for output in aig.outputs),
        points=tuple(points),
        properties=aig.properties.mapped(lambda literal: through(image, literal)),
    ).validate()


def _held(aig: Aig, edits: Sequence[Edit]) -> dict[str, bool]:
    """State bits that always hold the same."""
    found: dict[str, bool] = {}
    for edit in edits:
        if edit.always and edit.table is not None and not edit.is_drawn:
            values = edit.table[0].tolist()
            found |= {bit.name: bool(value) for bit, value in zip(edit.bits, values, strict=True) if bit.latch >= 0}
    return found


def _prepared(new: _New, edits: Sequence[Edit]) -> tuple[dict[int, list[Reader]], list[int]]:
    """What is read instead of which variables, and the next values of a new counter; adds the nodes these need."""
    aig = new.aig
    nodes = {parse(name).index or 0: variable for variable, name in enumerate(aig.inputs, 1) if is_node(name)}
    asked = [nodes[place] for place in sorted(nodes)]
    builder = AigBuilder()
    count, code = builder.inputs(names_of(new.width)), builder.inputs(map(node, sorted(nodes)))
    values: list[tuple[Edit, list[int]]] = []
    for edit in edits:
        condition = equals(builder, count, edit.at) if edit.at is not None else 1
        if edit.node is not None:
            condition = builder.and_(condition, equals(builder, code, edit.node))
        row: list[int] = []
        if edit.table is not None:
            address = drawn(builder, count, (len(edit.table) - 1).bit_length(), edit.seed) if edit.is_drawn else []
            row = looked_up(builder, address, edit.table)
        values.append((edit, [condition, *row]))
    following = one_more(builder, count) if new.more else []
    for literal in (literal for _, some in [*values, (None, following)] for literal in some):
        builder.output("", literal)
    piece = builder.build()
    leaves = np.array([0, *new.counter.tolist(), *(2 * variable for variable in asked)], np.int64)
    image = np.concatenate([leaves, 2 * (new.first_and + np.arange(len(piece.ands)))])
    new.nodes.extend(map(tuple, through(image, piece.ands.astype(np.int64)).tolist()))
    results = iter(through(image, piece.output_literals()).tolist())
    readers: dict[int, list[Reader]] = {}
    for edit, some in values:
        condition, *row = (next(results) for _ in some)
        for place, bit in enumerate(edit.bits):
            value = row[place] ^ (bit.literal & 1) if row else None
            readers.setdefault(bit.variable, []).append(Reader(condition, value))
    return readers, list(results)


def is_node(name: str) -> bool:
    """Is it an input that says which code node is asked about?"""
    return parse(name).kind == "node"


def _rebuilt(new: _New, readers: dict[int, list[Reader]]) -> tuple[Ints, Ands]:
    """int64[variables], what is read of every variable of the old netlist, and the nodes."""
    aig, first = new.aig, new.first_and
    added = np.zeros(aig.variables, np.int64)
    for variable, some in readers.items():
        added[variable] = sum(reader.nodes for reader in some)
    start = first + len(new.nodes) + int(added[: aig.first_and].sum())
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(added[aig.first_and :])])[:-1]
    own = 2 * np.arange(aig.variables)
    own[aig.first_and :] = 2 * (start + np.arange(len(aig.ands)) + before)
    image = own.copy()
    ands = np.zeros((start - first + len(aig.ands) + int(added[aig.first_and :].sum()), 2), np.int64)
    ands[: len(new.nodes)] = np.array(new.nodes, np.int64).reshape(-1, 2)
    spare = first + len(new.nodes)
    for variable in sorted(readers):
        place = spare if variable < aig.first_and else (int(own[variable]) >> 1) + 1
        for reader in readers[variable]:
            nodes, literal = reader.added(int(image[variable]), place)
            ands[place - first : place - first + len(nodes)] = nodes
            place, image[variable] = place + len(nodes), literal
        spare = place if variable < aig.first_and else spare
    ands[(own[aig.first_and :] >> 1) - first] = through(image, aig.ands.astype(np.int64))
    return image, larger_first(ands).astype(np.uint32)
