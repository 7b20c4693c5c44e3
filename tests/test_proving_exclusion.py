"""Of which latches at most one is ever hot: what is proven, and what only looks so in short runs."""

from __future__ import annotations

import pytest

from bridge import AigBuilder
from bridge.analysis.proving.exclusion import exclusive
from bridge.equivalence.clock import Clock


@pytest.mark.parametrize("reset", [0, 2])
def test_a_one_that_goes_round_is_alone(reset: int) -> None:
    """Also where what is hot at reset counts as hot."""
    builder = AigBuilder("ring")
    stop = builder.input("stop")
    latches = [builder.latch(f"r[{place}]", 1 if place == reset else 0) for place in range(4)]
    for place, latch in enumerate(latches):
        builder.set_next(latch, builder.mux(stop, latch, latches[place - 1]))
    (group,) = exclusive(builder.build(), Clock(30)) or ((),)
    assert group == ((0, 1), (1, 1), (2, 1), (3, 1))


def test_two_that_are_hot_after_many_steps_are_not() -> None:
    builder = AigBuilder("late")
    count = [builder.latch(f"n[{bit}]", 0) for bit in range(6)]
    carry = 1
    for bit in count:
        builder.set_next(bit, builder.xor(bit, carry))
        carry = builder.and_(bit, carry)
    for place, value in enumerate((carry, carry, 0)):
        builder.set_next(builder.latch(f"r[{place}]", 0), value)
    assert exclusive(builder.build(), Clock(30)) == ()
