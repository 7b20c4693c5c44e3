"""State machines that remember the word so far: a trie of frequent prefixes, and a count of letters."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.int64]
STATES_OF_LENGTH = 16


def letters_of(symbols: bytes) -> bytes:
    """The symbols that words are made of: ASCII letters, the apostrophe, and everything that is not ASCII."""
    return bytes(s for s in symbols if chr(s).isalpha() or s == ord("'") or s >= 128)


def word_trie(text: bytes, symbols: bytes, count: int) -> tuple[Table, list[bytes]]:
    """(following, int[states, symbols]; the prefix of each state): the `count` most frequent prefixes of words.

    State 0 is between words; the last state, whose prefix is b"?", is within a word that has left the trie.
    """
    letters = letters_of(symbols)
    words = Counter(re.findall(b"[" + re.escape(letters) + b"]+", text)) if letters else Counter[bytes]()
    prefixes: Counter[bytes] = Counter()
    for word, often in words.items():
        for end in range(1, len(word) + 1):
            prefixes[word[:end]] += often
    known = sorted(prefix for prefix, _ in sorted(prefixes.items(), key=lambda item: (-item[1], item[0]))[:count])
    states = {b"": 0} | {prefix: index for index, prefix in enumerate(known, 1)}
    lost = len(states)
    following = np.zeros((lost + 1, len(symbols)), np.int64)
    for rank, symbol in enumerate(symbols):
        if symbol in letters:
            for prefix, state in states.items():
                following[state, rank] = states.get(prefix + bytes([symbol]), lost)
            following[lost, rank] = lost
    return following, [*states, b"?"]


def word_length(symbols: bytes) -> Table:
    """int[16, symbols]: letters since the last other symbol, at most 15."""
    letter = np.isin(list(symbols), list(letters_of(symbols)))
    return np.where(letter, np.minimum(np.arange(STATES_OF_LENGTH)[:, None] + 1, STATES_OF_LENGTH - 1), 0)
