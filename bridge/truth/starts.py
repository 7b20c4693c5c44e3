"""Small netlists to start from, made from truth tables: the start decides more than any script that follows."""

from __future__ import annotations

from functools import reduce
from typing import Literal

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, default_names
from bridge.arrays import Bits
from bridge.errors import InputError
from bridge.lowering.embedding import lower_table
from bridge.truth.files import by_ones, symmetric
from bridge.truth.weighted import WeightedSum, digits, weighted_sums

Start = Literal["auto", "muxes", "products", "sums", "neuron"]

_TRIES = 24  # weighted sums of which the smallest is taken


def from_table(table: Bits, start: Start = "auto", name: str = "") -> Aig:
    """A netlist with inputs i0, i1, ... and outputs o0, o1, ...

    `muxes`: decision diagrams, shared between outputs; `products`: a sum of irredundant products of each output;
    `sums`: what depends only on how many inputs are 1, from an adder tree; `neuron`: the outputs as a number that is a
    clipped weighted sum of the inputs, whose weights are found; `auto`: the smallest of those. InputError where a
    function has no such form.
    """
    made = [build(table, name) for kind, build in _STARTS.items() if start in (kind, "auto")]
    if made == [None]:
        raise InputError(f"{name or 'the function'} {_LACKS[start]}")
    return min((aig for aig in made if aig is not None), key=lambda aig: len(aig.ands))


def _inputs(table: Bits) -> int:
    return int(table.shape[1]).bit_length() - 1


def _started(count: int, name: str) -> tuple[AigBuilder, list[int]]:
    builder = AigBuilder(name)
    return builder, [builder.input(each) for each in default_names("i", count)]


def _ended(builder: AigBuilder, literals: list[int]) -> Aig:
    for name, literal in zip(default_names("o", len(literals)), literals, strict=True):
        builder.output(name, literal)
    return builder.build()


def _muxes(table: Bits, name: str) -> Aig:
    """Shannon expansion along the order of inputs, found by sifting, that needs the fewest nodes."""
    order = list(range(_inputs(table))) if symmetric(table) else _sifted(table)
    builder, inputs = _started(_inputs(table), name)
    return _ended(builder, lower_table(builder, [inputs[k] for k in order], _reordered(table, order).T))


def _reordered(table: Bits, order: list[int]) -> Bits:
    """The tables over the inputs in this order, the first one being the least significant."""
    count = len(order)
    cube = table.reshape(-1, *([2] * count))  # axis 1 + k is input count - 1 - k
    axes = [0, *(1 + count - 1 - variable for variable in reversed(order))]
    result: Bits = np.ascontiguousarray(cube.transpose(axes)).reshape(len(table), -1)
    return result


def _sifted(table: Bits) -> list[int]:
    """Move every input to its best place, twice."""
    count = _inputs(table)
    order = list(range(count))
    best = _nodes(_reordered(table, order))
    for variable in [*range(count), *range(count)]:
        for place in range(count):
            trial = [other for other in order if other != variable]
            trial.insert(place, variable)
            found = _nodes(_reordered(table, trial))
            if found < best:
                best, order = found, trial
    return order


def _nodes(tables: Bits) -> int:
    """Nodes of the shared decision diagram with complemented edges, counted from the leaves up."""
    total, literals = 0, tables.ravel().astype(np.int64)  # those of AIGER: 0 is false, 1 is true
    while len(literals) > len(tables):
        other, then = literals[::2], literals[1::2]
        apart, negated = other != then, other & 1
        pairs = (other ^ negated) << 32 | (then ^ negated)
        made, places = np.unique(pairs[apart], return_inverse=True)
        literals = other.copy()
        literals[apart] = 2 * (total + 1 + places) | negated[apart]
        total += len(made)
    return total


