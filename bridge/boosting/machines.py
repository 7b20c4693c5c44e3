"""State machines that remember the word so far: a trie of frequent prefixes, and a count of letters."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from bridge.arrays import Bits, Ints

STATES_OF_LENGTH = 16


def letters_of(symbols: bytes) -> bytes:
    """The symbols that words are made of: ASCII letters, the apostrophe, and everything that is not ASCII."""
    return bytes(s for s in symbols if chr(s).isalpha() or s == ord("'") or s >= 128)


def word_trie(text: bytes, symbols: bytes, prefixes: int, words: int) -> tuple[Ints, Bits, Bits]:
    """A trie of the `words` most frequent words and the `prefixes` most frequent prefixes of words (the shorter word
    first, of equals).

    Returns (following, int[states, symbols]; uint8[states]: 0 between words, 1 .. prefixes for those, then one number
    for other prefixes, one for words that have left the trie; uint8[states]: 1 .. words for those, else 0). State 0 is
    between words, the last state is that of words that have left the trie.
    """
    letters = letters_of(symbols)
    found = Counter(re.findall(b"[" + re.escape(letters) + b"]+", text)) if letters else Counter[bytes]()
    begun: Counter[bytes] = Counter()
    for word, often in found.items():
        for end in range(1, len(word) + 1):
            begun[word[:end]] += often
    numbers = {prefix: number for number, prefix in enumerate(_frequent(begun, prefixes), 1)}
    ended = {word: number for number, word in enumerate(_frequent(found, words), 1)}
    known = sorted({*numbers, *(word[:end] for word in ended for end in range(1, len(word) + 1))})
    states = {b"": 0} | {prefix: state for state, prefix in enumerate(known, 1)}
    lost = len(states)
    following = np.zeros((lost + 1, len(symbols)), np.int64)
    for rank, symbol in enumerate(symbols):
        if symbol in letters:
            following[:, rank] = [*(states.get(prefix + bytes([symbol]), lost) for prefix in states), lost]
    seen = [0, *(numbers.get(prefix, len(numbers) + 1) for prefix in known), len(numbers) + 2]
    last = [0, *(ended.get(prefix, 0) for prefix in known), 0]
    return following, np.array(seen, np.uint8), np.array(last, np.uint8)


def _frequent(counts: Counter[bytes], count: int) -> list[bytes]:
    return sorted(counts, key=lambda item: (-counts[item], item))[:count]


def word_length(symbols: bytes) -> Ints:
    """int[16, symbols]: letters since the last other symbol, at most 15."""
    letter = np.isin(list(symbols), list(letters_of(symbols)))
    return np.where(letter, np.minimum(np.arange(STATES_OF_LENGTH)[:, None] + 1, STATES_OF_LENGTH - 1), 0)
