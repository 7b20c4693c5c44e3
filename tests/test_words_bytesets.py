"""Words for sets of bytes: read back by a parser written apart, they are the set again, and none shorter is known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.bytesets import NAMED, described

CLASSES = {
    "a-z": NAMED["small"],
    "white space": NAMED["space"],
    "punctuation": NAMED["punctuation"],
    "small vowels": frozenset(b"aeiou"),
    "capital vowels": frozenset(b"AEIOU"),
    "small consonants": NAMED["consonant"] & NAMED["small"],
    "capital consonants": NAMED["consonant"] & NAMED["capital"],
    "ASCII": frozenset(range(128)),
    "not ASCII": frozenset(range(128, 256)),
} | {f"{name}s": NAMED[name] for name in ("letter", "capital", "vowel", "consonant", "digit")}
WORDS = {"space": 32, "newline": 10, "tab": 9, "return": 13, '"\'"': 39}


def read_byte(word: str) -> int:
    if word in WORDS:
        return WORDS[word]
    if len(word) == 1:
        return ord(word)
    hexadecimal = re.fullmatch(r"\\x([0-9a-f]{2})", word)
    return int(hexadecimal[1], 16) if hexadecimal else ord(word[1])


def read_list(text: str) -> set[int]:
    found: set[int] = set()
    for word in re.split(r" or | ", text):
        ends = re.fullmatch(r"(\w|\\x..|tab)-(\w|\\x..|newline|return)", word)
        found |= set(range(read_byte(ends[1]), read_byte(ends[2]) + 1)) if ends else {read_byte(word)}
    return found


def read_set(text: str) -> set[int]:
    """Of a description whose classes are taken out first, longest name first; `without` binds last."""
    if text in ("any byte", "no byte"):
        return set(range(256)) if text == "any byte" else set()
    if text.startswith("all but "):
        return set(range(256)) - read_set(text.removeprefix("all but "))
    text, _, less = text.partition(" without ")
    found: set[int] = set()
    while name := next(
        (name for name in sorted(CLASSES, key=len, reverse=True) if re.match(rf"{name}( or |$)", text)), ""
    ):
        found |= CLASSES[name]
        text = text.removeprefix(name).removeprefix(" or ")
    return (found | (read_list(text) if text else set())) - (read_list(less) if less else set())


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


@given(SETS)
def test_words_are_exact(some: set[int]) -> None:
    assert read_set(described(some)) == set(some)


@given(SETS, st.frozensets(st.integers(0, 255), min_size=1))
def test_words_among_some_bytes(some: set[int], among: frozenset[int]) -> None:
    words = described(some, among)
    universe = {"any byte": set(range(256)), "no byte": set()}
    assert universe.get(words, read_set(words)) & among == set(some) & among
    assert len(words) <= max(len("any byte"), len(" ".join("\\x00" for _ in some)) + 20)
