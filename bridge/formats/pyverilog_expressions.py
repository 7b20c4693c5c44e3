"""Expressions of pyverilog's syntax tree -> postfix expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyverilog.vparser import ast

from bridge.errors import InputError
from bridge.formats.constants import constant
from bridge.formats.statements import Concat, Expression, Item, Op, Repeat, Select, parse_index

_BINARY = {
    ast.And: Op.AND,
    ast.Or: Op.OR,
    ast.Xor: Op.XOR,
    ast.Xnor: Op.XNOR,
    ast.Land: Op.LOGICAL_AND,
    ast.Lor: Op.LOGICAL_OR,
    ast.Plus: Op.ADD,
    ast.Minus: Op.SUBTRACT,
    ast.Sll: Op.SHIFT_LEFT,
    ast.Sla: Op.SHIFT_LEFT,
    ast.Srl: Op.SHIFT_RIGHT,
    ast.Sra: Op.SHIFT_SIGNED,
    ast.Eq: Op.EQUAL,
    ast.Eql: Op.EQUAL,
    ast.NotEq: Op.UNEQUAL,
    ast.NotEql: Op.UNEQUAL,
    ast.LessThan: Op.LESS,
    ast.LessEq: Op.AT_MOST,
    ast.GreaterThan: Op.MORE,
    ast.GreaterEq: Op.AT_LEAST,
}
_UNARY = {
    ast.Unot: Op.NOT,
    ast.Ulnot: Op.LOGICAL_NOT,
    ast.Uand: Op.ALL,
    ast.Uor: Op.ANY,
    ast.Uxor: Op.PARITY,
    ast.Unand: Op.NOT_ALL,
    ast.Unor: Op.NOT_ANY,
    ast.Uxnor: Op.NOT_PARITY,
    ast.Uminus: Op.NEGATE,
}
_CALLS = {"signed": Op.SIGNED, "unsigned": Op.UNSIGNED}
Foreign = Callable[[Any], InputError]


def postfix(root: Any, foreign: Foreign) -> Expression:
    """The mirror image of a walk that takes the last operand first; no recursion. foreign: the error for a node."""
    items: list[Item] = []
    stack = [root]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Identifier and node.scope is None:
            items.append(plain(node.name))
        elif kind in _BINARY:
            items.append(_BINARY[kind])
            stack += (node.left, node.right)
        elif kind in _UNARY:
            items.append(_UNARY[kind])
            stack.append(node.right)
        elif kind is ast.Concat or kind is ast.LConcat:
            items.append(Concat(len(node.list)))
            stack += node.list
        elif kind is ast.Repeat:
            items.append(Repeat(index(node.times, foreign)))
            stack.append(node.value)
        elif kind is ast.Cond:
            items.append(Op.MUX)
            stack += (node.cond, node.true_value, node.false_value)
        elif kind is ast.SystemCall and node.syscall in _CALLS and len(node.args) == 1:
            items.append(_CALLS[node.syscall])
            stack += node.args
        else:
            items.append(_leaf(node, foreign))
    items.reverse()
    return tuple(items)


def _leaf(node: Any, foreign: Foreign) -> Item:
    if type(node) is ast.IntConst:
        value = constant(node.value)
        if value is not None:
            return value
    if type(node) is ast.Pointer and type(node.var) is ast.Identifier and node.var.scope is None:
        place = index(node.ptr, foreign)
        return Select(plain(node.var.name), place, place)
    if type(node) is ast.Partselect and type(node.var) is ast.Identifier and node.var.scope is None:
        return Select(plain(node.var.name), index(node.msb, foreign), index(node.lsb, foreign))
    raise foreign(node)


def index(node: Any, foreign: Foreign) -> int:
    literal = node.right if type(node) is ast.Uminus else node
    value = parse_index(literal.value) if type(literal) is ast.IntConst else None
    if value is None:
        raise foreign(node)
    return value if literal is node else -value


def plain(text: str) -> str:
    """A name without the backslash of an escaped identifier."""
    return text[1:] if text.startswith("\\") else text
