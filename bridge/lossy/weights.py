"""Drop weights of little influence, a few at a time: each row that loses one has its threshold or bias refitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Floats, Floats32, Ints
from bridge.cell.blocks.base import Block, Integers
from bridge.cell.blocks.weighted import Logits, Weighted
from bridge.cell.model import Cell
from bridge.compiled import compiled
from bridge.lossy.influence import Belief, belief, flip_costs
from bridge.lossy.sample import Sample, take_sample


def digits(cell: Cell) -> int:
    """Binary digits of all weights: each costs about one full adder."""
    return sum(_digits(block.weights) for block in cell.weighted)


def drop_weights(cell: Cell, text: bytes, count: int, seed: int) -> Cell:
    """The cell without about `count` more digits of its weights, at most one weight a row; the cheapest first."""
    sample = take_sample(cell, text, seed)
    known = belief(cell, sample)
    flips = flip_costs(cell, sample, known)
    plans = {
        block.name: _head_plan(cell.head, sample, known)
        if block.HEAD
        else _neuron_plan(block, cell.matrix(block), sample, flips[block.name])
        for block in cell.weighted
    }
    every = np.concatenate([plan[:, 0] for plan in plans.values()])
    limit = np.sort(every)[min(count, len(every)) - 1]
    dropped = {block.name: _dropped(block, cell.matrix(block), plans[block.name], limit) for block in cell.weighted}
    blocks = tuple(dropped.get(block.name, block) for block in cell.blocks)
    return refit_biases(replace(cell, blocks=blocks), text, seed + 1)


def refit_biases(cell: Cell, text: bytes, seed: int) -> Cell:
    """Move the integer biases so that each symbol, or each bit of its code, is predicted as often as it comes: a Newton
    step, on new places."""
    known = belief(cell, take_sample(cell, text, seed))
    chances = known.chances.astype(np.float64)
    slope = (known.asked * chances * (1 - chances)).sum(axis=0) + 1.0
    missing = (known.asked * (known.came - chances)).sum(axis=0)
    step = np.clip(missing / slope, -1, 1) / cell.head.scale
    head = replace(cell.head, bias=cell.head.bias + np.rint(step).astype(np.int64))
    return replace(cell, blocks=(*cell.blocks[:-1], head))


def _digits(weights: npt.NDArray[np.int8]) -> int:
    return int(np.bitwise_count(np.abs(weights.astype(np.int64))).sum())


# A plan holds one weight for each row that has any: (cost, row, column, new threshold or bias).


def _neuron_plan(block: Weighted, matrix: Integers, sample: Sample, costs: Floats32) -> Floats:
    weights = matrix.astype(np.int64)
    bits = sample.read(block.sources)
    sums = (bits.astype(np.float32) @ weights.T.astype(np.float32)).astype(np.int64)
    cheapest, moved = np.empty(weights.shape), np.zeros(weights.shape, np.int64)
    drop_costs(weights, block.constants.astype(np.int64), bits, sums, costs, cheapest, moved)
    return _plan(cheapest, moved, weights)


@compiled
def drop_costs(
    weights: Ints, thresholds: Ints, bits: Bits, sums: Ints, costs: Floats32, cheapest: Floats, moved: Ints
) -> None:
    """For every weight that is not 0: the least mean cost of dropping it, over the ways to move the threshold.

    weights: int64[out, in]; bits: uint8[n, in]; sums: int64[n, out]; costs: float32[n, out] of a flip. Into `cheapest`,
    float64[out, in] (inf for weights of 0), and `moved`, int64[out, in], the new thresholds.
    """
    count = len(bits)
    for row in range(len(weights)):
        for column in range(weights.shape[1]):
            weight = weights[row, column]
            cheapest[row, column] = np.inf
            if weight == 0:
                continue
            for step in range(abs(weight) + 1):
                threshold = thresholds[row] - (step if weight > 0 else -step)
                cost = 0.0
                for index in range(count):
                    before = sums[index, row] >= thresholds[row]
                    after = sums[index, row] - weight * bits[index, column] >= threshold
                    if before != after:
                        cost += costs[index, row]
                if cost / count < cheapest[row, column]:
                    cheapest[row, column] = cost / count
                    moved[row, column] = threshold


def _head_plan(head: Logits, sample: Sample, known: Belief) -> Floats:
    weights = head.weights.astype(np.int64)
    bits = sample.read(head.sources)
    means = bits.mean(axis=0)
    shift = np.rint(weights * means).astype(np.int64)
    cost = np.full(weights.shape, np.inf)
    for row, column in zip(*np.nonzero(weights), strict=True):
        delta = head.scale * (shift[row, column] - weights[row, column] * bits[:, column].astype(np.float64))
        cost[row, column] = known.changes(delta, row).mean() / np.log(2)
    return _plan(cost, head.bias.astype(np.int64)[:, None] + shift, weights)


def _plan(cost: Floats, fitted: Ints, weights: Ints) -> Floats:
    rows = np.flatnonzero(np.isfinite(cost).any(axis=1))
    per_digit = cost / np.maximum(np.bitwise_count(np.abs(weights)), 1)
    columns = per_digit[rows].argmin(axis=1)
    return np.column_stack([per_digit[rows, columns], rows, columns, fitted[rows, columns]])


def _dropped(block: Weighted, matrix: Integers, plan: Floats, limit: float) -> Block:
    rows, columns, fitted = plan[plan[:, 0] <= limit, 1:].astype(np.int64).T
    weights = np.array(matrix)
    weights[rows, columns] = 0
    moved = np.array(block.constants, np.int64)
    moved[rows] = fitted
    return block.with_rows(weights, moved)
