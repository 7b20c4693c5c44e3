"""The sums of a cell against the adders of a netlist: identities that must add up, row by row.

Every adder satisfies `a + b + c = sum + 2 * carry`, or the same with four bits and two carries, which `Gadgets` checks
locally. So a row may be rewritten from the outputs of adders to their inputs without changing its value: it must end as
the weighted sum that the cell states.
The rows here are built from the cell's own weights; nothing is taken from the lowering but its claims.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

from bridge.aig import FALSE, TRUE, names
from bridge.aig.literals import through
from bridge.arrays import Ints
from bridge.cell.blocks import Summed
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.parts import Joins
from bridge.lowering.held import Held
from bridge.lowering.trace import Trace


class Broken(Exception):
    """An identity that does not hold, in words."""


@dataclass(frozen=True, eq=False)
class Claim:
    """A trace over one netlist. `literals`: int64[variables], the literal of every variable; `leaves`: how many of them
    are bits of the cell, the first ones. `adders`: inputs and sum of each shared adder, digits, by the variable of its
    carry."""

    trace: Trace
    gadgets: Gadgets
    literals: Ints
    leaves: int
    adders: dict[int, list[int]]

    def literal(self, digit: int) -> int:
        return through(self.literals, digit)


class Stated(NamedTuple):
    """A row as the cell states it. `weights`: (variable, weight); `constant`: what they must reach, or is added."""

    weights: list[tuple[int, int]]
    constant: int

    @property
    def negative(self) -> int:
        """The least that the weights can add up to."""
        return sum(min(weight, 0) for _, weight in self.weights)

    @property
    def total(self) -> int:
        """How much more they can add up to."""
        return sum(abs(weight) for _, weight in self.weights)


class Told(NamedTuple):
    """What the trace tells of one row, see there."""

    left: list[list[int]]
    steps: list[list[int]]
    parts: list[list[int]]
    answers: list[list[int]]
    constant: int
    flip: int


class Row(NamedTuple):
    """What is claimed of one row. `left`: (place, literal) of its digits; `steps`: its adders, see Trace; `constant`:
    what is added to the digits."""

    left: list[tuple[int, int]]
    steps: list[list[int]]
    constant: int


def claim(trace: Trace, gadgets: Gadgets, bits: dict[str, Ints]) -> Claim:
    """Check every shared adder. bits: the netlist literals of each source, by name. Raises Broken."""
    seen = np.concatenate([*trace.variables.values()])
    leaves = len(seen)
    if not np.array_equal(np.sort(seen), np.arange(leaves)):
        raise Broken("the trace names a variable twice")
    literals = np.full(1 + max(leaves, int(trace.shared[:, :5].max(initial=0)) >> 1), -1, np.int64)
    for source, variables in trace.variables.items():
        literals[variables] = bits[source]
    adders = {entry[4] >> 1: entry[:4] for entry in trace.shared.tolist()}
    result = Claim(trace, gadgets, literals, leaves, adders)
    for index, (a, b, c, total, carry, total_literal, carry_literal) in enumerate(trace.shared.tolist()):
        if not max(a, b, c) >> 1 < total >> 1 < carry >> 1 or total >> 1 < leaves or carry & 1:
            raise Broken(f"shared adder {index} does not define new variables in order")
        if literals[total >> 1] < 0:
            literals[total >> 1] = total_literal ^ (total & 1)
        if literals[carry >> 1] >= 0 or result.literal(total) != total_literal:
            raise Broken(f"shared adder {index} defines a variable again")
        literals[carry >> 1] = carry_literal
        inputs = result.literal(a), result.literal(b), result.literal(c)
        if not gadgets.adds(*inputs, FALSE, total_literal, carry_literal, FALSE):
            raise Broken(f"shared adder {index} does not add its inputs")
    return result


def check_block(
    claim: Claim,
    block: Summed,
    read: Ranges,
    outputs: list[list[int]],
    *,
    whole: bool = True,
    held: Held | None = None,
) -> None:
    """Raises Broken unless `outputs` (one literal per neuron, or the bits of each sum) are what the block says.

    read: what the elements that it reads can be. whole: must the bits hold every sum of the bits read, in two's
    complement? Otherwise they are the lowest ones of the sum, or with `held` of the sum moved as it says.
    """
    told = _told(claim.trace, claim.trace.first[block.name], len(block.constants))
    sources = np.concatenate([claim.trace.variables[source] for source in block.sources])
    for row, (stated, own, outs) in enumerate(zip(_stated(block, read, sources), told, outputs, strict=True)):
        name, start = names.element(block.name, row), 0
        if held is not None:
            if not outs:
                continue
            start = int(held.shift[row])
            moved = stated.constant + int(held.offset[row])
            stated = stated._replace(constant=(1 << start) - moved if held.alone[row] else moved)
        if not block.COMPARES and (held is None or not held.alone[row]):
            _check_number(claim, name, stated, own, outs, start, whole=whole)
            continue
        rest: tuple[Stated, int] | None = stated, outs[0]
        if own.parts:
            rest = _check_parts(claim, name, stated, own, outs[0])
        if rest is not None:
            _check_comparison(claim, name, rest[0], own, rest[1])


def _check_comparison(claim: Claim, name: str, stated: Stated, told: Told, output: int) -> None:
    """Is the output whether the weights reach the constant?"""
    least, total = stated.constant - stated.negative, stated.total
    if not 0 < least <= total:
        if output != (TRUE if least <= 0 else FALSE):
            raise Broken(f"{name} must be constant")
        return
    row = _added(claim, name, stated, told)
    _check_neuron(claim.gadgets, row, total - least + 1 if told.flip else least, total, output ^ told.flip)


def _check_number(
    claim: Claim, name: str, stated: Stated, told: Told, outputs: list[int], start: int, *, whole: bool
) -> None:
    """Are the outputs the bits of the sum from `start` on?"""
    low, total, width = stated.constant + stated.negative, stated.total, len(outputs)
    low = -1 - low - total if told.flip else low
    row = _added(claim, name, stated, told)
    if whole and not (width and -(1 << width - 1) <= low <= low + total < 1 << width - 1):
        raise Broken("a logit has too few bits for its range")
    check_bits(claim.gadgets, row, low, [literal ^ told.flip for literal in outputs], start)


def _added(claim: Claim, name: str, stated: Stated, told: Told) -> Row:
    """What is added up, once it is known to be what the cell states."""
    _check_sums(claim, name, stated.weights, told.left, told.constant)
    digits = [(place, claim.literal(digit) ^ told.flip) for _, place, digit in told.left]
    constant = told.constant
    if told.flip:  # the complements of the literals add up to the rest
        constant = stated.total - constant - sum(1 << place for place, _ in digits)
    return Row(digits, told.steps, constant)


def _check_parts(claim: Claim, name: str, stated: Stated, told: Told, output: int) -> tuple[Stated, int] | None:
    """The output of a row that is gates, on which what is left to be added up must be (a row, its output), if anything.

    A variable has one weight here: all of the row together.
    """
    weights = Counter[int]()
    for variable, weight in stated.weights:
        weights[variable] += weight
    literals = {v: (claim.literal(2 * v + (weight < 0)), abs(weight)) for v, weight in weights.items() if weight}
    joins = Joins(claim.gadgets, literals, told.answers)
    try:
        core = joins.core({side for _, *sides in told.parts for side in sides})
        for number, (_, one, other) in enumerate(told.parts, 1):
            if not joins.join(number, one, other):
                raise Broken(f"{name}: a part does not say whether its sides reach a threshold")
    except (KeyError, ValueError) as error:
        raise Broken(f"{name}: the parts are not those of the row") from error
    if not joins.gives(stated.constant - sum(min(weight, 0) for weight in weights.values()), output):
        raise Broken(f"{name} is not what its parts say")
    if core is None:
        return None
    rest = [(variable, weights[variable]) for variable in core.variables]
    return Stated(rest, core.least + sum(min(weight, 0) for _, weight in rest)), core.literal


def _stated(block: Summed, read: Ranges, sources: Ints) -> list[Stated]:
    """The rows of a block. sources: the variable of every bit that it reads."""
    rows = [Stated([], constant) for constant in block.constants.tolist()]
    for row, bit, weight in zip(*(part.tolist() for part in block.entries(read)), strict=True):
        rows[row].weights.append((int(sources[bit]), weight))
    return rows


def _told(trace: Trace, first: int, count: int) -> list[Told]:
    """Of rows first .. first + count - 1."""
    lists = (_by_row(entries, first, count) for entries in (trace.left, trace.steps, trace.parts, trace.answers))
    numbers = (numbers[first : first + count].tolist() for numbers in (trace.constant, trace.complemented))
    return [Told(*told) for told in zip(*lists, *numbers, strict=True)]


def _by_row(entries: Ints, first: int, count: int) -> list[list[list[int]]]:
    """The entries of rows first .. first + count - 1; they keep their order."""
    rows: list[list[list[int]]] = [[] for _ in range(count)]
    for entry in entries[(entries[:, 0] >= first) & (entries[:, 0] < first + count)].tolist():
        rows[entry[0] - first].append(entry)
    return rows


def _check_sums(claim: Claim, name: str, weights: list[tuple[int, int]], left: list[list[int]], constant: int) -> None:
    """What is left of a row, with the shared adders taken apart again, must be the row that the cell states: (variable,
    weight) each."""
    sums: dict[int, int] = {}
    for _, place, digit in left:
        constant += _add(sums, digit, 1 << place)
    due = [-variable for variable in sums if variable >= claim.leaves]
    heapify(due)
    while due:  # inputs of an adder come before its outputs: a variable is whole when it is the last one
        variable = -heappop(due)
        times = sums.pop(variable, 0)
        if not times:
            continue
        if variable not in claim.adders:
            raise Broken(f"{name}: sums and carries of the shared adders do not belong together")
        if times & 1:
            raise Broken(f"{name}: half of a carry is not a number")
        *inputs, total = claim.adders[variable]
        for digit in inputs:
            constant += _add(sums, digit, times >> 1)
        constant += _add(sums, total, -(times >> 1))
        for digit in (*inputs, total):
            if digit >> 1 >= claim.leaves:
                heappush(due, -(digit >> 1))
    for variable, weight in weights:
        _add(sums, 2 * variable, -weight)
        constant += min(weight, 0)
    if any(sums.values()) or constant:
        raise Broken(f"{name}: the adders do not add up to the weights")


def _add(sums: dict[int, int], digit: int, times: int) -> int:
    """Add `times` that literal; a complement is one minus its variable. Returns what the constant gains."""
    flip = digit & 1
    sums[digit >> 1] = sums.get(digit >> 1, 0) + (-times if flip else times)
    return times * flip


def _check_neuron(gadgets: Gadgets, row: Row, least: int, total: int, output: int) -> None:
    """The row lies in 0..total. Adding `2**top - least` makes it lie in `0 .. 2**(top+1) - 1`, and bit `top` tells
    whether it reached `least`. From the first column `end` that is not added up, at most two below `top`, the columns
    must do so alone: the bits below `end` stay below `2**end` together."""
    top = 0
    while 1 << top < least or 1 << top <= total - least:
        top += 1
    constant = row.constant + (1 << top) - least
    if constant < 0:
        raise Broken("less than nothing is added to a neuron")
    columns = _replayed(gadgets, row, constant)
    end = next((place for place in range(top) if sum(columns[place].values()) > 1), top)
    if end < top - 2 or any(columns[place] for place in columns if place > top):
        raise Broken("a column of a neuron is not added up")
    weighted = [(item, 1 << (place - end)) for place in range(end, top + 1) for item in columns[place].elements()]
    if not gadgets.reaches(weighted, 1 << (top - end), output):
        raise Broken("a neuron does not compare its sum with its threshold")


def check_bits(gadgets: Gadgets, row: Row, low: int, bits: list[int], start: int) -> None:
    """The row is at least 0. The bits are those of row + low from `start` on, modulo `2**width`. Those below may be
    unknown, but each is one bit, so that they carry nothing."""
    columns = _replayed(gadgets, row, (row.constant + low) % (1 << start + len(bits)))
    if any(sum(columns[place].values()) > 1 for place in range(start)):
        raise Broken("a column below a sum is not added up")
    for place, bit in enumerate(bits, start):
        if list(columns[place].elements()) != [bit] * (bit != FALSE):
            raise Broken(f"bit {place} of a logit is not the sum of its column")


def _replayed(gadgets: Gadgets, row: Row, constant: int) -> dict[int, Counter[int]]:
    """What the columns hold after the adders of a row: inputs leave their column, the sum enters it, the carries enter
    the next. constant: what else is in the columns before.

    A sum bit that was not built (-1) has a value all the same; nothing may read it.
    """
    columns: dict[int, Counter[int]] = {place: Counter() for place in range(64)}
    for place in range(constant.bit_length()):
        columns[place][TRUE] += constant >> place & 1
    for place, literal in row.left:
        columns[place][literal] += literal != FALSE
    for _, place, a, b, c, d, total, high, low in row.steps:
        if not gadgets.adds(a, b, c, d, total, high, low):
            raise Broken("an adder of a row does not add its inputs")
        column = columns[place]
        for literal in (a, b, c, d):
            if literal == FALSE:
                continue
            if not column[literal]:
                raise Broken("an adder of a row reads what its column does not hold")
            column[literal] -= 1
        for literal, target in ((total, column), (high, columns[place + 1]), (low, columns[place + 1])):
            target[literal] += literal != FALSE
    return {place: +column for place, column in columns.items()}
