"""A netlist in few bytes: its ANDs from the outputs and the next values of latches down.

Most ANDs have one reader and come up where that is coded; others are named again, those often that are read often. What
an AND reads, and whether inverted, is much like what its *twin* reads, the other AND below its reader: multiplexers,
XORs and adders are made so. All is coded but names, reset values, and which of both inputs of an AND is the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Int, Ints
from bridge.coding.matrix import bits_below, code_alone, code_below, code_number
from bridge.coding.mixing import CONTEXTS, Mixing, code_bit, hashed, mixing
from bridge.coding.range_coder import decoder, encoder, finished
from bridge.compiled import compiled
from bridge.compiled.once import compiled_once

# How what is read is named: the first or second that the twin reads, a leaf, an AND that came up, one that comes now.
TWIN_FIRST, TWIN_SECOND, LEAF, KNOWN, NEW = range(5)
_WAY, _INVERTED, _LEAF, _KNOWN, _ROOT, _NEAR, _STEP = range(8, 15)  # kinds of decisions
_CLOSE = 6, 40  # how far a known AND is from the last at most that is named by that, alone, and in a pair of them
_ROOM = 16  # bytes for an AND and a root, far more than they take


class Wires(NamedTuple):
    """Literals that are coded, or filled in. `roots`: int64[n], next values of latches, then outputs; `ands`: int64[n,
    2]; `leaves`: variables below it are the constant, inputs and latches."""

    roots: Ints
    ands: Ints
    leaves: int


class _Met(NamedTuple):
    """ANDs by the order in which they come up. `place`: int64[n], among `Wires.ands`; `number`: int64[n], the inverse,
    -1 for those that have not; `above`: int64[n], 2 * reader + side, -1 below a root; `shape`: int64[n], how what it
    reads is named and inverted, -1 before that; `leaf`: int64[n], the last leaf on the way, -1 for none; `read`:
    int64[n, 2], literals, in which ANDs have numbers; `last`: int64[3], how many there are, the known one that was
    named last, and how far that was from the one before."""

    place: Ints
    number: Ints
    above: Ints
    shape: Ints
    leaf: Ints
    read: Ints
    last: Ints


class _Shapes(NamedTuple):
    """Of an AND so far, its twin, its reader, and the reader of that; -1 for none."""

    own: Int
    twin: Int
    upper: Int
    upmost: Int


class _Around(NamedTuple):
    """Of what is read on a side of an AND: its number, -1 for a root; that of its twin, -1 for one whose inputs are not
    known; the shapes around; the side on which it is read itself, 2 for none, and whether inverted; the last leaf on
    the way."""

    node: Int
    side: Int
    twin: Int
    shapes: _Shapes
    spot: Int
    edge: Int
    leaf: Int


def pack_netlist(aig: Aig) -> bytes:
    """All of it but names and reset values; see `unpack_netlist`."""
    roots = np.array([*aig.next_literals().tolist(), *(output.literal for output in aig.outputs)], np.int64)
    m = mixing(encoder(_ROOM * (len(aig.ands) + len(roots) + 4)))
    for number in (aig.first_and, len(aig.ands), len(roots)):
        code_alone(m, number, 0)
    code_wires(m, Wires(roots, aig.ands.astype(np.int64), aig.first_and))
    return finished(m.coder)


def unpack_netlist(code: bytes) -> Wires:
    """The literals again, the ANDs in the order in which they came up, from the roots down. Only for what
    `pack_netlist` gave."""
    m = mixing(decoder(code))
    leaves, ands, roots = (code_alone(m, 0, 0) for _ in range(3))
    wires = Wires(np.zeros(roots, np.int64), np.zeros((ands, 2), np.int64), leaves)
    code_wires(m, wires)
    return wires


@compiled
def code_wires(m: Mixing, wires: Wires) -> None:
    """Code the literals; when reading, ANDs are numbered as they come up. ANDs that no root needs are left out."""
    n = len(wires.ands)
    none = np.full((5, n), -1)
    met = _Met(none[0], none[1], none[2], none[3], none[4], np.full((n, 2), -1), np.zeros(3, np.int64))
    stack = np.zeros(2 * n + 2, np.int64)
    before = 0
    for index in range(len(wires.roots)):
        top, first = 0, met.last[0]
        before = _code_root(m, wires, met, before, index)
        while True:
            for new in range(met.last[0] - 1, first - 1, -1):
                stack[top] = new
                top += 1
            if top == 0:
                break
            top, first = top - 1, met.last[0]
            _code_and(m, wires, met, stack[top])


@compiled_once
def _code_root(m: Mixing, wires: Wires, met: _Met, before: Int, index: Int) -> int:
    """A delay holds leaves in their order: most likely it is the one after the root before it."""
    literal = wires.roots[index]
    for place in range(CONTEXTS):
        m.contexts[place] = hashed(place, 0, _ROOT)
    if before + 2 < 2 * wires.leaves and code_bit(m, _ROOT, 0, 1, int(_named(wires, met, literal) == before + 2)):
        found = before + 2
    else:
        found = _code_literal(m, wires, met, _around(wires, met, -1, 0), literal)
    if m.coder.reading:
        wires.roots[index] = found
    return int(found)


@compiled_once
def _code_and(m: Mixing, wires: Wires, met: _Met, node: Int) -> None:
    place = met.place[node]
    first, second = wires.ands[place, 0], wires.ands[place, 1]
    around = _around(wires, met, node, 0)
    if not m.coder.reading and _way(wires, met, around.twin, first) > _way(wires, met, around.twin, second):
        first, second = second, first
    one = _code_literal(m, wires, met, around, first)
    two = _code_literal(m, wires, met, _around(wires, met, node, 1), second)
    if m.coder.reading:
        wires.ands[place, 0], wires.ands[place, 1] = one, two


@compiled_once
def _named(wires: Wires, met: _Met, literal: Int) -> int:
    """The literal, in which ANDs have numbers; -1 for one that comes up now."""
    place = (literal >> 1) - wires.leaves
    if place < 0:
        return int(literal)
    number = met.number[place]
    return int(2 * (wires.leaves + number) + (literal & 1)) if number >= 0 else -1


@compiled_once
def _way(wires: Wires, met: _Met, twin: Int, literal: Int) -> int:
    named = _named(wires, met, literal)
    if named < 0:
        return NEW
    if twin >= 0 and named >> 1 == met.read[twin, 0] >> 1:
        return TWIN_FIRST
    if twin >= 0 and named >> 1 == met.read[twin, 1] >> 1:
        return TWIN_SECOND
    return LEAF if named >> 1 < wires.leaves else KNOWN


@compiled_once
def _around(wires: Wires, met: _Met, node: Int, side: Int) -> _Around:
    shape = met.shape[node] if side else -1
    above = met.above[node] if node >= 0 else -1
    leaf = met.leaf[node] if node >= 0 else -1
    twin, other, upper, upmost, spot, edge = -1, -1, -1, -1, 2, 2
    if above >= 0:
        up, spot = above >> 1, above & 1
        edge, upper = met.read[up, spot] & 1, met.shape[up]
        upmost = met.shape[met.above[up] >> 1] if met.above[up] >= 0 else -1
        below = (met.read[up, 1 - spot] >> 1) - wires.leaves
        if below >= 0 and met.shape[below] >= 0:
            twin, other = below, met.shape[below]
    return _Around(node, side, twin, _Shapes(shape, other, upper, upmost), spot, edge, leaf)


@compiled_once
def _code_literal(m: Mixing, wires: Wires, met: _Met, a: _Around, literal: Int) -> int:
    """Code what is read; when reading, the literal that is given does not count. The literal, ANDs by number."""
    way = _code_way(m, wires, met, a, literal)
    flip = _code_inverted(m, met, a, way, literal & 1)
    if way <= TWIN_SECOND:
        variable = met.read[a.twin, way - TWIN_FIRST] >> 1
    elif way == LEAF:
        variable = _code_leaf(m, wires, met, a, flip, literal >> 1)
    elif way == KNOWN:
        variable = wires.leaves + _code_known(m, wires, met, a, literal)
    else:
        number = met.last[0]
        met.last[0] += 1
        met.place[number] = number if m.coder.reading else (literal >> 1) - wires.leaves
        met.number[met.place[number]] = number
        met.above[number] = 2 * a.node + a.side if a.node >= 0 else -1
        variable = wires.leaves + number
    if a.node >= 0:
        met.read[a.node, a.side] = 2 * variable + flip
        met.shape[a.node] = 2 * way + flip + (10 * (a.shapes.own + 1) if a.side else 0)
        if variable < wires.leaves:
            met.leaf[a.node] = variable
        if way == NEW:
            met.leaf[variable - wires.leaves] = met.leaf[a.node]
    return int(2 * variable + flip)


@compiled_once
def _set_contexts(m: Mixing, kind: Int, here: Int, mate: Int, a: _Around) -> None:
    c = m.contexts
    c[0] = hashed(here, a.side, kind)
    c[1] = hashed(here, a.shapes.twin, kind + 32 * (2 * mate + a.side + 1))
    c[2] = hashed(here, a.shapes.upper * 4 + a.spot, kind + 320)
    c[3] = hashed(here * 1024 + a.shapes.twin, a.shapes.upper * 4 + a.spot, kind + 32 * (mate + 11))
    c[4] = hashed(here * 1024 + a.shapes.upper, a.shapes.upmost * 4 + a.spot, kind + 32 * (a.edge + 15))
    c[5] = hashed(here * 1024 + a.shapes.twin, a.leaf, kind + 32 * (mate + 19))
    c[6] = hashed(here * 1024 + a.shapes.twin, a.shapes.upper * 4096 + a.shapes.upmost, kind + 32 * (a.spot + 23))


@compiled_once
def _code_way(m: Mixing, wires: Wires, met: _Met, a: _Around, literal: Int) -> int:
    """How what is read is named, one that there is."""
    _set_contexts(m, _WAY, a.shapes.own, 0, a)
    way = code_below(m, _WAY, 3, 0 if m.coder.reading else _way(wires, met, a.twin, literal))
    absent = (way <= TWIN_SECOND and a.twin < 0) or (way == KNOWN and met.last[0] == 0)
    if absent or (way >= NEW and met.last[0] >= len(wires.ands)):
        return LEAF
    return min(way, NEW)


@compiled_once
def _code_inverted(m: Mixing, met: _Met, a: _Around, way: Int, flip: Int) -> int:
    mate = int(met.read[a.twin, way - TWIN_FIRST] & 1) if way <= TWIN_SECOND else 2
    _set_contexts(m, _INVERTED, way * 128 + a.shapes.own, mate, a)
    return code_bit(m, _INVERTED, a.side * 4 + way, 1, flip)


@compiled_once
def _code_leaf(m: Mixing, wires: Wires, met: _Met, a: _Around, flip: Int, leaf: Int) -> int:
    c = m.contexts
    near = met.leaf[a.twin] if a.twin >= 0 else -1
    c[0] = hashed(0, 0, _LEAF)
    c[1] = hashed(a.leaf, 1, _LEAF)
    c[2] = hashed(near, 2, _LEAF)
    c[3] = hashed(a.leaf, near, _LEAF + 32)
    c[4] = hashed(flip, a.shapes.own, _LEAF + 64)
    c[5] = hashed(a.leaf, flip, _LEAF + 96)
    c[6] = hashed(a.shapes.upper, flip, _LEAF + 128)
    return min(code_below(m, _LEAF, bits_below(wires.leaves), leaf), wires.leaves - 1)


@compiled_once
def _code_known(m: Mixing, wires: Wires, met: _Met, a: _Around, literal: Int) -> int:
    """Code the number of an AND that came up: by how far it is from the last that was named so, if that is close."""
    c, count, last, step = m.contexts, met.last[0], met.last[1], met.last[2]
    number = last if m.coder.reading else met.number[(literal >> 1) - wires.leaves]
    paired = int(a.side == 1 and a.shapes.own >> 1 == KNOWN)
    for index in range(CONTEXTS):
        c[index] = hashed(index, paired, _KNOWN)
    c[1] = hashed(a.leaf, paired, _KNOWN + 32)
    c[2] = hashed(a.shapes.twin, a.shapes.own, _KNOWN + 64)
    c[3] = hashed(step, paired, _KNOWN + 96)
    c[4] = hashed(min(count - last, 64), a.shapes.own, _KNOWN + 128)
    c[5] = hashed(step, a.shapes.own * 1024 + a.shapes.twin, _KNOWN + 160)
    close = code_bit(m, _NEAR, paired, 1, int(abs(number - last) <= _CLOSE[paired]))
    if close:
        number = last + code_number(m, _STEP, number - last)
    else:
        number = code_below(m, _KNOWN, bits_below(len(met.number)), number)
    number = max(min(number, count - 1), 0)
    met.last[1], met.last[2] = number, number - last if close else _CLOSE[1] + 1
    return int(number)