def _products(table: Bits, name: str) -> Aig:
    """Irredundant sums of products (Minato and Morreale), factored as they are made."""
    builder, inputs = _started(_inputs(table), name)

    def cover(low: Bits, high: Bits) -> tuple[int, Bits]:
        """A literal whose function lies between low and high, and that function."""
        if not low.any():
            return FALSE, np.zeros_like(low)
        if high.all():
            return TRUE, np.ones_like(low)
        half = len(low) // 2
        literal = inputs[half.bit_length() - 1]
        low0, low1, high0, high1 = low[:half], low[half:], high[:half], high[half:]
        zero, zeros = cover(low0 & (1 - high1), high0)
        one, ones = cover(low1 & (1 - high0), high1)
        rest0, rest1 = low0 & (1 - zeros), low1 & (1 - ones)
        both, boths = cover(rest0 | rest1, high0 & high1)
        found = builder.or_(builder.mux(literal, one, zero), both)
        return found, np.concatenate([zeros | boths, ones | boths])

    return _ended(builder, [cover(values, values)[0] for values in table])


def _sums(table: Bits, name: str) -> Aig | None:
    """Count the ones with full adders, then decide by the bits of the count."""
    if not symmetric(table):
        return None
    builder, inputs = _started(_inputs(table), name)
    values = by_ones(table).tolist()
    offset = _offset(values)
    columns = [[TRUE] * (offset >> place & 1) for place in range(offset.bit_length())] or [[]]
    columns[0] += inputs
    bits = _added(builder, columns)

    def choose(choices: list[int], place: int) -> int:
        if len(set(choices)) <= 1:
            return choices[0]
        half = 1 << place
        other, then = choose(choices[:half], place - 1), choose(choices[half:], place - 1)
        return builder.mux(bits[place], then, other)

    room = (1 << len(bits)) - offset - len(values[0])
    rows = [[*row[:1] * offset, *row, *row[-1:] * room] for row in values]
    return _ended(builder, [choose(row, len(bits) - 1) for row in rows])


def _neuron(table: Bits, name: str) -> Aig | None:
    """Add the digits of the weights, drop the places after the point, and clip; the smallest of several such sums."""
    made = [_clipped(each, name) for each in weighted_sums(table, _TRIES)]
    return min(made, key=lambda aig: len(aig.ands), default=None)


def _clipped(neuron: WeightedSum, name: str) -> Aig:
    """See WeightedSum; a digit of -1 is the complement of its input, less 1."""
    builder, inputs = _started(len(neuron.weights), name)
    signed = [(*each, x) for weight, x in zip(neuron.weights, inputs, strict=True) for each in digits(weight)]
    constant = neuron.bias - sum(1 << place for place, digit, _ in signed if digit < 0)
    reach = sum(map(abs, neuron.weights)) + abs(neuron.bias)
    width = max(reach.bit_length(), neuron.places + neuron.top.bit_length()) + 1  # in two's complement
    columns = [[TRUE] * (constant >> place & 1) for place in range(width)]
    for place, digit, literal in signed:
        columns[place].append(literal ^ (digit < 0))
    *bits, negative = _added(builder, columns)[:width]
    bits = bits[neuron.places :]
    over = reduce(builder.or_, bits[neuron.top.bit_length() :], FALSE)
    width = neuron.top.bit_length()
    return _ended(builder, [builder.and_(builder.or_(bit, over), negative ^ 1) for bit in bits[:width]])


def _offset(values: list[list[int]]) -> int:
    """What to add to the number of ones, so that the highest bit tells whether it reached a lone threshold."""
    least = [index for index in range(1, len(values[0])) if values[0][index] != values[0][index - 1]]
    return -least[0] % (1 << least[0].bit_length()) if len(values) == len(least) == 1 else 0


def _added(builder: AigBuilder, columns: list[list[int]]) -> list[int]:
    """The bits of the sum of columns of literals, lowest first; at least one."""
    bits = []
    while columns:
        column, carries = columns.pop(0), list[int]()
        while len(column) > 1:
            a, b, c = (*column[:2], FALSE) if len(column) == 2 else column[:3]
            total, carry = builder.full_adder(a, b, c)
            column = [*column[3:], total]
            carries.append(carry)
        bits.append(column[0] if column else FALSE)
        if carries and not columns:
            columns.append([])
        if carries:
            columns[0] += carries
    return bits


_STARTS = {"muxes": _muxes, "products": _products, "sums": _sums, "neuron": _neuron}
_LACKS = {"sums": "does not depend on the number of ones alone", "neuron": "is not found to be a clipped weighted sum"}
