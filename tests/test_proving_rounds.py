"""The turns of engines, with engines that do nothing but count."""

from __future__ import annotations

import pytest

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
        def seconds(self) -> float:
            return sum(engine.turns)

    engine = Engine("never")
    assert in_rounds([engine], Ending(10), first=4) is None
    assert engine.turns == [4, 6]


def test_nothing_is_asked_when_it_is_over() -> None:
    engine = Engine("able", turn=0)
    assert in_rounds([engine], Clock(0)) is None
    assert engine.turns == []
