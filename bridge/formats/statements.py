"""What the Verilog front ends hand over: a flat list of statements over postfix expressions.

An expression is a tuple such as `("a", "b", Op.NOT, Op.AND)` for `a & ~b`: nothing here nests, so nothing recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

Bit: TypeAlias = Literal[0, 1] | None

WIDEST = 1 << 16


class Op(Enum):
    NOT = "~"
    AND = "&"
    OR = "|"
    XOR = "^"


@dataclass(frozen=True, slots=True)
class Constant:
    """bits: least significant first; None is x or z."""

    bits: tuple[Bit, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """`name[msb:lsb]`, or `name[lsb]` where both are equal."""

    name: str
    msb: int
    lsb: int


@dataclass(frozen=True, slots=True)
class Concat:
    """`{…}` of the `count` expressions before it."""

    count: int


Item: TypeAlias = str | Op | Constant | Select | Concat
Expression: TypeAlias = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """kind: input, output, wire or reg; bounds: (msb, lsb) of a vector."""

    kind: str
    name: str
    bounds: tuple[int, int] | None
    line: int


@dataclass(frozen=True, slots=True)
class Assign:
    target: Expression
    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Register:
    """`always @(posedge clock) target <= value`."""

    target: Expression
    value: Expression
    clock: str
    line: int


@dataclass(frozen=True, slots=True)
class Initial:
    target: Expression
    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Instance:
    """A gate or cell; pins: (name, expression), the name empty when connected by order."""

    cell: str
    pins: tuple[tuple[str, Expression], ...]
    line: int


Statement: TypeAlias = Declaration | Assign | Register | Initial | Instance


@dataclass(frozen=True, slots=True)
class Module:
    """ports: in the order of the header."""

    name: str
    ports: tuple[str, ...]
    statements: list[Statement]
    line: int


def parse_index(text: str) -> int | None:
    """A bit's index; None for what is no plain small number."""
    return int(text) if _INDEX.fullmatch(text) else None


ZERO = Constant((0,))
ONE = Constant((1,))

_CONSTANT = re.compile(r"([0-9]{1,6})\s*'\s*([bBoOhHdD])\s*([0-9a-fA-FxXzZ?_]+)")
_INDEX = re.compile(r"[0-9]{1,9}")
_DIGIT_BITS = {"b": 1, "o": 3, "h": 4}


def parse_constant(text: str) -> Constant | None:
    """`4'b01x0`, `8'hff`; None for what is malformed, too wide or has no width."""
    match = _CONSTANT.fullmatch(text)
    if match is None or not 0 < int(match[1]) <= WIDEST:
        return None
    width, base, digits = int(match[1]), match[2].lower(), match[3].replace("_", "").lower()
    if base == "d":
        if not digits.isdigit() or len(digits) > WIDEST // 4:
            return None
        base, digits = "h", f"{int(digits):x}"
    size = _DIGIT_BITS[base]
    bits: list[Bit] = []
    for digit in reversed(digits):
        if digit in "xz?":
            bits += [None] * size
            continue
        value = int(digit, 16)
        if value >> size:
            return None
        bits += [1 if value >> place & 1 else 0 for place in range(size)]
    if not bits or any(bits[width:]):
        return None
    fill: Bit = None if bits[-1] is None else 0
    return Constant(tuple(bits[:width] + [fill] * (width - len(bits))))


def constant(text: str) -> Constant | None:
    """`parse_constant`, quick for the two that netlists are full of."""
    return _COMMON.get(text) or parse_constant(text)


_COMMON = {f"1'{base}{value}": constant for base in "bh" for value, constant in ((0, ZERO), (1, ONE))}
