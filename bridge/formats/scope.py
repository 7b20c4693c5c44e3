"""The signals of one copy of a module: what is declared, how wide, and what their bits are called in the netlist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from bridge.formats.bits import Bits
from bridge.formats.constants import WIDEST
from bridge.formats.statements import Assign, Declaration, Instance, Item, Module, Select

_BIT_NAME = re.compile(r"(.*)\[(-?\d{1,9})\]", re.DOTALL)


class Scope:
    """Bit i of a vector `v` is called `v[i]`, with the prefix of the copy before it."""

    def __init__(self, module: Module, bits: Bits, prefix: str) -> None:
        self.module = module
        self.bits = bits
        self.prefix = prefix
        self.kinds: dict[str, set[str]] = {}
        self.lines: dict[str, int] = {}
        self.scalars: set[str] = set()
        self.vectors: dict[str, tuple[int, int]] = {}
        self.signed: set[str] = set()
        for statement in module.statements:
            if type(statement) is Declaration:
                self.declare(statement)
        if module.implicit:
            self.scalars.update(name for name in self.undeclared() if not self.is_declared(name))
        if prefix:
            bits.spend(sum(self.cost(name) for name in self.scalars), module.line)
        self.check()

    def cost(self, name: str) -> int:
        """Of one bit of that name."""
        return 1 + (len(self.prefix) + len(name)) // 64

    def is_declared(self, name: str) -> bool:
        return name in self.scalars or name in self.vectors

    def declare(self, declaration: Declaration) -> None:
        name, bounds, line = declaration.name, declaration.bounds, declaration.line
        kinds = self.kinds.setdefault(name, set())
        if declaration.kind in kinds:
            raise self.bits.error(line, f"{name!r} is declared twice")
        kinds.add(declaration.kind)
        self.lines.setdefault(name, line)
        if declaration.signed:
            self.signed.add(name)
        if self.is_declared(name):
            if self.vectors.get(name) != bounds:
                raise self.bits.error(line, f"{name!r} is declared again with another width")
        elif bounds is None:
            self.scalars.add(name)
        else:
            width = abs(bounds[0] - bounds[1]) + 1
            if width > WIDEST:
                raise self.bits.error(line, f"{name!r} has more than {WIDEST} bits")
            self.vectors[name] = bounds
            self.bits.spend(width * self.cost(name), line)

    def undeclared(self) -> Iterator[str]:
        """Names that Verilog makes wires of: whole signals on pins and on the left of an assignment."""
        for statement in self.module.statements:
            if type(statement) is Assign:
                yield from (item for item in statement.target if type(item) is str)
            elif type(statement) is Instance:
                items = chain.from_iterable(value for _, value in statement.pins if value is not None)
                yield from (item for item in items if type(item) is str)

    def check(self) -> None:
        """Ports have a direction; no scalar may be called like a bit of a vector."""
        module = self.module
        ports = set(module.ports)
        if len(ports) != len(module.ports):
            raise self.bits.error(module.line, "a port is listed twice")
        for name, kinds in self.kinds.items():
            directions = kinds & {"input", "output"}
            if bool(directions) != (name in ports) or len(directions) > 1:
                why = f"{name!r} must be both a port and either an input or an output"
                raise self.bits.error(self.lines[name], why)
        for name in module.ports:
            if name not in self.kinds:
                raise self.bits.error(module.line, f"port {name!r} is not declared")
        for name in self.scalars:
            match = _BIT_NAME.fullmatch(name) if name.endswith("]") else None
            if match and match[1] in self.vectors and _within(int(match[2]), self.vectors[match[1]]):
                line = self.lines.get(name, module.line)
                raise self.bits.error(line, f"{name!r} is both a scalar and a bit of {match[1]!r}")

    def direction(self, port: str) -> str:
        return "input" if "input" in self.kinds[port] else "output"

    def names(self, item: str | Select, line: int) -> list[str]:
        """The bits of a signal or of a part of it, the least significant first."""
        name = item if isinstance(item, str) else item.name
        bounds = self.vectors.get(name)
        if bounds is None:
            if name not in self.scalars:
                raise self.bits.error(line, f"{name!r} is not declared")
            if isinstance(item, Select):
                raise self.bits.error(line, f"{name!r} has no bits to select")
            return [self.prefix + name]
        msb, lsb = (item.msb, item.lsb) if isinstance(item, Select) else bounds
        backwards = msb != lsb and (msb > lsb) != (bounds[0] > bounds[1])
        if backwards or not (_within(msb, bounds) and _within(lsb, bounds)):
            raise self.bits.error(line, f"{name}[{msb}:{lsb}] is not within the bounds [{bounds[0]}:{bounds[1]}]")
        if msb != lsb:
            self.bits.spend((abs(msb - lsb) + 1) * self.cost(name), line)
        step = 1 if msb >= lsb else -1
        return [f"{self.prefix}{name}[{index}]" for index in range(lsb, msb + step, step)]

    def bit(self, item: str | Select, line: int) -> str | None:
        """The name of what is a single bit, else None; quick, for netlists are full of those."""
        if type(item) is str:
            return self.prefix + item if item in self.scalars else None
        return self.names(item, line)[0] if type(item) is Select and item.msb == item.lsb else None

    def is_signed(self, item: Item) -> bool:
        return type(item) is str and item in self.signed


def _within(index: int, bounds: tuple[int, int]) -> bool:
    return min(bounds) <= index <= max(bounds)
