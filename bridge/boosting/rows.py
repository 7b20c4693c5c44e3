"""Text as weighted rows of categories: every distinct (code node, context) once, with how often bit 1 followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Floats32, Words
from bridge.readout.codetree import CodeTree


@dataclass(frozen=True, eq=False)
class Rows:
    """`fields`: uint8[rows, 1 + context fields], the node first; `weights`, `ones`: float32[rows], bytes of text that
    the row stands for, and those of them with bit 1; `text`: bytes of text that all rows stand for."""

    fields: Bits
    weights: Floats32
    ones: Floats32
    text: float


def contexts(text: Bits, window: int, states: list[Bits]) -> Bits:
    """uint8[n - 1, window + states]: for every byte but the first, the symbols before it, the newest first (0 where
    there is none), then the categories of state machines after reading the newest."""
    table = np.zeros((len(text) - 1, window + len(states)), np.uint8)
    for delay in range(window):
        table[delay:, delay] = text[: len(text) - 1 - delay]
    for index, state in enumerate(states):
        table[:, window + index] = state[:-1]
    return table


def make_rows(context: Bits, targets: Bits, weights: Floats32, code: CodeTree) -> Rows:
    """Rows of uint8[n, fields] contexts, the ranks of the symbols that follow, and what each position counts."""
    random = np.random.default_rng(0)
    odd = random.integers(0, 2**63, (context.shape[1], 1), dtype=np.uint64) << np.uint64(1) | np.uint64(1)
    marks = np.zeros(len(context), np.uint64)  # 64-bit hashes: of millions of contexts, no two are likely to collide
    for index in range(context.shape[1]):
        marks = _mixed(marks + (context[:, index].astype(np.uint64) + np.uint64(1)) * odd[index])
    _, first, group = np.unique(marks, return_index=True, return_inverse=True)
    symbols = code.nodes + 1
    pairs, which = np.unique(group * symbols + targets, return_inverse=True)
    counts = np.bincount(which, weights, len(pairs))
    nodes, bits = code.paths
    owners, ranks = pairs // symbols, pairs % symbols
    keys, amounts, hits = [], [], []
    for depth in range(nodes.shape[1]):
        some = np.flatnonzero(nodes[ranks, depth] >= 0)
        keys.append(owners[some] * code.nodes + nodes[ranks[some], depth])
        amounts.append(counts[some])
        hits.append(counts[some] * bits[ranks[some], depth])
    rows, which = np.unique(np.concatenate(keys), return_inverse=True)
    fields = np.empty((len(rows), 1 + context.shape[1]), np.uint8)
    fields[:, 0] = rows % code.nodes
    fields[:, 1:] = context[first[rows // code.nodes]]
    total = np.bincount(which, np.concatenate(amounts), len(rows)).astype(np.float32)
    ones = np.bincount(which, np.concatenate(hits), len(rows)).astype(np.float32)
    return Rows(fields, total, ones, float(weights.sum()))


def recent_weights(length: int, recency: float) -> Floats32:
    """float32[length], mean 1: position u in 0..1 counts in proportion to exp(recency * u)."""
    weights = np.exp(recency * np.arange(length) / length)
    result: Floats32 = (weights / weights.mean()).astype(np.float32)
    return result


def _mixed(values: Words) -> Words:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return values ^ (values >> np.uint64(27))
