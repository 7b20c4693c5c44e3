"""Text as weighted rows of categories: every distinct (code node, context) once, with how often bit 1 followed.

What a text repeats word for word is repeated less in another, so a row may count less than in proportion to how often
it occurs (Kneser and Ney, 1995, count each context once where they back off).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Floats32, Ints, Words
from bridge.compiled import compiled
from bridge.readout.codetree import CodeTree


@dataclass(frozen=True, eq=False)
class Rows:
    """`fields`: uint8[rows, 1 + context fields], the node first; `weights`, `ones`: float32[rows], bytes of text that
    the row counts for, and those of them with bit 1; `text`: bytes of text that all rows stand for."""

    fields: Bits
    weights: Floats32
    ones: Floats32
    text: float


class Positions(NamedTuple):
    """What rows are made of. `context`: uint8[n, fields]; `targets`: uint8[n], ranks of the symbols that follow;
    `weights`: float32[n], what each position counts; `order`: int64[n], positions with equal contexts side by side;
    `marks`: uint64[n], equal where contexts are."""

    context: Bits
    targets: Bits
    weights: Floats32
    order: Ints
    marks: Words


def contexts(text: Bits, window: int, states: list[Bits]) -> Bits:
    """uint8[n - 1, window + states]: for every byte but the first, the symbols before it, the newest first (0 where
    there is none), then the categories of state machines after reading the newest."""
    table = np.zeros((len(text) - 1, window + len(states)), np.uint8)
    for delay in range(window):
        table[delay:, delay] = text[: len(text) - 1 - delay]
    for index, state in enumerate(states):
        table[:, window + index] = state[:-1]
    return table


def make_rows(context: Bits, targets: Bits, weights: Floats32, code: CodeTree, repeats: float = 1.0) -> Rows:
    """Rows of uint8[n, fields] contexts, the ranks of the symbols that follow, and what each position counts.

    repeats: what occurs n times counts n**repeats as much as what occurs once; all together count as much as ever.
    """
    random = np.random.default_rng(0)
    odd: Words = random.integers(0, 2**63, (context.shape[1],), dtype=np.uint64) << np.uint64(1) | np.uint64(1)
    marks = np.empty(len(context), np.uint64)  # of millions of contexts, no two are likely to have the same
    mark(context, odd, marks)
    positions = Positions(context, targets, weights, np.argsort(marks, kind="stable"), marks)
    rows = _blank(0, context.shape[1], float(weights.sum()))
    times = np.empty(0, np.float32)
    count = gather(positions, *code.paths, rows.fields, rows.weights, rows.ones, times)
    rows, times = _blank(count, context.shape[1], rows.text), np.empty(count, np.float32)
    gather(positions, *code.paths, rows.fields, rows.weights, rows.ones, times)
    if repeats != 1:
        factors = times ** np.float32(repeats - 1)
        factors *= np.float32(rows.weights.sum(dtype=float) / np.dot(rows.weights, factors.astype(float)))
        rows.weights[:] *= factors
        rows.ones[:] *= factors
    return rows


def by_node(rows: Rows, nodes: int) -> list[Rows]:
    """The rows of every code node, without the field that says so."""
    order = np.argsort(rows.fields[:, 0], kind="stable")
    ends = np.searchsorted(rows.fields[order, 0], np.arange(nodes + 1))
    parts = [order[start:end] for start, end in pairwise(ends.tolist())]
    return [Rows(rows.fields[part, 1:], rows.weights[part], rows.ones[part], rows.text) for part in parts]


def _blank(count: int, fields: int, text: float) -> Rows:
    weights, ones = np.empty((2, count), np.float32)
    return Rows(np.empty((count, 1 + fields), np.uint8), weights, ones, text)


def recent_weights(length: int, recency: float) -> Floats32:
    """float32[length], mean 1: position u in 0..1 counts in proportion to exp(recency * u)."""
    weights = np.exp(recency * np.arange(length) / length)
    result: Floats32 = (weights / weights.mean()).astype(np.float32)
    return result


@compiled
def mark(context: Bits, odd: Words, marks: Words) -> None:
    """marks: uint64[n], receives a hash of every row of context. odd: uint64[fields], random odd numbers."""
    for position in range(len(context)):
        value = np.uint64(0)
        for field in range(context.shape[1]):
            value += (np.uint64(context[position, field]) + np.uint64(1)) * odd[field]
            value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            value ^= value >> np.uint64(27)
        marks[position] = value


@compiled
def gather(
    positions: Positions,
    nodes: Ints,
    bits: Ints,
    fields: Bits,
    weights: Floats32,
    ones: Floats32,
    times: Floats32,
) -> int:
    """Into fields, weights and ones, as in `Rows`, or, if those are empty, nothing; how many rows there are.

    nodes, bits: int64[symbols, depth], see `CodeTree.paths`; times: float32[rows], receives how often each row occurs,
    about: as many times as places of equal weight would be as sure.
    """
    context, targets, counts, order, marks = positions
    sums = np.zeros((nodes.max() + 1, 3))
    count, start = 0, 0
    while start < len(order):
        first, end = order[start], start
        while end < len(order) and marks[order[end]] == marks[first]:
            target, amount = targets[order[end]], counts[order[end]]
            for depth in range(nodes.shape[1]):
                node = nodes[target, depth]
                if node >= 0:
                    sums[node, 0] += amount
                    sums[node, 1] += amount * bits[target, depth]
                    sums[node, 2] += amount**2
            end += 1
        for node in np.flatnonzero(sums[:, 0]):
            if len(fields):
                fields[count, 0] = node
                fields[count, 1:] = context[first]
                weights[count], ones[count] = sums[node, 0], sums[node, 1]
                times[count] = sums[node, 0] ** 2 / sums[node, 2]
            count += 1
            sums[node] = 0.0
        start = end
    return count
