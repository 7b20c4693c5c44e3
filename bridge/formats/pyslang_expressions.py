"""Expressions of pyslang's syntax tree -> postfix expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyslang import parsing, syntax

from bridge.errors import InputError
from bridge.formats.constants import constant
from bridge.formats.statements import Concat, Expression, Item, Op, Repeat, Select, parse_index

_Kind = syntax.SyntaxKind
_BINARY = {
    _Kind.BinaryAndExpression: Op.AND,
    _Kind.BinaryOrExpression: Op.OR,
    _Kind.BinaryXorExpression: Op.XOR,
    _Kind.BinaryXnorExpression: Op.XNOR,
    _Kind.LogicalAndExpression: Op.LOGICAL_AND,
    _Kind.LogicalOrExpression: Op.LOGICAL_OR,
    _Kind.AddExpression: Op.ADD,
    _Kind.SubtractExpression: Op.SUBTRACT,
    _Kind.LogicalShiftLeftExpression: Op.SHIFT_LEFT,
    _Kind.ArithmeticShiftLeftExpression: Op.SHIFT_LEFT,
    _Kind.LogicalShiftRightExpression: Op.SHIFT_RIGHT,
    _Kind.ArithmeticShiftRightExpression: Op.SHIFT_SIGNED,
    _Kind.EqualityExpression: Op.EQUAL,
    _Kind.CaseEqualityExpression: Op.EQUAL,
    _Kind.InequalityExpression: Op.UNEQUAL,
    _Kind.CaseInequalityExpression: Op.UNEQUAL,
    _Kind.LessThanExpression: Op.LESS,
    _Kind.LessThanEqualExpression: Op.AT_MOST,
    _Kind.GreaterThanExpression: Op.MORE,
    _Kind.GreaterThanEqualExpression: Op.AT_LEAST,
}
_UNARY = {
    _Kind.UnaryBitwiseNotExpression: Op.NOT,
    _Kind.UnaryLogicalNotExpression: Op.LOGICAL_NOT,
    _Kind.UnaryBitwiseAndExpression: Op.ALL,
    _Kind.UnaryBitwiseOrExpression: Op.ANY,
    _Kind.UnaryBitwiseXorExpression: Op.PARITY,
    _Kind.UnaryBitwiseNandExpression: Op.NOT_ALL,
    _Kind.UnaryBitwiseNorExpression: Op.NOT_ANY,
    _Kind.UnaryBitwiseXnorExpression: Op.NOT_PARITY,
    _Kind.UnaryPlusExpression: Op.PLUS,
    _Kind.UnaryMinusExpression: Op.NEGATE,
}
_CALLS = {"$signed": Op.SIGNED, "$unsigned": Op.UNSIGNED}
Foreign = Callable[[Any], InputError]


def postfix(root: Any, foreign: Foreign) -> Expression:
    """The mirror image of a walk that takes the last operand first; no recursion. foreign: the error for a node."""
    items: list[Item] = []
    stack = [root]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is syntax.IdentifierNameSyntax:
            items.append(node.identifier.valueText)
        elif kind is syntax.BinaryExpressionSyntax and node.kind in _BINARY:
            items.append(_BINARY[node.kind])
            stack += (node.left, node.right)
        elif kind is syntax.PrefixUnaryExpressionSyntax and node.kind in _UNARY:
            items.append(_UNARY[node.kind])
            stack.append(node.operand)
        elif kind is syntax.ParenthesizedExpressionSyntax:
            stack.append(node.expression)
        else:
            item, operands = _rare(node, foreign)
            items.append(item)
            stack += operands
    items.reverse()
    return tuple(items)


def _rare(node: Any, foreign: Foreign) -> tuple[Item, list[Any]]:
    kind = type(node)
    if kind is syntax.ConcatenationExpressionSyntax:
        parts = list(nodes(node.expressions))
        return Concat(len(parts)), parts
    if kind is syntax.ConditionalExpressionSyntax:
        return Op.MUX, [condition(node.predicate, foreign), node.left, node.right]
    if kind is syntax.MultipleConcatenationExpressionSyntax:
        return Repeat(index(node.expression, foreign)), [node.concatenation]
    if kind is syntax.InvocationExpressionSyntax and str(node.left).strip() in _CALLS and node.arguments is not None:
        arguments = list(nodes(node.arguments.parameters))
        if len(arguments) == 1 and type(arguments[0]) is syntax.OrderedArgumentSyntax:
            return _CALLS[str(node.left).strip()], [connected(arguments[0].expr, foreign)]
    return _leaf(node, foreign), []


def condition(predicate: Any, foreign: Foreign) -> Any:
    """The expression between the brackets of `if`, or before `?`."""
    conditions = list(nodes(predicate.conditions))
    if len(conditions) != 1 or conditions[0].matchesClause is not None:
        raise foreign(predicate)
    return conditions[0].expr


def connected(node: Any, foreign: Foreign) -> Any:
    """The expression of a connection or argument: the grammar wraps it twice."""
    if type(node) is not syntax.SimplePropertyExprSyntax or type(node.expr) is not syntax.SimpleSequenceExprSyntax:
        raise foreign(node)
    if node.expr.repetition is not None:
        raise foreign(node)
    return node.expr.expr


def index(node: Any, foreign: Foreign) -> int:
    literal = node.operand if node.kind == _Kind.UnaryMinusExpression else node
    value = parse_index(literal.literal.rawText) if literal.kind == _Kind.IntegerLiteralExpression else None
    if value is None:
        raise foreign(node)
    return value if literal is node else -value


def _leaf(node: Any, foreign: Foreign) -> Item:
    kind = type(node)
    if kind is syntax.IntegerVectorExpressionSyntax:
        value = constant(f"{node.size.rawText}{node.base.rawText}{node.value.rawText}")
        if value is not None:
            return value
    elif node.kind in (_Kind.IntegerLiteralExpression, _Kind.UnbasedUnsizedLiteralExpression):
        value = constant(node.literal.rawText)
        if value is not None:
            return value
    elif kind is syntax.IdentifierSelectNameSyntax:
        selectors = list(node.selectors)
        selector = selectors[0].selector if len(selectors) == 1 else None
        if type(selector) is syntax.BitSelectSyntax:
            place = index(selector.expr, foreign)
            return Select(node.identifier.valueText, place, place)
        if selector is not None and selector.kind == _Kind.SimpleRangeSelect:
            return Select(node.identifier.valueText, index(selector.left, foreign), index(selector.right, foreign))
    raise foreign(node)


def nodes(separated: Any) -> Iterator[Any]:
    """The nodes of a list without its commas."""
    return (node for node in separated if type(node) is not parsing.Token)
