"""Affine tensors against plain rational arithmetic, entry by entry."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.cell import Cell
from bridge.cell.blocks import Input
from bridge.cell.blocks.weighted import LARGEST_SUM
from bridge.errors import InputError
from bridge.melting.affine import Affine, Drawing
from bridge.melting.exact import Exact, dyadic, floats_of, keys_of, square_root, unit
from bridge.melting.head import _integers, finished, scored
from bridge.melting.largest import largest
from bridge.melting.multiples import Lines
from bridge.melting.steps import rounding, settled, stepped
from bridge.melting.sums import added, weighted

RATIONALS = st.fractions(-4, 4, max_denominator=12)
SLOPES = RATIONALS.filter(bool)


def drawn(count: int, low: int = -6, high: int = 6) -> tuple[Drawing, Affine]:
    drawing = Drawing()
    return drawing, drawing.add(Input("x", np.full(count, low), np.full(count, high)))


def values(drawing: Drawing, x: Affine, given: np.ndarray) -> list[list[Fraction]]:
    """What the blocks make of integers [rows, inputs], told as rationals."""
    known = {"x": given}
    for block in drawing.blocks[1:]:
        known[block.name] = block.bits(known)
    integers = np.concatenate([*known.values(), np.zeros((len(given), 1), np.int64)], axis=1)
    parts = [part.numbers().reshape(-1) for part in (x.scale, x.offset, x.low, x.high)]
    chosen = integers[:, x.elements.reshape(-1)]
    return [
        [min(max(s * int(n) + o, low), high) for n, s, o, low, high in zip(row, *parts, strict=True)] for row in chosen
    ]


EVERY = np.arange(-6, 7)[:, None]

ROUNDED = {
    "ROUND": round,
    "FLOOR": math.floor,
    "CEIL": math.ceil,
    "DOWN": math.trunc,
    "UP": lambda y: math.ceil(y) if y > 0 else math.floor(y),
    "HALF_UP": lambda y: math.copysign(math.floor(abs(y) + Fraction(1, 2)), y),
    "HALF_DOWN": lambda y: math.copysign(math.ceil(abs(y) - Fraction(1, 2)), y),
}


@given(SLOPES, RATIONALS, st.sampled_from(list(ROUNDED)), st.integers(-3, 2), st.integers(1, 6))
def test_quantizers_round_exactly(slope: Fraction, offset: Fraction, mode: str, low: int, steps: int) -> None:
    drawing, x = drawn(1)
    x = x.times(Exact.of(slope)).plus(Exact.of(offset))
    made = stepped(drawing, "q", x, [rounding(mode, low, low + steps)], np.zeros((), np.int64)).plus(Exact.of(low))
    wanted = [[min(max(ROUNDED[mode](slope * n + offset), low), low + steps)] for n in EVERY[:, 0].tolist()]
    assert values(drawing, made, EVERY) == wanted


@given(SLOPES, RATIONALS, RATIONALS, st.fractions(0, 3, max_denominator=6))
def test_clips_go_into_thresholds(slope: Fraction, offset: Fraction, low: Fraction, more: Fraction) -> None:
    drawing, x = drawn(1)
    x = x.times(Exact.of(slope)).plus(Exact.of(offset)).clipped(Exact.of(low), Exact.of(low + more))
    made = stepped(drawing, "q", x.times(Exact.of(-2)), [rounding("ROUND", -4, 4)], np.zeros((), np.int64))
    clipped = [min(max(slope * n + offset, low), low + more) for n in EVERY[:, 0].tolist()]
    assert values(drawing, made, EVERY) == [[min(max(round(-2 * y), -4), 4) + 4] for y in clipped]


@given(SLOPES, st.integers(-8, 8), st.integers(-9, 3), st.integers(0, 9))
def test_clips_at_steps_need_no_quantizer(slope: Fraction, shift: int, low: int, more: int) -> None:
    drawing, x = drawn(1)
    ends = (Exact.of(slope * end) for end in sorted((low, low + more), reverse=slope < 0))
    x = x.plus(Exact.of(shift)).times(Exact.of(slope)).clipped(*ends)
    made = settled(drawing, "clip", x)
    assert not made.bent
    assert values(drawing, made, EVERY) == [
        [slope * min(max(n + shift, low), low + more)] for n in EVERY[:, 0].tolist()
    ]


@given(st.lists(SLOPES, min_size=3, max_size=3), st.lists(RATIONALS, min_size=3, max_size=3), st.integers(0, 99))
def test_sums_of_any_scales_and_offsets(slopes: list[Fraction], offsets: list[Fraction], seed: int) -> None:
    random = np.random.default_rng(seed)
    drawing, x = drawn(3)
    x = x.times(Exact.of(np.array([*slopes, None])[:-1])).plus(Exact.of(np.array([*offsets, None])[:-1]))
    weights, rows = random.integers(-3, 4, (2, 3)), random.integers(-6, 7, (5, 3))
    made = weighted(drawing, "sum", x[None], weights, Exact.of(np.array([Fraction(1, 3), Fraction(-2)])))
    both = added(drawing, "both", [x, x[::-1]])
    exact = [[s * int(n) + o for s, n, o in zip(slopes, row, offsets, strict=True)] for row in rows]
    sums = [
        [f * sum(int(w) * v for w, v in zip(line, row, strict=True)) for f, line in _scaled(weights)] for row in exact
    ]
    assert values(drawing, made.reshape(-1), rows) == sums
    assert values(drawing, both, rows) == [[a + b for a, b in zip(row, row[::-1], strict=True)] for row in exact]


def _scaled(weights: np.ndarray) -> list[tuple[Fraction, list[int]]]:
    return list(zip((Fraction(1, 3), Fraction(-2)), weights.tolist(), strict=True))


@given(SLOPES, RATIONALS)
def test_largest_of_values_that_rise_or_fall(slope: Fraction, offset: Fraction) -> None:
    drawing, x = drawn(4)
    x = x.times(Exact.of(slope)).plus(Exact.of(offset))
    made = largest(drawing, "most", x.reshape(2, 2))
    rows = np.random.default_rng(0).integers(-6, 7, (9, 4))
    exact = [[slope * int(n) + offset for n in row] for row in rows]
    assert values(drawing, made, rows) == [[max(row[:2]), max(row[2:])] for row in exact]


@pytest.mark.heavy
@given(st.lists(st.floats(0.125, 2, width=32), min_size=3, max_size=3), st.lists(RATIONALS, min_size=3, max_size=3))
@example([1.0, 1.5, 1.0], [Fraction(0), Fraction(0), Fraction(1, 3)])
def test_scores_keep_every_comparison(scales: list[float], offsets: list[Fraction]) -> None:
    _keep_every_comparison(scales, offsets)


@pytest.mark.parametrize(
    ("scales", "offsets"),
    [
        ([1.0, 1.0], [0, 2**60]),
        ([1.0, 1.0], [Fraction(1, 3), -(10**300)]),
        ([0.1, 0.2, 0.3], [10**20] * 3),
        ([0.1, 0.2, 0.3], [10**17, -(10**17), 0]),  # as masks of scores are
        ([0.1, 0.2, 0.3], [0, 0, -Fraction(np.finfo(np.float32).max.item())]),
        ([1e-300, 1e300], [0, 0]),
        ([1e-300, 1e300], [Fraction(1e-300), Fraction(1e300)]),
        ([1e-300, 1.0], [0, 10**300]),
        ([1 / 3], [10**30]),  # one label
        ([5e-324], [10**308]),
    ],
)
def test_scores_far_apart_keep_every_comparison(scales: list[float], offsets: list[Fraction | int]) -> None:
    _keep_every_comparison(scales, [Fraction(offset) for offset in offsets])


def _keep_every_comparison(scales: list[float], offsets: list[Fraction]) -> None:
    drawing, x = drawn(len(scales))
    x = x.times(Exact.of(np.array(scales))).plus(Exact.of(np.array([*offsets, None])[:-1]))
    reading = scored(drawing, x, ["a", "b", "c"][: len(scales)])
    cell = Cell(finished(drawing.blocks))
    rows = np.random.default_rng(1).integers(-6, 7, (200, len(scales)))
    numbers = cell.step(cell.reset(len(rows)), rows)[1].tolist()
    for row, found in zip(rows.tolist(), numbers, strict=True):
        exact = [Fraction(s) * n + o for s, n, o in zip(scales, row, offsets, strict=True)]
        order = [[(a > b) - (a < b) for b in exact] for a in exact]
        assert not reading.ordered or order == [[(a > b) - (a < b) for b in found] for a in found]
        far = [abs(n * reading.scale + reading.offset - v) for n, v in zip(found, exact, strict=True)]
        assert max(far) <= reading.error
    assert reading.ordered


def test_scores_of_wide_sums_are_rounded_to_what_fits() -> None:
    """Sums of scales without a common unit are wide; factors of 24 bits more would pass what a block may reach."""
    drawing, x = drawn(2, 0, 1 << 30)
    wide = weighted(drawing, "wide", x[None], np.array([[1021, 0], [0, 1023]])).reshape(2)
    scales, offsets = [0.3333333432674408, 0.1428571492433548], [0.1, -0.2]
    reading = scored(drawing, wide.times(Exact.of(np.array(scales))).plus(Exact.of(np.array(offsets))), ["a", "b"])
    cell = Cell(finished(drawing.blocks))
    rows = np.array([[0, 0], [1 << 30, 0], [0, 1 << 30], [123456789, 987654321]])
    for row, found in zip(rows.tolist(), cell.step(cell.reset(4), rows)[1].tolist(), strict=True):
        exact = [
            Fraction(s) * n * w + Fraction(o) for s, n, w, o in zip(scales, row, (1021, 1023), offsets, strict=True)
        ]
        assert all(abs(n * reading.scale - v) <= reading.error for n, v in zip(found, exact, strict=True))
    assert not reading.ordered
    assert reading.error < 1 << 26  # of 1 << 40


def test_sums_that_leave_no_room_for_factors_have_factors_of_one() -> None:
    """Of 52 bits: what is rounded to fit twice as far would be nothing."""
    lines = Lines([Fraction(1, 3), Fraction(1, 5)], [Fraction(0)] * 2, [0, 0], [LARGEST_SUM - 1] * 2)
    factors, biases, reading = _integers(lines)
    assert (factors, biases, reading.ordered) == ([1, 1], [0, 0], False)
    assert reading.scale == Fraction(1, 3)
    assert reading.error == Fraction(2, 15) * (LARGEST_SUM - 1)


def test_numbers_are_exact() -> None:
    assert square_root(Fraction(9, 4)) == Fraction(3, 2)
    assert abs(square_root(Fraction(2)) ** 2 - 2) < Fraction(1, 2**120)
    assert unit([Fraction(3, 4), Fraction(1, 2)]) == Fraction(1, 4)
    integers, scale = dyadic([0.75, -1.5, 0.0]) or (None, None)
    assert (integers.tolist(), scale) == ([1, -2, 0], Fraction(3, 4))
    assert dyadic([1.0, 2.0**-60]) is None


@given(st.floats(width=32, allow_nan=False), st.sampled_from([np.float32, np.float64]))
@example(float(np.finfo(np.float32).max), np.float32)
def test_keys_count_floats(number: float, kind: type[np.floating]) -> None:
    key = keys_of(np.array([number], kind))
    assert floats_of(key, kind).tolist() == [number]
    if number < math.inf:
        with np.errstate(over="ignore"):  # after the largest comes infinity
            after = float(np.nextafter(kind(number), kind(math.inf)))
        assert floats_of(key + 1, kind).tolist() == [after]


def test_constants_alone_make_no_cell() -> None:
    drawing, x = drawn(2)
    with pytest.raises(InputError, match="depend on no input"):
        scored(drawing, x.times(Exact.of(0)), ["a", "b"])
