"""From words to bits: a Verilog `Module` -> `Bits`. Bit i of a vector `v` is called `v[i]`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridge.errors import InputError
from bridge.formats.cells import CELLS, FLIP_FLOP, PRIMITIVES
from bridge.formats.elaborate import Bits, Flop
from bridge.formats.statements import (
    WIDEST,
    Assign,
    Concat,
    Constant,
    Declaration,
    Expression,
    Initial,
    Instance,
    Item,
    Module,
    Op,
    Register,
    Select,
)

# A bound on what a few bytes of words may become.
_MOST_ITEMS = 1 << 21
_BIT_NAME = re.compile(r"(.*)\[(-?\d{1,9})\]", re.DOTALL)


def blast(module: Module, path: str) -> Bits:
    """The bits of a module. InputError with path and line for anything that is not plain structure."""
    return _Blaster(module, path).run()


class _Blaster:
    def __init__(self, module: Module, path: str) -> None:
        self.module = module
        self.bits = Bits(path, module.name)
        self.kinds: dict[str, set[str]] = {}
        self.lines: dict[str, int] = {}
        self.scalars: set[str] = set()
        self.vectors: dict[str, tuple[int, int]] = {}
        self.items = 0

    def error(self, line: int, message: str) -> InputError:
        return self.bits.error(line, message)

    def run(self) -> Bits:
        statements = self.module.statements
        for statement in statements:
            if type(statement) is Declaration:
                self.declare(statement)
        self.ports()
        for statement in statements:
            if type(statement) is Assign:
                self.assign(statement.target, statement.value, statement.line)
            elif type(statement) is Instance:
                self.instance(statement)
            elif type(statement) is Register:
                self.register(statement.target, statement.value, statement.clock, statement.line)
        for statement in statements:
            if type(statement) is Initial:
                self.initial(statement)
        return self.bits

    def declare(self, declaration: Declaration) -> None:
        name, bounds, line = declaration.name, declaration.bounds, declaration.line
        kinds = self.kinds.setdefault(name, set())
        known = name in self.scalars or name in self.vectors
        if declaration.kind in kinds:
            raise self.error(line, f"{name!r} is declared twice")
        kinds.add(declaration.kind)
        self.lines.setdefault(name, line)
        if known and self.vectors.get(name) != bounds:
            raise self.error(line, f"{name!r} is declared again with another width")
        if known:
            return
        if bounds is None:
            self.scalars.add(name)
            return
        if abs(bounds[0] - bounds[1]) >= WIDEST:
            raise self.error(line, f"{name!r} has more than {WIDEST} bits")
        self.vectors[name] = bounds
        self.spend(abs(bounds[0] - bounds[1]) + 1, line)

    def ports(self) -> None:
        """Inputs and outputs in the order of the header; no scalar may be called like a bit of a vector."""
        ports = set(self.module.ports)
        if len(ports) != len(self.module.ports):
            raise self.error(self.module.line, "a port is listed twice")
        for name, kinds in self.kinds.items():
            directions = kinds & {"input", "output"}
            if bool(directions) != (name in ports) or len(directions) > 1:
                raise self.error(self.lines[name], f"{name!r} must be both a port and either an input or an output")
        for name in self.module.ports:
            kinds = self.kinds.get(name, set())
            if not kinds:
                raise self.error(self.module.line, f"port {name!r} is not declared")
            add = self.bits.add_input if "input" in kinds else self.bits.add_output
            for bit in self.names((name,), self.lines[name]):
                add(bit, self.lines[name])
        for name in self.scalars:
            match = _BIT_NAME.fullmatch(name) if name.endswith("]") else None
            if match and match[1] in self.vectors and _within(int(match[2]), self.vectors[match[1]]):
                raise self.error(self.lines[name], f"{name!r} is both a scalar and a bit of {match[1]!r}")

    def assign(self, target: Expression, value: Expression, line: int) -> None:
        targets, values = self.pair(target, value, line)
        for name, expression in zip(targets, values, strict=True):
            self.bits.drive(name, expression, line)

    def register(self, target: Expression, value: Expression, clock: str, line: int) -> None:
        targets, values = self.pair(target, value, line)
        for name, expression in zip(targets, values, strict=True):
            self.bits.add_flop(name, Flop(expression, clock, line))

    def initial(self, initial: Initial) -> None:
        targets, values = self.pair(initial.target, initial.value, initial.line)
        for name, expression in zip(targets, values, strict=True):
            item = expression[0]
            if type(item) is not Constant or len(expression) > 1:
                raise self.error(initial.line, f"the initial value of {name!r} must be a constant")
            flop = self.bits.flops.get(name)
            if flop is None:
                raise self.error(initial.line, f"{name!r} has an initial value but is no register")
            flop.reset = item.bits[0]

    def instance(self, instance: Instance) -> None:
        cell, line = instance.cell, instance.line
        if cell in PRIMITIVES:
            self.primitive(instance)
            return
        pins = dict(instance.pins)
        flip_flop = cell == FLIP_FLOP
        if not flip_flop and cell not in CELLS:
            raise self.error(line, f"cell {cell!r} is not one that we know")
        wanted = {"C", "D", "Q"} if flip_flop else {"Y", *(pin for pin in CELLS[cell] if isinstance(pin, str))}
        if set(pins) != wanted or len(pins) != len(instance.pins):
            raise self.error(line, f"cell {cell!r} must connect exactly the pins {', '.join(sorted(wanted))} by name")
        if flip_flop:
            clock = pins["C"]
            if len(clock) != 1 or not isinstance(clock[0], str):
                raise self.error(line, "the clock of a flip-flop must be a plain signal")
            self.register(pins["Q"], pins["D"], clock[0], line)
            return
        value: list[Item] = []
        for item in CELLS[cell]:
            if isinstance(item, str):
                value += pins[item]
            else:
                value.append(item)
        self.assign(pins["Y"], tuple(value), line)

    def primitive(self, gate: Instance) -> None:
        operation, inverted = PRIMITIVES[gate.cell]
        least = 2 if operation is None else 3
        if len(gate.pins) < least or (operation is None and len(gate.pins) > 2) or any(name for name, _ in gate.pins):
            raise self.error(gate.line, f"gate {gate.cell!r} must connect an output, then its inputs, by order")
        target, first, *others = (expression for _, expression in gate.pins)
        value = list(first)
        for other in others:
            value += [*other, operation] if operation else other
        self.assign(target, (*value, Op.NOT) if inverted else tuple(value), gate.line)

    def pair(self, target: Expression, value: Expression, line: int) -> tuple[Sequence[str], Sequence[Expression]]:
        """Both sides bit by bit, the least significant first."""
        first = target[0]
        if len(target) == 1 and type(first) is str and first in self.scalars:
            flat = self.flat(value, line)
            if flat is not None:
                return (first,), (flat,)
        targets = self.names(target, line)
        values = self.expand(value, line)
        if len(targets) != len(values):
            raise self.error(line, f"{len(values)} bits are assigned to {len(targets)}")
        return targets, values

    def flat(self, value: Expression, line: int) -> Expression | None:
        """The value as it is, if each operand is a single bit; quick, for netlists are full of those."""
        scalars = self.scalars
        selects = False
        for item in value:
            if type(item) is str:
                if item not in scalars:
                    return None
            elif type(item) is Select and item.msb == item.lsb:
                selects = True
            elif type(item) is not Op and (type(item) is not Constant or len(item.bits) != 1):
                return None
        if not selects:
            return value
        return tuple(self.expand((item,), line)[0][0] if type(item) is Select else item for item in value)

    def names(self, target: Expression, line: int) -> list[str]:
        """The bits on the left side of an assignment."""
        names: list[str] = []
        for expression in self.expand(target, line):
            if len(expression) != 1 or not isinstance(expression[0], str):
                raise self.error(line, "only signals, their bits and concatenations of them can be assigned")
            names.append(expression[0])
        return names

    def expand(self, expression: Expression, line: int) -> list[Expression]:
        """One expression for each bit."""
        stack: list[list[Expression]] = []
        for item in expression:
            if type(item) is str:
                stack.append(self.signal(item, None, line))
            elif type(item) is Select:
                stack.append(self.signal(item.name, (item.msb, item.lsb), line))
            elif type(item) is Constant:
                stack.append([(Constant((bit,)),) for bit in item.bits])
            elif type(item) is Concat:
                parts = stack[len(stack) - item.count :]
                del stack[len(stack) - item.count :]
                stack.append([bit for part in reversed(parts) for bit in part])
            elif item is Op.NOT:
                stack[-1] = [(*bit, Op.NOT) for bit in stack[-1]]
            else:
                right = stack.pop()
                left = stack.pop()
                if len(left) != len(right):
                    raise self.error(line, f"the operands of {item!r} have {len(left)} and {len(right)} bits")
                stack.append([(*a, *b, item) for a, b in zip(left, right, strict=True)])
            if len(stack[-1]) > 1:
                self.spend(sum(map(len, stack[-1])), line)
        return stack[0]

    def signal(self, name: str, selected: tuple[int, int] | None, line: int) -> list[Expression]:
        bounds = self.vectors.get(name)
        if bounds is None:
            if name not in self.scalars:
                raise self.error(line, f"{name!r} is not declared")
            if selected is not None:
                raise self.error(line, f"{name!r} has no bits to select")
            return [(name,)]
        msb, lsb = selected or bounds
        backwards = msb != lsb and (msb > lsb) != (bounds[0] > bounds[1])
        if backwards or not (_within(msb, bounds) and _within(lsb, bounds)):
            raise self.error(line, f"{name}[{msb}:{lsb}] is not within the bounds [{bounds[0]}:{bounds[1]}]")
        step = 1 if msb >= lsb else -1
        return [(f"{name}[{index}]",) for index in range(lsb, msb + step, step)]

    def spend(self, items: int, line: int) -> None:
        """Words must not grow into more bits than any netlist has."""
        self.items += items
        if self.items > _MOST_ITEMS:
            raise self.error(line, "vectors and expressions over vectors become too large")


def _within(index: int, bounds: tuple[int, int]) -> bool:
    return min(bounds) <= index <= max(bounds)
