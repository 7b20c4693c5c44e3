"""Which bytes a signal is a function of, how long ago they were read, and its values for all of them.

A latch that holds what was read some steps ago depends on that byte alone; one that can keep its value (a gated latch,
an automaton) depends on bytes any time ago. What depends on few bytes is run on all of them, from reset on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import Aig
from bridge.aig.cone import read_by
from bridge.aig.literals import variable_of
from bridge.aig.names import BYTE
from bridge.analysis.places import placed
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.reachability import spread
from bridge.arrays import Bits, Flags, Ints, Words
from bridge.cell import Cell
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run
from bridge.execution.words import packed, unpacked
from bridge.lowering import lower

NOTHING = 256  # in the place of a byte: the text had not begun
OLDEST = 62  # steps ago; what was read before that counts as any time ago
_EVER = np.uint64(1) << np.uint64(OLDEST + 1)


def looked_at(model: Cell | Aig, names: Iterable[str] = ()) -> Aig:
    """The netlist to look at. One in which names share nodes will do, and where it does not check the codes of automata
    their states are seen to depend on few bytes; but only with a place for each are sums that are compared numbers."""
    if isinstance(model, Cell) and not model.integers and any(block.ONE_HOT for block in model.blocks):
        return asked_at_once(lower(model), names)
    return asked_at_once(placed(model), names)


@dataclass(frozen=True, eq=False)
class Ages:
    """Of every variable of a netlist: `masks`, uint64[variables], bit k if the byte k steps ago may matter, by
    structure, the last one for any time ago; `other`, bool[variables], if inputs that are no bits of a byte may."""

    aig: Aig
    masks: Words
    other: Flags

    @classmethod
    def of(cls, aig: Aig) -> Ages:
        masks = np.zeros((aig.variables, 2), np.uint64)
        for variable, name in enumerate(aig.inputs, 1):
            masks[variable, 0 if name in BYTE else 1] = 1
        nexts = variable_of(aig.next_literals())
        moves = nexts != np.arange(aig.first_latch, aig.first_and)  # the others keep what they hold at reset
        while True:
            spread(aig.ands, aig.first_and, masks)
            after = masks[nexts]
            # What comes to hold a constant tells whether the text had begun.
            after[:, 0] = np.where((after[:, 0] == 0) & moves, 2, after[:, 0] << np.uint64(1) | after[:, 0] & _EVER)
            held = masks[aig.first_latch : aig.first_and]
            if (held | after == held).all():
                return cls(aig, masks[:, 0].copy(), masks[:, 1] > 0)
            held |= after

    def endless(self, variable: int) -> bool:
        """May bytes any time ago matter, or other inputs?"""
        return bool(self.masks[variable] & _EVER) or bool(self.other[variable])

    def known(self, variable: int) -> tuple[int, ...]:
        """How many steps ago the bytes that may matter were read, ascending; see `endless` first."""
        return tuple(age for age in range(OLDEST + 1) if int(self.masks[variable]) >> age & 1)


def classes(ages: Ages, among: Sequence[int], literals: Iterable[int]) -> Ints:
    """int64[len(among)]: bytes that no signal of the netlist, nor one of the literals, can tell apart have one number.

    All that is known of a byte are the signals that depend on it alone and that something else reads.
    """
    aig, masks = ages.aig, np.where(ages.other, _EVER, ages.masks)
    alone = masks == 1
    reads = alone[variable_of(aig.ands)]
    at_border = variable_of(aig.ands)[reads & ~alone[aig.first_and :, None]]
    roots = variable_of(np.concatenate([aig.next_literals(), aig.output_literals(), np.array([*literals], np.int64)]))
    border = np.unique(np.concatenate([at_border, roots[alone[roots]]]))
    rows = values(ages, 2 * border, np.array(among)[:, None]) if len(border) else np.zeros((0, len(among)), np.uint8)
    return np.unique(rows.T, axis=0, return_inverse=True)[1].reshape(-1)


def values(ages: Ages, literals: Ints, contexts: Ints) -> Bits:
    """uint8[literals, S]: the values in int64[S, D] contexts, of which column k is the byte k steps ago, or NOTHING,
    which leaves the netlist at reset. Other inputs are 0."""
    aig = ages.aig
    needed = read_by(aig, literals)[aig.first_latch : aig.first_and]
    latches = (replace(latch, next=latch.next if some else 0) for latch, some in zip(aig.latches, needed, strict=True))
    program = compile_program(replace(aig, latches=tuple(latches)), literals)
    depth = contexts.shape[1]
    reset = program.reset_state(-(-len(contexts) // 64))
    state, rows = reset, np.zeros((len(literals), reset.shape[1]), np.uint64)
    for age in range(depth - 1, -1, -1):
        column = contexts[:, age]
        inputs = np.zeros((1, len(aig.inputs), reset.shape[1]), np.uint64)
        for place, name in enumerate(aig.inputs):
            if name in BYTE:
                inputs[0, place] = packed((column >> BYTE.index(name) & (column < NOTHING)).astype(np.uint8))
        outputs, after = run(program, inputs, state)
        rows, read = outputs[0], packed(column < NOTHING)
        state = after & read | reset & ~read
    return unpacked(rows, len(contexts))
