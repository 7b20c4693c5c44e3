"""An `Aig` compiled for running: fused operations in an order, and slots, that keep rows near."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.latches import reset_to_one
from bridge.arrays import Flags, Int, Ints, Ints32, Words
from bridge.errors import InputError
from bridge.execution.compile.cuts import find_cuts
from bridge.execution.compile.fusion import choose, pair_full_adders, pair_half_adders
from bridge.execution.compile.grouping import LONG_ROWS, SHORT_ROWS, grouped
from bridge.execution.compile.operations import END, Instructions
from bridge.execution.compile.order import Graph, depth_first, emit, sequence

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, eq=False)
class Program:
    """One step as a stream of instructions on slots, each a row of words.

    `code`: uint16[n], or uint32[n] above 65,536 slots, see `order`; `outputs`: int64[n_outputs], slot literals;
    `moves`: int64[n, 2], slot literal and target slot, the next states into the latches once the outputs are read;
    `resets`: bool[n_latches]; `inputs`, `slots`, `operations`: counts.
    """

    code: Instructions
    outputs: Ints
    moves: Ints
    resets: Flags
    inputs: int
    slots: int
    operations: int

    def reset_state(self, words: int) -> Words:
        """uint64[n_latches, words]: the reset state of every stream; an unknown reset (None) starts at 0."""
        return np.repeat(np.where(self.resets, ALL, np.uint64(0))[:, None], words, axis=1)

    @cached_property
    def grouped(self) -> Program:
        """The same in an order that is better for an interpreter of long rows, and worse for machine code."""
        return self._grouped(LONG_ROWS)

    @cached_property
    def grouped_for_short_rows(self) -> Program:
        return self._grouped(SHORT_ROWS)

    def _grouped(self, window: int) -> Program:
        spare, live = self.slots - 1, np.concatenate([self.outputs, self.moves[:, 0]]) >> 1
        first = 1 + self.inputs + len(self.resets)
        code, holders, used = grouped(self.code, first, spare, self.operations, live[live < spare], window)
        places: Ints = np.append(holders, used).astype(np.int64)
        targets: Ints = places[self.moves[:, 1]]
        return replace(
            self,
            code=_stream(code, used),
            outputs=_frozen(_moved(places, self.outputs)),
            moves=_frozen(np.stack([_moved(places, self.moves[:, 0]), targets], axis=1)),
            slots=int(used) + 1,
        )


def compile_program(aig: Aig, shown: npt.ArrayLike | None = None) -> Program:
    """The sequential program of a netlist; what reaches no output and no next state is left out. `shown`: literals in
    the place of the outputs."""
    outputs = aig.output_literals() if shown is None else np.asarray(shown, np.int64).reshape(-1)
    return _compile(aig, outputs, aig.next_literals(), reset_to_one(aig))


def compile_literals(aig: Aig, literals: npt.ArrayLike) -> Program:
    """A combinational program: its inputs are the inputs, then the latches of `aig`; its outputs are `literals`."""
    wanted = np.asarray(literals, np.int64).reshape(-1)
    if len(wanted) and not 0 <= wanted.min() <= wanted.max() < 2 * aig.variables:
        raise InputError(f"a literal lies outside 0 .. {2 * aig.variables - 1}")
    return _compile(aig, wanted, np.zeros(0, np.int64), np.zeros(0, np.bool_))


def _compile(aig: Aig, outputs: Ints, nexts: Ints, resets: Flags) -> Program:
    roots = np.concatenate([nexts, outputs])
    cuts = find_cuts(aig.ands, aig.first_and)
    shapes, partners = np.zeros(aig.variables, np.uint8), np.zeros(aig.variables, np.int32)
    pair_full_adders(cuts, shapes, partners)
    needed = choose(aig.ands, aig.first_and, roots, cuts, shapes, partners)
    pair_half_adders(aig.ands, aig.first_and, needed, cuts, shapes, partners)
    graph = Graph(aig.ands, aig.first_and, cuts.leaves, cuts.tables, shapes, partners, needed)
    order = depth_first(graph, roots)
    code, slots, flipped, used = emit(graph, order, roots)

    def slot_literals(literals: Ints) -> Ints:
        complements: Ints = literals & 1 ^ flipped[literals >> 1]
        found: Ints = 2 * slots[literals >> 1].astype(np.int64) + complements
        return found

    return Program(
        code=_stream(code, used),
        outputs=_frozen(slot_literals(outputs)),
        moves=_frozen(sequence(slot_literals(nexts), aig.first_and - len(nexts), used)),
        resets=_frozen(resets),
        inputs=aig.first_and - 1 - len(nexts),
        slots=int(used) + 1,
        operations=len(order),
    )


def _stream(code: Ints32, used: Int) -> Instructions:
    return _frozen(np.append(code, END).astype(np.uint16 if used <= 1 << 16 else np.uint32))


def _moved(places: Ints, literals: Ints) -> Ints:
    found: Ints = 2 * places[literals >> 1] + (literals & 1)
    return found


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array
