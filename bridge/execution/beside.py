"""A netlist beside the oracle of its cell, in every named bit of every block, on rows of integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import element
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.execution.compile.program import Program, compile_literals
from bridge.execution.machines.run import run
from bridge.execution.rows import Places, pack_elements, places_of
from bridge.execution.words import unpacked


@dataclass(frozen=True, eq=False)
class Beside:
    """A cell without state and byte, and its netlist. `seen`: of each block int64[2, bits], the element and the bit of
    it that the next outputs of `program` are."""

    cell: Cell
    program: Program
    places: Places
    seen: dict[str, Ints]

    @classmethod
    def of(cls, cell: Cell, aig: Aig) -> Beside:
        """InputError unless the inputs of the netlist are those of the cell; of its points it may have lost some."""
        known = {point.name: point.literal for point in (*aig.points, *aig.outputs)}
        literals, seen = list[int](), dict[str, Ints]()
        for block, bits in _named(cell, known):
            literals += [known[name] for name, _, _ in bits]
            seen[block] = np.array([(index, place) for _, index, place in bits], np.int64).reshape(-1, 2).T
        return cls(cell, compile_literals(aig, literals), places_of(aig, cell.inputs), seen)

    def difference(self, values: Values) -> tuple[int, str] | None:
        """Where the netlist differs from the values of all blocks, which the oracle gave for some rows: the row, and
        the element; None if nowhere."""
        given = np.concatenate([values[each.name] for each in self.cell.inputs], axis=1)
        patterns = pack_elements(np.ascontiguousarray(given.T[None], np.int64), self.places)
        words, _ = run(self.program, patterns, self.program.reset_state(patterns.shape[2]))
        start = 0
        for block, (elements, places) in self.seen.items():
            found = unpacked(words[0, start : start + len(places)], len(given)).T
            wrong = np.argwhere(values[block].astype(np.int64)[:, elements] >> places & 1 != found)
            if len(wrong):
                row, bit = wrong[0].tolist()
                index, value = int(elements[bit]), values[block][row, elements[bit]]
                told = f"bit {places[bit]} of {block}[{index}], which is {value}, is {found[row, bit]} in the netlist"
                return row, told
            start += len(places)
        return None


def _named(cell: Cell, known: dict[str, int]) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """The bits of each block that are known by name: the name, the element, which bit of it."""
    for block, ranges in cell.ranges.items():
        bits = zip(cell.signals(block), ranges.owners.tolist(), ranges.places.tolist(), strict=True)
        yield block, [each for each in bits if each[0] in known]
    numbers = list[tuple[str, int, int]]()
    for index, number in enumerate(cell.numbers):
        place = 0
        while (output := element(number, place)) in known:
            numbers.append((output, index, place))
            place += 1
    yield cell.last.name, numbers
