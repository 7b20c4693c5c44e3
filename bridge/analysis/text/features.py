"""What a reader sees in a text, byte by byte: yes-or-no features that bits of a state may follow.

A feature at position p may depend on the bytes up to and including p, the one that the netlist reads in that step, and
on nothing after it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bridge.analysis.bytesets import NAMED
from bridge.arrays import Bits, Flags, Ints

BYTES, BEFORE, PAIRS, WORDS = 40, 24, 24, 12  # how many of the commonest get features of their own
LONG = 5  # letters of a long word


@dataclass(frozen=True, eq=False)
class Features:
    """`values`: bool[features, bytes of the text]."""

    names: tuple[str, ...]
    values: Flags


def text_features(text: bytes) -> Features:
    """Letter classes, the byte just read and the one before it, place in the word and the line, words before."""
    data = np.frombuffer(text, np.uint8)
    found: dict[str, Flags] = {}
    found.update(_classes(data))
    found.update(_places(data, found))
    found.update(_bytes(data))
    found.update(_words(text, data, found["letter"]))
    return Features(tuple(found), np.stack(list(found.values())) if found else np.zeros((0, len(data)), np.bool_))


def moved(features: Features) -> Features:
    """The same features half a text away: what a bit still has in common with them, it has by chance."""
    return Features(features.names, np.roll(features.values, features.values.shape[1] // 2, axis=1))


def _classes(data: Bits) -> dict[str, Flags]:
    known = {name: _among(data, some) for name, some in NAMED.items()}
    return {
        "letter": known["letter"],
        "upper case": known["capital"],
        **{name: known[name] for name in ("vowel", "consonant", "space", "digit", "punctuation")},
        "end of sentence": _among(data, b".?!"),
        "line end": data == 10,
        "not ASCII": data > 127,
    }


def _places(data: Bits, known: dict[str, Flags]) -> dict[str, Flags]:
    letter = known["letter"]
    letters = _run_length(letter)  # of the word so far, this one included
    column = _run_length(data != 10)
    sentence = _run_length(~known["end of sentence"])
    capital = known["upper case"][np.arange(len(data)) - np.maximum(letters - 1, 0)] & letter
    found = {f"letter {n} of a word": letter & (letters == n) for n in (1, 2, 3, 4)}
    return found | {
        f"letter {LONG} or later of a word": letters >= LONG,
        "inside a capitalized word": capital,
        "first 8 bytes of a line": (column > 0) & (column <= 8),
        "first 32 bytes of a line": (column > 0) & (column <= 32),
        "beyond 80 bytes of a line": column > 80,
        "beyond 160 bytes of a line": column > 160,
        "first 16 bytes of a sentence": (sentence > 0) & (sentence <= 16),
        "vowel then consonant": known["consonant"] & _shifted(known["vowel"], 1),
        "two consonants": known["consonant"] & _shifted(known["consonant"], 1),
    }


def _bytes(data: Bits) -> dict[str, Flags]:
    common = [byte for byte, _ in Counter(data.tolist()).most_common(BYTES)]
    found = {f"after {_shown(byte)}": data == byte for byte in common}
    found |= {f"{_shown(byte)} one byte earlier": _shifted(data == byte, 1) for byte in common[:BEFORE]}
    pairs = data[:-1].astype(np.int64) << 8 | data[1:]
    for pair, _ in Counter(pairs.tolist()).most_common(PAIRS):
        hit = np.concatenate([[False], pairs == pair]) if len(data) else np.zeros(0, np.bool_)
        found[f"after {_shown(pair >> 8, pair & 255)}"] = hit
    return found


def _words(text: bytes, data: Bits, letter: Flags) -> dict[str, Flags]:
    """Whether the last complete word was this one, or a long one: until the next word ends."""
    spans = [(found.end(), found[0].lower()) for found in re.finditer(rb"[A-Za-z]+", text)]
    ends = np.array([end for end, _ in spans], np.int64)
    last = np.searchsorted(ends, np.arange(len(data)), side="right") - 1
    words = [word for _, word in spans]
    lengths = np.array([0, *map(len, words)])
    found = {"after a long word": lengths[last + 1] >= LONG}
    for word, _ in Counter(words).most_common(WORDS):
        same = np.array([False, *(other == word for other in words)])
        found[f"after the word {word.decode()}"] = same[last + 1]
    return found


def _among(data: Bits, some: Iterable[int]) -> Flags:
    return np.isin(data, np.array(list(some), np.uint8))


def _shifted(flags: Flags, count: int) -> Flags:
    result = np.zeros_like(flags)
    result[count:] = flags[:-count]
    return result


def _run_length(inside: Flags) -> Ints:
    """How many positions in a row are inside, up to and including this one."""
    places = np.arange(1, len(inside) + 1)
    return places - np.maximum.accumulate(np.where(inside, 0, places))


def _shown(*values: int) -> str:
    return repr(bytes(values).decode("latin-1"))
