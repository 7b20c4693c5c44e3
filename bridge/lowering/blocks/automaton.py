"""A state machine, held one-hot: a state is next where the byte leads to it from the state that is.

For each next state, the present states are grouped by the bytes that lead there; bytes that do so from every state need
no present state at all. A trie of words costs one AND per prefix that way, beside the letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from bridge.aig import FALSE, TRUE, AigBuilder
from bridge.arrays import Flags
from bridge.cell import Automaton
from bridge.lowering.embedding import lower_table
from bridge.lowering.making import Lowered, Making, lower_block


def lower_automaton(
    builder: AigBuilder, byte: list[int], held: list[int], block: Automaton, cared: Flags
) -> tuple[list[int], list[int]]:
    """The next values of the latches `held`, and the literals of the bits of the block. cared: bool[256], the bytes
    that matter."""
    machine = _Machine(builder, byte, held, block, cared)
    following = [machine.following(state) for state in range(len(held))]
    bits = [_member(builder, following, column.astype(bool)) for column in block.table.T]
    return [following[0] ^ 1, *following[1:]], bits


class _Machine:
    """One automaton in the making."""

    def __init__(self, builder: AigBuilder, byte: list[int], held: list[int], block: Automaton, cared: Flags) -> None:
        self._builder, self._byte, self._block, self._cared = builder, byte, block, cared
        self._is = [held[0] ^ 1, *held[1:]]
        self._classes: dict[bytes, int] = {}

    @cached_property
    def _last(self) -> int:
        """Literal of being in the last state, which has no latch."""
        return _any(self._builder, self._is) ^ 1

    def following(self, state: int) -> int:
        """Literal of `state` being next."""
        leads: Flags = self._block.following == state
        always: Flags = np.logical_and.reduce(leads, axis=0)
        groups: dict[bytes, list[int]] = {}
        for source in np.flatnonzero((leads & ~always).any(axis=1)).tolist():
            groups.setdefault((leads[source] & ~always).tobytes(), []).append(source)
        terms = [self._class(always)]
        for key, members in groups.items():
            present = _any(self._builder, (self._is[m] if m < len(self._is) else self._last for m in members))
            terms.append(self._builder.and_(present, self._class(np.frombuffer(key, np.bool_))))
        return _any(self._builder, terms)

    def _class(self, flags: Flags) -> int:
        """Literal of the byte being one of these."""
        key = flags.tobytes()
        if key not in self._classes:
            self._classes[key] = lower_table(self._builder, self._byte, flags.astype(np.uint8)[:, None], self._cared)[0]
        return self._classes[key]


def _member(builder: AigBuilder, states: list[int], wanted: Flags) -> int:
    """Literal of one of the wanted states, bool[states + 1], being there; the last one is where no other is."""
    inverted = bool(wanted[-1])
    return _any(builder, (states[i] for i in np.flatnonzero(wanted[:-1] ^ inverted).tolist())) ^ int(inverted)


def _any(builder: AigBuilder, literals: Iterable[int]) -> int:
    """The OR of literals, as a balanced tree."""
    row = sorted(set(literals) - {FALSE})
    while len(row) > 1:
        pairs = [builder.or_(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[len(row) // 2 * 2 :]
    return row[0] if row else FALSE


def _first_alone(builder: AigBuilder, held: list[int]) -> list[int]:
    """Of a code that has several states just the first, as the oracle reads it."""
    none, found = TRUE, []
    for literal in [held[0] ^ 1, *held[1:]]:
        found.append(builder.and_(none, literal))
        none = builder.and_(none, literal ^ 1)
    return [found[0] ^ 1, *found[1:]]


@lower_block.register
def _(block: Automaton, making: Making) -> Lowered:
    held = _first_alone(making.builder, making.held[block.name]) if making.apart else making.held[block.name]
    following, bits = lower_automaton(making.builder, making.byte, held, block, making.cared)
    return Lowered(np.array(bits, np.int64), following=following)
