"""Factors of few digits in the place of scales, with which every comparison stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.melting import multiples
from bridge.melting.multiples import Lines, corners_of, fewest_digits, kept

SCALES = st.fractions(Fraction(-2), Fraction(2), max_denominator=99).filter(bool)
LINE = st.tuples(
    SCALES, st.fractions(Fraction(-3), Fraction(3), max_denominator=9), st.integers(-5, 5), st.integers(0, 9)
)


def lines_of(parts: list[tuple[Fraction, Fraction, int, int]]) -> Lines:
    scale, offset, low, more = map(list, zip(*parts, strict=True))
    return Lines(scale, offset, low, [a + b for a, b in zip(low, more, strict=True)])


def same_order(lines: Lines, factors: list[int] | list[Fraction], biases: list[int] | list[Fraction]) -> bool:
    """By every pair of integers of every two lines."""
    spans = [range(low, high + 1) for low, high in zip(lines.low, lines.high, strict=True)]

    def order(scale: Sequence[Fraction | int], offset: Sequence[Fraction | int]) -> list[int]:
        values = [[s * n + o for n in span] for s, o, span in zip(scale, offset, spans, strict=True)]
        return [
            (x > y) - (x < y) for a, b in combinations(range(len(spans)), 2) for x, y in product(values[a], values[b])
        ]

    return order(lines.scale, lines.offset) == order(factors, biases)


@given(st.lists(LINE, min_size=2, max_size=4))
def test_every_comparison_stays(parts: list[tuple[Fraction, Fraction, int, int]]) -> None:
    lines = lines_of(parts)
    found = fewest_digits(lines)
    if found is not None:
        assert same_order(lines, *found)


@given(
    st.lists(LINE, min_size=2, max_size=3), st.lists(st.tuples(st.integers(1, 40), st.integers(-60, 60)), min_size=3)
)
def test_corners_decide_for_all(parts: list[tuple[Fraction, Fraction, int, int]], tried: list[tuple[int, int]]) -> None:
    lines = lines_of(parts)
    corners = corners_of(lines)
    assert corners is not None
    factors, biases = np.array(tried[: len(parts)], np.int64).T
    own = [(-f if s < 0 else f) for f, s in zip(factors.tolist(), lines.scale, strict=True)]
    assert kept(corners, factors, biases) == same_order(lines, own, biases.tolist())


def test_ties_where_scores_are_zero_need_no_more_bits() -> None:
    """Of integers that are moved, a score of 0 is an offset of whole scales: all of these are 0 together."""
    scales = [Fraction(x) for x in (0.11267732549722975, 0.2599614420527434, 0.08652477989382712, 0.1670713330368896)]
    moves = [-2, 10, -18, 12]
    lines = Lines(scales, [s * n for s, n in zip(scales, moves, strict=True)], [-18, -27, -18, -42], [27, 9, 48, 24])
    found = fewest_digits(lines)
    assert found is not None
    assert same_order(lines, *found)
    assert found[1] == [f * n for f, n in zip(found[0], moves, strict=True)]
    assert max(found[0]) < 1 << 12


def test_a_score_that_is_always_ahead_stays_near() -> None:
    lines = Lines([Fraction(1, 3), Fraction(5, 7)], [Fraction(900), Fraction(0)], [0, 0], [9, 9])
    found = fewest_digits(lines)
    assert found is not None
    assert same_order(lines, *found)
    assert 900 < found[1][0] / found[0][0] * 2 < 9000


def test_one_score_alone_is_compared_with_none() -> None:
    found = fewest_digits(Lines([Fraction(-1, 3)], [Fraction(1 << 52)], [0], [9]))
    assert found is not None
    assert found[0] == [-1]


def test_scales_may_be_far_apart() -> None:
    lines = Lines([Fraction(1), Fraction(1, 3 << 70)], [Fraction(1, 7), Fraction(1, 9)], [0, -5], [0, 4])
    found = fewest_digits(lines)
    assert found is not None
    assert same_order(lines, *found)


@given(st.lists(LINE, min_size=1, max_size=4), st.lists(st.sampled_from([0, 1, -1]), min_size=4, max_size=4))
def test_gaps_between_values_are_closed(parts: list[tuple[Fraction, Fraction, int, int]], far: list[int]) -> None:
    """Every comparison stays, and all values but those far from others and from 0."""
    lines = lines_of(parts)
    assert lines.nearer().offset == lines.offset
    moved = replace(lines, offset=[o + (sign << 90) for o, sign in zip(lines.offset, far, strict=False)])
    near = moved.nearer()
    assert all(sign or a == b for a, b, sign in zip(lines.offset, near.offset, far, strict=False))
    assert all(abs(o) < 1 << 30 for o in near.offset)
    assert same_order(moved, near.scale, near.offset)


def test_too_many_comparisons_are_left_alone() -> None:
    wide = Lines([Fraction(1), Fraction(2, 3)], [Fraction(0)] * 2, [0, 0], [multiples.MOST_PAIRS, 9])
    far = Lines([Fraction(1), Fraction(2, 3)], [Fraction(0)] * 2, [0, 1 << 40], [9, (1 << 40) + 9])
    assert fewest_digits(wide) is None
    assert fewest_digits(far) is None
