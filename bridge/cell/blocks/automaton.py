"""A state machine over bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Ints
from bridge.cell.blocks.base import BYTE, OLD, Array, Block, Integers, Surroundings, Values, WidthOf
from bridge.cell.blocks.tables import BITS
from bridge.cell.ranges import Ranges
from bridge.compiled import compiled
from bridge.errors import InputError

MAX_STATES = 1 << 14


@dataclass(frozen=True, eq=False, repr=False)
class Automaton(Block):
    """State machine over bytes, from state 0 on: `state' = following[state, byte]`; its bits are `table[state']`.

    `following`: uint16[states, 256]; `table`: uint8[states, bits] of 0 and 1. Held one-hot, without a latch
    for the last state: it is where all others are 0. The latch of state 0 is complemented, so that it starts at 0.
    """

    following: Integers
    table: Integers

    ARRAYS: ClassVar[Mapping[str, Array]] = {"following": Array(np.uint16, 2, 0, MAX_STATES - 1), "table": BITS}
    STATEFUL: ClassVar[bool] = True
    READS_BYTE: ClassVar[bool] = True
    ONE_HOT: ClassVar[bool] = True

    @property
    def patterns(self) -> Bits:
        return self.table

    def width(self, width_of: WidthOf) -> int:
        return int(self.table.shape[1])

    def held(self, own: Ranges) -> Ranges:
        return Ranges.of_bits(len(self.following) - 1)

    def check(self, cell: Surroundings) -> None:
        states, place = len(self.following), f"block {self.name!r}"
        if states < 2 or self.following.shape[1] != 256:
            shape = list(self.following.shape)
            raise InputError(f"{place}: following must have shape [at least 2 states, 256], not {shape}")
        if self.following.max() >= states:
            raise InputError(f"{place}: following leads to state {self.following.max()} of {states}")
        if self.table.shape[0] != states or self.table.shape[1] < 1:
            raise InputError(f"{place}: table must have shape [{states}, bits], not {list(self.table.shape)}")

    def bits(self, values: Values) -> Bits:
        found: Bits = self.table[self._states(values)]
        return found

    def next_state(self, values: Values) -> Bits:
        return one_hot(self._states(values), len(self.following))

    def _states(self, values: Values) -> npt.NDArray[np.uint16]:
        held = np.ascontiguousarray(values[OLD + self.name], np.uint8)
        states: npt.NDArray[np.uint16] = self.following[decode(held), values[BYTE]]
        return states


def one_hot(states: Integers, count: int) -> Bits:
    """uint8[n, count - 1], how an Automaton of `count` states holds int[n] state numbers."""
    bits: Bits = (states[:, None] == np.arange(count - 1)).astype(np.uint8)
    bits[:, 0] ^= 1
    return bits


@compiled
def decode(held: Bits) -> Ints:
    """int64[batch]: the state that uint8[batch, states - 1] stands for, see `Automaton`; of several, the first."""
    states = np.full(len(held), held.shape[1])
    for row in range(len(held)):
        for bit in range(held.shape[1]):
            if held[row, bit] != (bit == 0):
                states[row] = bit
                break
    return states
