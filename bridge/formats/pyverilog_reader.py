"""The second, independent Verilog front end: pyverilog's syntax tree -> `Module`. Slower; for cross-checks."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from pyverilog.vparser import ast
from pyverilog.vparser.parser import ParseError, VerilogParser

from bridge.errors import InputError
from bridge.formats.statements import (
    Assign,
    Concat,
    Declaration,
    Expression,
    Initial,
    Instance,
    Item,
    Module,
    Op,
    Register,
    Select,
    Statement,
    constant,
    parse_index,
)

_OPERATIONS = {ast.And: Op.AND, ast.Or: Op.OR, ast.Xor: Op.XOR}
_KINDS = {ast.Input: "input", ast.Output: "output", ast.Wire: "wire", ast.Reg: "reg"}
_LINE = re.compile(r"line:\s*(\d+):\s*(.*)", re.DOTALL)


def parse(text: str, path: str) -> Module:
    """The one module in the text. InputError with path and line for syntax errors and foreign constructs."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        parser = _parser()
        parser.lexer.reset_lineno()
        try:
            root = parser.parse(text)
        except ParseError as error:
            found = _LINE.search(str(error))
            line, why = (found[1], found[2]) if found else (text.count("\n") + 1, "the text ends too early")
            raise InputError(f"{path}:{line}: syntax error {why}") from error
    return _Reader(path).module(root)


@cache
def _parser() -> Any:
    """Building the parser's tables takes a second. It also writes them to a file, of no use here."""
    with tempfile.TemporaryDirectory() as folder:
        return VerilogParser(outputdir=folder, debug=False)


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.statements: list[Statement] = []

    def foreign(self, node: Any, line: int) -> InputError:
        return InputError(f"{self.path}:{line}: {type(node).__name__} is not part of a structural netlist")

    def module(self, root: Any) -> Module:
        definitions = root.description.definitions
        if len(definitions) != 1 or type(definitions[0]) is not ast.ModuleDef:
            raise InputError(f"{self.path}:1: a netlist is one module, with nothing beside it")
        module = definitions[0]
        if module.paramlist.params:
            raise self.foreign(module.paramlist, module.lineno)
        ports = tuple(self.port(port) for port in module.portlist.ports)
        for item in module.items:
            self.item(item)
        return Module(_name(module.name), ports, self.statements, module.lineno)

    def port(self, port: Any) -> str:
        """The name of a port; declares it where the header does."""
        if type(port) is ast.Port:
            if port.width is not None:
                raise self.foreign(port.width, port.lineno)
            return _name(port.name)
        if type(port) is not ast.Ioport:
            raise self.foreign(port, port.lineno)
        for declared in (port.first, port.second):
            if declared is not None and type(declared) is not ast.Wire:
                self.declare(declared)
        return _name(port.first.name)

    def declare(self, node: Any) -> None:
        line = node.lineno
        if type(node) not in _KINDS or node.signed or node.dimensions is not None:
            raise self.foreign(node, line)
        bounds = None
        if node.width is not None:
            bounds = self.index(node.width.msb, line), self.index(node.width.lsb, line)
        self.statements.append(Declaration(_KINDS[type(node)], _name(node.name), bounds, line))

    def item(self, item: Any) -> None:
        kind, line = type(item), item.lineno
        if kind is ast.Assign:
            if item.ldelay is not None or item.rdelay is not None:
                raise self.foreign(item.ldelay or item.rdelay, line)
            self.statements.append(Assign(*self.sides(item, line), line))
        elif kind is ast.Decl:
            self.declarations(item)
        elif kind is ast.InstanceList:
            for instance in item.instances:
                self.instance(instance)
        elif kind is ast.Always:
            sensitive = item.sens_list.list
            if len(sensitive) != 1 or sensitive[0].type != "posedge" or type(sensitive[0].sig) is not ast.Identifier:
                raise self.foreign(item.sens_list, line)
            clock = _name(sensitive[0].sig.name)
            for target, value, where in self.procedural(item.statement, (ast.NonblockingSubstitution,)):
                self.statements.append(Register(target, value, clock, where))
        elif kind is ast.Initial:
            kinds = (ast.BlockingSubstitution, ast.NonblockingSubstitution)
            for target, value, where in self.procedural(item.statement, kinds):
                self.statements.append(Initial(target, value, where))
        else:
            raise self.foreign(item, line)

    def declarations(self, declaration: Any) -> None:
        """Declarations, each followed by its initial value if it has one."""
        kind: Any = None
        for node in declaration.list:
            if type(node) is ast.Assign:
                make = Initial if kind is ast.Reg else Assign
                self.statements.append(make(*self.sides(node, node.lineno), node.lineno))
            else:
                kind = type(node)
                self.declare(node)

    def instance(self, instance: Any) -> None:
        line = instance.lineno
        if instance.parameterlist or instance.array is not None:
            raise self.foreign(instance, line)
        pins = []
        for port in instance.portlist:
            if port.argname is None:
                raise self.foreign(port, line)
            pins.append((_name(port.portname or ""), self.expression(port.argname, line)))
        self.statements.append(Instance(_name(instance.module), tuple(pins), line))

    def procedural(self, statement: Any, kinds: tuple[Any, ...]) -> Iterator[tuple[Expression, Expression, int]]:
        """The assignments of a block."""
        for inner in statement.statements if type(statement) is ast.Block else [statement]:
            delayed = type(inner) in kinds and (inner.ldelay is not None or inner.rdelay is not None)
            if type(inner) not in kinds or delayed:
                raise self.foreign(inner, inner.lineno)
            yield (*self.sides(inner, inner.lineno), inner.lineno)

    def sides(self, node: Any, line: int) -> tuple[Expression, Expression]:
        return self.expression(node.left.var, line), self.expression(node.right.var, line)

    def expression(self, root: Any, line: int) -> Expression:
        """Postfix, without recursion: the mirror image of a walk that takes the right operand first."""
        items: list[Item] = []
        stack = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Identifier and node.scope is None:
                items.append(_name(node.name))
            elif kind in _OPERATIONS:
                items.append(_OPERATIONS[kind])
                stack += (node.left, node.right)
            elif kind is ast.Unot:
                items.append(Op.NOT)
                stack.append(node.right)
            elif kind is ast.Concat or kind is ast.LConcat:
                items.append(Concat(len(node.list)))
                stack += node.list
            else:
                items.append(self.leaf(node, line))
        items.reverse()
        return tuple(items)

    def leaf(self, node: Any, line: int) -> Item:
        if type(node) is ast.IntConst:
            value = constant(node.value)
            if value is not None:
                return value
        if type(node) is ast.Pointer and type(node.var) is ast.Identifier:
            index = self.index(node.ptr, line)
            return Select(_name(node.var.name), index, index)
        if type(node) is ast.Partselect and type(node.var) is ast.Identifier:
            return Select(_name(node.var.name), self.index(node.msb, line), self.index(node.lsb, line))
        raise self.foreign(node, line)

    def index(self, node: Any, line: int) -> int:
        value = parse_index(node.value) if type(node) is ast.IntConst else None
        if value is None:
            raise self.foreign(node, line)
        return value


def _name(text: str) -> str:
    """Without the backslash of an escaped identifier."""
    return text[1:] if text.startswith("\\") else text
