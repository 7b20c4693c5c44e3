"""From words to bits: Verilog modules -> `Bits`. Copies of modules are flattened, as by `flatten` of Yosys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bridge.formats import cells, words
from bridge.formats.bits import Bits, Flop
from bridge.formats.constants import ZERO, Constant
from bridge.formats.hierarchy import HierarchyError, Prefixes, tops
from bridge.formats.mapped.functions import depends
from bridge.formats.mapped.library import NO_GATES, Kind
from bridge.formats.procedures import add_flops
from bridge.formats.scope import Scope
from bridge.formats.statements import (
    FEWEST_TABLE_INPUTS,
    MOST_TABLE_INPUTS,
    Always,
    Assign,
    Concat,
    Expression,
    Initial,
    Instance,
    Item,
    Module,
    Op,
    Select,
    Table,
)


def blast(modules: Sequence[Module], path: str, size: int, gates: Mapping[str, Kind] = NO_GATES) -> Bits:
    """The bits of the top module. InputError with path and line for anything that is not plain structure.

    size: of the file in bytes; what may be made of it is bounded by that; gates: what else than modules there may be.
    """
    bits = Bits(path, size)
    by_name = {module.name: module for module in modules}
    for module in modules:
        if by_name[module.name] is not module:
            raise bits.error(by_name[module.name].line, f"module {module.name!r} is defined twice")
    top = _top(by_name, bits)
    bits.name = top.name
    root = Scope(top, bits, "")
    for name in top.ports:
        add = bits.add_input if root.direction(name) == "input" else bits.add_output
        for bit in root.names(name, root.lines[name]):
            add(bit, root.lines[name])
    copies = [_Copy(root, by_name, gates)]
    for copy in copies:
        copies += copy.logic()
    for copy in copies:
        copy.initial_values()
    return bits


def _top(modules: Mapping[str, Module], bits: Bits) -> Module:
    """The module that no other contains; of several, the one that Yosys marked."""
    children = {
        name: Counter(s.cell for s in module.statements if type(s) is Instance and s.cell in modules)
        for name, module in modules.items()
    }
    try:
        found = tops(children)
    except HierarchyError as error:
        raise bits.error(modules[error.module].line, str(error)) from error
    marked = [name for name in found if modules[name].top]
    if len(found) > 1 and len(marked) != 1:
        names = ", ".join(map(repr, found[:5]))
        raise bits.error(modules[found[1]].line, f"a netlist has one top module; the file has {len(found)}: {names}")
    return modules[marked[0] if len(found) > 1 else found[0]]


class _Copy:
    """One copy of a module on its way into the bits."""

    def __init__(self, scope: Scope, modules: Mapping[str, Module], gates: Mapping[str, Kind]) -> None:
        self.scope = scope
        self.bits = scope.bits
        self.modules = modules
        self.gates = gates
        self.children: list[_Copy] = []
        self.prefixes: Prefixes | None = None

    def logic(self) -> list[_Copy]:
        """Add everything but initial values; returns the copies that this one contains."""
        for statement in self.scope.module.statements:
            if type(statement) is Assign:
                for name, value in self.pair(statement.target, statement.value, statement.line):
                    self.bits.drive(name, value, statement.line)
            elif type(statement) is Instance:
                self.instance(statement)
            elif type(statement) is Always:
                add_flops(statement, self, self.bits)
        return self.children

    def initial_values(self) -> None:
        for statement in self.scope.module.statements:
            if type(statement) is Initial:
                for name, value in self.pair(statement.target, statement.value, statement.line):
                    self.initial(name, value, statement)

    def initial(self, name: str, value: Expression, statement: Initial) -> None:
        item = value[0]
        if type(item) is not Constant or len(value) > 1:
            raise self.bits.error(statement.line, f"the initial value of {name!r} must be a constant")
        bits = self.bits
        source, inverted = (name, False) if name in bits.flops else bits.source(name)
        if source in bits.flops and not inverted and (statement.attribute or source == name):
            bits.start(source, item.bits[0], statement.line)
        elif not statement.attribute:
            if name in bits.drivers or name in bits.inputs or not self.is_register(statement.target):
                raise bits.error(statement.line, f"{name!r} has an initial value but is no register")
            # Nothing ever changes it.
            bits.drive(name, value, statement.line)

    def is_register(self, target: Expression) -> bool:
        kinds = self.scope.kinds
        names = (item.name if isinstance(item, Select) else item for item in target)
        return all("reg" in kinds.get(name, ()) for name in names if isinstance(name, str))

    def instance(self, instance: Instance) -> None:
        cell, line = instance.cell, instance.line
        if cell == cells.LUT and cell not in self.modules:
            self.lut(instance)
        elif instance.parameters:
            raise self.bits.error(line, f"parameters of {cell!r} are not part of a structural netlist")
        elif cell in self.modules:
            self.module(instance, self.modules[cell])
        elif cell in cells.PRIMITIVES:
            self.primitive(instance)
        elif kind := self.gates.get(cell):
            self.gate(instance, frozenset(kind.inputs), kind.output, cells.template(kind))
        elif template := cells.CELLS.get(cell):
            self.gate(instance, cells.pins_of(template), "Y", template)
        elif inputs := cells.flip_flop_pins(cell):
            pins = self.pins(instance, inputs, "Q")
            if pins is not None:
                self.flip_flop(cell, pins, line)
        elif cells.is_latch(cell):
            raise self.bits.error(line, f"{cell!r} is a level-sensitive latch; only flip-flops can be read")
        else:
            why = "is not one that we know, nor a module of this file; name its library (--library)"
            raise self.bits.error(line, f"cell {cell!r} {why}")

    def gate(self, instance: Instance, inputs: frozenset[str], output: str, value: Expression) -> None:
        """A cell whose output has this value, in terms of its inputs."""
        pins, line = self.pins(instance, inputs, output), instance.line
        if pins is not None:
            target = pins.pop(output)
            values = {name: self.bits.shared(each, line) for name, each in self.values(pins, line).items()}
            self.drive(target, cells.filled(value, values), line)

    def pins(self, instance: Instance, inputs: set[str] | frozenset[str], output: str) -> dict[str, Expression] | None:
        """The connected pins of a cell, which must be just these; None when its output is open."""
        given = dict(instance.pins)
        pins = {name: value for name, value in given.items() if value is not None}
        wanted = {*inputs, output} if output in pins else given.keys() & inputs
        if len(given) != len(instance.pins) or pins.keys() != wanted:
            names = ", ".join(sorted({*inputs, output}))
            raise self.bits.error(
                instance.line, f"cell {instance.cell!r} must connect exactly the pins {names} by name"
            )
        return pins if output in pins else None

    def lut(self, instance: Instance) -> None:
        """Bit A of the parameter LUT."""
        table = dict(instance.parameters).get("LUT", ())
        pins = self.pins(instance, {"A"}, "Y")
        if len(table) != 1 or not isinstance(table[0], Constant):
            raise self.bits.error(instance.line, f"cell {instance.cell!r} must have a constant as its parameter LUT")
        if pins is not None:
            self.drive(pins["Y"], self.looked_up(table[0], pins["A"], instance.line), instance.line)

    def looked_up(self, table: Constant, address: Expression, line: int) -> Expression:
        """The bit of a table at an address; 0 beyond its end."""
        operands = words.evaluate(address, self.scope, line)
        plain = None not in table.bits and not table.signed and not table.fill
        if not plain or not FEWEST_TABLE_INPUTS <= len(operands) <= MOST_TABLE_INPUTS:
            return self.bit((table, *address, Op.SHIFT_RIGHT), line)
        rows = sum(1 << row for row, bit in enumerate(table.bits[: 1 << len(operands)]) if bit)
        value: list[Item] = []
        for place, operand in enumerate(operands):
            value += self.bits.shared(operand, line) if depends(rows, place, len(operands)) else (ZERO,)
        return (*value, Table(len(operands), rows))

    def values(self, pins: Mapping[str, Expression], line: int) -> dict[str, Expression]:
        return {name: self.bit(value, line) for name, value in pins.items()}

    def drive(self, target: Expression, value: Expression, line: int) -> None:
        """The output of a gate; a wider target has its other bits left open."""
        self.bits.drive(self.targets(target, line)[0], value, line)

    def flip_flop(self, cell: str, pins: dict[str, Expression], line: int) -> None:
        q = self.targets(pins.pop("Q"), line)[0]
        values = {name: self.bits.shared(value, line) for name, value in self.values(pins, line).items()}
        flop: Flop = cells.flip_flop(cell, values, q, line)
        self.bits.add_flop(q, flop)

    def primitive(self, gate: Instance) -> None:
        operation, inverted = cells.PRIMITIVES[gate.cell]
        terminals = [value for name, value in gate.pins if not name and value is not None]
        if len(terminals) < max(2, len(gate.pins)):
            raise self.bits.error(gate.line, f"gate {gate.cell!r} must connect its outputs, then its inputs, by order")
        count = len(terminals) - 1 if operation is None else 1
        first, *others = (self.bit(value, gate.line) for value in terminals[count:])
        value = list(first)
        for other in others:
            value += [*other, operation] if operation else other
        for target in terminals[:count]:
            self.drive(target, (*value, Op.NOT) if inverted else tuple(value), gate.line)

    def module(self, instance: Instance, module: Module) -> None:
        """Connect a copy of a module, and keep it for later."""
        line, bits = instance.line, self.bits
        bits.spend(len(module.statements), line)
        if self.prefixes is None:
            self.prefixes = Prefixes((*self.scope.scalars, *self.scope.vectors))
        name = instance.name or f"{instance.cell}_{len(self.children) + 1}"
        inside = Scope(module, bits, self.scope.prefix + self.prefixes.of(name))
        self.children.append(_Copy(inside, self.modules, self.gates))
        for port, value in self.connections(instance, module):
            names = inside.names(port, line)
            if inside.direction(port) == "input":
                for bit, driver in zip(names, self.assigned(value, len(names), line), strict=True):
                    bits.drive(bit, driver, line)
            else:
                for bit, source in zip(self.targets(value, line), names, strict=False):
                    bits.drive(bit, (source,), line)

    def connections(self, instance: Instance, module: Module) -> list[tuple[str, Expression]]:
        """(port, what it connects to) of those that are not open."""
        pins = list(instance.pins)
        if pins and not any(name for name, _ in pins):
            if len(pins) > len(module.ports):
                raise self.bits.error(instance.line, f"module {module.name!r} has {len(module.ports)} ports")
            pins = list(zip(module.ports, (value for _, value in pins), strict=False))
        names = [name for name, _ in pins]
        if len(set(names)) != len(names) or not set(names) <= set(module.ports):
            wrong = next(name for name in names if name not in module.ports or names.count(name) > 1)
            raise self.bits.error(instance.line, f"module {module.name!r} has no port {wrong!r}, or it connects twice")
        return [(name, value) for name, value in pins if value is not None]

    def pair(self, target: Expression, value: Expression, line: int) -> list[tuple[str, Expression]]:
        """Both sides of an assignment bit by bit, the least significant first."""
        if len(target) == 1 and isinstance(item := target[0], str | Select):
            name = self.scope.bit(item, line)
            if name is not None:
                return [(name, self.bit(value, line))]
        targets = self.targets(target, line)
        return list(zip(targets, self.assigned(value, len(targets), line), strict=True))

    def bit(self, value: Expression, line: int) -> Expression:
        """The value as assigned to a single bit."""
        return words.single_bit(value, self.scope, line) or words.evaluate(value, self.scope, line, 1)[0]

    def assigned(self, value: Expression, width: int, line: int) -> list[Expression]:
        return words.evaluate(value, self.scope, line, width)

    def truth(self, condition: Expression, line: int) -> Expression:
        return words.single_bit(condition, self.scope, line) or words.truth(condition, self.scope, line)

    def targets(self, target: Expression, line: int) -> list[str]:
        """The bits on the left side of an assignment."""
        if not all(isinstance(item, str | Select | Concat) for item in target):
            raise self.bits.error(line, "only signals, their bits and concatenations of them can be assigned")
        names = []
        for expression in words.evaluate(target, self.scope, line):
            names += [name for name in expression if isinstance(name, str)]
        return names
