"""The range coder beside a naive one on big integers, which has no bytes, no carries and nothing compiled."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.coding.range_coder import (
    PRECISION,
    WHOLE,
    code_bit,
    decode,
    decoder,
    encode,
    encoder,
    finished,
    sought,
)

ENDS = st.one_of(st.integers(0, WHOLE), st.sampled_from([0, 1, 2, WHOLE // 2, WHOLE - 2, WHOLE - 1, WHOLE]))
INTERVALS = st.lists(st.tuples(ENDS, ENDS).filter(lambda ends: ends[0] != ends[1]).map(sorted), max_size=60)
# Bits of which one value is almost sure: ranges shrink slowly and straddle the boundary of a byte for long.
BITS = st.lists(st.tuples(st.sampled_from([1, 5, WHOLE // 2, WHOLE - 5, WHOLE - 1]), st.booleans()), max_size=200)


def coded(intervals: list[list[int]]) -> bytes:
    coder = encoder(len(intervals))
    for start, end in intervals:
        encode(coder, start, end - start)
    return finished(coder)


def narrowed(intervals: list[list[int]]) -> tuple[int, int, int]:
    """Low and end of all numbers that fit, in units of 2**-bits: the whole number at once, widths as in the coder."""
    low, width, bits = 0, 1 << 56, 56
    for start, end in intervals:
        step = width >> PRECISION
        low += step * start
        width = width - step * start if end == WHOLE else step * (end - start)
        while width < 1 << 48:
            low, width, bits = low << 8, width << 8, bits + 8
    return low, low + width, bits


def lies_in_the_exact_interval(intervals: list[list[int]]) -> bool:
    code = coded(intervals)
    low, end, bits = narrowed(intervals)
    return low << 8 * len(code) <= int.from_bytes(code, "big") << bits < end << 8 * len(code)


@given(INTERVALS)
def test_the_code_lies_in_the_exact_interval(intervals: list[list[int]]) -> None:
    assert lies_in_the_exact_interval(intervals)


@given(INTERVALS)
def test_what_was_encoded_is_decoded(intervals: list[list[int]]) -> None:
    coder = decoder(coded(intervals))
    for start, end in intervals:
        assert start <= sought(coder) < end
        decode(coder, start, end - start)


@given(INTERVALS)
def test_the_code_is_as_long_as_the_choices_are_unlikely(intervals: list[list[int]]) -> None:
    bits = sum(PRECISION - log2(end - start) for start, end in intervals)
    assert 8 * len(coded(intervals)) <= bits * (1 + 1e-4) + 8


@given(BITS)
def test_bits(bits: list[tuple[int, bool]]) -> None:
    coder = encoder(len(bits))
    assert [code_bit(coder, one, bit) for one, bit in bits] == [bit for _, bit in bits]
    back = decoder(finished(coder))
    assert [code_bit(back, one, False) for one, _ in bits] == [bit for _, bit in bits]


@given(st.lists(st.sampled_from([-2, -1, 0, 1]), min_size=1, max_size=40))
def test_carries_run_through_many_bytes(sides: list[int]) -> None:
    """Intervals about one half keep the number undecided between 0.0111... and 0.1000..."""
    intervals = [[WHOLE // 2 - 1, WHOLE // 2 + 1]] * 20 + [[WHOLE // 2 + side, WHOLE // 2 + side + 1] for side in sides]
    assert lies_in_the_exact_interval(intervals)


def test_an_encoder_that_was_given_too_much_says_so() -> None:
    coder = encoder(1)
    for _ in range(100):
        encode(coder, WHOLE - 1, 1)
    with pytest.raises(ValueError, match="room"):
        finished(coder)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_code_of_something(code: bytes) -> None:
    coder = decoder(code)
    for _ in range(100):
        assert code_bit(coder, WHOLE // 3, 0) in (0, 1)
        assert 0 <= sought(coder) < WHOLE
