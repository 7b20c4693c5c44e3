"""A netlist of named single bits: what the Verilog and BLIF readers make, and `elaborate` turns into an Aig."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.aig import Reset
from bridge.errors import InputError
from bridge.formats.constants import ONE, ZERO
from bridge.formats.statements import Expression, Op

# A bound on what a few bytes of words or of hierarchy may become: bits, and 64 characters of names count as much.
_MOST_ITEMS = 1 << 21
_MOST_ITEMS_PER_BYTE = 8
_LONGEST_MESSAGE = 1000
# Longer expressions get a name of their own, so that using them twice costs nothing.
_LONGEST = 24
# Names of files have no such character.
_NAMELESS = "\0"


@dataclass
class Flop:
    """One state bit.

    value: its next value. clock: what clocks it at the rising edge, None where the format leaves that open.
    seen: what its readers see where that is not the bit itself, over `held(name)`: an asynchronous reset.
    """

    value: Expression
    clock: Expression | None
    line: int
    reset: Reset = None
    seen: Expression | None = None


@dataclass
class Bits:
    """inputs, outputs: name -> line; drivers: name -> (expression over names, line). size: of the file in bytes."""

    path: str
    size: int = 0
    name: str = ""
    inputs: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    drivers: dict[str, tuple[Expression, int]] = field(default_factory=dict)
    flops: dict[str, Flop] = field(default_factory=dict)
    spent: int = 0
    sources: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def error(self, line: int, message: str) -> InputError:
        shown = message if len(message) < _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
        return InputError(f"{self.path}:{line}: {shown}")

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
        if flop.seen == (held(name),):
            flop.seen = None
        if flop.seen is not None:
            self.drivers[name] = flop.seen, flop.line

    def start(self, name: str, reset: Reset, line: int) -> None:
        """The initial value of a flop, which may be given more than once; None says nothing."""
        flop = self.flops[name]
        if reset is not None and flop.reset not in (None, reset):
            raise self.error(line, f"register {name!r} has two initial values, {flop.reset} and {reset}")
        if reset is not None:
            flop.reset = reset

    def shared(self, value: Expression, line: int) -> Expression:
        """The value, under a name of its own if it is more than a signal or its inverse."""
        return self.wire(value, line, longest=2)

    def wire(self, value: Expression, line: int, longest: int = _LONGEST) -> Expression:
        """The value, under a name of its own if it is long."""
        if len(value) <= longest:
            return value
        self.spend(1, line)
        name = f"{_NAMELESS}{len(self.drivers)}"
        self.drivers[name] = value, line
        return (name,)

    def source(self, name: str) -> tuple[str, bool]:
        """(the signal that this one is an alias of, whether inverted), through wires, buffers and inverters."""
        passed: dict[str, bool] = {}
        while name not in self.sources:
            first, *others = self.drivers[name][0] if name in self.drivers else (ZERO,)
            if type(first) is not str or name in passed or any(item is not Op.NOT for item in others):
                self.sources[name] = name, False
                break
            passed[name] = bool(len(others) % 2)
            name = first
        root, inverted = self.sources[name]
        for below in reversed(passed):
            inverted ^= passed[below]
            self.sources[below] = root, inverted
        return root, inverted

    @property
    def most(self) -> int:
        return _MOST_ITEMS + _MOST_ITEMS_PER_BYTE * self.size

    def spend(self, items: int, line: int) -> None:
        """Words and hierarchies must not grow into more bits than any netlist has."""
        self.spent += items
        if self.spent > self.most:
            raise self.error(line, f"vectors and copies of modules become too large: more than {self.most:,} bits")

    def is_driven(self, name: str) -> bool:
        return name in self.drivers or name in self.inputs or name in self.flops

    def _undriven(self, name: str, line: int) -> None:
        if self.is_driven(name):
            raise self.error(line, f"signal {name!r} has more than one driver")


def held(flop: str) -> str:
    """The name of what a flop holds, where its readers see something else."""
    return f"{flop}{_NAMELESS}"


def is_named(name: str) -> bool:
    """Whether the file has a signal of this name."""
    return _NAMELESS not in name


def choose(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    """condition ? then : otherwise."""
    if then == otherwise or condition == (ONE,):
        return then
    if condition == (ZERO,):
        return otherwise
    return (*condition, *then, *otherwise, Op.MUX)
