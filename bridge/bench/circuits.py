"""Arithmetic and control as netlists, each in several forms, of the kinds that public benchmarks have: words in, words
out, no names inside."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, names

Bits = list[int]


def words(builder: AigBuilder, **widths: int) -> list[Bits]:
    """Input words, lowest bit first."""
    return [[builder.input(names.element(name, i)) for i in range(width)] for name, width in widths.items()]


def done(builder: AigBuilder, bits: Sequence[int]) -> Aig:
    """The netlist with these outputs."""
    for index, bit in enumerate(bits):
        builder.output(names.element("y", index), bit)
    return builder.build()


def rippled(builder: AigBuilder, a: Bits, b: Bits, carry: int = 0) -> Bits:
    """Sum of two words of the same width, one bit wider."""
    result = []
    for x, y in zip(a, b, strict=True):
        total, carry = builder.full_adder(x, y, carry)
        result.append(total)
    return [*result, carry]


def prefixed(builder: AigBuilder, a: Bits, b: Bits) -> Bits:
    """The same by Kogge and Stone."""
    half = [builder.xor(x, y) for x, y in zip(a, b, strict=True)]
    makes, passes = [builder.and_(x, y) for x, y in zip(a, b, strict=True)], list(half)
    step = 1
    while step < len(a):
        for i in range(len(a) - 1, step - 1, -1):
            makes[i] = builder.or_(makes[i], builder.and_(passes[i], makes[i - step]))
            passes[i] = builder.and_(passes[i], passes[i - step])
        step *= 2
    return [half[0], *(builder.xor(half[i], makes[i - 1]) for i in range(1, len(a))), makes[-1]]


def prefix_carried(builder: AigBuilder, a: Bits, b: Bits, carry: int) -> Bits:
    """`prefixed` with a carry."""
    return prefixed(builder, [carry, *a], [carry, *b])[1:]


def adder(width: int, fast: bool) -> Aig:
    """Two words added, by ripple or by prefix."""
    builder = AigBuilder()
    a, b = words(builder, a=width, b=width)
    return done(builder, (prefixed if fast else rippled)(builder, a, b))


def columns_of(builder: AigBuilder, a: Bits, b: Bits) -> list[Bits]:
    """The bits of a product by place."""
    columns: list[Bits] = [[] for _ in range(len(a) + len(b))]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            columns[i + j].append(builder.and_(x, y))
    return columns


def booth_columns(builder: AigBuilder, a: Bits, b: Bits) -> list[Bits]:
    """The same by Booth's digits -2 .. 2 of `b`, modulo 2 ** (len(a) + len(b))."""
    width = len(a) + len(b)
    columns: list[Bits] = [[] for _ in range(width)]
    for place in range(0, len(b) + 1, 2):
        low, middle, high = ((b[i] if 0 <= i < len(b) else FALSE) for i in (place - 1, place, place + 1))
        one = builder.xor(low, middle)
        two = builder.and_(builder.xor(middle, high), one ^ 1)
        for i in range(width - place):
            bit = builder.or_(
                builder.and_(one, a[i] if i < len(a) else FALSE), builder.and_(two, a[i - 1] if 0 < i <= len(a) else 0)
            )
            columns[place + i].append(builder.xor(bit, high))
        if place < width:
            columns[place].append(high)
    return columns


def reduced(builder: AigBuilder, columns: list[Bits], tree: bool) -> Bits:
    """Columns added up: full adders in a chain (last in, first out) or in a tree (first in, first out)."""
    result = []
    for place, column in enumerate(columns):
        take = 0 if tree else -1
        while len(column) > 1:
            x, y, z = column.pop(take), column.pop(take), column.pop(take) if column else 0
            total, carry = builder.full_adder(x, y, z)
            column.append(total)
            if place + 1 < len(columns):
                columns[place + 1].append(carry)
        result.append(column[0] if column else 0)
    return result


