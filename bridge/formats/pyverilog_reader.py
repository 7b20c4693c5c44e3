"""The second, independent Verilog front end: pyverilog's syntax tree -> `Module`. Slower; for cross-checks."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from functools import cache
from typing import Any

from pyverilog.vparser import ast
from pyverilog.vparser.parser import ParseError, VerilogParser

from bridge.errors import InputError
from bridge.formats.constants import constant
from bridge.formats.pyverilog_expressions import index, plain, postfix
from bridge.formats.pyverilog_tokens import OPEN, Attributes, Tokens
from bridge.formats.statements import (
    NOT_CLOCKED,
    Always,
    Assign,
    Declaration,
    Edge,
    Expression,
    If,
    Initial,
    Instance,
    Module,
    Set,
    Statement,
    Step,
)
from bridge.formats.verilog_text import VerilogText

_KINDS = {ast.Input: "input", ast.Output: "output", ast.Wire: "wire", ast.Reg: "reg"}
_LINE = re.compile(r"line:\s*(\d+)(?: column:\d+)?:\s*(.*)", re.DOTALL)
# Python's own stack is the bound.
_DEEPEST_IF = 200


def parse(text: VerilogText, path: str) -> list[Module]:
    """The modules in the text. InputError with path and line for syntax errors and foreign constructs."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        parser = _parser()
        try:
            root = parser.parse(text.text)
        except ParseError as error:
            found = _LINE.search(str(error))
            early = "end of input" in str(error)
            why = found[2] if found else "the text ends too early" if early else "in a declaration"
            line = int(found[1]) if found else min(parser.lexer.lexer.lineno, text.text.count("\n"))
            raise InputError(f"{path}:{line}: syntax error {why}") from error
    definitions = root.description.definitions
    attributes = parser.lexer.modules
    return [_Reader(text, path).module(module, found) for module, found in zip(definitions, attributes, strict=True)]


@cache
def _parser() -> Any:
    """Building the parser's tables takes a second. It also writes them to a file, of no use here."""
    with tempfile.TemporaryDirectory() as folder:
        parser = VerilogParser(outputdir=folder, debug=False)
    parser.lexer = Tokens(parser.lexer.error_func)
    parser.lexer.build()
    return parser


class _Reader:
    """Reads one module."""

    def __init__(self, text: VerilogText, path: str) -> None:
        self.text = text
        self.path = path
        self.statements: list[Statement] = []

    def foreign(self, node: Any, line: int) -> InputError:
        return InputError(f"{self.path}:{line}: {type(node).__name__} is not part of a structural netlist")

    def module(self, module: Any, attributes: Attributes) -> Module:
        if module.paramlist.params:
            raise self.foreign(module.paramlist, module.lineno)
        ports = tuple(self.port(port) for port in module.portlist.ports)
        for item in module.items:
            self.item(item)
        for name, text, line in attributes.initial:
            value = constant(text)
            if value is None:
                raise InputError(f"{self.path}:{line}: the attribute `init` must be a constant")
            self.statements.append(Initial((plain(name),), (value,), line, attribute=True))
        line = module.lineno
        return Module(plain(module.name), ports, self.statements, line, attributes.top, self.text.implicit(line))

    def port(self, port: Any) -> str:
        """The name of a port; declares it where the header does."""
        if type(port) is ast.Port:
            if port.width is not None:
                raise self.foreign(port.width, port.lineno)
            return plain(port.name)
        if type(port) is not ast.Ioport:
            raise self.foreign(port, port.lineno)
        for declared in (port.first, port.second):
            if declared is not None and type(declared) is not ast.Wire:
                self.declare(declared)
        return plain(port.first.name)

    def declare(self, node: Any) -> None:
        line = node.lineno
        if type(node) not in _KINDS or node.dimensions is not None:
            raise self.foreign(node, line)
        bounds = None
        if node.width is not None:
            bounds = self.index(node.width.msb, line), self.index(node.width.lsb, line)
        self.statements.append(Declaration(_KINDS[type(node)], plain(node.name), bounds, line, bool(node.signed)))

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
        elif kind is ast.Always or kind is ast.AlwaysFF:
            events = tuple(self.event(event, line) for event in item.sens_list.list)
            self.statements.append(Always(events, self.steps(item.statement, 0), line))
        elif kind is ast.Initial:
            for inner in _inside(item.statement):
                if type(inner) not in (ast.BlockingSubstitution, ast.NonblockingSubstitution):
                    raise self.foreign(inner, inner.lineno)
                self.statements.append(Initial(*self.substitution(inner), inner.lineno))
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
        if instance.array is not None:
            raise self.foreign(instance, line)
        parameters = tuple(
            (plain(part.paramname or ""), self.expression(part.argname, line)) for part in instance.parameterlist or ()
        )
        pins = tuple(self.pin(port, line) for port in instance.portlist)
        # `u ()` connects nothing; the grammar sees one open pin.
        pins = () if pins == (("", None),) else pins
        self.statements.append(Instance(plain(instance.module), plain(instance.name), pins, line, parameters))

    def pin(self, port: Any, line: int) -> tuple[str, Expression | None]:
        value = None if port.argname is None else self.expression(port.argname, line)
        return plain(port.portname or ""), None if value == (OPEN,) else value

    def event(self, event: Any, line: int) -> tuple[Edge, Expression]:
        if event.type not in ("posedge", "negedge"):
            raise InputError(f"{self.path}:{line}: {NOT_CLOCKED}")
        return event.type, self.expression(event.sig, line)

    def steps(self, statement: Any, depth: int) -> tuple[Step, ...]:
        if depth > _DEEPEST_IF:
            raise InputError(f"{self.path}:{statement.lineno}: `if` nests deeper than {_DEEPEST_IF}")
        steps: list[Step] = []
        for inner in _inside(statement):
            kind = type(inner)
            if kind is ast.IfStatement:
                tested = self.expression(inner.cond, inner.lineno)
                otherwise = () if inner.false_statement is None else self.steps(inner.false_statement, depth + 1)
                steps.append(If(tested, self.steps(inner.true_statement, depth + 1), otherwise))
            elif kind is ast.NonblockingSubstitution:
                steps.append(Set(*self.substitution(inner), inner.lineno))
            elif kind is ast.Block:
                steps += self.steps(inner, depth + 1)
            else:
                raise self.foreign(inner, inner.lineno)
        return tuple(steps)

    def substitution(self, node: Any) -> tuple[Expression, Expression]:
        if node.ldelay is not None or node.rdelay is not None:
            raise self.foreign(node.ldelay or node.rdelay, node.lineno)
        return self.sides(node, node.lineno)

    def sides(self, node: Any, line: int) -> tuple[Expression, Expression]:
        return self.expression(node.left.var, line), self.expression(node.right.var, line)

    def expression(self, root: Any, line: int) -> Expression:
        return postfix(root, lambda node: self.foreign(node, line))

    def index(self, node: Any, line: int) -> int:
        return index(node, lambda node: self.foreign(node, line))


def _inside(statement: Any) -> Any:
    """The statements of a block, or the one statement."""
    return statement.statements if type(statement) is ast.Block else [statement]
