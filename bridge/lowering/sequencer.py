"""Whose turn it is in the logic of a folded network: latches of which one is 1, counters, flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.aig import AigBuilder
from bridge.aig.names import state
from bridge.cell.folded import ROWS
from bridge.cell.passes import LANES, Passes
from bridge.lowering.lookup import choose_words, join
from bridge.lowering.sums import Sum


@dataclass(frozen=True)
class Turn:
    """Literals, each 1 in some steps. `slot[i]`: slot i is at the head of the ring; `row[p]`: this is pass p of a byte;
    `entering`, `computing`, `moving`, `answering`: what the pass is for (see `bridge.lowering.folded`); `kind`: which
    row of a unit; `lane`, `home`: which unit, until the pass after its last row ends."""

    slot: Sequence[int]
    row: Sequence[int]
    entering: int
    computing: int
    moving: int
    answering: int
    kind: Sequence[int]
    lane: Sequence[int]
    home: Sequence[int]

    @property
    def end(self) -> int:
        """The last step of a pass."""
        return self.slot[-1]

    def at_home(self, builder: AigBuilder) -> int:
        """Whether the slot of the unit whose turn it is is at the head."""
        return join(builder, [builder.and_(*pair) for pair in zip(self.home, self.slot, strict=False)])


def sequencer(builder: AigBuilder, passes: Passes) -> Turn:
    """Nothing but the number of the step within a byte decides."""
    slot = [builder.latch(state("slot", index), 1 if index == 0 else 0) for index in range(passes.slots)]
    for index, latch in enumerate(slot):
        builder.set_next(latch, slot[index - 1])
    end, row = slot[-1], _rows(builder, passes, slot[-1])
    moving = row[ROWS * passes.units + 1]
    computing = _flag(builder, "computing", builder.and_(end, row[0]), builder.and_(end, row[ROWS * passes.units]))
    answering = _flag(builder, "answering", builder.and_(end, moving), builder.and_(end, row[-1]))
    kind = _turns(builder, "kind", ROWS, builder.and_(end, computing))
    # A unit's new value is in the second ring only when the next one's first row ends; first is the last one's turn.
    handed = builder.and_(builder.and_(end, computing), kind[0])
    lane = _turns(builder, "lane", LANES, handed, LANES - 1)
    home = _turns(builder, "home", passes.held, builder.and_(handed, lane[-1]), passes.held - 1)
    return Turn(
        slot=slot,
        row=row,
        entering=row[0],
        computing=computing,
        moving=moving,
        answering=answering,
        kind=kind,
        lane=lane,
        home=home,
    )


def _rows(builder: AigBuilder, passes: Passes, end: int) -> list[int]:
    """A counter of passes, and a literal for each of its values."""
    count = [builder.latch(state("pass", bit)) for bit in range((passes.passes - 1).bit_length())]
    row = choose_words(builder, count, passes.passes)
    last, following = builder.and_(end, row[-1]), Sum()
    following.add(count, signed=False)
    following.add_digit(end, 0)
    for latch, after in zip(count, following.bits(builder, len(count)), strict=True):
        builder.set_next(latch, builder.and_(after, last ^ 1))
    return row


def _flag(builder: AigBuilder, name: str, on: int, off: int) -> int:
    """A latch that is 1 from the step after one to that of the other."""
    latch = builder.latch(state(name, 0))
    builder.set_next(latch, builder.or_(on, builder.and_(latch, off ^ 1)))
    return latch


def _turns(builder: AigBuilder, name: str, count: int, step: int, first: int = 0) -> list[int]:
    """Latches of which one is 1, the next one after each step in which `step` is."""
    latches = [builder.latch(state(name, index), 1 if index == first else 0) for index in range(count)]
    for index, latch in enumerate(latches):
        builder.set_next(latch, builder.mux(step, latches[index - 1], latch))
    return latches
