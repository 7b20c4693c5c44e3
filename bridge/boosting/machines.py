"""What trees remember beyond the last symbols: a count of letters, and symbols held since something happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Flags, Int, Ints
from bridge.compiled import compiled

MOST_LETTERS = 15


@dataclass(frozen=True, eq=False)
class Machine:
    """A state machine over symbols, `following`: int64[states, symbols]; splits ask about ranges of its states."""

    name: str
    following: Ints

    def seen(self, text: Bits) -> Bits:
        """uint8[n]: the state after every symbol."""
        return run_machine(self.following, text).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Held:
    """The symbol that last led a state machine, `following`: int64[states, symbols], to one of the states `caught`:
    bool[states]; splits ask of it what they ask of other symbols."""

    name: str
    following: Ints
    caught: Flags

    def seen(self, text: Bits) -> Bits:
        """uint8[n]: the rank of the symbol held after every symbol, 0 before there is one."""
        caught = self.caught[run_machine(self.following, text)]
        latest = np.maximum.accumulate(np.where(caught, np.arange(len(text)), -1))
        return np.where(latest < 0, 0, text[latest]).astype(np.uint8)


def letters_of(symbols: bytes) -> bytes:
    """The symbols that words are made of: ASCII letters, the apostrophe, and everything that is not ASCII."""
    return bytes(s for s in symbols if chr(s).isalpha() or s == ord("'") or s >= 128)


def word_length(symbols: bytes, most: int = MOST_LETTERS) -> Ints:
    """int64[most + 1, symbols]: letters since the last other symbol, at most so many."""
    letter = np.isin(list(symbols), list(letters_of(symbols)))
    return np.where(letter, np.minimum(np.arange(most + 1)[:, None] + 1, most), 0)


def held_symbols(symbols: bytes, letters: int) -> tuple[Held, ...]:
    """The first letters of the word, or of the last one that had so many, the last capital letter and the last mark."""
    held = [
        Held(f"letter{place}", word_length(symbols, place + 1), np.arange(place + 2) == place)
        for place in range(1, letters + 1)
    ]
    word = letters_of(symbols)
    capitals = bytes(s for s in symbols if 65 <= s <= 90)
    marks = bytes(s for s in symbols if s not in word and s != ord(" ") and not chr(s).isdigit())
    for name, kind in (("capital", capitals), ("mark", marks)):
        if kind:
            member = np.isin(list(symbols), list(kind)).astype(np.int64)
            held.append(Held(name, np.stack([member, member]), np.array([False, True])))
    return tuple(held)


@compiled
def run_machine(following: Ints, text: Bits) -> Ints:
    """int64[n]: the state after every symbol, from state 0 on. following: int64[states, symbols]."""
    states = np.empty(len(text), np.int64)
    state: Int = 0
    for index in range(len(text)):
        state = following[state, text[index]]
        states[index] = state
    return states