def multiplier(width: int, tree: bool, squared: bool = False, booth: bool = False) -> Aig:
    """A product, or a square, with its rows in a chain or in a tree."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    b = a if squared else words(builder, b=width)[0]
    return done(builder, reduced(builder, (booth_columns if booth else columns_of)(builder, a, b), tree))


def array_multiplier(width: int) -> Aig:
    """A product, row added to row by ripple."""
    builder = AigBuilder()
    a, b = words(builder, a=width, b=width)
    total, result = [FALSE] * width, []
    for bit in b:
        total = rippled(builder, total, [builder.and_(x, bit) for x in a])
        result.append(total.pop(0))
    return done(builder, [*result, *total])


def prefix_multiplier(width: int, booth: bool = False) -> Aig:
    """A product, its columns added up to two rows by a tree, which are added by Kogge and Stone."""
    builder = AigBuilder()
    a, b = words(builder, a=width, b=width)
    columns = (booth_columns if booth else columns_of)(builder, a, b)
    for place, column in enumerate(columns):
        while len(column) > 2:
            total, carry = builder.full_adder(column.pop(0), column.pop(0), column.pop(0))
            column.append(total)
            if place + 1 < len(columns):
                columns[place + 1].append(carry)
    rows = [[column[row] if row < len(column) else FALSE for column in columns] for row in range(2)]
    return done(builder, prefixed(builder, *rows)[:-1])


def folded_square(width: int) -> Aig:
    """a * a with every mixed product taken once, one place higher."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    return done(builder, squared_word(builder, a))


def squared_word(builder: AigBuilder, a: Bits) -> Bits:
    """The square of a word."""
    columns: list[Bits] = [[] for _ in range(2 * len(a))]
    for i in range(len(a)):
        columns[2 * i].append(a[i])
        for j in range(i):
            columns[i + j + 1].append(builder.and_(a[i], a[j]))
    return reduced(builder, columns, True)


def voter(inputs: int, order: str) -> Aig:
    """Majority by counting. `order`: of the inputs, as they come, from the end, or shuffled; or a chain."""
    builder = AigBuilder()
    (bits,) = words(builder, x=inputs)
    if order == "shuffled":
        bits = [bits[i] for i in np.random.default_rng(0).permutation(inputs)]
    columns: list[Bits] = [list(bits), *([] for _ in range(inputs.bit_length() - 1))]
    count = reduced(builder, columns, order != "chain")
    least = (inputs + 1) // 2
    over = 1
    for i, bit in enumerate(count):
        over = builder.and_(bit, over) if least >> i & 1 else builder.or_(bit, over)
    return done(builder, [over])


def shifted(builder: AigBuilder, a: Bits, by: Bits, lowest_first: bool = False) -> Bits:
    """A word rotated upwards by another."""
    for stage in range(len(by)) if lowest_first else reversed(range(len(by))):
        a = [builder.mux(by[stage], a[i - (1 << stage)], a[i]) for i in range(len(a))]
    return a


def shifter(width: int, lowest_first: bool) -> Aig:
    """A word rotated by another, stage after stage."""
    builder = AigBuilder()
    a, by = words(builder, a=width, by=width.bit_length() - 1)
    return done(builder, shifted(builder, a, by, lowest_first))


