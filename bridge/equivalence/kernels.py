"""Compiled walks that cut a netlist at points and join it again."""

from __future__ import annotations

import numpy as np

from bridge.aig.strash import and_gate
from bridge.compiled import compiled

ON_PATH, ORDERED = 1, 2


@compiled
def _read(own, stand_in, literal):
    variable = literal >> 1
    value = stand_in[variable] if stand_in[variable] >= 0 else own[variable]
    return value ^ (literal & 1)


@compiled
def cut_nodes(graph, ands, own, stand_in):
    """Rebuild AND nodes inside `graph`; who reads a variable with a stand-in (a literal, else -1) reads that.

    own: int64[variables], the new literal of each variable's own function; those of the leaves are set.
    """
    first = len(own) - len(ands)
    for index in range(len(ands)):
        a, b = ands[index]
        own[first + index] = and_gate(graph, _read(own, stand_in, a), _read(own, stand_in, b))


@compiled
def order_joined(fanins, leaves, roots):
    """The nodes that the roots read, fanins first. fanins: int64[n, 2], literals; node k is variable `leaves + k`.

    Returns (int64[reached] variables, -1), or (some of them, a variable on a circle).
    """
    order = np.empty(len(fanins), np.int64)
    stack = np.empty(len(fanins), np.int64)
    state = np.zeros(len(fanins), np.uint8)
    done = 0
    for root in roots:
        if root >> 1 < leaves or state[(root >> 1) - leaves] == ORDERED:
            continue
        stack[0] = (root >> 1) - leaves
        state[stack[0]] = ON_PATH
        top = 0
        while top >= 0:
            node = stack[top]
            below = (fanins[node, 0] >> 1) - leaves
            if below < 0 or state[below] == ORDERED:
                below = (fanins[node, 1] >> 1) - leaves
            if below < 0 or state[below] == ORDERED:
                state[node] = ORDERED
                order[done] = leaves + node
                done += 1
                top -= 1
                continue
            if state[below] == ON_PATH:
                return order[:done], leaves + below
            top += 1
            stack[top] = below
            state[below] = ON_PATH
    return order[:done], -1
