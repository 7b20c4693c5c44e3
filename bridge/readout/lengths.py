"""What bytes cost, and how they are drawn: one way for the oracle and for netlists, so equal logits cost equal bits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Floats, Int, Ints
from bridge.compiled import compiled

GROUP = 8  # columns of logits handled together, one for each lane of a vector


class Model(NamedTuple):
    """`weights`: exp(-scale * d) for d = 0, 1, ...; `scale`: nats that a logit or score of 1 is worth; `seen`: bits
    that are added to every symbol; `unseen`: bits of any other byte."""

    weights: Floats
    scale: float
    seen: float
    unseen: float


class Drawing(NamedTuple):
    """A code tree whose nodes have scores, to draw from. `children`: int64[nodes, 2], see `CodeTree`; `symbols`: by
    rank; `scale`: as of `Model`."""

    children: Ints
    symbols: Bits
    scale: float


def change(before: Floats, after: Floats) -> Floats:
    """By how much code lengths become longer, float64[n]; of two that are infinite, by nothing."""
    return np.subtract(after, before, out=np.zeros_like(after), where=after != before)


@compiled
def group_lengths(numbers: Ints, rows: Ints, model: Model, lengths: Floats) -> None:
    """lengths, float64[GROUP]: the bits of the symbols in `rows` (-1: none) under logits int64[symbols, GROUP].

    Differences of logits are below 2^64, so they are unsigned.
    """
    weights, scale, seen, unseen = model
    peaks, least = numbers[0].copy(), numbers[0].copy()
    totals = np.zeros(GROUP)
    for symbol in range(1, len(numbers)):
        for lane in range(GROUP):
            peaks[lane] = max(peaks[lane], numbers[symbol, lane])
            least[lane] = min(least[lane], numbers[symbol, lane])
    spread = np.uint64(0)
    for lane in range(GROUP):
        spread = max(spread, np.uint64(peaks[lane]) - np.uint64(least[lane]))
    if spread < np.uint64(len(weights)):
        for symbol in range(len(numbers)):
            for lane in range(GROUP):
                totals[lane] += weights[np.uint64(peaks[lane] - numbers[symbol, lane])]
    else:
        for symbol in range(len(numbers)):
            for lane in range(GROUP):
                below = np.uint64(peaks[lane]) - np.uint64(numbers[symbol, lane])
                totals[lane] += weights[below] if below < np.uint64(len(weights)) else math.exp(-scale * below)
    for lane in range(GROUP):
        if rows[lane] < 0:
            lengths[lane] = unseen
        else:
            own = scale * np.float64(np.uint64(peaks[lane]) - np.uint64(numbers[rows[lane], lane]))
            lengths[lane] = math.log2(totals[lane]) + own / math.log(2.0) + seen


@compiled
def code_lengths(logits: Ints, rows: Ints, model: Model) -> Floats:
    """float64[n] bits. logits: int64[n, symbols]; rows: int64[n]."""
    lengths = np.empty(len(rows))
    numbers = np.zeros((logits.shape[1], GROUP), np.int64)
    group_rows, some = np.full(GROUP, -1), np.empty(GROUP)
    for start in range(0, len(rows), GROUP):
        count = min(GROUP, len(rows) - start)
        for lane in range(count):
            numbers[:, lane] = logits[start + lane]
        group_rows[:count] = rows[start : start + count]
        group_lengths(numbers, group_rows, model, some)
        lengths[start : start + count] = some[:count]
    return lengths


@compiled
def draw(numbers: Ints, model: Model, uniform: float) -> Int:
    """The index of a symbol under logits int64[symbols], by a number in [0, 1); 0 gives the lowest of the likeliest."""
    weights, scale = model.weights, model.scale
    peak = numbers.max()
    cumulative = np.empty(len(numbers))
    total = 0.0
    for symbol in range(len(numbers)):
        below = np.uint64(peak) - np.uint64(numbers[symbol])
        total += weights[below] if below < np.uint64(len(weights)) else math.exp(-scale * below)
        cumulative[symbol] = total
    if uniform == 0:
        return np.argmax(numbers)
    for symbol in range(len(numbers)):
        if cumulative[symbol] > uniform * total:
            return symbol
    return len(numbers) - 1


@compiled
def bit_length(score: Int, bit: Int, scale: float) -> float:
    """Bits that a code bit costs under the score of its node, `p(1) = sigmoid(scale * score)`."""
    wrong = -scale * score if bit else scale * score
    return (max(wrong, 0.0) + math.log1p(math.exp(-abs(wrong)))) / math.log(2.0)


@compiled
def path_lengths(scores: Ints, nodes: Ints, bits: Ints, model: Model) -> Floats:
    """float64[n] bits. scores: int64[n, nodes of the code]; nodes, bits: int64[n, longest path], see `Readout.paths`.

    The first term is what every symbol costs, then the terms are added along the path: any order of evaluation that
    does the same gives the same sum.
    """
    _, scale, seen, unseen = model
    lengths = np.empty(len(scores))
    for row in range(len(scores)):
        lengths[row] = unseen if nodes[row, 0] < 0 else seen
        for depth in range(nodes.shape[1]):
            if nodes[row, depth] >= 0:
                lengths[row] += bit_length(scores[row, nodes[row, depth]], bits[row, depth], scale)
    return lengths


@compiled
def draw_bit(score: Int, scale: float, uniform: float) -> tuple[np.int64, float]:
    """(bit, what is left of the number in [0, 1)) under the score of a node; 0 gives the likelier bit, of equals 0."""
    if uniform == 0:
        return np.int64(score > 0), 0.0
    one = 1.0 / (1.0 + math.exp(-max(min(scale * score, 700.0), -700.0)))
    if uniform < 1.0 - one:
        return np.int64(0), min(uniform / (1.0 - one), 1.0 - 2.0**-53)
    return np.int64(1), min(max((uniform - (1.0 - one)) / one, 2.0**-1000), 1.0 - 2.0**-53)
