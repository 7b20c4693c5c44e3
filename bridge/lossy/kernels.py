"""Compiled: what it costs to drop each weight of a neuron."""

from __future__ import annotations

import numpy as np

from bridge.aig.strash import and_gate
from bridge.compiled import compiled


@compiled
def drop_costs(weights, thresholds, bits, sums, costs, cheapest, moved):
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


@compiled
def merge_nodes(graph, ands, target, literals):
    """Rebuild AND nodes inside `graph`. target: int64[variables], the old literal that stands for a node, -1 for
    itself; literals: int64[variables], the new literals, those of the inputs set."""
    first = len(literals) - len(ands)
    for index in range(len(ands)):
        stand_in = target[first + index]
        if stand_in >= 0:
            literals[first + index] = literals[stand_in >> 1] ^ (stand_in & 1)
        else:
            a, b = ands[index]
            literals[first + index] = and_gate(graph, literals[a >> 1] ^ (a & 1), literals[b >> 1] ^ (b & 1))
