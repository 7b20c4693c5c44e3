"""Streams side by side in words: bit `k` of word `w` is that of stream `64 * w + k`."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Bits, Flags, Words


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


def first_stream(words: Words) -> int:
    """The first stream of uint64[W] that is 1; -1 if none is."""
    hits = np.flatnonzero(words)
    if not len(hits):
        return -1
    word = int(words[hits[0]])
    return 64 * int(hits[0]) + (word & -word).bit_length() - 1
