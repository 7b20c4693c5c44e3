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


def unpacked(words: Words, streams: int) -> Bits:
    """uint64[..., W] -> uint8[..., S], the first so many streams."""
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=streams, bitorder="little")
