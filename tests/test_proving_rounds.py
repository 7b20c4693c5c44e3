"""The turns of engines, with engines that do nothing but count; and what may be said when one of them does not end."""

from __future__ import annotations

import pytest

from bridge import Aig, AigBuilder, prove
from bridge.aig import Reset
from bridge.analysis.proving.rounds import in_rounds
from bridge.equivalence.clock import Clock


class Engine:
    """Finds its name when a turn, or all of its turns together, allow so many seconds."""

    def __init__(self, name: str, turn: float = float("inf"), total: float = float("inf")) -> None:
        self.name, self.turn, self.total = name, turn, total
        self.turns: list[float] = []

    def __call__(self, seconds: float) -> str | None:
        self.turns.append(seconds)
        return self.name if seconds >= self.turn or sum(self.turns) >= self.total else None


@pytest.mark.parametrize("budget", [1e3, 1e5, 1e9])
def test_turns_do_not_grow_with_the_budget(budget: float) -> None:
    hopeless, able = Engine("hopeless"), Engine("able", turn=20)
    assert in_rounds([hopeless, able], Clock(budget), first=5) == "able"
    assert hopeless.turns == able.turns == [5, 10, 20]


def test_the_first_that_finds_ends_all() -> None:
    slow, quick, never = Engine("slow", total=35), Engine("quick", turn=1), Engine("never")
    assert in_rounds([slow, quick, never], Clock(1e6), first=1) == "quick"
    assert (slow.turns, quick.turns, never.turns) == ([1], [1], [])
    assert in_rounds([slow, never], Clock(1e6), first=2) == "slow"
    assert sum(slow.turns) >= 35
    assert len(never.turns) == len(slow.turns) - 2


def test_no_turn_is_longer_than_what_is_left() -> None:
    class Ending(Clock):
        """Over once its seconds are given away."""

        @property
        def left(self) -> float:
            return max(0.0, self.budget - sum(engine.turns))

        @property
        def over(self) -> bool:
            return self.left <= 0

    engine = Engine("never")
    assert in_rounds([engine], Ending(10), first=4) is None
    assert engine.turns == [4, 6]


def test_nothing_is_asked_when_it_is_over() -> None:
    engine = Engine("able", turn=0)
    assert in_rounds([engine], Clock(0)) is None
    assert engine.turns == []


def delayed(reset: Reset) -> Aig:
    """`late` is 1 in step 3, when `early`, which is 1 at reset, has come there, or never if that is 0."""
    builder = AigBuilder("delayed")
    early, middle, late = builder.latch("early", reset), builder.latch("middle", 0), builder.latch("late", 0)
    for latch, following in ((early, 0), (middle, early), (late, middle)):
        builder.set_next(latch, following)
    builder.output("late", late)
    return builder.build()


def test_induction_alone_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a break needs no break before it is no proof while the first steps are not decided."""
    for engine in ("_climb", "_pdr"):
        monkeypatch.setattr(f"bridge.analysis.proving.prove.{engine}", lambda *_: None)
    assert prove(delayed(0), "late == 0", seconds=5).answer == "proven"
    monkeypatch.setattr("bridge.analysis.proving.prove._first_steps", lambda *_: False)
    assert prove(delayed(0), "late == 0", seconds=0.2).answer == "undecided"


def test_induction_knows_that_nothing_was_broken_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two latches that change places: from any state a one comes back for ever, unless neither step before had it."""
    for engine in ("_climb", "_pdr"):
        monkeypatch.setattr(f"bridge.analysis.proving.prove.{engine}", lambda *_: None)
    builder = AigBuilder("swapped")
    one, other = builder.latch("one", 0), builder.latch("other", 0)
    builder.set_next(one, other)
    builder.set_next(other, one)
    builder.output("one", one)
    assert prove(builder.build(), "one == 0", seconds=5).answer == "proven"


def test_the_shortest_is_only_said_when_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prove(delayed(1), "late == 0")
    assert found.broken is not None
    assert (found.broken.steps, found.broken.shortest) == (3, True)
    monkeypatch.setattr("bridge.analysis.proving.prove._next_step", lambda *_: (None, None))
    found = prove(delayed(1), "late == 0")
    assert found.broken is not None
    assert (found.broken.steps, found.broken.shortest) == (3, False)
