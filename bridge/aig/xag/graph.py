"""An XOR-AND graph in the making, in compiled code: nodes are told apart by what they are over GF(2), not by how they
were built.

A variable is a leaf, an AND or an XOR. Leaves and ANDs have a random word each, an XOR the XOR of those of its fanins:
the *form* of a variable, so that sums of the same terms, in whatever order, are one variable. A complement adds the
constant 1, which no form contains. Two forms x and y span three, x, y and x + y, and the AND of any two of them, of
whatever complements, is an affine function of the AND of any other two: xy + x, xy + y, xy + x + y + 1, ... So a span
has one AND at most. 64 bits tell forms apart but for a chance of n * n / 2**65, and what is made is proven.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Ands, Flags, Int, Ints, Ints32, Words
from bridge.compiled import compiled, compiled_part

NONE = 0xFFFFFFFF
ROOM = 4  # variables that one AND or XOR of any complements may take


class XagGraph(NamedTuple):
    """`fanins`: uint32[capacity, 2], literals, of XORs even ones, of leaves NONE; `odd`: bool[capacity], which are
    XORs; `forms`: uint64[capacity]; `by_form`, `by_span`: open-addressing hashes of all variables and of ANDs;
    `used`: int64[1]."""

    fanins: Ands
    odd: Flags
    forms: Words
    by_form: Ints32
    by_span: Ints32
    used: Ints


def empty_xag(capacity: int, leaves: int) -> XagGraph:
    """The constant and the leaves, in a graph with room for `capacity` variables."""
    size = 1 << max(4, (2 * capacity - 1).bit_length())
    fanins = np.full((capacity, 2), NONE, np.uint32)
    table = np.zeros(size, np.int32)
    graph = XagGraph(
        fanins, np.zeros(capacity, np.bool_), np.zeros(capacity, np.uint64), table, table.copy(), np.ones(1, np.int64)
    )
    _add_leaves(graph, leaves)
    return graph


@compiled_part
def _word(variable: Int) -> np.uint64:
    """A random word of its own for each variable (splitmix64)."""
    word = np.uint64(variable) * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(word ^ (word >> np.uint64(31)))


@compiled_part
def _place_of_form(graph: XagGraph, form: np.uint64) -> np.int64:
    mask = len(graph.by_form) - 1
    place = np.int64(form & np.uint64(mask))
    while graph.by_form[place] and graph.forms[graph.by_form[place]] != form:
        place = (place + 1) & mask
    return place


@compiled_part
def _span(x: np.uint64, y: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The two smallest of the three forms, which stand for the span."""
    z = x ^ y
    least = min(x, y, z)
    return least, min(max(x, y), max(x, z), max(y, z))


@compiled_part
def _place_of_span(graph: XagGraph, least: np.uint64, middle: np.uint64) -> np.int64:
    mask = len(graph.by_span) - 1
    place = np.int64((least * np.uint64(0x9E3779B97F4A7C15) ^ middle) >> np.uint64(7) & np.uint64(mask))
    while True:
        variable = graph.by_span[place]
        if variable == 0:
            return place
        a, b = graph.fanins[variable]
        if _span(graph.forms[a >> 1], graph.forms[b >> 1]) == (least, middle):
            return place
        place = (place + 1) & mask


@compiled_part
def _add(graph: XagGraph, a: Int, b: Int, odd: bool, form: np.uint64) -> np.int64:
    variable = graph.used[0]
    if variable >= len(graph.fanins):
        raise IndexError("the graph is full; reserve more room")
    graph.used[0] += 1
    graph.fanins[variable, 0], graph.fanins[variable, 1] = max(a, b), min(a, b)
    graph.odd[variable] = odd
    graph.forms[variable] = form
    graph.by_form[_place_of_form(graph, form)] = variable
    return np.int64(variable)


@compiled
def _add_leaves(graph: XagGraph, leaves: int) -> None:
    for _ in range(leaves):
        _add(graph, NONE, NONE, False, _word(graph.used[0]))


@compiled_part
def xor_of(graph: XagGraph, a: Int, b: Int) -> np.int64:
    """The literal of a XOR b: known, or added."""
    flip = (a ^ b) & 1
    form = graph.forms[a >> 1] ^ graph.forms[b >> 1]
    if form == 0:
        return np.int64(flip)
    if a < 2 or b < 2:
        return np.int64((a | b) & ~1 | flip)
    variable = np.int64(graph.by_form[_place_of_form(graph, form)])
    if variable == 0:
        variable = _add(graph, a & ~1, b & ~1, True, form)
    return np.int64(2 * variable + flip)


@compiled_part
def _is_and(graph: XagGraph, variable: Int) -> bool:
    return graph.fanins[variable, 0] != NONE and not graph.odd[variable]


# Values of two literals a and b, and of their AND, in the four cases of a and b: what they make are truth tables.
_A, _B, _AB = 0b1010, 0b1100, 0b1000


@compiled_part
def _table(graph: XagGraph, product: Int, literal: Int) -> np.int64:
    """The truth table of a literal in terms of the fanins of an AND, if it is a sum of them and of the AND; else -1."""
    a, b = np.int64(graph.fanins[product, 0]), np.int64(graph.fanins[product, 1])
    for terms in range(8):
        form, table = np.uint64(0), np.int64(literal & 1) * 15
        if terms & 1:
            form, table = form ^ graph.forms[a >> 1], table ^ _A ^ 15 * (a & 1)
        if terms & 2:
            form, table = form ^ graph.forms[b >> 1], table ^ _B ^ 15 * (b & 1)
        if terms & 4:
            form, table = form ^ graph.forms[product], table ^ _AB
        if form == graph.forms[literal >> 1]:
            return table
    return np.int64(-1)


