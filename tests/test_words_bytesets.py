"""Words for sets of bytes: read back by a parser written apart, they are the set again, and none shorter is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.bytesets import NAMED, described
from support.byte_words import CLASSES, read_set


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (NAMED["vowel"], "vowels"),
        (NAMED["capital"], "capitals"),
        (NAMED["small"] - {ord("q")}, "a-z without q"),
        (b" \n", "newline or space"),
        (b"a", "a"),
        (b"aeio", "a e i o"),
        (b"'", '"\'"'),
        (b"", "no byte"),
        (range(256), "any byte"),
        ({*range(256)} - {32}, "all but space"),
        (NAMED["letter"] - {*b"qz"}, "letters without q z"),
    ],
)
def test_words_of_sets(some: frozenset[int], words: str) -> None:
    assert described(some) == words


SETS = st.one_of(
    st.sets(st.integers(0, 255), max_size=12),
    st.builds(
        lambda names, more, less: frozenset().union(*(CLASSES[name] for name in names)) - less | more,
        st.lists(st.sampled_from(sorted(CLASSES)), min_size=1, max_size=2),
        st.frozensets(st.integers(0, 255), max_size=3),
        st.frozensets(st.integers(0, 255), max_size=3),
    ),
)


def test_all_runs_are_exact() -> None:
    runs = [set(range(start, end)) for start in range(256) for end in range(start, min(start + 7, 257))]
    assert [run for run in runs if read_set(described(run)) != run] == []


@given(SETS)
def test_words_are_exact(some: set[int]) -> None:
    assert read_set(described(some)) == set(some)


@given(SETS, st.frozensets(st.integers(0, 255), min_size=1))
def test_words_among_some_bytes(some: set[int], among: frozenset[int]) -> None:
    words = described(some, among)
    universe = {"any byte": set(range(256)), "no byte": set()}
    assert universe.get(words, read_set(words)) & among == set(some) & among
    assert len(words) <= max(len("any byte"), len(" ".join("\\x00" for _ in some)) + 20)
