"""The two ends of a text model in compiled code: bytes to bits, bits to logits, and the sum of code lengths."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled


@compiled
def pack_bytes(text, places):
    """uint8[T, S] bytes -> uint64[T, len(places), words]: input `i` carries bit `places[i]` of every stream's byte."""
    steps, streams = text.shape
    packed = np.zeros((steps, len(places), (streams + 63) // 64), np.uint64)
    for step in range(steps):
        for index in range(len(places)):
            for stream in range(streams):
                bit = np.uint64(text[step, stream] >> places[index] & 1)
                packed[step, index, stream >> 6] |= bit << np.uint64(stream & 63)
    return packed


@compiled
def unpack_numbers(outputs, ends, streams):
    """uint64[T, n, words] -> int64[T, streams, len(ends)], two's complement numbers, lowest bit first.

    Number `i` is made of the rows `ends[i - 1] .. ends[i] - 1`; its last row is the sign.
    """
    steps, _, words = outputs.shape
    numbers = np.empty((steps, streams, len(ends)), np.int64)
    lanes = np.empty(64, np.int64)
    for step in range(steps):
        for word in range(words):
            count = min(64, streams - 64 * word)
            row = 0
            for index in range(len(ends)):
                lanes[:count] = 0
                sign = np.int64(1) << (ends[index] - 1 - row)
                weight = np.int64(1)
                while row < ends[index]:
                    if weight == sign:
                        weight = -weight
                    bits = outputs[step, row, word]
                    for lane in range(count):
                        lanes[lane] += weight * np.int64(bits >> np.uint64(lane) & np.uint64(1))
                    weight <<= 1
                    row += 1
                for lane in range(count):
                    numbers[step, 64 * word + lane, index] = lanes[lane]
    return numbers


@compiled
def add_counted(lengths, counted, totals):
    """totals[s] += lengths[t, s] for every counted (t, s), step after step: how the steps are cut into calls does
    not change the rounding."""
    for step in range(len(lengths)):
        for stream in range(len(totals)):
            if counted[step, stream]:
                totals[stream] += lengths[step, stream]
