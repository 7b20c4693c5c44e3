"""Verilog's operators on words, bit by bit: lists of expressions over bits, the least significant first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.formats.bits import choose
from bridge.formats.constants import ONE, ZERO
from bridge.formats.mapped.functions import table_of_cubes
from bridge.formats.statements import FEWEST_TABLE_INPUTS, MOST_TABLE_INPUTS, Expression, Item, Op, Table

# Gives a long expression a name, so that using it twice costs nothing.
Wire = Callable[[Expression], Expression]
Word = Sequence[Expression]

REDUCTIONS = frozenset((Op.ALL, Op.ANY, Op.PARITY, Op.NOT_ALL, Op.NOT_ANY, Op.NOT_PARITY))
LOGICAL = frozenset((Op.LOGICAL_NOT, Op.LOGICAL_AND, Op.LOGICAL_OR))
COMPARISONS = frozenset((Op.EQUAL, Op.UNEQUAL, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST))
SHIFTS = frozenset((Op.SHIFT_LEFT, Op.SHIFT_RIGHT, Op.SHIFT_SIGNED))
SUMS = frozenset((Op.NEGATE, Op.ADD, Op.SUBTRACT))
# They see their operands at the width of the whole expression.
CONTEXT = SUMS | {Op.NOT, Op.AND, Op.OR, Op.XOR, Op.XNOR, Op.PLUS}
UNARY = REDUCTIONS | {Op.NOT, Op.LOGICAL_NOT, Op.PLUS, Op.NEGATE, Op.SIGNED, Op.UNSIGNED}

_FALSE: Expression = (ZERO,)
_TRUE: Expression = (ONE,)


def apply(operation: Op, operands: Sequence[Word], signed: bool, wire: Wire) -> list[Expression]:
    """The bits of the result. signed: comparisons and `>>>` see two's complement."""
    if operation in REDUCTIONS:
        return [_reduction(operation, operands[0])]
    if operation in LOGICAL:
        return [_logical(operation, [any_bit(operand) for operand in operands])]
    if operation in COMPARISONS:
        return [_comparison(operation, operands[0], operands[1], signed, wire)]
    if operation in SHIFTS:
        return _shift(operation, operands[0], operands[1], signed, wire)
    return _word(operation, operands, wire)


def _word(operation: Op, operands: Sequence[Word], wire: Wire) -> list[Expression]:
    first, *others = operands
    if operation is Op.MUX:
        condition = wire(any_bit(first))
        return [choose(condition, then, otherwise) for then, otherwise in zip(*others, strict=True)]
    if operation is Op.NOT:
        return [_not(bit) for bit in first]
    if operation is Op.PLUS:
        return list(first)
    if operation is Op.NEGATE:
        return _sum([_FALSE] * len(first), [_not(bit) for bit in first], _TRUE, wire)[0]
    (second,) = others
    if operation is Op.ADD:
        return _sum(first, second, _FALSE, wire)[0]
    if operation is Op.SUBTRACT:
        return _sum(first, [_not(bit) for bit in second], _TRUE, wire)[0]
    if operation is Op.XNOR:
        return [(*a, *b, Op.XOR, Op.NOT) for a, b in zip(first, second, strict=True)]
    return [(*a, *b, operation) for a, b in zip(first, second, strict=True)]


def _reduction(operation: Op, word: Word) -> Expression:
    inverted = operation in (Op.NOT_ALL, Op.NOT_ANY, Op.NOT_PARITY)
    if operation in (Op.PARITY, Op.NOT_PARITY):
        value = tree(word, Op.XOR)
    else:
        value = tree(word, Op.AND if operation in (Op.ALL, Op.NOT_ALL) else Op.OR)
    return _not(value) if inverted else value


def _logical(operation: Op, truths: list[Expression]) -> Expression:
    if operation is Op.LOGICAL_NOT:
        return _not(truths[0])
    return tree(truths, Op.AND if operation is Op.LOGICAL_AND else Op.OR)


