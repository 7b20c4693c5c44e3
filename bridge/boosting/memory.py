"""What trees remember beyond the last symbols: symbols that are held until others take their place, and a count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Flags, Ints

MOST_LETTERS = 15


@dataclass(frozen=True, eq=False)
class Held:
    """The last symbol that was the `place`-th of a kind, bool[symbols], in a row; splits ask of it what they ask of
    other symbols."""

    name: str
    kind: Flags
    place: int

    def seen(self, text: Bits) -> Bits:
        """uint8[n]: the rank of the symbol held after every symbol, 0 before there is one."""
        taken = _in_a_row(self.kind[text]) == self.place
        latest = np.maximum.accumulate(np.where(taken, np.arange(len(text)), -1))
        return np.where(latest < 0, 0, text[latest]).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Count:
    """How many symbols of a kind, bool[symbols], came last in a row, at most so many; splits ask whether it is less."""

    name: str
    kind: Flags
    most: int

    def seen(self, text: Bits) -> Bits:
        """uint8[n]: after every symbol."""
        return np.minimum(_in_a_row(self.kind[text]), self.most).astype(np.uint8)


def letters_of(symbols: bytes) -> Flags:
    """bool[symbols]: what words are made of, ASCII letters, the apostrophe, and everything that is not ASCII."""
    return np.array([chr(s).isalpha() or s == ord("'") or s >= 128 for s in symbols])


def first_letters(symbols: bytes, letters: int) -> tuple[Held, ...]:
    """Of the word, or of the last one that had so many."""
    word = letters_of(symbols)
    return tuple(Held(f"letter{place}", word, place) for place in range(1, letters + 1))


def letter_count(symbols: bytes) -> Count:
    return Count("length", letters_of(symbols), MOST_LETTERS)


def _in_a_row(member: Flags) -> Ints:
    """int64[n]: how many members there were up to each place without another between."""
    places = np.arange(len(member))
    runs: Ints = places - np.maximum.accumulate(np.where(member, -1, places))
    return runs
