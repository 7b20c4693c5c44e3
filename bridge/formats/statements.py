"""What the Verilog front ends hand over: modules of statements over postfix expressions.

An expression is a tuple such as `("a", "b", Op.NOT, Op.AND)` for `a & ~b`: nothing here nests, so nothing recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from bridge.formats.constants import Constant


class Op(Enum):
    """The operators of Verilog. The first five are what `Bits` may hold; `bridge.formats.words` reduces all to them."""

    NOT = "~"
    AND = "&"
    OR = "|"
    XOR = "^"
    MUX = "?:"
    XNOR = "~^"
    LOGICAL_NOT = "!"
    LOGICAL_AND = "&&"
    LOGICAL_OR = "||"
    ALL = "&x"
    ANY = "|x"
    PARITY = "^x"
    NOT_ALL = "~&x"
    NOT_ANY = "~|x"
    NOT_PARITY = "~^x"
    PLUS = "+x"
    NEGATE = "-x"
    ADD = "+"
    SUBTRACT = "-"
    SHIFT_LEFT = "<<"
    SHIFT_RIGHT = ">>"
    SHIFT_SIGNED = ">>>"
    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    SIGNED = "$signed"
    UNSIGNED = "$unsigned"


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


@dataclass(frozen=True, slots=True)
class Repeat:
    """`{times{…}}` of the expression before it."""

    times: int


# Of two inputs, a sum of products is as small as a table; those of more are too many rows.
FEWEST_TABLE_INPUTS, MOST_TABLE_INPUTS = 3, 6


@dataclass(frozen=True, slots=True)
class Table:
    """The truth table of the `count` operands before it: bit `i` of `rows` is the value where operand `k` is bit `k` of
    `i`. Only `Bits` may hold it."""

    count: int
    rows: int


Item: TypeAlias = str | Op | Constant | Select | Concat | Repeat | Table
Expression: TypeAlias = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """kind: input, output, wire or reg; bounds: (msb, lsb) of a vector."""

    kind: str
    name: str
    bounds: tuple[int, int] | None
    line: int
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    target: Expression
    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Set:
    """`target <= value`, somewhere in an `always`."""

    target: Expression
    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class If:
    condition: Expression
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]


Step: TypeAlias = Set | If
Edge: TypeAlias = Literal["posedge", "negedge"]


NOT_CLOCKED = "an `always` that is not with the edge of a clock is a latch or a program, neither of which can be read"


@dataclass(frozen=True, slots=True)
class Always:
    """`always @(posedge clk, negedge reset) …`"""

    events: tuple[tuple[Edge, Expression], ...]
    body: tuple[Step, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Initial:
    """`initial target = value`, or `(* init = value *)` of a declaration, which may also stand on an alias."""

    target: Expression
    value: Expression
    line: int
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """A gate, cell or module; pins: (name, expression), the name empty when connected by order, None when open."""

    cell: str
    name: str
    pins: tuple[tuple[str, Expression | None], ...]
    line: int
    parameters: tuple[tuple[str, Expression], ...] = ()


Statement: TypeAlias = Declaration | Assign | Always | Initial | Instance


@dataclass(frozen=True, slots=True)
class Module:
    """ports: in the order of the header; top: it carries Yosys' `(* top *)`; implicit: undeclared names are wires."""

    name: str
    ports: tuple[str, ...]
    statements: list[Statement]
    line: int
    top: bool = False
    implicit: bool = True


def parse_index(text: str) -> int | None:
    """A bit's index; None for what is no plain small number."""
    return int(text) if _INDEX.fullmatch(text) else None


_INDEX = re.compile(r"[0-9]{1,9}")
