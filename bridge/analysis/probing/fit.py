"""Models that tell a feature from bits: tables over a few bits chosen one by one, a small tree, a linear map.

All give the probability of the feature at a position. The best bit is the one that tells most (mutual information).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.analysis.text.information import count_joint, entropy
from bridge.arrays import Bits, Flags, Floats, Ints, Words
from bridge.execution.words import packed

DEPTH = 3  # of a tree
_ROWS, _PENALTY = 1 << 13, 1e-3  # of a linear map: rows it is fitted to, L2
_STEPS, _ROUNDS, _NEAR, _SHORTEST, _ENOUGH = 30, 100, 0.1, 1e-4, 1e-5  # see `logistic`: Newton's steps, those in one


@dataclass(frozen=True, eq=False)
class Fitted:
    """`bits`: places of those it reads, a linear map those of the largest weights; `tell`: uint8[n, bits] ->
    float64[n]."""

    bits: tuple[int, ...]
    tell: Callable[[Bits], Floats]


@dataclass(frozen=True)
class Score:
    """On held-out positions: the share that is told right, the mean of that over yes and no (a yes is what is likelier
    than the rate in training), and the share of the feature's entropy that is explained, below 0 if it misleads."""

    accuracy: float
    balanced: float
    explained: float


def score(told: Floats, truth: Flags, rate: float) -> Score:
    """told: float64[n], probabilities; rate: of the feature in training."""
    right = (told >= 0.5) == truth
    yes, no = (told > rate)[truth], (told <= rate)[~truth]
    sure = np.clip(told, 1e-6, 1 - 1e-6)
    cost = -np.log2(np.where(truth, sure, 1 - sure)).mean()
    base = -np.log2(np.where(truth, rate, 1 - rate)).mean()
    return Score(float(right.mean()), float(yes.mean() + no.mean()) / 2, float(1 - cost / base))


def few_bits(values: Bits, truth: Flags, count: int) -> Fitted:
    """A table over so many bits, each the one that tells most beside those before it."""
    rows, label = packed(values.T), packed(truth)
    cells, chosen = packed(np.ones((1, len(truth)), np.bool_)), list[int]()
    for _ in range(min(count, values.shape[1])):
        gains = _gains(cells, rows, label).sum(axis=0)
        gains[chosen] = -1.0
        best = int(gains.argmax())
        chosen.append(best)
        cells = np.concatenate([cells & ~rows[best], cells & rows[best]])
    numbers = _numbers(values, chosen)
    rate = float(truth.mean())
    size = np.bincount(numbers, minlength=1 << len(chosen))
    ones = np.bincount(numbers, weights=truth, minlength=1 << len(chosen))
    table = (ones + rate) / (size + 1)
    return Fitted(tuple(chosen), lambda some: table[_numbers(some, chosen)])


def _numbers(values: Bits, chosen: list[int]) -> Ints:
    numbers: Ints = values[:, chosen].astype(np.int64) @ (1 << np.arange(len(chosen)))
    return numbers


def tree(values: Bits, truth: Flags, depth: int = DEPTH) -> Fitted:
    """A decision tree that asks the bit that tells most at each node."""
    rows, label, rate = packed(values.T), packed(truth), float(truth.mean())
    masks = {1: packed(np.ones(len(truth), np.bool_))}  # children of node n are 2n and 2n + 1
    asked, told = np.full(2 << depth, -1), np.full(2 << depth, rate)
    for node in range(1, 2 << depth):
        if node not in masks:
            continue
        mask = masks[node]
        told[node] = (np.bitwise_count(mask & label).sum() + rate) / (np.bitwise_count(mask).sum() + 1)
        if node >> depth:
            continue
        gains = _gains(mask[None], rows, label)[0]
        best = int(gains.argmax())
        if gains[best] > 1e-12:
            asked[node] = best
            masks[2 * node], masks[2 * node + 1] = mask & ~rows[best], mask & rows[best]

    def tell(some: Bits) -> Floats:
        nodes = np.ones(len(some), np.int64)
        for _ in range(depth):
            bit = asked[nodes]
            nodes = np.where(bit >= 0, 2 * nodes + some[np.arange(len(some)), bit], nodes)
        probabilities: Floats = told[nodes]
        return probabilities

    return Fitted(tuple(dict.fromkeys(asked[asked >= 0].tolist())), tell)


