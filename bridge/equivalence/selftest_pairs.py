"""The pairs of small netlists that an ABC is asked about before it is believed, with the right answers.

Old, broken and lying builds get some of them wrong: for each that is equal there is one of the same shape that is not,
so that neither names nor sizes give the answer away, and random patterns miss many of the differences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, reduce

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, Output

_WIDE = 40


@dataclass(frozen=True)
class Pair:
    """Two netlists with the same inputs, outputs in the same order, all resets 0. `what`: in words, for a report."""

    what: str
    a: Aig
    b: Aig
    equal: bool


@cache
def combinational_pairs() -> tuple[Pair, ...]:
    """No netlist has latches."""
    return (*_gates(), *_wide(), *_arithmetic(), *_many_outputs())


@cache
def sequential_pairs() -> tuple[Pair, ...]:
    """Equal are those that give the same outputs in all runs from reset."""
    return (*_small_machines(), *_counters(), *_keys())


def _gates() -> list[Pair]:
    meet, join, first, second = _two("and"), _two("or"), _two("first"), _two("second")
    return [
        Pair("a & b and its complement", meet, _inverted(meet, 0), False),
        Pair("a & b and a | b", meet, join, False),
        Pair("two inputs", first, second, False),
        Pair("an input and its complement", first, _inverted(first, 0), False),
        Pair("the constants 0 and 1", _two("false"), _inverted(_two("false"), 0), False),
        Pair("the constant 0 and a & b", _two("false"), meet, False),
        Pair("a & b and a & b", meet, _two("and"), True),
        Pair("a and a & (a | b)", first, _two("absorbed"), True),
        Pair("the constant 0 and a xor b xor (a xor b)", _two("false"), _two("cancelled"), True),
        Pair("a multiplexer built twice", _multiplexer(3, False), _multiplexer(3, True), True),
        Pair("a multiplexer with two inputs swapped", _multiplexer(3, False), _multiplexer(3, True, swap=True), False),
    ]


def _wide() -> list[Pair]:
    chain, tree = _joined("and", False), _joined("and", True)
    odd, odd_tree = _joined("xor", False), _joined("xor", True)
    never = replace(chain, ands=chain.ands[:0], outputs=(replace(chain.outputs[0], literal=FALSE),))
    return [
        Pair(f"an AND of {_WIDE} as a chain and as a tree", chain, tree, True),
        Pair(f"an AND of {_WIDE} and the constant 0", chain, never, False),
        Pair(f"an AND of {_WIDE} and one with an input complemented", tree, _faulty(tree, 0), False),
        Pair(f"an OR of {_WIDE} as a chain and as a tree", _joined("or", False), _joined("or", True), True),
        Pair(f"an OR of {_WIDE} and the constant 1", _joined("or", True), _inverted(never, 0), False),
        Pair(f"the parity of {_WIDE} as a chain and as a tree", odd, odd_tree, True),
        Pair(f"the parity of {_WIDE} and its complement", odd, _inverted(odd_tree, 0), False),
        Pair(f"the parity of {_WIDE} but for one input vector", odd, _parity_but_once(), False),
    ]


def _arithmetic() -> list[Pair]:
    ripple, prefix = _adder(8, False), _adder(8, True)
    product, other = _multiplier(4, False), _multiplier(4, True)
    most, shuffled = _majority(9, 5, False), _majority(9, 5, True)
    less, taken = _less(10, False), _less(10, True)
    last = len(prefix.ands) - 1
    return [
        Pair("adders by ripple and by prefix", ripple, prefix, True),
        Pair("adders, one with a wrong gate", ripple, _faulty(prefix, last), False),
        Pair("adders, one with a wrong first gate", ripple, _faulty(prefix, 0), False),
        Pair("adders, one with its carry complemented", ripple, _inverted(prefix, 8), False),
        Pair("products of a and b and of b and a", product, other, True),
        Pair("products, one with a wrong gate", product, _faulty(other, len(other.ands) // 2), False),
        Pair("products, one with a wrong last gate", product, _faulty(other, len(other.ands) - 1), False),
        Pair("majorities counted in two orders", most, shuffled, True),
        Pair("at least 5 and at least 6 of 9", most, _majority(9, 6, True), False),
        Pair("a < b by comparison and by subtraction", less, taken, True),
        Pair("a < b and a <= b", less, _less(10, True, equal=True), False),
    ]


def _many_outputs() -> list[Pair]:
    row, copy = _row(24, False), _row(24, True)
    last, first = row.outputs[-1], row.outputs[0]
    middle = (*row.outputs[1:-1],)
    swapped = replace(
        row, outputs=(replace(first, literal=last.literal), *middle, replace(last, literal=first.literal))
    )
    constant = replace(copy, outputs=(*copy.outputs[:-1], replace(copy.outputs[-1], literal=TRUE)))
    renamed = replace(copy, outputs=tuple(replace(output, name=f"z{i}") for i, output in enumerate(copy.outputs)))
    return [
        Pair("24 outputs built in two ways", row, copy, True),
        Pair("24 outputs with other names", row, renamed, True),
        Pair("24 outputs, the first complemented", row, _inverted(copy, 0), False),
        Pair("24 outputs, the last complemented", row, _inverted(copy, 23), False),
        Pair("24 outputs, one in the middle complemented", row, _inverted(copy, 11), False),
        Pair("24 outputs, the first and the last swapped", row, swapped, False),
        Pair("24 outputs, the last a constant", row, constant, False),
    ]


def _small_machines() -> list[Pair]:
    toggle, twin = _toggle(1), _toggle(2)
    return [
        Pair("a toggle and two toggles of which one is read", toggle, twin, True),
        Pair("a toggle and its complement", toggle, _inverted(toggle, 0), False),
        Pair("delays by 3 and by 3", _delay(3), _delay(3), True),
        Pair("delays by 3 and by 4", _delay(3), _delay(4), False),
        Pair("the constants 0 and 1 beside a latch", _stuck(False), _inverted(_stuck(False), 0), False),
        Pair("a latch that never rises and the constant 0", _stuck(True), _stuck(False), True),
    ]


def _counters() -> list[Pair]:
    plain = _counter(4, 0)
    return [
        Pair("a counter and itself with other gates", plain, _counter(4, 0, other=True), True),
        Pair("a counter and one that is wrong in its last state", plain, _counter(4, 15), False),
        Pair("a counter and one that is wrong in a middle state", plain, _counter(4, 8), False),
        Pair("two counters, one with its outputs swapped", plain, _swapped(_counter(4, 0, other=True)), False),
    ]


def _keys() -> list[Pair]:
    return [
        Pair("a lock that no sequence opens and the constant 0", _lock(6, False), _lock(0, False), True),
        Pair("a lock that one sequence of 6 opens and the constant 0", _lock(6, True), _lock(0, False), False),
        Pair("the same lock twice", _lock(6, True), _lock(6, True), True),
    ]


def _two(kind: str) -> Aig:
    builder = AigBuilder()
    a, b = builder.input("a"), builder.input("b")
    one = builder.xor(a, b)
    made = {
        "and": builder.and_(a, b),
        "or": builder.or_(a, b),
        "first": a,
        "second": b,
        "false": FALSE,
        "absorbed": builder.and_(a, builder.or_(a, b)),
        "cancelled": builder.xor(one, builder.or_(builder.and_(a, b ^ 1), builder.and_(a ^ 1, b))),
    }
    builder.output("y", made[kind])
    return builder.build()


def _multiplexer(selects: int, lowest_first: bool, swap: bool = False) -> Aig:
    builder = AigBuilder()
    select = [builder.input(f"s{i}") for i in range(selects)]
    data = [builder.input(f"d{i}") for i in range(1 << selects)]
    if swap:
        data[2], data[5] = data[5], data[2]
    if lowest_first:
        for literal in select:
            data = [builder.mux(literal, data[i + 1], data[i]) for i in range(0, len(data), 2)]
    else:
        for literal in reversed(select):
            half = len(data) // 2
            data = [builder.mux(literal, data[i + half], data[i]) for i in range(half)]
    builder.output("y", data[0])
    return builder.build()


def _joined(kind: str, tree: bool) -> Aig:
    builder = AigBuilder()
    gate = {"and": builder.and_, "or": builder.or_, "xor": builder.xor}[kind]
    rest = [builder.input(f"x{i}") for i in range(_WIDE)]
    if tree:
        while len(rest) > 1:
            rest = [*map(gate, rest[::2], rest[1::2]), *rest[len(rest) & ~1 :]]
    builder.output("y", reduce(gate, rest))
    return builder.build()


def _parity_but_once() -> Aig:
    builder = AigBuilder()
    inputs = [builder.input(f"x{i}") for i in range(_WIDE)]
    once = reduce(builder.and_, [literal ^ (i % 3 == 0) for i, literal in enumerate(inputs)])
    builder.output("y", builder.xor(reduce(builder.xor, inputs), once))
    return builder.build()


def _words(builder: AigBuilder, width: int) -> tuple[list[int], list[int]]:
    a, b = ([builder.input(f"{name}{i}") for i in range(width)] for name in "ab")
    return a, b


def _adder(width: int, prefix: bool) -> Aig:
    builder = AigBuilder()
    a, b = _words(builder, width)
    carries = [FALSE]
    if prefix:
        makes, passes = list(map(builder.and_, a, b)), list(map(builder.xor, a, b))
        step = 1
        while step < width:
            for i in range(width - 1, step - 1, -1):
                makes[i] = builder.or_(makes[i], builder.and_(passes[i], makes[i - step]))
                passes[i] = builder.and_(passes[i], passes[i - step])
            step *= 2
        carries += makes
    else:
        for x, y in zip(a, b, strict=True):
            carries.append(builder.full_adder(x, y, carries[-1])[1])
    for i in range(width):
        builder.output(f"y{i}", builder.xor(builder.xor(a[i], b[i]), carries[i]))
    builder.output("carry", carries[width])
    return builder.build()


def _multiplier(width: int, swapped: bool) -> Aig:
    builder = AigBuilder()
    a, b = _words(builder, width)
    a, b = (b, a) if swapped else (a, b)
    total = [FALSE] * (2 * width)
    for shift, bit in enumerate(b):
        carry = FALSE
        for index in range(shift, 2 * width):
            row = builder.and_(bit, a[index - shift]) if index < shift + width else FALSE
            total[index], carry = builder.full_adder(total[index], row, carry)
    for index, literal in enumerate(total):
        builder.output(f"y{index}", literal)
    return builder.build()


def _majority(count: int, least: int, shuffled: bool) -> Aig:
    """Whether so many inputs are 1: by a table of how many were 1 so far."""
    builder = AigBuilder()
    inputs = [builder.input(f"x{i}") for i in range(count)]
    reached = [TRUE] + [FALSE] * least
    for literal in inputs[::-2] + inputs[-2::-2] if shuffled else inputs:
        more = [builder.and_(literal, lower) for lower in reached[:-1]]
        reached = [TRUE, *map(builder.or_, reached[1:], more)]
    builder.output("y", reached[least])
    return builder.build()


def _less(width: int, by_subtraction: bool, equal: bool = False) -> Aig:
    builder = AigBuilder()
    a, b = _words(builder, width)
    if by_subtraction:
        carry = FALSE if equal else TRUE
        for x, y in zip(a, b, strict=True):
            carry = builder.full_adder(x, y ^ 1, carry)[1]
        less = carry ^ 1
    else:
        less = FALSE
        for x, y in zip(a, b, strict=True):
            less = builder.mux(builder.xor(x, y), y, less)
    builder.output("y", less)
    return builder.build()


def _row(count: int, other: bool) -> Aig:
    """Each output is an OR of two ANDs, or the same by distribution."""
    builder = AigBuilder()
    x = [builder.input(f"x{i}") for i in range(count + 2)]
    for i in range(count):
        a, b, c = x[i : i + 3]
        if other:
            builder.output(f"y{i}", builder.and_(a, builder.or_(b, c)))
        else:
            builder.output(f"y{i}", builder.or_(builder.and_(a, b), builder.and_(a, c)))
    return builder.build()


def _toggle(copies: int) -> Aig:
    builder = AigBuilder()
    x = builder.input("x")
    latches = [builder.latch(f"t{i}") for i in range(copies)]
    for latch in latches:
        builder.set_next(latch, builder.xor(latch, x))
    builder.output("y", latches[-1])
    builder.output("z", builder.and_(latches[0], x))
    return builder.build()


def _delay(steps: int) -> Aig:
    builder = AigBuilder()
    last = builder.input("x")
    for i in range(steps):
        latch = builder.latch(f"d{i}")
        builder.set_next(latch, last)
        last = latch
    builder.output("y", last)
    return builder.build()


def _stuck(read: bool) -> Aig:
    builder = AigBuilder()
    x, latch = builder.input("x"), builder.latch("never")
    builder.set_next(latch, builder.and_(latch, x))
    builder.output("y", builder.and_(latch, x ^ 1) if read else FALSE)
    return builder.build()


def _counter(width: int, wrong: int, other: bool = False) -> Aig:
    """Counts while x; its outputs are the digits, the lowest one wrong in the state `wrong`, if that is not 0."""
    builder = AigBuilder()
    carry = builder.input("x")
    bits = [builder.latch(f"n{i}") for i in range(width)]
    for bit in bits:
        both = builder.and_(bit, carry)
        apart = builder.and_(both ^ 1, builder.or_(bit, carry))
        builder.set_next(bit, apart if other else builder.xor(bit, carry))
        carry = both
    here = reduce(builder.and_, [bit ^ (~wrong >> i & 1) for i, bit in enumerate(bits)])
    builder.output("y0", builder.xor(bits[0], here) if wrong else bits[0])
    for i, bit in enumerate(bits[1:], 1):
        builder.output(f"y{i}", bit)
    return builder.build()


def _lock(length: int, opens: bool) -> Aig:
    """Rises when the last inputs were 1 0 1 0 ..., if it opens at all; the constant 0 for length 0."""
    builder = AigBuilder()
    x, last = builder.input("x"), TRUE
    for i in range(length):
        latch = builder.latch(f"k{i}")
        builder.set_next(latch, builder.and_(last, x ^ (i & 1)))
        last = latch
    if length and not opens:
        seen = builder.latch("seen")
        builder.set_next(seen, builder.and_(seen, last))
        last = builder.and_(last, seen)
    builder.output("y", last if length else FALSE)
    return builder.build()


def _inverted(aig: Aig, output: int) -> Aig:
    outputs = list(aig.outputs)
    outputs[output] = replace(outputs[output], literal=outputs[output].literal ^ 1)
    return replace(aig, outputs=tuple(outputs))


def _swapped(aig: Aig) -> Aig:
    """With the literals of the first two outputs exchanged."""
    first, second, *rest = aig.outputs
    literals = second.literal, first.literal
    return replace(aig, outputs=(*map(_with_literal, (first, second), literals), *rest))


def _with_literal(output: Output, literal: int) -> Output:
    return replace(output, literal=literal)


def _faulty(aig: Aig, node: int) -> Aig:
    """One fanin of one AND complemented."""
    ands = aig.ands.copy()
    ands[node, 0] ^= 1
    return replace(aig, ands=np.sort(ands, axis=1)[:, ::-1])
