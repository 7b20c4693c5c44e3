"""Compiled walks that cut a netlist at points and join it again."""

from __future__ import annotations

from bridge.compiled import compiled
from bridge.strash import and_gate

UNSEEN = -1
ON_PATH = -2


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
def join_nodes(graph, ands, functions, roots, image, stack):
    """Rebuild a cut netlist inside `graph` with every cut input replaced by the function computed for it.

    functions: int64[k], the literals that the last k inputs stand for; image: int64[variables], the new literal of
    each variable, set for the constant and the true inputs, UNSEEN elsewhere; stack: int64[variables], scratch.
    Returns -1, or a variable on a combinational cycle.
    """
    first = len(image) - len(ands)
    inner = first - len(functions)
    for root in roots:
        if image[root >> 1] >= 0:
            continue
        stack[0] = root >> 1
        image[root >> 1] = ON_PATH
        top = 0
        while top >= 0:
            variable = stack[top]
            if variable < first:
                a = functions[variable - inner]
                b = a
            else:
                a = ands[variable - first, 0]
                b = ands[variable - first, 1]
            waiting = a >> 1 if image[a >> 1] < 0 else b >> 1
            if image[waiting] == ON_PATH:
                return waiting
            if image[waiting] == UNSEEN:
                top += 1
                stack[top] = waiting
                image[waiting] = ON_PATH
                continue
            # and_gate(x, x) is x, which is what a cut input needs.
            image[variable] = and_gate(graph, image[a >> 1] ^ (a & 1), image[b >> 1] ^ (b & 1))
            top -= 1
    return -1