def _gains(cells: Words, rows: Words, label: Words) -> Floats:
    """float64[cells, bits]: how many bits of information about the label a bit adds in each cell, times positions."""
    sizes, ones = (np.bitwise_count(some).sum(axis=1, dtype=np.int64) for some in (cells, cells & label))
    inside, both = (np.zeros((len(cells), len(rows)), np.int64) for _ in range(2))
    count_joint(np.ascontiguousarray(cells), rows, inside)
    count_joint(np.ascontiguousarray(cells & label), rows, both)

    def spread(hits: Ints, total: Ints) -> Floats:
        part = np.divide(hits, total, out=np.zeros(hits.shape), where=total > 0)
        return total * entropy(part, 1)

    outside, others = sizes[:, None] - inside, ones[:, None] - both
    gains: Floats = spread(ones, sizes)[:, None] - spread(both, inside) - spread(others, outside)
    return gains


def linear(values: Bits, truth: Flags, count: int, seed: int) -> Fitted:
    """Logistic regression over all bits; `count`: of how many bits of the largest weights it tells the places."""
    from threadpoolctl import threadpool_limits

    places = np.random.default_rng(seed).permutation(len(truth))[:_ROWS]
    some, wanted = values[places].astype(np.float64), truth[places].astype(np.float64)
    means = some.mean(axis=0)
    with threadpool_limits(1):  # threads would cost more than they give
        bias, weights = logistic(some - means, wanted)

    def tell(rows: Bits) -> Floats:
        probabilities: Floats = _share(bias - means @ weights + rows @ weights)
        return probabilities

    worth = np.abs(weights) * np.sqrt(means * (1 - means))
    return Fitted(tuple(np.argsort(-worth, kind="stable")[:count].tolist()), tell)


def _share(sums: Floats) -> Floats:
    """The logistic function."""
    shares: Floats = np.exp(-np.logaddexp(0, -sums))
    return shares


def logistic(rows: Floats, wanted: Floats) -> tuple[float, Floats]:
    """Bias and weights of a logistic regression with an L2 penalty, from float64[n, bits] and the 0 or 1 of each.

    By Newton's method: each step is halved until it pays, and its linear equations are solved by conjugate gradients,
    as C.-J. Lin, R. Weng and S. Keerthi do (JMLR 9, 2008).
    """
    wide = np.column_stack([np.ones(len(rows)), rows])
    penalty = np.full(wide.shape[1], 2 * _PENALTY)
    penalty[0] = 0.0  # the bias is free

    def cost(weights: Floats) -> float:
        sums = wide @ weights
        return float((np.logaddexp(0, sums) - wanted * sums).mean() + penalty @ weights**2 / 2)

    found = np.zeros(wide.shape[1])
    for _ in range(_STEPS):
        shares = _share(wide @ found)
        slope = wide.T @ (shares - wanted) / len(rows) + penalty * found
        step = _solved(wide, shares * (1 - shares) / len(rows), penalty, -slope)
        fall, before, size = float(slope @ step), cost(found), 1.0
        while size > _SHORTEST and cost(found + size * step) > before + 0.25 * size * fall:
            size /= 2
        found = found + size * step
        if -fall < _ENOUGH:
            break
    return float(found[0]), found[1:]


def _solved(wide: Floats, bend: Floats, penalty: Floats, wanted: Floats) -> Floats:
    """The x with `(wide.T @ diag(bend) @ wide + diag(penalty)) @ x == wanted`, nearly: conjugate gradients."""
    found, rest = np.zeros(len(wanted)), wanted.copy()
    way, size = rest.copy(), float(rest @ rest)
    enough = _NEAR**2 * size
    for _ in range(_ROUNDS):
        if size <= enough:
            break
        image = wide.T @ (bend * (wide @ way)) + penalty * way
        share = size / float(way @ image)
        found += share * way
        rest -= share * image
        size, last = float(rest @ rest), size
        way = rest + size / last * way
    return found
