"""Random bits, 64 patterns a word."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Words


def random_words(source: int | np.random.Generator, *shape: int) -> Words:
    """uint64[shape] of evenly random bits, from a seed or as the next ones of a generator."""
    return np.random.default_rng(source).integers(0, 1 << 64, shape, np.uint64, endpoint=False)


def random_patterns(inputs: int, words: int, seed: int) -> Words:
    """uint64[inputs, words]: half the words are evenly random, the others have ever fewer ones, or zeros, since deep
    ANDs need them."""
    random = np.random.default_rng(seed)
    patterns = random_words(random, inputs, words)
    for word in range(words // 2, words):
        for _ in range(1 + word // 2 % 4):
            more = random_words(random, inputs)
            patterns[:, word] = patterns[:, word] & more if word % 2 else patterns[:, word] | more
    return patterns
