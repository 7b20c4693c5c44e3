"""The default Verilog front end: pyslang's syntax tree -> `Module`. Syntax only; nothing is elaborated here."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import pyslang
from pyslang import parsing, syntax

from bridge.errors import InputError
from bridge.formats.pyslang_expressions import condition, connected, index, nodes, postfix
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

_Kind = syntax.SyntaxKind
# Python's own stack is the bound.
_DEEPEST_IF = 200
_EDGES: dict[str, Edge] = {"posedge": "posedge", "negedge": "negedge"}
_EMPTY = parsing.TokenKind.Unknown


def parse(text: VerilogText, path: str) -> list[Module]:
    """The modules in the text. InputError with path and line for syntax errors and foreign constructs."""
    manager = pyslang.SourceManager()
    try:
        tree = syntax.SyntaxTree.fromText(text.text, manager, "netlist", "")
    except RuntimeError as error:
        raise InputError(f"{path}:1: statements or expressions nest too deeply") from error
    for diagnostic in tree.diagnostics:
        if diagnostic.isError():
            message = pyslang.DiagnosticEngine(manager).formatMessage(diagnostic)
            raise InputError(f"{path}:{manager.getLineNumber(diagnostic.location)}: {message}")
    root: Any = tree.root
    members = list(root.members) if type(root) is syntax.CompilationUnitSyntax else [root]
    line_ends = [match.start() for match in re.finditer("\n", text.text)]
    modules = [member for member in members if type(member) is not syntax.EmptyMemberSyntax]
    return [_Reader(text, path, line_ends).module(module) for module in modules]


class _Reader:
    """Reads one module."""

    def __init__(self, text: VerilogText, path: str, line_ends: list[int]) -> None:
        self.text = text
        self.path = path
        self.line_ends = line_ends
        self.statements: list[Statement] = []

    def line(self, node: Any) -> int:
        return bisect_right(self.line_ends, node.sourceRange.start.offset - 1) + 1

    def foreign(self, node: Any) -> InputError:
        kind = node.kind.name
        return InputError(f"{self.path}:{self.line(node)}: {kind} is not part of a structural netlist")

    def module(self, root: Any) -> Module:
        if type(root) is not syntax.ModuleDeclarationSyntax:
            raise self.foreign(root)
        header = root.header
        if header.parameters is not None:
            raise self.foreign(header.parameters)
        ports = tuple(self.ports(header.ports))
        for member in root.members:
            self.member(member)
        line = self.line(header)
        top = self.attribute(root, "top") is not None
        return Module(header.name.valueText, ports, self.statements, line, top, self.text.implicit(line))

    def attribute(self, node: Any, wanted: str) -> Any:
        """The value of the last attribute of that name, None without one."""
        found = None
        for instance in node.attributes:
            for spec in nodes(instance.specs):
                if spec.name.valueText == wanted and spec.value is not None:
                    found = spec.value.expr
        return found

    def ports(self, ports: Any) -> Iterator[str]:
        """The names in the header; declares them where the header does."""
        if ports is None:
            return
        if type(ports) is syntax.AnsiPortListSyntax:
            yield from self.ansi_ports(ports)
            return
        if type(ports) is not syntax.NonAnsiPortListSyntax:
            raise self.foreign(ports)
        for port in nodes(ports.ports):
            if type(port) is not syntax.ImplicitNonAnsiPortSyntax or type(port.expr) is not syntax.PortReferenceSyntax:
                raise self.foreign(port)
            if port.expr.select is not None:
                raise self.foreign(port.expr.select)
            yield port.expr.name.valueText

    def ansi_ports(self, ports: Any) -> Iterator[str]:
        direction, data_type = "", None
        for port in nodes(ports.ports):
            if type(port) is not syntax.ImplicitAnsiPortSyntax:
                raise self.foreign(port)
            own = self.port_header(port.header)
            direction = own.direction.valueText or direction
            if own.direction.valueText or str(own.dataType).strip():
                data_type = own.dataType
            if not direction:
                raise self.foreign(port)
            self.port_declaration(direction, data_type, [port.declarator], port)
            yield port.declarator.name.valueText

    def port_header(self, header: Any) -> Any:
        if type(header) not in (syntax.VariablePortHeaderSyntax, syntax.NetPortHeaderSyntax):
            raise self.foreign(header)
        return header

    def port_declaration(self, direction: str, data_type: Any, declarators: Any, node: Any) -> None:
        self.declare(direction, data_type, declarators, node)
        if data_type.kind == _Kind.RegType:
            self.declare("reg", data_type, declarators, node)

    def declare(self, kind: str, data_type: Any, declarators: Any, node: Any) -> None:
        if data_type.kind not in (_Kind.ImplicitType, _Kind.RegType):
            raise self.foreign(data_type)
        line = self.line(node)
        initial = self.attribute(node, "init")
        bounds = None
        for dimension in data_type.dimensions:
            if bounds is not None:
                raise self.foreign(dimension)
            bounds = self.bounds(dimension)
        for declarator in declarators:
            if len(list(declarator.dimensions)):
                raise self.foreign(declarator)
            name = declarator.name.valueText
            signed = data_type.signing.valueText == "signed"
            self.statements.append(Declaration(kind, name, bounds, line, signed))
            # `output reg q = 0` is declared twice, and starts as a register.
            both = kind == "output" and data_type.kind == _Kind.RegType
            if declarator.initializer is not None and not both:
                if kind not in ("wire", "reg"):
                    raise self.foreign(declarator)
                make = Assign if kind == "wire" else Initial
                self.statements.append(make((name,), self.expression(declarator.initializer.expr), line))
            if initial is not None:
                self.statements.append(Initial((name,), self.expression(initial), line, attribute=True))

    def bounds(self, dimension: Any) -> tuple[int, int]:
        if type(dimension.specifier) is not syntax.RangeDimensionSpecifierSyntax:
            raise self.foreign(dimension)
        selector: Any = dimension.specifier.selector
        if selector.kind != _Kind.SimpleRangeSelect:
            raise self.foreign(selector)
        return index(selector.left, self.foreign), index(selector.right, self.foreign)

    def member(self, member: Any) -> None:
        kind = type(member)
        line = self.line(member)
        if kind is syntax.ContinuousAssignSyntax:
            if member.delay is not None or member.strength is not None:
                raise self.foreign(member)
            for assignment in nodes(member.assignments):
                target, value = self.assignment(assignment, _Kind.AssignmentExpression)
                self.statements.append(Assign(target, value, line))
        elif kind is syntax.NetDeclarationSyntax:
            if member.netType.valueText != "wire" or member.delay is not None or member.strength is not None:
                raise self.foreign(member)
            self.declare("wire", member.type, nodes(member.declarators), member)
        elif kind is syntax.DataDeclarationSyntax:
            self.declare("reg", member.type, nodes(member.declarators), member)
        elif kind is syntax.PortDeclarationSyntax:
            header = self.port_header(member.header)
            self.port_declaration(header.direction.valueText, header.dataType, list(nodes(member.declarators)), member)
        elif kind is syntax.HierarchyInstantiationSyntax or kind is syntax.PrimitiveInstantiationSyntax:
            self.instances(member, line)
        elif kind is syntax.ProceduralBlockSyntax:
            self.procedure(member)
        elif kind is not syntax.EmptyMemberSyntax:
            raise self.foreign(member)

    def instances(self, member: Any, line: int) -> None:
        if type(member) is syntax.PrimitiveInstantiationSyntax:
            if member.delay is not None or member.strength is not None:
                raise self.foreign(member)
            parameters: tuple[tuple[str, Expression], ...] = ()
        else:
            parameters = tuple(self.parameters(member.parameters))
        for instance in nodes(member.instances):
            if instance.decl is not None and len(list(instance.decl.dimensions)):
                raise self.foreign(instance.decl)
            name = "" if instance.decl is None else instance.decl.name.valueText
            pins = tuple(self.pin(connection) for connection in nodes(instance.connections))
            # `u ()` connects nothing; the grammar sees one open pin.
            pins = () if pins == (("", None),) else pins
            self.statements.append(Instance(member.type.valueText, name, pins, line, parameters))

    def parameters(self, assignment: Any) -> Iterator[tuple[str, Expression]]:
        for parameter in () if assignment is None else nodes(assignment.parameters):
            if type(parameter) is not syntax.NamedParamAssignmentSyntax or parameter.expr is None:
                raise self.foreign(parameter)
            yield parameter.name.valueText, self.expression(parameter.expr)

    def pin(self, connection: Any) -> tuple[str, Expression | None]:
        if type(connection) is syntax.NamedPortConnectionSyntax:
            name = connection.name.valueText
            if connection.openParen.kind == _EMPTY:
                return name, (name,)
            return name, None if connection.expr is None else self.property(connection.expr)
        if type(connection) is syntax.OrderedPortConnectionSyntax:
            return "", self.property(connection.expr)
        if type(connection) is syntax.EmptyPortConnectionSyntax:
            return "", None
        raise self.foreign(connection)

    def property(self, node: Any) -> Expression:
        return self.expression(connected(node, self.foreign))

    def procedure(self, block: Any) -> None:
        statement = block.statement
        if block.kind == _Kind.InitialBlock:
            for inner in _inside(statement):
                if type(inner) is not syntax.ExpressionStatementSyntax:
                    raise self.foreign(inner)
                kinds = (_Kind.AssignmentExpression, _Kind.NonblockingAssignmentExpression)
                self.statements.append(Initial(*self.assignment(inner.expr, *kinds), self.line(inner)))
            return
        if block.kind not in (_Kind.AlwaysBlock, _Kind.AlwaysFFBlock):
            raise self.foreign(block)
        if type(statement) is not syntax.TimingControlStatementSyntax:
            raise self.foreign(statement)
        event: Any = statement.timingControl
        if type(event) is syntax.EventControlWithExpressionSyntax:
            event = event.expr
        events = tuple(self.events(event))
        self.statements.append(Always(events, self.steps(statement.statement, 0), self.line(block)))

    def events(self, root: Any) -> Iterator[tuple[Edge, Expression]]:
        stack = [root]
        while stack:
            event = stack.pop()
            if type(event) is syntax.ParenthesizedEventExpressionSyntax:
                stack.append(event.expr)
            elif type(event) is syntax.BinaryEventExpressionSyntax:
                stack += (event.right, event.left)
            else:
                plain = type(event) is syntax.SignalEventExpressionSyntax and event.iffClause is None
                edge = _EDGES.get(event.edge.valueText) if plain else None
                if edge is None:
                    raise InputError(f"{self.path}:{self.line(event)}: {NOT_CLOCKED}")
                yield edge, self.expression(event.expr)

    def steps(self, statement: Any, depth: int) -> tuple[Step, ...]:
        if depth > _DEEPEST_IF:
            raise InputError(f"{self.path}:{self.line(statement)}: `if` nests deeper than {_DEEPEST_IF}")
        steps: list[Step] = []
        for inner in _inside(statement):
            kind = type(inner)
            if kind is syntax.ConditionalStatementSyntax:
                tested = self.expression(condition(inner.predicate, self.foreign))
                otherwise = () if inner.elseClause is None else self.steps(inner.elseClause.clause, depth + 1)
                steps.append(If(tested, self.steps(inner.statement, depth + 1), otherwise))
            elif kind is syntax.ExpressionStatementSyntax:
                sides = self.assignment(inner.expr, _Kind.NonblockingAssignmentExpression)
                steps.append(Set(*sides, self.line(inner)))
            elif kind is syntax.BlockStatementSyntax:
                steps += self.steps(inner, depth + 1)
            elif kind is not syntax.EmptyStatementSyntax:
                raise self.foreign(inner)
        return tuple(steps)

    def assignment(self, node: Any, *kinds: Any) -> tuple[Expression, Expression]:
        if node.kind not in kinds:
            raise self.foreign(node)
        return self.expression(node.left), self.expression(node.right)

    def expression(self, root: Any) -> Expression:
        return postfix(root, self.foreign)


def _inside(statement: Any) -> list[Any]:
    """The statements of a block, or the one statement."""
    if type(statement) is syntax.BlockStatementSyntax and statement.kind == _Kind.SequentialBlockStatement:
        return list(statement.items)
    return [statement]
