"""What the numbers of a netlist say: which symbol or class is likeliest, by how much, and what one costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bridge.aig import Aig
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import Bit
from bridge.arrays import Floats, Ints, Words
from bridge.errors import InputError
from bridge.execution.machines.streams import unpack_numbers
from bridge.execution.models import number_bits
from bridge.metadata import read_metadata
from bridge.printable import in_quotes
from bridge.readout import Labelled, Readout


@dataclass(frozen=True, eq=False)
class Head:
    """`aig`: with all numbers in one step; `numbers`: the bits of each; one of `readout` (of text) and `labelled` (of
    classes) is there. A symbol is told by its rank: its place among `readout.symbols` or `labelled.labels`."""

    aig: Aig
    numbers: tuple[tuple[Bit, ...], ...]
    readout: Readout | None
    labelled: Labelled | None

    @staticmethod
    def of(aig: Aig, names: Iterable[str] = ()) -> Head:
        """names: see `asked_at_once`. InputError when it is no text model and gives no scores either."""
        aig = asked_at_once(aig, names)
        facts = read_metadata(aig)
        if facts.readout is None and facts.scores is None:
            raise InputError(f"netlist {aig.name!r} does not say in its comment what its numbers are")
        called = facts.readout.names(serial=False) if facts.readout else facts.scores.names if facts.scores else []
        numbers = tuple(tuple(Bit(bit.name, bit.literal) for bit in bits) for bits in number_bits(aig, called))
        return Head(aig, numbers, facts.readout, None if facts.readout else facts.scores)

    @property
    def bits(self) -> tuple[Bit, ...]:
        """Of all numbers, side by side."""
        return tuple(bit for bits in self.numbers for bit in bits)

    @cached_property
    def ends(self) -> Ints:
        """int64[numbers]: where the bits of each end."""
        return np.cumsum([len(bits) for bits in self.numbers])

    @property
    def symbols(self) -> int:
        """How many there are."""
        return len(self.readout.symbols) if self.readout else len(self.numbers)

    def shown(self, rank: int) -> str:
        """A symbol as its character in quotes, a class as its label."""
        if self.readout:
            return in_quotes(bytes([self.readout.symbols[rank]]))
        return self.labelled.labels[rank] if self.labelled else ""

    def rank(self, symbol: str | int | bytes) -> int:
        """Of a byte, its number or character; of a class, its label. InputError for what is none."""
        if self.readout is None:
            assert self.labelled is not None
            if symbol not in self.labelled.labels:
                raise InputError(f"there is no class {symbol!r}; the classes are {', '.join(self.labelled.labels)}")
            return self.labelled.labels.index(str(symbol))
        byte = _byte(symbol)
        if byte not in list(self.readout.symbols):
            known = repr(bytes(self.readout.symbols))[1:]
            raise InputError(f"{symbol!r} is no symbol of this model, which knows {known}")
        return self.readout.symbols.index(byte)

    def unpacked(self, outputs: Words, streams: int) -> Ints:
        """uint64[bits, W] -> int64[streams, numbers]."""
        found: Ints = unpack_numbers(np.ascontiguousarray(outputs)[None], self.ends, streams)[0]
        return found

    def worths(self, numbers: Ints) -> Ints:
        """int64[n, numbers] -> int64[n, symbols]: the larger, the likelier: logits or scores as they are; with a code
        tree minus code lengths in its fixed point."""
        return numbers if self.readout is None else self.readout.logits(numbers)

    @property
    def unit(self) -> tuple[str, float]:
        """What a worth of 1 is: in words, and in nats (classes: in the scale of the head)."""
        if self.readout is None:
            return "units of the scores", self.labelled.scale if self.labelled else 1.0
        if self.readout.code is None:
            return "units of the logits", self.readout.scale
        return "units of the fixed point", self.readout.fixed.unit

    def costs(self, numbers: Ints, truth: int) -> Floats:
        """float64[n], bits: the code length of a byte; of text alone."""
        assert self.readout is not None
        return self.readout.code_lengths(numbers, np.full(len(numbers), truth, np.uint8))


def _byte(symbol: str | int | bytes) -> int:
    """-1 for what is none."""
    if isinstance(symbol, int):
        return symbol
    if len(symbol) == 1:
        return ord(symbol)
    escaped = {"\\n": 10, "\\t": 9, "\\r": 13, "\\\\": 92}.get(str(symbol), -1)
    return escaped if escaped >= 0 or not str(symbol).isdecimal() else int(symbol)