def root(width: int, restoring: bool) -> Aig:
    """The whole square root of a word of even width."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    rest, found = [0] * (width // 2 + 2), [0] * 0
    for place in range(width // 2 - 1, -1, -1):
        rest = [a[2 * place], a[2 * place + 1], *rest[:-2]]
        trial = ([1, 0] + found + [0] * len(rest))[: len(rest)]
        difference = (rippled if restoring else prefix_carried)(builder, rest, [bit ^ 1 for bit in trial], 1)
        fits = difference.pop()
        rest = [builder.mux(fits, new, old) for new, old in zip(difference, rest, strict=True)]
        found = [fits, *found]
    return done(builder, found)


def logarithm(width: int, digits: int) -> Aig:
    """log2 of a word of 2 ** k bits: the place of its highest one, then digits behind the point by squaring."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    seen, high = FALSE, [FALSE] * (width.bit_length() - 1)
    for place in reversed(range(width)):
        first = builder.and_(a[place], seen ^ 1)
        high = [builder.or_(bit, first) if place >> i & 1 else bit for i, bit in enumerate(high)]
        seen = builder.or_(seen, a[place])
    mantissa = shifted(builder, a, [bit ^ 1 for bit in high])[width // 2 :]
    found = []
    for _ in range(digits):
        square = squared_word(builder, mantissa)
        digit = square.pop()
        mantissa = [
            builder.mux(digit, up, down)
            for up, down in zip([*square, digit][-len(mantissa) :], square[-len(mantissa) :], strict=True)
        ]
        found.append(digit)
    return done(builder, [*reversed(found), *high])


def sine(width: int) -> Aig:
    """The sine of an angle of the first quadrant, `width` bits behind the point, by the rotations of CORDIC."""
    builder = AigBuilder()
    (angle,) = words(builder, a=width)
    size, one = width + 2, float(1 << width)
    gain = math.prod(math.cos(math.atan(2.0**-i)) for i in range(width))
    x, y = constant(int(gain * one), size), constant(0, size)
    rest = [*angle, FALSE, FALSE]
    for step in range(width):
        down = rest[-1]
        turn = constant(round(math.atan(2.0**-step) / (math.pi / 2) * one), size)
        moved_x, moved_y = ([*word[step:], *[word[-1]] * step][:size] for word in (x, y))
        x, y, rest = (
            rippled(builder, word, [builder.xor(bit, minus) for bit in by], minus)[:size]
            for word, by, minus in ((x, moved_y, down ^ 1), (y, moved_x, down), (rest, turn, down ^ 1))
        )
    return done(builder, y[: width + 1])


def constant(value: int, width: int) -> Bits:
    """A number as a word."""
    return [TRUE if value >> i & 1 else FALSE for i in range(width)]


def controller(banks: int, rows: int, timer: int) -> Aig:
    """Control of a memory: which bank opens, closes or reads next, with a row held and a timer for each."""
    builder = AigBuilder()
    ports = banks // 2
    result, asked = [], []
    by = (banks - 1).bit_length()
    requests = [
        words(builder, **{f"valid{p}": 1, f"bank{p}": by, f"row{p}": rows, f"write{p}": 1}) for p in range(ports)
    ]
    turn, delay = words(builder, turn=(ports - 1).bit_length(), delay=timer)
    blocked, granted = FALSE, []
    for port in range(ports):
        mine = builder.and_(requests[port][0][0], blocked ^ 1)
        own = all_of(builder, [bit ^ 1 ^ (port >> i & 1) for i, bit in enumerate(turn)])
        first = builder.and_(requests[port][0][0], own)
        granted.append((first, mine))
        blocked = builder.or_(blocked, requests[port][0][0])
    any_first = any_of(builder, [first for first, _ in granted])
    grants = [builder.or_(first, builder.and_(mine, any_first ^ 1)) for first, mine in granted]
    bank, row, write = (
        [any_of(builder, [builder.and_(g, r[k][i]) for g, r in zip(grants, requests, strict=True)]) for i in range(n)]
        for k, n in ((1, by), (2, rows), (3, 1))
    )
    for index in range(banks):
        opened, held, left = words(builder, **{f"open{index}": 1, f"held{index}": rows, f"left{index}": timer})
        here = all_of(builder, [bit ^ 1 ^ (index >> i & 1) for i, bit in enumerate(bank)])
        same = all_of(builder, [builder.xor(x, y) ^ 1 for x, y in zip(held, row, strict=True)])
        ready = any_of(builder, left) ^ 1
        hit = all_of(builder, [here, opened[0], same, ready])
        close = all_of(builder, [here, opened[0], same ^ 1, ready])
        start = all_of(builder, [here, opened[0] ^ 1, ready])
        fewer = rippled(builder, left, [TRUE] * timer)[:timer]
        busy = any_of(builder, [hit, close, start])
        wait = [builder.mux(write[0], d, e) for d, e in zip(delay, [FALSE, *delay[:-1]], strict=True)]
        result += [builder.mux(busy, w, builder.and_(f, ready ^ 1)) for w, f in zip(wait, fewer, strict=True)]
        result += [builder.mux(start, new, old) for new, old in zip(row, held, strict=True)]
        result.append(builder.or_(start, builder.and_(opened[0], close ^ 1)))
        asked.append([hit, close, start])
    return done(builder, [*result, *(any_of(builder, list(column)) for column in zip(*asked, strict=True)), *grants])


def all_of(builder: AigBuilder, bits: Bits) -> int:
    """Whether all are 1."""
    total = TRUE
    for bit in bits:
        total = builder.and_(total, bit)
    return total


def any_of(builder: AigBuilder, bits: Bits) -> int:
    """Whether one of them is 1."""
    return all_of(builder, [bit ^ 1 for bit in bits]) ^ 1
