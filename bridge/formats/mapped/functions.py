"""Boolean functions as integers: bit `i` of a table is the value where input `k` is bit `k` of `i`; as libraries write
them, as cubes, and as ANDs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from bridge.aig import FALSE, TRUE, AigBuilder
from bridge.errors import InputError

MOST_INPUTS = 8  # of a table that we know
_TOKEN = re.compile(r"\s*(?:([A-Za-z_$][\w$.\[\]<>]*|[01])|([!'*&+|^()]))")
_LONGEST, _DEEPEST = 4096, 64
_CONSTANTS = {"0": 0, "CONST0": 0, "1": 1, "CONST1": 1}


def full(count: int) -> int:
    """The table of `count` inputs that is always 1."""
    return (1 << (1 << count)) - 1


@cache
def column(place: int, count: int) -> int:
    """The table of `count` inputs that is the input at that place."""
    return sum(1 << row for row in range(1 << count) if row >> place & 1)


def depends(table: int, place: int, count: int) -> bool:
    """Whether the table of `count` inputs depends on the input at that place."""
    zeros = full(count) ^ column(place, count)
    return table & zeros != table >> (1 << place) & zeros


@cache
def table_of_cubes(cubes: tuple[str, ...], count: int) -> int:
    """The table that is 1 in the cubes, strings of 0, 1 and -."""
    table, ones = 0, full(count)
    for cube in cubes:
        inside = ones
        for place, letter in enumerate(cube):
            if letter != "-":
                inside &= column(place, count) ^ (0 if letter == "1" else ones)
        table |= inside
    return table


@cache
def cubes_of(table: int, count: int) -> tuple[str, ...]:
    """An irredundant sum of products (Minato and Morreale)."""
    return tuple(_cover(table, table, count)[0])


def _cover(low: int, high: int, count: int) -> tuple[list[str], int]:
    """Cubes whose sum lies between two tables, and that sum."""
    if not low:
        return [], 0
    if high == full(count):
        return ["-" * count], high
    half = 1 << (count - 1)
    mask = (1 << half) - 1
    low0, low1, high0, high1 = low & mask, low >> half, high & mask, high >> half
    zeros, zero = _cover(low0 & ~high1, high0, count - 1)
    ones, one = _cover(low1 & ~high0, high1, count - 1)
    both, common = _cover(low0 & ~zero | low1 & ~one, high0 & high1, count - 1)
    cubes = [*(cube + "0" for cube in zeros), *(cube + "1" for cube in ones), *(cube + "-" for cube in both)]
    return cubes, (zero | common) | (one | common) << half


def add_table(builder: AigBuilder, table: int, inputs: Sequence[int]) -> int:
    """The literal of the table of these literals, as multiplexers and XORs."""
    count = len(inputs)
    if table in (0, full(count)):
        return TRUE if table else FALSE
    half = 1 << (count - 1)
    low, high = table & ((1 << half) - 1), table >> half
    *below, last = inputs
    other = add_table(builder, low, below)
    if low == high:
        return other
    if low ^ high == full(count - 1):
        return builder.xor(last, other)
    return builder.mux(last, add_table(builder, high, below), other)


def names_in(text: str) -> tuple[str, ...]:
    """The inputs of a function, in the order in which they appear. InputError for what is no function."""
    words = (word for word in _tokens(text) if word[0] not in "!'*&+|^()01" and word not in _CONSTANTS)
    return tuple(dict.fromkeys(words))


def parse_function(text: str, inputs: Sequence[str]) -> int:
    """The table of a function as genlib and Liberty write it: `!` and `'` bind most, then `*`, `&` or nothing between
    two factors, then `^`, then `+` and `|`, as in ABC. InputError for anything else."""
    if len(inputs) > MOST_INPUTS:
        raise InputError(f"a function of {len(inputs)} inputs is more than the {MOST_INPUTS} that can be used")
    parser = _Parser([*_tokens(text)], inputs)
    table = parser.sum(0)
    if parser.place < len(parser.words):
        raise InputError(f"expected an operator, not {parser.words[parser.place]!r}, in the function {text.strip()!r}")
    return table


def _tokens(text: str) -> Iterator[str]:
    if len(text) > _LONGEST:
        raise InputError(f"a function of more than {_LONGEST} characters cannot be used")
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if not found:
            raise InputError(f"{text[place:].strip()[:20]!r} is no part of a function")
        place = found.end()
        yield found[1] or found[2]


class _Parser:
    def __init__(self, words: Sequence[str], inputs: Sequence[str]) -> None:
        self.words, self.place, self.inputs = words, 0, inputs
        self.ones = full(len(inputs))

    @property
    def next(self) -> str:
        return self.words[self.place] if self.place < len(self.words) else ""

    def taken(self, *words: str) -> bool:
        found = self.next in words and bool(self.next)
        self.place += found
        return found

    def sum(self, depth: int) -> int:
        if depth > _DEEPEST:
            raise InputError(f"a function with more than {_DEEPEST} parentheses in each other cannot be used")
        table = self.parity(depth)
        while self.taken("+", "|"):
            table |= self.parity(depth)
        return table

    def parity(self, depth: int) -> int:
        table = self.product(depth)
        while self.taken("^"):
            table ^= self.product(depth)
        return table

    def product(self, depth: int) -> int:
        table = self.factor(depth)
        while self.taken("*", "&") or (self.next and self.next not in "+|^)"):
            table &= self.factor(depth)
        return table

    def factor(self, depth: int) -> int:
        inverted = False
        while self.taken("!"):
            inverted = not inverted
        if self.taken("("):
            table = self.sum(depth + 1)
            if not self.taken(")"):
                raise InputError("a parenthesis in a function is not closed")
        else:
            table = self.leaf()
        while self.taken("'"):
            inverted = not inverted
        return table ^ (self.ones if inverted else 0)

    def leaf(self) -> int:
        word = self.next
        self.place += 1
        if word in _CONSTANTS:
            return self.ones if _CONSTANTS[word] else 0
        if word not in self.inputs:
            raise InputError(f"expected an input in a function, not {word!r}" if word else "a function ends too early")
        return column(self.inputs.index(word), len(self.inputs))