def _comparison(operation: Op, a: Word, b: Word, signed: bool, wire: Wire) -> Expression:
    if operation in (Op.EQUAL, Op.UNEQUAL):
        differ = any_bit([_xor(left, right) for left, right in zip(a, b, strict=True)])
        return differ if operation is Op.UNEQUAL else _not(differ)
    if operation in (Op.MORE, Op.AT_MOST):
        a, b = b, a
    if signed:
        a, b = ([*word[:-1], _not(word[-1])] for word in (a, b))
    # a - b borrows iff a < b.
    carry = _sum(a, [_not(bit) for bit in b], _TRUE, wire)[1]
    return carry if operation in (Op.AT_LEAST, Op.AT_MOST) else _not(carry)


def _shift(operation: Op, word: Word, amount: Word, signed: bool, wire: Wire) -> list[Expression]:
    bits = list(word)
    fill = wire(bits[-1]) if operation is Op.SHIFT_SIGNED and signed else _FALSE
    stages = len(bits).bit_length()
    beyond = any_bit(amount[stages:]) if len(amount) > stages else _FALSE
    for place, condition in enumerate(map(wire, [*amount[:stages], beyond])):
        far = min(1 << place, len(bits))
        left = operation is Op.SHIFT_LEFT
        moved = [_FALSE] * far + bits[: len(bits) - far] if left else bits[far:] + [fill] * far
        bits = [wire(choose(condition, after, before)) for after, before in zip(moved, bits, strict=True)]
    return bits


def _sum(a: Word, b: Word, carry: Expression, wire: Wire) -> tuple[list[Expression], Expression]:
    """(the sum, the carry out of it)."""
    bits = []
    for left, right in zip(a, b, strict=True):
        differ = wire(_xor(left, right))
        bits.append(_xor(differ, carry))
        carry = wire(_or(_and(left, right), _and(differ, carry)))
    return bits, carry


def tree(operands: Word, operation: Op) -> Expression:
    """A balanced tree of at least one operand."""
    level = operands
    while len(level) > 1:
        pairs = [(*a, *b, operation) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = [*pairs, *level[2 * len(pairs) :]]
    return level[0]


def sum_of_products(inputs: Sequence[Item], cubes: Sequence[str]) -> Expression:
    """Whether one of the cubes holds, strings of 0, 1 and - over the inputs; of a few inputs it is a truth table."""
    if FEWEST_TABLE_INPUTS <= len(inputs) <= MOST_TABLE_INPUTS and len(cubes) > 1:
        named = [any(cube[place] != "-" for cube in cubes) for place in range(len(inputs))]
        operands = [item if read else ZERO for item, read in zip(inputs, named, strict=True)]
        return (*operands, Table(len(inputs), table_of_cubes(tuple(cubes), len(inputs))))
    return tree([_product(inputs, cube) for cube in cubes], Op.OR) if cubes else _FALSE


def _product(inputs: Sequence[Item], cube: str) -> Expression:
    factors: list[Expression] = []
    for item, value in zip(inputs, cube, strict=True):
        if value != "-":
            factors.append((item,) if value == "1" else (item, Op.NOT))
    return tree(factors, Op.AND) if factors else _TRUE


def any_bit(word: Word) -> Expression:
    """Whether a bit is 1; constants do not count."""
    if _TRUE in word:
        return _TRUE
    return tree([bit for bit in word if bit != _FALSE] or [_FALSE], Op.OR)


def _not(a: Expression) -> Expression:
    if a in (_FALSE, _TRUE):
        return _TRUE if a == _FALSE else _FALSE
    return a[:-1] if a[-1] is Op.NOT else (*a, Op.NOT)


def _and(a: Expression, b: Expression) -> Expression:
    if _FALSE in (a, b):
        return _FALSE
    return b if a == _TRUE else a if b == _TRUE else (*a, *b, Op.AND)


def _or(a: Expression, b: Expression) -> Expression:
    return _not(_and(_not(a), _not(b)))


def _xor(a: Expression, b: Expression) -> Expression:
    for one, other in ((a, b), (b, a)):
        if one in (_FALSE, _TRUE):
            return other if one == _FALSE else _not(other)
    return (*a, *b, Op.XOR)