@compiled_part
def _of_table(graph: XagGraph, product: Int, table: Int) -> np.int64:
    """The literal of a truth table in terms of the fanins of an AND: a sum of these and of the AND."""
    result = np.int64(table & 1)
    if (table ^ table >> 1 ^ table >> 2 ^ table >> 3) & 1:
        result = xor_of(graph, result, 2 * product)
    if (table ^ table >> 1) & 1:
        result = xor_of(graph, result, np.int64(graph.fanins[product, 0]))
    if (table ^ table >> 2) & 1:
        result = xor_of(graph, result, np.int64(graph.fanins[product, 1]))
    return result


@compiled_part
def _exclude(graph: XagGraph, one: Int, other: Int) -> bool:
    """Whether two ANDs are never both 1, since they ask opposite values of one form."""
    for left in range(1, 4):
        for right in range(1, 4):
            form, flip = np.uint64(0), np.int64(0)
            for place in range(2):
                if left >> place & 1:
                    literal = np.int64(graph.fanins[one, place])
                    form, flip = form ^ graph.forms[literal >> 1], flip ^ literal & 1 ^ 1
                if right >> place & 1:
                    literal = np.int64(graph.fanins[other, place])
                    form, flip = form ^ graph.forms[literal >> 1], flip ^ literal & 1 ^ 1
            if form == 0 and flip:
                return True
    return False


@compiled_part
def _near(graph: XagGraph, variable: Int, place: Int) -> np.int64:
    """The variable itself, a fanin of an XOR, or a fanin of that; 0 where there is none. place: 0 .. 6."""
    variable, place = np.int64(variable), np.int64(place)
    while place and graph.odd[variable]:
        variable = np.int64(graph.fanins[variable, place & 1] >> 1)
        place = (place - 1) // 2
    return np.int64(0 if place else variable)


@compiled_part
def _decided(graph: XagGraph, variable: Int, x: Int, y: Int) -> np.int64:
    """x AND y where both are sums of one AND and its fanins; -1 where no such AND is near the variable."""
    for place in range(7):
        product = _near(graph, variable, place)
        if _is_and(graph, product):
            first = _table(graph, product, x)
            second = _table(graph, product, y) if first >= 0 else first
            if second >= 0:
                return _of_table(graph, product, first & second)
    return np.int64(-1)


@compiled_part
def and_of(graph: XagGraph, x: Int, y: Int) -> np.int64:
    """The literal of x AND y: folded, known, a sum of known ones, or added."""
    first, second = graph.forms[x >> 1], graph.forms[y >> 1]
    if first == 0 or second == 0 or first == second:
        if first == 0 or (first == second and (x ^ y) & 1):
            return np.int64(y) if first == 0 and x & 1 else np.int64(0)
        return np.int64(x) if first == second or y & 1 else np.int64(0)
    least, middle = _span(first, second)
    place = _place_of_span(graph, least, middle)
    product = np.int64(graph.by_span[place])
    if product:
        return _of_table(graph, product, _table(graph, product, x) & _table(graph, product, y))
    total = np.int64(graph.by_form[_place_of_form(graph, first ^ second)])
    for near in (x >> 1, y >> 1, total):
        decided = _decided(graph, near, x, y)
        if decided >= 0:
            return decided
    if _is_and(graph, x >> 1) and _is_and(graph, y >> 1) and _exclude(graph, x >> 1, y >> 1):
        result = xor_of(graph, np.int64(x & y & 1), np.int64(x & ~1 if y & 1 else 0))
        return xor_of(graph, result, np.int64(y & ~1 if x & 1 else 0))
    variable = _add(graph, x, y, False, _word(graph.used[0]))
    graph.by_span[place] = variable
    return np.int64(2 * variable)


@compiled
def add_ands(graph: XagGraph, ands: Ands, image: Ints) -> None:
    """The nodes of an Aig. image: int64[variables], the literal here of each of its variables; the leaves are set."""
    first = len(image) - len(ands)
    for index in range(len(ands)):
        a, b = ands[index]
        image[first + index] = and_of(graph, image[a >> 1] ^ (a & 1), image[b >> 1] ^ (b & 1))


@compiled
def compacted(graph: XagGraph, leaves: int, roots: Ints) -> tuple[Ands, Flags, Ints]:
    """The gates that the root literals need, in order: fanins, uint32[n, 2], and which are XORs, bool[n]; the roots."""
    used = graph.used[0]
    reached = np.zeros(used, np.bool_)
    for root in roots:
        reached[root >> 1] = True
    count = 0
    for variable in range(used - 1, leaves, -1):
        if reached[variable]:
            count += 1
            reached[graph.fanins[variable, 0] >> 1] = True
            reached[graph.fanins[variable, 1] >> 1] = True
    number = np.arange(used)
    fanins, odd = np.empty((count, 2), np.uint32), np.empty(count, np.bool_)
    index = 0
    for variable in range(1 + leaves, used):
        if reached[variable]:
            a, b = graph.fanins[variable]
            a, b = 2 * number[a >> 1] | a & 1, 2 * number[b >> 1] | b & 1
            fanins[index, 0], fanins[index, 1], odd[index] = max(a, b), min(a, b), graph.odd[variable]
            number[variable] = 1 + leaves + index
            index += 1
    return fanins, odd, 2 * number[roots >> 1] | roots & 1
