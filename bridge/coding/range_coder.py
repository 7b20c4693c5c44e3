"""Arithmetic coding in whole numbers: a list of choices, each with its probability, as one number between 0 and 1.

A choice among several is an interval `start .. start + size` of the numbers below WHOLE; its size is its probability.
The coder holds the interval of all numbers that still fit, `low .. low + width`, as integers; every choice narrows it,
and bytes that are settled move out. What comes later may still add one to them (a carry), and then they are mended
where they lie. No rounding depends on the machine: encoder and decoder do the same with the same integers, everywhere.

The functions are for compiled code and work in place. Whoever calls `encode` gives intervals that are not empty (`0 <=
start`, `1 <= size`, `start + size <= WHOLE`); nothing looks at that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Int, Ints
from bridge.compiled import compiled, compiled_part

PRECISION = 24
WHOLE = 1 << PRECISION
LONGEST = 3  # bytes, that a choice takes at most
_BYTES = 7  # of `low` and of `width`
_FULL = 1 << 8 * _BYTES
_SETTLED = _FULL >> 8
_TAIL = 8  # bytes, that `finished` adds at most
_LOW, _WIDTH, _PLACE = 0, 1, 2


class Exhausted(ValueError):
    """There were more choices than an encoder had room for; it would have needed room for `choices`."""

    def __init__(self, room: int, settled: int) -> None:
        super().__init__(f"an encoder with room for {room} bytes was given {settled}")
        self.choices = settled // LONGEST + 1


class Coder(NamedTuple):
    """An encoder, or where `reading` a decoder, so that what is coded is written once, for both ways: see `code_bit`.

    `state`: int64[3], of an encoder low, width and how many bytes are settled, of a decoder how far the number lies
    above low, width and how many bytes were taken; `data`: uint8[n], the bytes, after which a decoder reads zeros
    without end.
    """

    state: Ints
    data: Bits
    reading: bool

    @property
    def place(self) -> int:
        """Bytes settled, or taken, those after the end included."""
        return int(self.state[_PLACE])


def encoder(choices: int) -> Coder:
    """With room for so many choices."""
    return Coder(np.array([0, _FULL, 0]), np.zeros(LONGEST * choices + _TAIL, np.uint8), False)


def decoder(code: bytes) -> Coder:
    """At the first choice. Any bytes are a code of something; what was too short or not a code gives other choices."""
    first = int.from_bytes(code[:_BYTES].ljust(_BYTES, b"\0"), "big")
    return Coder(np.array([first, _FULL, _BYTES]), np.frombuffer(code, np.uint8).copy(), True)


def finished(coder: Coder) -> bytes:
    """The shortest code of all that was encoded. The encoder is spent.

    Exhausted where there were more choices than the encoder had room for.
    """
    finish(coder)
    settled = coder.place
    if settled > len(coder.data):
        raise Exhausted(len(coder.data), settled)
    return coder.data[:settled].tobytes().rstrip(b"\0")


@compiled_part
def encode(coder: Coder, start: Int, size: Int) -> None:
    """Narrow to an interval of the numbers below WHOLE."""
    state = coder.state
    step = state[_WIDTH] >> PRECISION
    state[_LOW] += step * start
    # The last interval also gets what the division leaves over.
    state[_WIDTH] = state[_WIDTH] - step * start if start + size == WHOLE else step * size
    while state[_WIDTH] < _SETTLED:
        _settle(coder)


@compiled_part
def _settle(coder: Coder) -> None:
    """Move the highest byte of `low` out, and its carry into the bytes before."""
    state, data = coder.state, coder.data
    place = state[_PLACE]
    if state[_LOW] >= _FULL:
        state[_LOW] -= _FULL
        before = min(place, len(data)) - 1
        while data[before] == 255:
            data[before] = 0
            before -= 1
        data[before] += 1
    if place < len(data):
        data[place] = state[_LOW] >> 8 * (_BYTES - 1)
    state[_PLACE] = place + 1
    state[_LOW] = (state[_LOW] & (_SETTLED - 1)) << 8
    state[_WIDTH] <<= 8


@compiled
def finish(coder: Coder) -> None:
    """Settle on the number within the interval that has the most zeros at its end."""
    state = coder.state
    end = state[_LOW] + state[_WIDTH]
    shift = 8 * _BYTES
    while ((state[_LOW] + (1 << shift) - 1) >> shift << shift) >= end:
        shift -= 1
    state[_LOW] = (state[_LOW] + (1 << shift) - 1) >> shift << shift
    for _ in range(_BYTES):
        state[_WIDTH] = 0
        _settle(coder)


@compiled_part
def sought(coder: Coder) -> int:
    """The number below WHOLE that lies in the interval that was encoded; after it comes `decode` with that interval."""
    return int(min(coder.state[_LOW] // (coder.state[_WIDTH] >> PRECISION), WHOLE - 1))


@compiled_part
def decode(coder: Coder, start: Int, size: Int) -> None:
    """Narrow to the interval that `sought` lies in."""
    state, data = coder.state, coder.data
    step = state[_WIDTH] >> PRECISION
    state[_LOW] -= step * start
    state[_WIDTH] = state[_WIDTH] - step * start if start + size == WHOLE else step * size
    while state[_WIDTH] < _SETTLED:
        place = state[_PLACE]
        state[_LOW] = state[_LOW] << 8 | (np.int64(data[place]) if place < len(data) else 0)
        state[_WIDTH] <<= 8
        state[_PLACE] = place + 1


@compiled_part
def encode_bit(coder: Coder, one: Int, bit: Int) -> None:
    """`one`: the probability of a 1, from 1 to WHOLE - 1."""
    if bit:
        encode(coder, 0, one)
    else:
        encode(coder, one, WHOLE - one)


@compiled_part
def decode_bit(coder: Coder, one: Int) -> int:
    bit = int(coder.state[_LOW] < (coder.state[_WIDTH] >> PRECISION) * one)
    if bit:
        decode(coder, 0, one)
    else:
        decode(coder, one, WHOLE - one)
    return bit


@compiled_part
def code_bit(coder: Coder, one: Int, bit: Int) -> int:
    """Encode a bit, or decode one, whatever `bit` is; the bit."""
    if coder.reading:
        return decode_bit(coder, one)
    encode_bit(coder, one, bit)
    return int(bit)
