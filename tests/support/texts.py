"""Texts to train on and to run through cells."""

from __future__ import annotations

import hashlib

import numpy as np

from bridge.cell import Cell
from bridge.corpus import Corpus


def random_text(cell: Cell, length: int, seed: int = 0) -> bytes:
    """Mostly symbols of the cell, and a tenth of any bytes."""
    rng = np.random.default_rng(seed)
    symbols = rng.choice(np.frombuffer(cell.head.symbols, np.uint8), length)
    return np.where(rng.random(length) < 0.1, rng.integers(0, 256, length), symbols).astype(np.uint8).tobytes()


def corpus_of(text: bytes, heldout: bytes = b"") -> Corpus:
    return Corpus("test", hashlib.sha256(text + heldout).hexdigest(), "tail", text, heldout)


def prose(length: int, seed: int = 0) -> bytes:
    """Words of a random vocabulary: enough structure to learn something."""
    rng = np.random.default_rng(seed)
    words = [bytes(rng.choice(list(b"aeioubdnst"), rng.integers(1, 6)).tolist()) for _ in range(12)]
    text = b" ".join(words[i] for i in rng.integers(0, len(words), length))
    return text[:length]


def chained_prose(length: int, seed: int = 0) -> bytes:
    """Words of a random vocabulary, each with two favourite successors."""
    rng = np.random.default_rng(seed)
    words = [bytes(rng.choice(list(b"aeioubdnst"), rng.integers(1, 6)).tolist()) for _ in range(12)]
    text, word = b"", 0
    while len(text) < length:
        text += words[word] + b" "
        word = int(rng.integers(12)) if rng.random() < 0.3 else (word * 5 + int(rng.integers(2))) % 12
    return text[:length]


def rambling(length: int, seed: int = 0) -> bytes:
    """Every letter has two favourite successors and nothing else lasts: pairs of bytes say all, and repeats nothing."""
    rng = np.random.default_rng(seed)
    letters = list(b"aeioubdnst. ")
    favourites = rng.integers(0, len(letters), (len(letters), 2))
    text, at = [], 0
    for draw in rng.random(length):
        at = int(rng.integers(len(letters))) if draw < 0.1 else int(favourites[at, int(draw < 0.5)])
        text.append(letters[at])
    return bytes(text)


VERSES = "".join(f"{n}: In the beginning was the Word, and the Word was naïve.\n" for n in range(400)).encode()

VERSE = b"In the beginning was the Word, and the Word was with God, and the Word was God.\n" * 20
