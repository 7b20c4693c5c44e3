"""State machines that remember the word so far: a trie of frequent prefixes, and a count of letters."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Int, Ints
from bridge.compiled import compiled

STATES_OF_LENGTH = 16


@dataclass(frozen=True, eq=False)
class Machine:
    """A state machine over symbols, `following`: int64[states, symbols].

    `categories`: uint8[states], what a split sees of the state; `ended`: uint8[states], what others see of the state
    before the machine last came back to state 0, before it did so the time before, .. `back` times (0 at first); None
    if there is nothing to see.
    """

    name: str
    following: Ints
    categories: Bits
    ended: Bits | None = None
    back: int = 0

    @property
    def groups(self) -> tuple[int, ...]:
        """Of its fields, from 0 on."""
        return (0, *[1] * self.back)

    def seen(self, text: Bits) -> list[Bits]:
        """uint8[n] for each field: what is seen after every symbol."""
        states = run_machine(self.following, text)
        if self.ended is None:
            return [self.categories[states]]
        before = np.concatenate([[0], states[:-1]])
        came_back = (states == 0) & (before != 0)
        ended = np.concatenate([np.zeros(self.back, np.uint8), self.ended[before[came_back]]])
        latest = self.back - 1 + np.cumsum(came_back)
        return [self.categories[states], *(ended[latest - age] for age in range(self.back))]


@compiled
def run_machine(following: Ints, text: Bits) -> Ints:
    """int64[n]: the state after every symbol, from state 0 on. following: int64[states, symbols]."""
    states = np.empty(len(text), np.int64)
    state: Int = 0
    for index in range(len(text)):
        state = following[state, text[index]]
        states[index] = state
    return states


def minimised(following: Ints, table: Ints) -> tuple[Ints, Ints]:
    """The machine with the fewest states that says the same: (following, table), states in their old order, the first
    and the last of each still first and last.

    following: int64[states, symbols]; table: int64[states, bits], what is told of each state. States part where their
    bits differ, then where the states that follow do, until no more part.
    """
    count, own = 0, _alike(table)
    while count < (count := int(own.max()) + 1):
        own = _alike(np.concatenate([own[:, None], own[following]], axis=1))
    _, oldest = np.unique(own, return_index=True)
    order = np.argsort(np.where(np.arange(count) == own[-1], len(own), oldest))
    order = np.concatenate([[own[0]], order[order != own[0]]])
    rank = np.argsort(order)
    return rank[own[following[oldest[order]]]], table[oldest[order]]


def _alike(rows: Ints) -> Ints:
    """int64[n]: the same number for the same rows, from 0 on."""
    numbers: Ints = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
    return numbers


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
