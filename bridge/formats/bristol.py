"""The reader of Bristol Fashion: a circuit of XOR, AND, INV, EQ (a constant), EQW (a copy) and MAND (many ANDs) gates.

The first line counts gates and wires, the second and third the values of input and output and the bits of each; then
come the gates, each after those that it reads: `2 1 3 4 5 AND` has the inputs 3 and 4 and defines wire 5. The format
has no names: bit 2 of the first value is `in0[2]`, of the first result `out0[2]`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import element
from bridge.errors import InputError
from bridge.files import read_bytes

_MOST_UNREAD = 1 << 20  # inputs, which take no bytes
_HEAD = 3
_Gate = Callable[[AigBuilder, Sequence[int]], list[int]]

# Operands and results of each kind; of MAND, which has any number, none.
_KINDS: Mapping[str, tuple[int, _Gate]] = {
    "XOR": (2, lambda builder, of: [builder.xor(*of)]),
    "AND": (2, lambda builder, of: [builder.and_(*of)]),
    "INV": (1, lambda builder, of: [of[0] ^ 1]),
    "EQW": (1, lambda builder, of: [of[0]]),
    "EQ": (1, lambda builder, of: [of[0]]),
    "MAND": (0, lambda builder, of: [*map(builder.and_, of[: len(of) // 2], of[len(of) // 2 :])]),
}


def read_bristol(path: str | os.PathLike[str]) -> Aig:
    """Read a circuit as a netlist without latches. InputError with path and line for what is malformed."""
    return parse_bristol(read_bytes(path, "a Bristol circuit"), os.fspath(path))


def parse_bristol(data: bytes, path: str) -> Aig:
    """The netlist in these bytes; `path` is for error messages."""
    lines = [(number, line.split()) for number, line in enumerate(data.decode("ascii", "replace").split("\n"), 1)]
    reader = _Reader(path, [line for line in lines if line[1]], len(data))
    return reader.read(Path(path).stem)


class _Reader:
    """Reads line after line; `number` is that of the last one."""

    def __init__(self, path: str, lines: Sequence[tuple[int, list[str]]], size: int) -> None:
        self.path, self.lines, self.size = path, lines, size
        self.number = 1

    def error(self, message: str) -> InputError:
        return InputError(f"{self.path}:{self.number}: {message}")

    def read(self, name: str) -> Aig:
        gates, wires, given, results = self._head()
        builder = AigBuilder(name)
        literals = builder.inputs(element(f"in{v}", bit) for v, bits in enumerate(given) for bit in range(bits))
        values: dict[int, int] = dict(enumerate(literals))
        for number, words in self.lines[_HEAD:]:
            self.number = number
            self._gate(builder, words, values, wires)
        if len(self.lines) - _HEAD != gates:
            raise self.error(f"the first line says {gates:,} gates, but there are {len(self.lines) - _HEAD:,}")
        ends = range(wires - sum(results), wires)
        names = (element(f"out{v}", bit) for v, bits in enumerate(results) for bit in range(bits))
        for output, wire in zip(names, ends, strict=True):
            builder.output(output, self._value(values, wire))
        return builder.build().validate()

    def _head(self) -> tuple[int, int, list[int], list[int]]:
        """Gates, wires, and the bits of every input and output value."""
        if len(self.lines) < _HEAD:
            raise self.error("a Bristol circuit begins with three lines: gates and wires, inputs, outputs")
        counts, given, results = (self._numbers(*line) for line in self.lines[:_HEAD])
        for line, (count, *bits) in zip(self.lines[1:_HEAD], (given, results), strict=True):
            if count != len(bits):
                self.number = line[0]
                raise self.error(f"{count} values, but the bits of {len(bits)}: is it of an older format?")
        self.number = self.lines[0][0]
        if len(counts) != 2:
            raise self.error("the first line must be the numbers of gates and of wires")
        gates, wires = counts
        if wires > _MOST_UNREAD + self.size or max(sum(given[1:]), sum(results[1:])) > wires:
            raise self.error(f"{wires:,} wires do not fit the inputs and outputs, or a file of {self.size:,} bytes")
        return gates, wires, given[1:], results[1:]

    def _numbers(self, number: int, words: Sequence[str]) -> list[int]:
        self.number = number
        if not all(word.isascii() and word.isdigit() and len(word) < 19 for word in words):
            raise self.error("expected numbers with blanks between them")
        return [int(word) for word in words]

    def _gate(self, builder: AigBuilder, words: list[str], values: dict[int, int], wires: int) -> None:
        kind, numbers = words[-1], self._numbers(self.number, words[:-1])
        if kind not in _KINDS:
            raise self.error(f"no gate {kind[:20]!r}; known are {', '.join(_KINDS)}")
        arity, make = _KINDS[kind]
        shape = tuple(numbers[:2])
        if len(numbers) != 2 + sum(shape) or shape != ((arity, 1) if arity else (2 * shape[-1], shape[-1])):
            raise self.error(f"a gate {kind} is its numbers of inputs and outputs, their wires and its name")
        inputs, outputs = numbers[2 : 2 + shape[0]], numbers[2 + shape[0] :]
        if kind == "EQ" and inputs[0] > 1:
            raise self.error(f"EQ gives a wire the value 0 or 1, not {inputs[0]}")
        operands = inputs if kind == "EQ" else [self._value(values, wire) for wire in inputs]
        for wire, literal in zip(outputs, make(builder, operands), strict=True):
            if wire in values or wire >= wires:
                why = "is defined twice" if wire in values else f"is beyond the {wires:,} of the first line"
                raise self.error(f"wire {wire} {why}")
            values[wire] = literal

    def _value(self, values: Mapping[int, int], wire: int) -> int:
        if wire not in values:
            raise self.error(f"wire {wire} is read before it is defined")
        return values[wire]
