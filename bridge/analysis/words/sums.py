"""Neurons as sums over bytes: the weights of a block folded through embeddings and delays, one table for each byte.

What a neuron reads that depends on one byte alone, whatever it is made of, adds a number for each value of that byte;
everything else stays a weight of a named signal. Constants are moved into the threshold, so that the commonest bytes
add 0. The fold is exact for every text from reset on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig.names import state
from bridge.analysis.bytesets import described
from bridge.analysis.signals import named_bits
from bridge.analysis.words.ages import NOTHING, Ages, values
from bridge.analysis.words.rules import place
from bridge.analysis.words.states import looked_back
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.cell.blocks import OLD, Summed

BEFORE = "before the text"


@dataclass(frozen=True, eq=False)
class Sum:
    """`constant`, plus for each byte so many steps ago its number in `tables`, int64[257], the last one for a byte
    before the text, plus `terms`, weights of signals; it fires iff that reaches `threshold`, if it has one."""

    threshold: int | None
    constant: int
    tables: Mapping[int, Ints]
    terms: Mapping[str, int]

    def groups(self, age: int, among: Collection[int]) -> list[tuple[int, frozenset[int]]]:
        """What bytes add, the most first; those that add 0, the commonest, left out."""
        table = self.tables[age]
        sets: dict[int, list[int]] = {}
        for byte in (*among, *([NOTHING] if age else [])):
            sets.setdefault(int(table[byte]), []).append(byte)
        return sorted(((worth, frozenset(some)) for worth, some in sets.items() if worth), reverse=True)

    def lines(self, among: Collection[int]) -> list[str]:
        """One for each byte, then one for the signals."""
        found = []
        for age in self.tables:
            parts = [f"{worth:+d} {_words(some, among)}" for worth, some in self.groups(age, among)]
            found += [f"{place(age)}: {'; '.join(parts)}"] if parts else []
        terms = sorted(self.terms.items(), key=lambda item: (-abs(item[1]), item[0]))
        return found + ([", ".join(f"{weight:+d} {name}" for name, weight in terms)] if terms else [])

    def to_json(self, among: Collection[int]) -> dict[str, object]:
        """`threshold constant terms`, and `bytes`: by age, lists of (number, bytes that add it), 256 for before the
        text."""
        groups = {str(age): [[worth, sorted(some)] for worth, some in self.groups(age, among)] for age in self.tables}
        return {"threshold": self.threshold, "constant": self.constant, "bytes": groups, "terms": dict(self.terms)}


def _words(some: Collection[int], among: Collection[int]) -> str:
    known = [byte for byte in some if byte != NOTHING]
    words = [described(known, among)] if known else []
    return " or ".join(words + [BEFORE] * (NOTHING in some))


def sums_of(cell: Cell, ages: Ages, among: Sequence[int], names: Collection[str]) -> Iterator[tuple[str, Sum]]:
    """The sums of the cell with these names, see `names_of`."""
    tables = Tables(ages)
    for block in cell.summed:
        rows = {name: row for row, name in enumerate(names_of(block, cell)) if name in names}
        if rows:
            reading = _Reading(cell, block, tables)
            yield from ((name, reading.sum_of(row, among)) for name, row in rows.items())


def names_of(block: Summed, cell: Cell) -> list[str]:
    """What the sums of a block are called: numbers of the head, `logit.97`, or elements."""
    return cell.numbers if block.HEAD else cell.elements(block.name)


class _Reading:
    """A block and what it reads."""

    def __init__(self, cell: Cell, block: Summed, tables: Tables) -> None:
        self.block, self.read, self.tables = block, cell.ranges_read(block), tables
        self.bits = [name for source in block.reads for name in cell.signals(source)]
        self.names = [told for source in block.reads for told in told_elements(cell, source)]
        self.entries = block.entries(self.read)

    def sum_of(self, row: int, among: Sequence[int]) -> Sum:
        part = slice(*np.searchsorted(self.entries.row, [row, row + 1]).tolist())
        elements: dict[int, list[tuple[int, int]]] = {}
        for bit, weight in zip(self.entries.bit[part].tolist(), self.entries.weight[part].tolist(), strict=True):
            elements.setdefault(int(self.read.owners[bit]), []).append((bit, weight))
        own, compares = int(self.block.constants[row]), self.block.COMPARES
        constant, sums, terms = 0 if compares else own, dict[int, Ints](), Counter[str]()
        for element, weights in elements.items():
            parts = [self.tables.of(self.bits[bit]) for bit, _ in weights]
            if any(table is None for _, table in parts):
                lowest, weight = weights[0]
                terms[self.names[element]] += weight * int(self.read.worth[lowest])
                continue
            for (_, weight), (age, table) in zip(weights, parts, strict=True):
                assert table is not None
                if age < 0:
                    constant += weight * int(table[0])
                else:
                    sums[age] = sums.get(age, np.zeros(NOTHING + 1, np.int64)) + weight * table
        return _normal(own if compares else None, constant, sums, terms, among)


def _normal(
    threshold: int | None, constant: int, sums: dict[int, Ints], terms: Counter[str], among: Sequence[int]
) -> Sum:
    """With the commonest bytes adding 0, and no constant beside a threshold."""
    tables = {}
    for age in sorted(sums):
        usual = Counter(sums[age][list(among)].tolist()).most_common(1)[0][0]
        constant += usual
        tables[age] = sums[age] - usual
    if threshold is not None:
        threshold, constant = threshold - constant, 0
    kept = {name: weight for name, weight in terms.items() if weight}
    return Sum(threshold, constant, {age: table for age, table in tables.items() if table.any()}, kept)


class Tables:
    """The value of signals that depend on one byte alone, for each of its values."""

    def __init__(self, ages: Ages) -> None:
        self.ages, self.bits, self._known = ages, named_bits(ages.aig), dict[int, Ints]()

    def of(self, name: str) -> tuple[int, Ints | None]:
        """How many steps ago the byte was read and int64[257]; -1 for constants; no table for what depends on more."""
        bit = self.bits.get(name)
        if bit is None or self.ages.endless(bit.variable):
            return 0, None
        read = self.ages.known(bit.variable)
        if len(read) > 1:
            return 0, None
        age = read[0] if read else -1
        if bit.literal not in self._known:
            self._fill(age)
        return age, self._known[bit.literal]

    def _fill(self, age: int) -> None:
        """All signals of one age at once."""
        masks, others, wanted = self.ages.masks, self.ages.other, 1 << age if age >= 0 else 0
        contexts = np.zeros((NOTHING + 1, max(age, 0) + 1), np.int64)
        contexts[:, max(age, 0)] = np.arange(NOTHING + 1)
        own = {bit.literal for bit in self.bits.values() if masks[bit.variable] == wanted and not others[bit.variable]}
        literals = np.array(sorted(own), np.int64)
        rows = values(self.ages, literals, contexts).astype(np.int64)
        self._known |= zip(literals.tolist(), rows, strict=True)


def told_elements(cell: Cell, source: str) -> list[str]:
    """What the elements of a source are called: those of a delay by what they hold and since when."""
    name = source.removeprefix(OLD)
    places = np.arange(cell.source_width(source))
    if source != name:
        return [f"{state(name, index)} before" for index in places.tolist()]
    block, places, ages = looked_back(cell, name, places)
    elements = cell.elements(block.name) if not block.AT_START else cell.elements(source)
    return [
        elements[at] + (f" {age} ago" if age else "") for at, age in zip(places.tolist(), ages.tolist(), strict=True)
    ]
