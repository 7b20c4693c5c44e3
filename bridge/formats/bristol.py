"""The reader of Bristol Fashion: a circuit of XOR, AND, INV, EQ (a constant), EQW (a copy) and MAND (many ANDs) gates.

The first line counts gates and wires, the second and third the values of input and output and the bits of each; then
come the gates, each after those that it reads: `2 1 3 4 5 AND` has the inputs 3 and 4 and defines wire 5. The format
has no names: bit 2 of the first value is `in0[2]`, of the first result `out0[2]`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import element
from bridge.arrays import Ints
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats.bulk.read import BULK_BYTES

_MOST_UNREAD = 1 << 20  # inputs, which take no bytes
_BYTES_READ, _BYTES_DEFINED = 2, 6  # at least, of a wire that is read, and of a gate for each wire that it defines
_LONGEST = 1 << 22  # bytes of a line
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
    return _Reader(path, data).read(Path(path).stem)


class _Reader:
    """Reads line after line; `number` is that of the last one, `after` the byte behind it."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data
        self.number, self.after = 1, 0

    def error(self, message: str) -> InputError:
        return InputError(f"{self.path}:{self.number}: {message}")

    def lines(self) -> Iterator[list[str]]:
        """The words of those that are not empty, from here on."""
        start = self.after
        for number in count(self.number + (start > 0)):
            if start >= len(self.data):
                return
            end = self.data.find(b"\n", start) % (len(self.data) + 1)  # or where the file ends
            self.number, self.after = number, end + 1
            if end - start > _LONGEST:
                raise self.error(f"a line may have at most {_LONGEST:,} bytes")
            words = self.data[start:end].decode("ascii", "replace").split()
            if words:
                yield words
            start = end + 1

    def read(self, name: str) -> Aig:
        gates, wires, given, results = self._head()
        builder, values = _begun(name, wires, given)
        if len(self.data) < BULK_BYTES or not self._read_bulk(builder, values, gates):
            builder, values = _begun(name, wires, given)
            self._read_all(builder, values, gates)
        names = (element(f"out{v}", bit) for v, bits in enumerate(results) for bit in range(bits))
        for output, wire in zip(names, range(wires - sum(results), wires), strict=True):
            builder.output(output, self._value(values, wire))
        return builder.build().validate()

    def _read_bulk(self, builder: AigBuilder, values: Ints, gates: int) -> bool:
        """Whether all is as it should be."""
        from bridge.formats.bulk.bristol import read_gates  # compiled on a new machine

        return read_gates(builder, self.data, self.after, values) == gates and bool((values >= 0).all())

    def _read_all(self, builder: AigBuilder, values: Ints, gates: int) -> None:
        found = 0
        for words in self.lines():
            self._gate(builder, words, values)
            found += 1
        if found != gates:
            raise self.error(f"the first line says {gates:,} gates, but there are {found:,}")

    def _head(self) -> tuple[int, int, list[int], list[int]]:
        """Gates, wires, and the bits of every input and output value."""
        rows = [(self.number, words) for words in islice(self.lines(), _HEAD)]
        if len(rows) < _HEAD:
            self.number = 1
            raise self.error("a Bristol circuit begins with three lines: gates and wires, inputs, outputs")
        counts, given, results = (self._numbers(*row) for row in rows)
        for (number, _), (values, *bits) in zip(rows[1:], (given, results), strict=True):
            if values != len(bits):
                self.number = number
                raise self.error(f"{values} values, but the bits of {len(bits)}: is it of an older format?")
        after, self.number = self.number, rows[0][0]
        if len(counts) != 2:
            raise self.error("the first line must be the numbers of gates and of wires")
        (gates, wires), size, inputs = counts, len(self.data), sum(given[1:])
        fits = inputs <= min(wires, _MOST_UNREAD + size // _BYTES_READ) and sum(results[1:]) <= wires
        if not fits or wires - inputs > size // _BYTES_DEFINED:
            raise self.error(f"{wires:,} wires do not fit the inputs and outputs, or a file of {size:,} bytes")
        self.number = after
        return gates, wires, given[1:], results[1:]

    def _numbers(self, number: int, words: Sequence[str]) -> list[int]:
        self.number = number
        if not all(word.isascii() and word.isdigit() and len(word) < 19 for word in words):
            raise self.error("expected numbers with blanks between them")
        return [int(word) for word in words]

    def _gate(self, builder: AigBuilder, words: list[str], values: Ints) -> None:
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
            if wire >= len(values) or values[wire] >= 0:
                why = "is defined twice" if wire < len(values) else f"is beyond the {len(values):,} of the first line"
                raise self.error(f"wire {wire} {why}")
            values[wire] = literal

    def _value(self, values: Ints, wire: int) -> int:
        if wire >= len(values) or values[wire] < 0:
            raise self.error(f"wire {wire} is read before it is defined")
        return int(values[wire])


def _begun(name: str, wires: int, given: Sequence[int]) -> tuple[AigBuilder, Ints]:
    """A builder with the inputs, and the literals of all wires, int64[wires], -1 for those to be defined."""
    builder, values = AigBuilder(name, wires + 1), np.full(wires, -1, np.int64)
    literals = builder.inputs(element(f"in{v}", bit) for v, bits in enumerate(given) for bit in range(bits))
    values[: len(literals)] = literals
    return builder, values
