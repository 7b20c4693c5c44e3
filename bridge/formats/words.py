"""Verilog's rules for widths and signs: an expression over words -> one expression for each bit.

An operator may look at its operands at the width of the whole expression ("context"), or at their own ("self"); IEEE
1364-2005, 5.4 and 5.5. So widths are found from the leaves to the root, contexts from the root to the leaves, and
then values from the leaves to the root again. Nothing recurses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.formats.constants import ZERO, Constant
from bridge.formats.operators import COMPARISONS, CONTEXT, SHIFTS, SUMS, UNARY, any_bit, apply
from bridge.formats.scope import Scope
from bridge.formats.statements import Concat, Expression, Item, Op, Repeat, Select

# Operators on single bits, as they are in `Bits`.
_ON_BITS: dict[Op, Expression] = {
    Op.NOT: (Op.NOT,),
    Op.AND: (Op.AND,),
    Op.OR: (Op.OR,),
    Op.XOR: (Op.XOR,),
    Op.MUX: (Op.MUX,),
    Op.XNOR: (Op.XOR, Op.NOT),
    Op.LOGICAL_NOT: (Op.NOT,),
    Op.LOGICAL_AND: (Op.AND,),
    Op.LOGICAL_OR: (Op.OR,),
}


@dataclass(slots=True)
class _Node:
    """An item of an expression: its operands, its own width and sign, and those it is to be seen at."""

    item: Item
    operands: tuple[int, ...]
    width: int
    signed: bool
    seen: int = 0
    extends: bool = False
    value: list[Expression] = field(default_factory=list)


def single_bit(expression: Expression, scope: Scope, line: int) -> Expression | None:
    """The expression over bits if each operand is a single bit, else None; quick, for netlists are full of those."""
    found: list[Item] = []
    scalars, prefix = scope.scalars, scope.prefix
    for item in expression:
        kind = type(item)
        if kind is str:
            if item not in scalars:
                return None
            found.append(f"{prefix}{item}")
        elif item is Op.AND or item is Op.NOT:
            found.append(item)
        elif type(item) is Op and item in _ON_BITS:
            found += _ON_BITS[item]
        elif type(item) is Constant and len(item.bits) == 1:
            found.append(item)
        elif type(item) is Select and item.msb == item.lsb:
            found += scope.names(item, line)
        else:
            return None
    return tuple(found)


def evaluate(expression: Expression, scope: Scope, line: int, width: int = 0) -> list[Expression]:
    """Its bits, the least significant first, as assigned to a target of that width; 0: as wide as it is."""
    nodes = _nodes(expression, scope, line)
    root = nodes[-1]
    root.seen, root.extends = max(root.width, width), root.signed
    for node in reversed(nodes):
        _pass_down(node, [nodes[place] for place in node.operands])
    scope.bits.spend(sum(map(_cost, nodes)), line)
    for node in nodes:
        value = _value(node, [nodes[place] for place in node.operands], scope, line)
        node.value = [scope.bits.wire(bit, line) for bit in _extended(node, value)]
    return root.value[: width or root.seen]


def truth(condition: Expression, scope: Scope, line: int) -> Expression:
    """Whether any bit is 1."""
    return scope.bits.wire(any_bit(evaluate(condition, scope, line)), line)


def _nodes(expression: Expression, scope: Scope, line: int) -> list[_Node]:
    nodes: list[_Node] = []
    waiting: list[int] = []
    for place, item in enumerate(expression):
        count = _arity(item)
        operands = tuple(waiting[len(waiting) - count :])
        del waiting[len(waiting) - count :]
        waiting.append(place)
        nodes.append(_node(item, operands, [nodes[operand] for operand in operands], scope, line))
    return nodes


def _arity(item: Item) -> int:
    if type(item) is Op:
        return 3 if item is Op.MUX else 1 if item in UNARY else 2
    if type(item) is Concat:
        return item.count
    return 1 if type(item) is Repeat else 0


def _node(item: Item, places: tuple[int, ...], operands: list[_Node], scope: Scope, line: int) -> _Node:
    widths = [operand.width for operand in operands]
    signed = all(operand.signed for operand in operands)
    if isinstance(item, str | Select):
        bits: list[Expression] = [(name,) for name in scope.names(item, line)]
        return _Node(item, places, len(bits), scope.is_signed(item), value=bits)
    if isinstance(item, Constant):
        return _Node(item, places, len(item.bits), item.signed, value=[(Constant((bit,)),) for bit in item.bits])
    if isinstance(item, Concat):
        return _Node(item, places, sum(widths), False)
    if isinstance(item, Repeat):
        if item.times < 1:
            raise scope.bits.error(line, "a replication must have at least one copy")
        scope.bits.spend(item.times * widths[0], line)
        return _Node(item, places, item.times * widths[0], False)
    if item is Op.SIGNED or item is Op.UNSIGNED:
        return _Node(item, places, widths[0], item is Op.SIGNED)
    if item is Op.MUX:
        return _Node(item, places, max(widths[1:]), operands[1].signed and operands[2].signed)
    if item in SHIFTS:
        return _Node(item, places, widths[0], operands[0].signed)
    if item in CONTEXT:
        return _Node(item, places, max(widths), signed)
    return _Node(item, places, 1, False)


def _pass_down(node: _Node, operands: list[_Node]) -> None:
    """The width and sign that the operands are seen at."""
    for place, operand in enumerate(operands):
        operand.seen, operand.extends = operand.width, operand.signed
        if node.item in COMPARISONS:
            operand.seen = max(other.width for other in operands)
            operand.extends = all(other.signed for other in operands)
        elif _reads_context(node.item, place):
            operand.seen, operand.extends = node.seen, node.extends


def _reads_context(item: Item, place: int) -> bool:
    if item is Op.MUX:
        return place > 0
    return item in CONTEXT or (item in SHIFTS and place == 0)


def _value(node: _Node, operands: list[_Node], scope: Scope, line: int) -> list[Expression]:
    item = node.item
    values = [operand.value for operand in operands]
    if isinstance(item, Concat):
        return [bit for part in reversed(values) for bit in part]
    if isinstance(item, Repeat):
        return values[0] * item.times
    if type(item) is not Op:
        return node.value
    if item is Op.SIGNED or item is Op.UNSIGNED:
        return values[0]
    signed = node.extends if item in SHIFTS else all(operand.signed for operand in operands)
    return apply(item, values, signed, lambda bit: scope.bits.wire(bit, line))


def _cost(node: _Node) -> int:
    """What an operator on words builds, roughly: a layer of gates, or one for each binary digit of the width."""
    if not node.operands or node.seen == 1:
        return 0
    return node.seen * (node.seen.bit_length() if node.item in SHIFTS or node.item in SUMS else 1)


def _extended(node: _Node, bits: list[Expression]) -> list[Expression]:
    missing = node.seen - len(bits)
    if missing <= 0:
        return bits
    fills = isinstance(node.item, Constant) and node.item.fill
    return bits + [bits[-1] if fills or node.extends else (ZERO,)] * missing
