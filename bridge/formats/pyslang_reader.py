"""The default Verilog front end: pyslang's syntax tree -> `Module`. Syntax only; nothing is elaborated here."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import pyslang
from pyslang import parsing, syntax

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

_Kind = syntax.SyntaxKind
_OPERATIONS = {
    _Kind.BinaryAndExpression: Op.AND,
    _Kind.BinaryOrExpression: Op.OR,
    _Kind.BinaryXorExpression: Op.XOR,
}
_EMPTY = parsing.TokenKind.Unknown


def parse(text: str, path: str) -> Module:
    """The one module in the text. InputError with path and line for syntax errors and foreign constructs."""
    manager = pyslang.SourceManager()
    try:
        tree = syntax.SyntaxTree.fromText(text, manager, "netlist", "")
    except RuntimeError as error:
        raise InputError(f"{path}:1: statements or expressions nest too deeply") from error
    for diagnostic in tree.diagnostics:
        if diagnostic.isError():
            message = pyslang.DiagnosticEngine(manager).formatMessage(diagnostic)
            raise InputError(f"{path}:{manager.getLineNumber(diagnostic.location)}: {message}")
    return _Reader(text, path).module(tree.root)


class _Reader:
    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.line_ends = [match.start() for match in re.finditer("\n", text)]
        self.statements: list[Statement] = []

    def line(self, node: Any) -> int:
        return bisect_right(self.line_ends, node.sourceRange.start.offset - 1) + 1

    def foreign(self, node: Any) -> InputError:
        kind = node.kind.name
        return InputError(f"{self.path}:{self.line(node)}: {kind} is not part of a structural netlist")

    def module(self, root: Any) -> Module:
        if type(root) is not syntax.ModuleDeclarationSyntax:
            modules = list(root.members) if type(root) is syntax.CompilationUnitSyntax else []
            if len(modules) != 1 or type(modules[0]) is not syntax.ModuleDeclarationSyntax:
                raise InputError(f"{self.path}:1: a netlist is one module, with nothing beside it")
            root = modules[0]
        header = root.header
        if header.parameters is not None:
            raise self.foreign(header.parameters)
        ports = tuple(self.ports(header.ports))
        for member in root.members:
            self.member(member)
        return Module(header.name.valueText, ports, self.statements, self.line(header))

    def ports(self, ports: Any) -> Iterator[str]:
        """The names in the header; declares them where the header does."""
        if ports is None:
            return
        if type(ports) is syntax.AnsiPortListSyntax:
            yield from self.ansi_ports(ports)
            return
        if type(ports) is not syntax.NonAnsiPortListSyntax:
            raise self.foreign(ports)
        for port in _nodes(ports.ports):
            if type(port) is not syntax.ImplicitNonAnsiPortSyntax or type(port.expr) is not syntax.PortReferenceSyntax:
                raise self.foreign(port)
            if port.expr.select is not None:
                raise self.foreign(port.expr.select)
            yield port.expr.name.valueText

    def ansi_ports(self, ports: Any) -> Iterator[str]:
        header: Any = None
        for port in _nodes(ports.ports):
            if type(port) is not syntax.ImplicitAnsiPortSyntax:
                raise self.foreign(port)
            own: Any = port.header
            if header is None or own.direction.kind != _EMPTY:
                header = own
            self.port_declaration(header, [port.declarator], self.line(port))
            yield port.declarator.name.valueText

    def port_declaration(self, header: Any, declarators: Any, line: int) -> None:
        if type(header) not in (syntax.VariablePortHeaderSyntax, syntax.NetPortHeaderSyntax):
            raise self.foreign(header)
        direction = header.direction.valueText
        self.declare(direction, header.dataType, declarators, line)
        if header.dataType.kind == _Kind.RegType:
            self.declare("reg", header.dataType, declarators, line)

    def declare(self, kind: str, data_type: Any, declarators: Any, line: int) -> None:
        if data_type.kind not in (_Kind.ImplicitType, _Kind.RegType) or data_type.signing.kind != _EMPTY:
            raise self.foreign(data_type)
        bounds = None
        for dimension in data_type.dimensions:
            if bounds is not None:
                raise self.foreign(dimension)
            bounds = self.bounds(dimension.specifier)
        for declarator in declarators:
            if len(list(declarator.dimensions)):
                raise self.foreign(declarator)
            name = declarator.name.valueText
            self.statements.append(Declaration(kind, name, bounds, line))
            if declarator.initializer is not None and kind in ("wire", "reg"):
                make = Assign if kind == "wire" else Initial
                self.statements.append(make((name,), self.expression(declarator.initializer.expr), line))

    def bounds(self, specifier: Any) -> tuple[int, int]:
        if type(specifier) is not syntax.RangeDimensionSpecifierSyntax:
            raise self.foreign(specifier)
        selector: Any = specifier.selector
        if selector.kind != _Kind.SimpleRangeSelect:
            raise self.foreign(selector)
        return self.index(selector.left), self.index(selector.right)

    def index(self, node: Any) -> int:
        value = parse_index(node.literal.rawText) if node.kind == _Kind.IntegerLiteralExpression else None
        if value is None:
            raise self.foreign(node)
        return value

    def member(self, member: Any) -> None:
        kind = type(member)
        line = self.line(member)
        if kind is syntax.ContinuousAssignSyntax:
            if member.delay is not None or member.strength is not None:
                raise self.foreign(member)
            for assignment in _nodes(member.assignments):
                target, value = self.assignment(assignment, _Kind.AssignmentExpression)
                self.statements.append(Assign(target, value, line))
        elif kind is syntax.NetDeclarationSyntax:
            if member.netType.valueText != "wire" or member.delay is not None or member.strength is not None:
                raise self.foreign(member)
            self.declare("wire", member.type, _nodes(member.declarators), line)
        elif kind is syntax.DataDeclarationSyntax:
            self.declare("reg", member.type, _nodes(member.declarators), line)
        elif kind is syntax.PortDeclarationSyntax:
            self.port_declaration(member.header, list(_nodes(member.declarators)), line)
        elif kind is syntax.HierarchyInstantiationSyntax or kind is syntax.PrimitiveInstantiationSyntax:
            self.instances(member, line)
        elif kind is syntax.ProceduralBlockSyntax:
            self.procedure(member)
        elif kind is not syntax.EmptyMemberSyntax:
            raise self.foreign(member)

    def instances(self, member: Any, line: int) -> None:
        primitive = type(member) is syntax.PrimitiveInstantiationSyntax
        beside = (member.delay, member.strength) if primitive else (member.parameters,)
        if any(part is not None for part in beside):
            raise self.foreign(member)
        for instance in _nodes(member.instances):
            if instance.decl is not None and len(list(instance.decl.dimensions)):
                raise self.foreign(instance.decl)
            pins = tuple(self.pin(connection) for connection in _nodes(instance.connections))
            self.statements.append(Instance(member.type.valueText, pins, line))

    def pin(self, connection: Any) -> tuple[str, Expression]:
        if type(connection) is syntax.NamedPortConnectionSyntax and connection.expr is not None:
            return connection.name.valueText, self.property(connection.expr)
        if type(connection) is syntax.OrderedPortConnectionSyntax:
            return "", self.property(connection.expr)
        raise self.foreign(connection)

    def property(self, node: Any) -> Expression:
        """A connection: the grammar wraps its expression twice."""
        if type(node) is not syntax.SimplePropertyExprSyntax or type(node.expr) is not syntax.SimpleSequenceExprSyntax:
            raise self.foreign(node)
        if node.expr.repetition is not None:
            raise self.foreign(node)
        return self.expression(node.expr.expr)

    def procedure(self, block: Any) -> None:
        statement = block.statement
        if block.kind == _Kind.InitialBlock:
            for target, value, line in self.procedural(statement, _Kind.AssignmentExpression):
                self.statements.append(Initial(target, value, line))
            return
        if block.kind != _Kind.AlwaysBlock or type(statement) is not syntax.TimingControlStatementSyntax:
            raise self.foreign(statement)
        event: Any = statement.timingControl
        if type(event) is syntax.EventControlWithExpressionSyntax:
            event = event.expr
        if type(event) is syntax.ParenthesizedEventExpressionSyntax:
            event = event.expr
        posedge = type(event) is syntax.SignalEventExpressionSyntax and event.edge.valueText == "posedge"
        if not posedge or event.iffClause is not None or type(event.expr) is not syntax.IdentifierNameSyntax:
            raise self.foreign(event)
        clock = event.expr.identifier.valueText
        for target, value, line in self.procedural(statement.statement, None):
            self.statements.append(Register(target, value, clock, line))

    def procedural(self, statement: Any, also: Any) -> Iterator[tuple[Expression, Expression, int]]:
        """The assignments of a block: `<=`, and the kind `also`."""
        statements = [statement]
        if type(statement) is syntax.BlockStatementSyntax and statement.kind == _Kind.SequentialBlockStatement:
            statements = list(statement.items)
        for inner in statements:
            if type(inner) is not syntax.ExpressionStatementSyntax:
                raise self.foreign(inner)
            kinds = (_Kind.NonblockingAssignmentExpression, also)
            yield (*self.assignment(inner.expr, *kinds), self.line(inner))

    def assignment(self, node: Any, *kinds: Any) -> tuple[Expression, Expression]:
        if node.kind not in kinds:
            raise self.foreign(node)
        return self.expression(node.left), self.expression(node.right)

    def expression(self, root: Any) -> Expression:
        """Postfix, without recursion: the mirror image of a walk that takes the right operand first."""
        items: list[Item] = []
        stack = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is syntax.IdentifierNameSyntax:
                items.append(node.identifier.valueText)
            elif kind is syntax.BinaryExpressionSyntax and node.kind in _OPERATIONS:
                items.append(_OPERATIONS[node.kind])
                stack += (node.left, node.right)
            elif kind is syntax.PrefixUnaryExpressionSyntax and node.kind == _Kind.UnaryBitwiseNotExpression:
                items.append(Op.NOT)
                stack.append(node.operand)
            elif kind is syntax.ParenthesizedExpressionSyntax:
                stack.append(node.expression)
            elif kind is syntax.ConcatenationExpressionSyntax:
                parts = list(_nodes(node.expressions))
                items.append(Concat(len(parts)))
                stack += parts
            else:
                items.append(self.leaf(node))
        items.reverse()
        return tuple(items)

    def leaf(self, node: Any) -> Item:
        if type(node) is syntax.IntegerVectorExpressionSyntax:
            value = constant(f"{node.size.rawText}{node.base.rawText}{node.value.rawText}")
            if value is not None:
                return value
        if type(node) is syntax.IdentifierSelectNameSyntax:
            selectors = list(node.selectors)
            selector = selectors[0].selector if len(selectors) == 1 else None
            if type(selector) is syntax.BitSelectSyntax:
                index = self.index(selector.expr)
                return Select(node.identifier.valueText, index, index)
            if selector is not None and selector.kind == _Kind.SimpleRangeSelect:
                return Select(node.identifier.valueText, self.index(selector.left), self.index(selector.right))
        raise self.foreign(node)


def _nodes(separated: Any) -> Iterator[Any]:
    """The nodes of a list without its commas."""
    return (node for node in separated if type(node) is not parsing.Token)
