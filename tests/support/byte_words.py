"""A reader of the words for sets of bytes and of what contexts are said to be, written apart from what writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridge.analysis.bytesets import NAMED

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
_END = r"\w|\\x..|tab|newline|return"  # of a run


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
        ends = re.fullmatch(rf"({_END})-({_END})", word)
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


def is_so(said: str, text: Sequence[int]) -> bool:
    """Whether `byte 1 ago is in vowels`, say, holds of a text up to its last byte."""
    said, _, before = said.partition("before the text")
    found = re.fullmatch(r"byte(?: (\d+) ago)? is (not )?(in )?(.*?)(?: or )?", said)
    if said in ("", "never") or found is None:
        assert said in ("", "never") or before
        return False
    age = int(found[1] or 0)
    if age >= len(text):
        return said.endswith(" or ")
    some = read_set(found[4]) if found[3] else {read_byte(found[4])}
    return (text[-1 - age] in some) != bool(found[2])
