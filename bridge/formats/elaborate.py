"""A netlist of named bits -> an Aig: the one elaborator behind the Verilog and BLIF readers.

Every AND of the file becomes one node, in the order of the file as far as fanins allow; OR is one node, XOR three,
`?:` three, or one where a branch is constant; a truth table few, folded and shared within it. Nothing else is folded or
shared, so that the counts are those of the file, and reading our own output gives back the Aig.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.aig import Aig, Latch, Output
from bridge.errors import InputError
from bridge.formats.annotation import Annotation, restored
from bridge.formats.bits import Bits, held, is_named
from bridge.formats.constants import Constant
from bridge.formats.statements import Expression, Op, Table

_SHOWN = 5
# What has no value, and what is computed from it: harmless where nothing reads it, as in what Yosys flattens.
_UNKNOWN, _CLOCK = -1, -2
_NO_LOGIC = "x and z have no place in logic; give them a value, as `setundef -zero` of Yosys does"


def elaborate(bits: Bits, annotation: Annotation) -> Aig:
    """The validated Aig. InputError with the line for undriven signals, cycles, and clocks used as data."""
    elaborator = _Elaborator(bits)
    elaborator.drive_all()
    return finished(elaborator.aig(), annotation, elaborator.literals, bits.path)


def finished(aig: Aig, annotation: Annotation, literals: Mapping[str, int], path: str) -> Aig:
    """The validated netlist, with what the annotation of the file says; literals: of every signal in the file."""
    try:
        return restored(aig, annotation, literals).validate()
    except InputError as error:
        where = f":{annotation.line}" if annotation.line else ""
        raise InputError(f"{path}{where}: {error}") from error


class _Elaborator:
    def __init__(self, bits: Bits) -> None:
        self.bits = bits
        self.clock = _clock(bits)
        self.inputs = [name for name in bits.inputs if name != self.clock]
        flops = [name if flop.seen is None else held(name) for name, flop in bits.flops.items()]
        leaves = [*self.inputs, *flops]
        self.literals = {name: 2 * variable for variable, name in enumerate(leaves, 1)}
        self.first_and = 1 + len(leaves)
        self.ands: list[tuple[int, int]] = []
        # Why a literal below _CLOCK has no value: where it was first computed with, or read.
        self.reasons: list[InputError] = []
        if self.clock is not None:
            self.literals[self.clock] = _CLOCK

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
                    if below not in drivers:
                        literals[below] = self.undriven(below, line)
                    elif below in opened:
                        self.cycle([name for name in stack[stack.index(below) :] if name in opened], line)
                    else:
                        stack.append(below)

    def cycle(self, names: list[str], line: int) -> None:
        shown = [name for name in names if is_named(name)][-_SHOWN:]
        raise self.bits.error(line, f"combinational cycle through {', '.join(map(repr, shown))}")

    def undriven(self, name: str, line: int) -> int:
        return self.without_value(f"signal {name!r} is read but nothing drives it", line)

    def without_value(self, why: str, line: int) -> int:
        self.reasons.append(self.bits.error(line, why))
        return _CLOCK - len(self.reasons)

    def literal(self, expression: Expression, line: int) -> int:
        """What an output or a latch reads."""
        for item in expression:
            if type(item) is str and item not in self.literals:
                self.literals[item] = self.undriven(item, line)
        value = self.computed_with(self.evaluate(expression, line), line)
        if value < 0:
            raise self.reasons[_CLOCK - 1 - value]
        return value

    def computed_with(self, value: int, line: int) -> int:
        """A literal, with the reason if it has no value."""
        if value == _UNKNOWN:
            return self.without_value(_NO_LOGIC, line)
        if value == _CLOCK:
            return self.without_value(f"the clock {self.clock!r} is used as data", line)
        return value

    def evaluate(self, expression: Expression, line: int) -> int:
        """The literal of an expression whose signals all have theirs."""
        literals = self.literals
        stack: list[int] = []
        for item in expression:
            if type(item) is str:
                stack.append(literals[item])
            elif item is Op.NOT:
                if stack[-1] >= 0:
                    stack[-1] ^= 1
            elif type(item) is Constant:
                stack.append(_UNKNOWN if item.bits[0] is None else item.bits[0])
            elif type(item) is Table:
                operands = [stack.pop() for _ in range(item.count)][::-1]
                stack.append(self.table(item, operands, line))
            else:
                b = stack.pop()
                a = stack.pop()
                if item is Op.MUX:
                    stack[-1] = self.choose(stack[-1], a, b, line)
                elif a < 0 or b < 0:
                    stack.append(self.computed_with(min(a, b), line))
                elif item is Op.AND:
                    stack.append(self.and_(a, b))
                elif item is Op.OR:
                    stack.append(self.and_(a ^ 1, b ^ 1) ^ 1)
                else:
                    stack.append(self.and_(self.and_(a, b) ^ 1, self.and_(a ^ 1, b ^ 1) ^ 1))
        return stack[0]

    def table(self, table: Table, inputs: list[int], line: int) -> int:
        if min(inputs) < 0:
            return self.computed_with(min(inputs), line)
        from bridge.formats.tables import ands_of  # compiled code, which few files need

        literal, ands = ands_of(table.rows, inputs, self.first_and + len(self.ands))
        self.ands += ands
        return literal

    def choose(self, condition: int, then: int, otherwise: int, line: int) -> int:
        if condition in (0, 1) or then == otherwise:
            return then if condition else otherwise
        if min(condition, then, otherwise) < 0:
            return self.computed_with(min(condition, then, otherwise), line)
        if then < 2 and otherwise < 2:
            return condition ^ otherwise
        if then < 2:
            return self.and_(condition ^ 1, otherwise ^ then) ^ then
        if otherwise < 2:
            return self.and_(condition, then ^ otherwise) ^ otherwise
        return self.and_(self.and_(condition, then) ^ 1, self.and_(condition ^ 1, otherwise) ^ 1) ^ 1

    def and_(self, a: int, b: int) -> int:
        self.ands.append((a, b) if a >= b else (b, a))
        return 2 * (self.first_and + len(self.ands) - 1)


def _clock(bits: Bits) -> str | None:
    """The input whose rising, or else falling, edge clocks every flop."""
    clocks: dict[str, tuple[bool, int]] = {}
    for flop in bits.flops.values():
        if flop.clock is None:
            continue
        first, *others = flop.clock
        plain = type(first) is str and all(item is Op.NOT for item in others)
        name, inverted = bits.source(first) if plain and type(first) is str else ("", False)
        if name not in bits.inputs:
            what = f"the clock {name!r}" if name and is_named(name) else "a clock"
            raise bits.error(flop.line, f"{what} is not an input; clocks made by logic cannot be read")
        inverted ^= bool(len(others) % 2)
        if clocks.setdefault(name, (inverted, flop.line))[0] != inverted:
            raise bits.error(flop.line, f"both edges of the clock {name!r} are used; an Aig has only one")
    if len(clocks) > 1:
        first, second = list(clocks)[:2]
        raise bits.error(clocks[second][1], f"two clocks, {first!r} and {second!r}; an Aig has only one")
    return next(iter(clocks), None)
