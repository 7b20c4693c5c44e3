"""The gates of predictions against the same in numpy, and the probability against exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.analysis.predicted import heads
from bridge.analysis.predicted.arithmetic import exchanges
from bridge.errors import InputError
from bridge.execution import simulate
from bridge.readout import Readout
from bridge.readout.codetree import CodeTree
from support.cells import random_code
from support.naive import inverse_probability, signed

SAMPLES = 128
SCALES = st.sampled_from([1e-3, 0.02, 0.0625, 0.32, 1.0, 10.0, 1e300])


def random_readout(seed: int, scale: float, coded: bool, count: int) -> Readout:
    rng = np.random.default_rng(seed)
    symbols = bytes(sorted(rng.choice(256, size=count, replace=False).tolist()))
    return Readout(symbols, scale, CodeTree.of(random_code(rng, count)) if coded else None)


def random_numbers(readout: Readout, widths: Sequence[int], seed: int) -> np.ndarray:
    """int64[SAMPLES, numbers]: from everywhere, and with many ties."""
    rng = np.random.default_rng(seed)
    rows = [rng.integers(-(1 << width - 1), 1 << width - 1, SAMPLES) for width in widths]
    numbers = np.stack(rows, axis=1)
    for row in range(0, SAMPLES, 2):
        numbers[row] = np.clip(numbers[row], -(row % 5), row % 5)
    return numbers


def in_gates(name: str, readout: Readout, widths: Sequence[int], numbers: np.ndarray, rank: int = 0) -> np.ndarray:
    """uint8[SAMPLES, bits of the answer]."""
    builder = AigBuilder()
    literals = [[builder.input(f"{row}[{bit}]") for bit in range(width)] for row, width in enumerate(widths)]
    for place, literal in enumerate(getattr(heads, name)(builder, readout, literals, [rank])):
        builder.output(str(place), literal)
    bits = [numbers[:, row] >> bit & 1 for row, width in enumerate(widths) for bit in range(width)]
    packed = np.packbits(np.array(bits, np.uint8), axis=1, bitorder="little").view("<u8").astype(np.uint64)
    words = simulate(builder.build(), packed)
    return np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, bitorder="little").T


@given(
    seed=st.integers(0, 10**6), scale=SCALES, coded=st.booleans(), count=st.integers(2, 12), width=st.integers(1, 12)
)
@settings(max_examples=40)
def test_the_gates_do_what_the_readout_says(seed: int, scale: float, coded: bool, count: int, width: int) -> None:
    readout = random_readout(seed, scale, coded, count)
    widths = np.random.default_rng(seed).integers(1, width + 1, readout.numbers).tolist()
    numbers = random_numbers(readout, widths, seed)
    for name in ("argmax", "greedy"):
        bits = in_gates(name, readout, widths, numbers)
        assert bits.shape[1] == 8
        assert (bits @ (1 << np.arange(8))).tolist() == getattr(readout, name)(numbers).tolist()
    rank = seed % count
    found = signed(in_gates("logit", readout, widths, numbers, rank))
    assert found.tolist() == readout.logits(numbers)[:, rank].tolist()


@given(seed=st.integers(0, 10**6), coded=st.booleans(), count=st.integers(1, 6), width=st.integers(1, 3))
@settings(max_examples=30)
def test_probability_changes_just_where_it_does(seed: int, coded: bool, count: int, width: int) -> None:
    """Against polynomials in exp(scale), multiplied out: equal just if their coefficients are."""
    count = max(count, 1 + coded)
    readout = random_readout(seed, 0.1, coded, count)
    numbers = random_numbers(readout, [width] * readout.numbers, seed)
    rank = seed % count
    found = in_gates("probability", readout, [width] * readout.numbers, numbers, rank)
    exact = [inverse_probability(readout, row, rank) for row in numbers.tolist()]
    same = (found[:, None] == found[None]).all(axis=2)
    assert same.tolist() == [[one == other for other in exact] for one in exact]


@given(SCALES.filter(lambda scale: scale < 100), st.integers(0, 10**6), st.integers(2, 40))
@settings(max_examples=30)
def test_fixed_code_lengths_are_near_the_real_ones(scale: float, seed: int, count: int) -> None:
    """A bit is 2**-8 bits off at most, half of that by rounding; so argmax is no more than that worse than the best."""
    readout = random_readout(seed, scale, True, count)
    numbers = random_numbers(readout, [11] * readout.numbers, seed)
    symbols = np.frombuffer(readout.symbols, np.uint8)
    depth = int((readout.paths[0] >= 0).sum(axis=1).max())
    real = np.stack([readout.code_lengths(numbers, np.full(SAMPLES, symbol)) for symbol in symbols], axis=1)
    fixed = -readout.logits(numbers) * readout.fixed.unit / np.log(2)
    near = real < 16
    assert np.abs(fixed - real)[near].max() < depth * 2**-9 + 1e-5
    best = readout.argmax(numbers)
    assert (readout.code_lengths(numbers, best) - real.min(axis=1)).max() < depth * 2**-8 + 1e-5
    assert readout.fixed.unit <= 2**-8 * np.log(2)


def test_argmax_and_greedy_are_not_the_same() -> None:
    """A likely branch of unlikely symbols."""
    readout = Readout(b"abcd", 1.0, CodeTree(((-1, 1), (-2, 2), (-3, -4))))
    for scores, argmax, greedy in [
        ([1, 0, 0], b"b", b"b"),  # a 0.27, b 0.37, c and d 0.18 each
        ([1, 2, 0], b"c", b"c"),  # c and d 0.32 each: the lowest of equals
        ([1, 1, 0], b"a", b"c"),  # a 0.269, b 0.197, c and d 0.267 each
    ]:
        numbers = np.array([scores])
        assert (bytes(readout.argmax(numbers)), bytes(readout.greedy(numbers))) == (argmax, greedy)


def test_a_score_says_whom_it_tells_apart() -> None:
    readout = Readout(b"abcd", 1.0, CodeTree(((-1, 1), (-2, 2), (-3, -4))))
    assert readout.told_apart(0) == (b"bcd", b"a")
    assert readout.told_apart(2) == (b"d", b"c")


@pytest.mark.parametrize("count", range(9))
def test_exchanges_sort(count: int) -> None:
    """By the 0-1 principle."""
    for number in range(1 << count):
        row = [number >> place & 1 for place in range(count)]
        for low, high in exchanges(count):
            row[low], row[high] = sorted((row[low], row[high]))
        assert row == sorted(row)


def test_too_fine_scores_are_refused() -> None:
    with pytest.raises(InputError, match="too small for code lengths"):
        Readout(b"ab", 1e-12, CodeTree(((-1, -2),))).argmax(np.zeros((1, 1), np.int64))
    with pytest.raises(InputError, match=r"scores of 18 bits at a scale of 0\.0001 nats are too fine"):
        in_gates("argmax", Readout(b"ab", 1e-4, CodeTree(((-1, -2),))), [30], np.zeros((SAMPLES, 1), np.int64))
