"""Streams, or patterns, side by side in words: bit `k` of word `w` is that of stream `64 * w + k`."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Bits, Flags, Ints, Words
from bridge.compiled import compiled


def packed(flags: Bits | Flags) -> Words:
    """uint8 or bool[..., S] -> uint64[..., W], full words; what lies beyond the last stream is 0."""
    octets = np.packbits(flags, axis=-1, bitorder="little")
    padded = np.zeros((*octets.shape[:-1], -(-octets.shape[-1] // 8) * 8), np.uint8)
    padded[..., : octets.shape[-1]] = octets
    words: Words = padded.view("<u8").astype(np.uint64, copy=False)
    return words


def unpacked(words: Words, streams: int | None = None) -> Bits:
    """uint64[..., W] -> uint8[..., S], the first so many streams, or all."""
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=streams, bitorder="little")


def stream_of(words: Words, stream: int) -> Bits:
    """uint64[..., W] -> uint8[...], one of the streams."""
    return (words[..., stream // 64] >> np.uint64(stream % 64) & np.uint64(1)).astype(np.uint8)


def in_all_streams(bits: Bits | Flags | Ints, words: int) -> Words:
    """0 or 1 [...] -> uint64[..., words]: the same in every stream."""
    column = np.where(bits, ~np.uint64(0), np.uint64(0))
    return np.repeat(column[..., None], words, axis=-1)


def first_stream(words: Words) -> int:
    """The first stream of uint64[W] that is 1; -1 if none is."""
    hits = np.flatnonzero(words)
    if not len(hits):
        return -1
    word = int(words[hits[0]])
    return 64 * int(hits[0]) + (word & -word).bit_length() - 1


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


@compiled
def count_bits(word: np.uint64) -> np.int64:
    """How many bits of a word are set: sums of ever wider fields."""
    word -= word >> np.uint64(1) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
    word = word + (word >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(word * np.uint64(0x0101010101010101) >> np.uint64(56))
