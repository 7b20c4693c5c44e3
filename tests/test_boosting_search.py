"""The price of an AND is found, however the size of cells depends on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.boosting.search import CLOSE, FULL, Search

SHARES = st.floats(0.3, 3)


@given(SHARES, st.lists(st.floats(-0.03, 0.03), min_size=40, max_size=40), st.floats(1e-3, 1e3))
def test_few_trials_find_the_price(power: float, chance: list[float], first: float) -> None:
    """Sizes fall with any power of the price, and chance moves each of them by up to 3 %."""
    search, tried = Search(first), dict[float, float]()
    for moved in chance:
        tried[search.price] = used = search.price**-power * (1 + moved)
        search.found(used)
        if search.close:
            break
    assert search.close
    within = [used for used in tried.values() if used <= 1]
    assert within
    apart = CLOSE**power * 1.03 / 0.97  # what prices so near to each other, and chance, make of a size
    assert max(within) >= min(FULL, 1 / apart)


def test_nothing_left_to_gain() -> None:
    """The price goes down by much each time."""
    search = Search(100.0)
    for _ in range(9):
        search.found(0.2)
    assert search.price < 0.1
    assert not search.close
