"""The exact terms of a margin: how much of it each neuron gives, by its weights times its value.

The head is a weighted sum, and so may be what it reads: sums are followed back to the first elements that are none, to
neurons, state bits, tables and trees. The terms add up to the margin, in whole numbers.

With a code tree a symbol is likelier than another by the code bits on their paths from where these part: every code
node there gives so much in the fixed point of `bridge.readout.fixedpoint`, and its score is a sum with terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bridge.aig.names import BYTE
from bridge.analysis.explaining.head import Head
from bridge.arrays import Bits, Ints
from bridge.cell import Cell
from bridge.cell.blocks import BYTE as BYTE_READ
from bridge.cell.blocks import Integers, Values
from bridge.cell.ranges import Ranges

BIAS = "bias"


@dataclass(frozen=True)
class Term:
    """`worth` of an element is its `value` times its `weight`; of a tree it is the sum over the elements that it gives,
    `value` and `weight` being None; of the bias the value is 1."""

    name: str
    worth: int
    value: int | None = None
    weight: int | None = None


@dataclass(frozen=True)
class NodeTerms:
    """A code node on the way to one of two symbols, from where the ways part. `tells`: symbols to which it leads above
    0, and otherwise; `worth`: what it gives the margin, in the fixed point; `terms`: of its `score`, None if the cell
    is not known."""

    node: int
    tells: tuple[bytes, bytes]
    score: int
    worth: int
    terms: tuple[Term, ...] | None

    def to_json(self) -> dict[str, Any]:
        above, others = (symbols.decode("latin-1") for symbols in self.tells)
        return asdict(self) | {"tells": [above, others]}


def terms_of(cell: Cell, values: Values, coefficients: Sequence[int]) -> tuple[Term, ...]:
    """Of a sum of the head's numbers with these coefficients. values: of all blocks in a step, batch 1."""
    constant, found = 0, dict[str, Ints]()
    sums = {block.name: block for block in cell.summed if not block.COMPARES}
    wanted: dict[str, Ints] = {cell.last.name: np.array(coefficients, np.int64)}
    for block in reversed(cell.blocks):
        if block.name not in wanted:
            continue
        if block.name in sums:
            own, added = wanted.pop(block.name), sums[block.name]
            width = sum(map(cell.source_width, block.reads))
            entries, read = added.entries(Ranges.of_bits(width)), np.zeros(width, np.int64)
            np.add.at(read, entries.bit, own[entries.row] * entries.weight)
            constant += int(own @ added.constants.astype(np.int64))
        elif block.HEAD:
            read = wanted.pop(block.name)
        else:
            found[block.name] = wanted.pop(block.name)
            continue
        for source, part in zip(block.reads, cell.columns(block.reads), strict=True):
            into = wanted if source in cell.by_name and not cell.at_start(source) else found
            into[source] = into.get(source, 0) + read[part]
    terms = [term for source in sorted(found, key=cell.sources.index) for term in _named(cell, source, found, values)]
    return (*terms, *([Term(BIAS, constant, 1, constant)] if constant else []))


def _named(cell: Cell, source: str, found: dict[str, Ints], values: Values) -> list[Term]:
    weights, elements = found[source], values[source][0].astype(np.int64)
    width = cell.by_name[source].leaf_width if source in cell.by_name else None
    if width is not None:
        worths = (weights * elements).reshape(-1, width).sum(axis=1).tolist()
        read = (weights != 0).reshape(-1, width).any(axis=1).tolist()
        return [Term(f"{source} tree {tree}", worth) for tree, worth in enumerate(worths) if read[tree]]
    rows = zip(cell.elements(source), weights.tolist(), elements.tolist(), strict=True)
    return [Term(name, weight * value, value, weight) for name, weight, value in rows if weight]


def margin_terms(head: Head, cell: Cell, values: Values, pair: tuple[int, int]) -> tuple[Term, ...]:
    """Of the number of the first rank minus that of the second, or minus 0 where they are the same; of a head without
    code tree. values: see `Cell.read`."""
    coefficients = np.zeros(len(head.numbers), np.int64)
    coefficients[pair[1]] = -1
    coefficients[pair[0]] = 1
    return terms_of(cell, values, coefficients.tolist())


def node_terms(
    head: Head, numbers: Ints, pair: tuple[int, int], cell: Cell | None, values: Values
) -> tuple[NodeTerms, ...]:
    """Of a head with a code tree, for two ranks: where their ways part first, then the way of the first, then that of
    the second. numbers: int64[nodes]."""
    assert head.readout is not None
    assert head.readout.code is not None
    ways = [dict(_way(head, rank)) for rank in pair]
    zero, one = head.readout.fixed.lengths(numbers)
    found = []
    for node in [*ways[0], *(node for node in ways[1] if node not in ways[0])]:
        lengths = [(zero, one)[way[node]][node] if node in way else 0 for way in ways]
        if node in ways[0] and node in ways[1] and ways[0][node] == ways[1][node]:
            continue
        terms = None if cell is None else _score_terms(head, cell, values, node)
        worth = int(lengths[1] - lengths[0])
        found.append(NodeTerms(node, head.readout.told_apart(node), int(numbers[node]), worth, terms))
    return tuple(found)


def _way(head: Head, rank: int) -> Iterator[tuple[int, int]]:
    """(node, bit) on the way to a symbol."""
    assert head.readout is not None
    assert head.readout.code is not None
    nodes, bits = (table[rank].tolist() for table in head.readout.code.paths)
    return ((node, bit) for node, bit in zip(nodes, bits, strict=True) if node >= 0)


def _score_terms(head: Head, cell: Cell, values: Values, node: int) -> tuple[Term, ...]:
    if cell.serial:
        return terms_of(cell, cell.asked_at(values, np.array([node])), [1])
    coefficients = np.zeros(len(head.numbers), np.int64)
    coefficients[node] = 1
    return terms_of(cell, values, coefficients.tolist())


def values_at(cell: Cell, state: Bits, inputs: Bits, order: tuple[str, ...]) -> Values:
    """Of all blocks in a step, by the oracle. state: uint8[latches]; inputs: uint8[inputs], in that order of names; a
    bit that spells no number is read as the nearest one."""
    place = {name: index for index, name in enumerate(order)}
    held = cell.state_ranges.decode(state[None])
    held = np.clip(held, cell.state_ranges.low, cell.state_ranges.high).astype(cell.reset(1).dtype)
    given: dict[str, Integers] = {}
    if cell.reads_byte:
        given[BYTE_READ] = np.packbits(inputs[[place[name] for name in BYTE]], bitorder="little")
    for block in cell.inputs:
        bits = inputs[[place[name] for name in block.signals]]
        given[block.name] = Ranges(block.low, block.high).decode(bits[None])
    return cell.read(held, given)
