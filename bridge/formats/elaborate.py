"""A netlist of named bits -> an Aig: the one elaborator behind the Verilog and BLIF readers.

Every AND of the file becomes one node, in the order of the file as far as fanins allow; OR is one node, XOR three.
Nothing is folded or shared, so that the counts are those of the file, and reading our own output gives back the Aig.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bridge.aig import Aig, Latch, Output, Reset
from bridge.errors import InputError
from bridge.formats.annotation import Annotation, restored
from bridge.formats.statements import Constant, Expression, Op

_SHOWN = 5
# Stands for x and z, and so does its complement: Yosys drives wires with them that nothing reads.
_UNKNOWN = -1
_NO_LOGIC = "x and z have no place in logic"


@dataclass
class Flop:
    """One state bit: its next value, and the signal that clocks it (None where the format leaves that open)."""

    value: Expression
    clock: str | None
    line: int
    reset: Reset = None


@dataclass
class Bits:
    """A netlist of single bits. inputs, outputs: name -> line; drivers: name -> (expression over names, line)."""

    path: str
    name: str = ""
    inputs: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    drivers: dict[str, tuple[Expression, int]] = field(default_factory=dict)
    flops: dict[str, Flop] = field(default_factory=dict)

    def error(self, line: int, message: str) -> InputError:
        return InputError(f"{self.path}:{line}: {message}")

    def add_input(self, name: str, line: int) -> None:
        self._undriven(name, line)
        self.inputs[name] = line

    def add_output(self, name: str, line: int) -> None:
        if name in self.outputs:
            raise self.error(line, f"output {name!r} is declared twice")
        self.outputs[name] = line

    def drive(self, name: str, value: Expression, line: int) -> None:
        self._undriven(name, line)
        self.drivers[name] = value, line

    def add_flop(self, name: str, flop: Flop) -> None:
        self._undriven(name, flop.line)
        self.flops[name] = flop

    def _undriven(self, name: str, line: int) -> None:
        if name in self.drivers or name in self.inputs or name in self.flops:
            raise self.error(line, f"signal {name!r} has more than one driver")


def elaborate(bits: Bits, annotation: Annotation) -> Aig:
    """The validated Aig. InputError with the line for undriven signals, cycles, and clocks used as data."""
    elaborator = _Elaborator(bits)
    elaborator.drive_all()
    aig = elaborator.aig()
    try:
        return restored(aig, annotation, elaborator.literals).validate()
    except InputError as error:
        where = f":{annotation.line}" if annotation.line else ""
        raise InputError(f"{bits.path}{where}: {error}") from error


class _Elaborator:
    def __init__(self, bits: Bits) -> None:
        self.bits = bits
        self.clock = _clock(bits)
        self.inputs = [name for name in bits.inputs if name != self.clock]
        leaves = [*self.inputs, *bits.flops]
        self.literals = {name: 2 * variable for variable, name in enumerate(leaves, 1)}
        self.first_and = 1 + len(leaves)
        self.ands: list[tuple[int, int]] = []

    def aig(self) -> Aig:
        bits = self.bits
        following = [self.literal(flop.value, flop.line) for flop in bits.flops.values()]
        resets = [flop.reset for flop in bits.flops.values()]
        outputs = tuple(Output(name, self.literal((name,), line)) for name, line in bits.outputs.items())
        return Aig(
            inputs=tuple(self.inputs),
            latches=tuple(map(Latch, bits.flops, following, resets)),
            ands=np.array(self.ands, np.uint32).reshape(-1, 2),
            outputs=outputs,
            name=bits.name,
        )

    def drive_all(self) -> None:
        """Evaluate every driver, those it reads first."""
        literals, drivers = self.literals, self.bits.drivers
        opened: set[str] = set()
        for root in drivers:
            stack = [root]
            while stack:
                name = stack[-1]
                if name in literals:
                    stack.pop()
                    continue
                expression, line = drivers[name]
                missing = [item for item in expression if type(item) is str and item not in literals]
                if not missing:
                    literals[name] = self.evaluate(expression, line)
                    stack.pop()
                    continue
                opened.add(name)
                for below in reversed(missing):
                    self.require(below, line)
                    if below in opened:
                        cycle = [name for name in stack[stack.index(below) :] if name in opened][-_SHOWN:]
                        raise self.bits.error(line, f"combinational cycle through {', '.join(map(repr, cycle))}")
                    stack.append(below)

    def literal(self, expression: Expression, line: int) -> int:
        """What an output or a latch reads."""
        for item in expression:
            if type(item) is str and item not in self.literals:
                self.require(item, line)
        value = self.evaluate(expression, line)
        if value < 0:
            raise self.bits.error(line, _NO_LOGIC)
        return value

    def require(self, name: str, line: int) -> None:
        if name == self.clock:
            raise self.bits.error(line, f"the clock {name!r} is used as data")
        if name not in self.bits.drivers:
            raise self.bits.error(line, f"signal {name!r} is read but nothing drives it")

    def evaluate(self, expression: Expression, line: int) -> int:
        """The literal of an expression whose signals all have theirs."""
        literals = self.literals
        stack: list[int] = []
        for item in expression:
            if type(item) is str:
                stack.append(literals[item])
            elif item is Op.NOT:
                stack[-1] ^= 1
            elif type(item) is Constant:
                stack.append(_UNKNOWN if item.bits[0] is None else item.bits[0])
            else:
                b = stack.pop()
                a = stack[-1]
                if a < 0 or b < 0:
                    raise self.bits.error(line, _NO_LOGIC)
                if item is Op.AND:
                    stack[-1] = self.and_(a, b)
                elif item is Op.OR:
                    stack[-1] = self.and_(a ^ 1, b ^ 1) ^ 1
                else:
                    stack[-1] = self.and_(self.and_(a, b) ^ 1, self.and_(a ^ 1, b ^ 1) ^ 1)
        return stack[0]

    def and_(self, a: int, b: int) -> int:
        self.ands.append((a, b) if a >= b else (b, a))
        return 2 * (self.first_and + len(self.ands) - 1)


def _clock(bits: Bits) -> str | None:
    clocks = {flop.clock: flop.line for flop in bits.flops.values() if flop.clock is not None}
    if len(clocks) > 1:
        first, second = list(clocks)[:2]
        raise bits.error(clocks[second], f"two clocks, {first!r} and {second!r}; an Aig has only one")
    for clock, line in clocks.items():
        if clock not in bits.inputs:
            raise bits.error(line, f"the clock {clock!r} is not an input")
    return next(iter(clocks), None)
