"""A netlist beside the oracle of its cell, in every named bit of every block, on rows of integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import element
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.execution.compile.program import Program, compile_literals
from bridge.execution.machines.run import run
from bridge.execution.rows import Places, pack_elements, places_of
from bridge.execution.words import unpacked


@dataclass(frozen=True, eq=False)
class Beside:
    """A cell without state and byte, and its netlist. `seen`: (block, element, bit) of each output of `program`."""

    cell: Cell
    program: Program
    places: Places
    seen: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, cell: Cell, aig: Aig) -> Beside:
        """InputError unless the inputs of the netlist are those of the cell; of its points it may have lost some."""
        literals = {point.name: point.literal for point in (*aig.points, *aig.outputs)}
        seen = {
            name: (block, int(owner), int(place))
            for block, ranges in cell.ranges.items()
            for name, owner, place in zip(cell.signals(block), ranges.owners, ranges.places, strict=True)
            if name in literals
        }
        for index, number in enumerate(cell.numbers):
            place = 0
            while (output := element(number, place)) in literals:
                seen[output] = cell.last.name, index, place
                place += 1
        program = compile_literals(aig, [literals[name] for name in seen])
        return cls(cell, program, places_of(aig, cell.inputs), tuple(seen.values()))

    def difference(self, values: Values) -> tuple[int, str] | None:
        """Where the netlist differs from the values of all blocks, which the oracle gave for some rows: the row, and
        the element; None if nowhere."""
        given = np.concatenate([values[each.name] for each in self.cell.inputs], axis=1)
        patterns = pack_elements(np.ascontiguousarray(given.T[None], np.int64), self.places)
        words, _ = run(self.program, patterns, self.program.reset_state(patterns.shape[2]))
        for (block, index, place), bits in zip(self.seen, unpacked(words[0], len(given)), strict=True):
            expected = values[block][:, index].astype(np.int64) >> place & 1
            if (wrong := bits != expected).any():
                row = int(wrong.argmax())
                told = f"bit {place} of {block}[{index}], which is {values[block][row, index]}, is {bits[row]}"
                return row, f"{told} in the netlist"
        return None
