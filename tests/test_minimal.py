"""Smallest sets under a monotone oracle, against all sets there are."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis.minimal import Oracle, Told, cardinality_minimal, subset_minimal
from bridge.equivalence.clock import Clock

Families = list[frozenset[int]]

SIZE = 7
families = st.lists(st.frozensets(st.integers(0, SIZE - 1), min_size=1, max_size=4), min_size=0, max_size=6)


def oracle(family: Families, tells: bool) -> Oracle:
    """What has a set of the family suffices; `tells`: with the parts that it may know."""

    def suffices(some: frozenset[int]) -> Told:
        inside = [known for known in family if known <= some]
        if inside:
            return Told(True, inside[-1] if tells else None)
        return Told(False, frozenset().union(*(sorted(known - some)[:1] for known in family)) if tells else None)

    return suffices


def naive(family: Families) -> list[set[int]]:
    """All sets that suffice, smallest first."""
    sets = (set(some) for size in range(SIZE + 1) for some in combinations(range(SIZE), size))
    return [some for some in sets if any(known <= some for known in family)]


@settings(deadline=None)
@given(families, st.permutations(range(SIZE)), st.booleans())
def test_nothing_can_be_left_out(family: Families, order: list[int], tells: bool) -> None:
    found = subset_minimal(order, oracle(family, tells), Clock(60))
    enough = naive(family)
    assert found.answer == bool(enough)
    if enough:
        assert set(found.kept) in enough
        assert found.minimal
        assert not any(set(found.kept) - {element} in enough for element in found.kept)
        assert found.least <= len(enough[0])
        assert all(some & known for some in found.hit for known in map(frozenset, enough))


@settings(deadline=None)
@given(families, st.booleans())
def test_least_size(family: Families, tells: bool) -> None:
    first = subset_minimal(range(SIZE), oracle(family, tells), Clock(60))
    found = cardinality_minimal(first, oracle(family, tells), Clock(60))
    enough = naive(family)
    assert found.smallest == bool(enough)
    if enough:
        assert set(found.kept) in enough
        assert len(found.kept) == len(enough[0])


@settings(deadline=None)
@given(families, st.sets(st.frozensets(st.integers(0, SIZE - 1)), max_size=40))
def test_undecided_is_never_taken_for_more(family: Families, silent: set[frozenset[int]]) -> None:
    plain = oracle(family, tells=False)

    def suffices(some: frozenset[int]) -> Told:
        return Told(None) if some in silent else plain(some)

    enough = naive(family)
    first = subset_minimal(range(SIZE), suffices, Clock(60))
    for found in (first, cardinality_minimal(first, suffices, Clock(60))):
        if found.answer:
            assert set(found.kept) in enough
            assert not any(set(found.kept) - {element} in enough for element in found.needed)
            assert found.least <= len(enough[0])
            assert found.minimal or found.why


def test_what_was_found_when_the_time_is_over() -> None:
    found = subset_minimal(range(SIZE), oracle([frozenset({3})], tells=False), Clock(0))
    assert (found.answer, len(found.kept), found.minimal) == (True, SIZE, False)
    assert "no end after 0 s" in found.why
    found = cardinality_minimal(found, oracle([frozenset({3})], tells=False), Clock(0))
    assert (len(found.kept), found.smallest) == (SIZE, False)
    assert found.why


@pytest.mark.parametrize("needed", [1, 5, 40])
def test_few_questions_for_few_elements(needed: int) -> None:
    asked = []
    plain = oracle([frozenset(range(0, 10 * needed, 10))], tells=False)

    def suffices(some: frozenset[int]) -> Told:
        asked.append(some)
        return plain(some)

    assert subset_minimal(range(1000), suffices, Clock(60)).kept == tuple(range(0, 10 * needed, 10))
    assert len(asked) < 20 + 14 * needed
