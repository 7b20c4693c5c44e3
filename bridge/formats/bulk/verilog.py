"""Large Verilog files: one module of scalars, plain gates and registers of one clock.

What stands there a million times is read by `verilog_statements`; the header and the registers are few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import numpy as np

from bridge.aig import Aig
from bridge.formats.annotation import find_annotation
from bridge.formats.bulk.gates import Gates, drive, empty_gates, nameless
from bridge.formats.bulk.netlist import Ports, check_plain, netlist, number_of, text_of
from bridge.formats.bulk.read import NotBulk
from bridge.formats.bulk.verilog_statements import (
    INPUT,
    OUTPUT,
    STARTS_AT_0,
    STARTS_AT_1,
    attribute,
    expression,
    name,
    skip,
    statements,
)
from bridge.formats.keywords import KEYWORDS

_MORE = re.compile(rb"[\w$]")
_CONSTANT = re.compile(rb"1'[bh][01](?![\w$])")


def read(data: bytes, path: str) -> Aig:
    """The netlist in these bytes. NotBulk or InputError for what the full reader must look at."""
    check_plain(data)
    # Each name of a netlist stands in a list, or is driven by a statement.
    gates = empty_gates(data, data.count(b";") * 2 + data.count(b","), len(data))
    reader = _Reader(gates, data)
    reader.header()
    while not reader.ended:
        at, fine = statements(gates, reader.at)
        if not fine:
            raise NotBulk
        reader.at = int(at)
        reader.statement()
    if reader.at < len(data) or any(number_of(gates, word) for word in KEYWORDS):
        raise NotBulk
    return netlist(gates, reader.ports(), reader.module, find_annotation(data, path), path)


class _Reader:
    def __init__(self, gates: Gates, data: bytes) -> None:
        self.gates = gates
        self.data = data
        self.at = int(skip(gates, 0))
        self.module = ""
        self.header_names: list[int] = []
        self.flops: dict[int, int] = {}
        self.clocks: set[tuple[bool, int]] = set()
        self.starts: dict[int, Literal[0, 1]] = {}
        self.ended = False

    def ports(self) -> Ports:
        """NotBulk where the header, the declarations and the registers do not fit."""
        marks, names = self.gates.marks, self.header_names
        directions = marks & (INPUT | OUTPUT)
        inputs = [number for number in names if directions[number] == INPUT]
        outputs = [number for number in names if directions[number] == OUTPUT]
        counts = len(set(names)), len(inputs) + len(outputs), (directions > 0).sum()
        if any(count != len(names) for count in counts) or not all(marks[[*self.flops]]):
            raise NotBulk
        clock = next(iter(self.clocks))[1] if self.clocks else 0
        marked: list[tuple[int, Literal[0, 1]]] = [(STARTS_AT_0, 0), (STARTS_AT_1, 1)]
        for mark, start in marked:
            declared = np.flatnonzero(marks & mark).tolist()
            if self.starts.keys() & declared:
                raise NotBulk
            self.starts |= dict.fromkeys(declared, start)
        if len(self.clocks) > 1 or clock not in (0, *inputs) or self.starts.keys() - self.flops.keys():
            raise NotBulk
        flops = {flop: (driver, self.starts.get(flop)) for flop, driver in self.flops.items()}
        return Ports(inputs, outputs, flops, clock)

    def take(self, text: bytes) -> bool:
        """Go past this word or sign, if it stands here."""
        end = self.at + len(text)
        if not self.data.startswith(text, self.at) or (text.isalpha() and _MORE.match(self.data, end)):
            return False
        self.at = int(skip(self.gates, end))
        return True

    def need(self, *texts: bytes) -> None:
        if not all(map(self.take, texts)):
            raise NotBulk

    def name(self) -> int:
        number, at = name(self.gates, self.at)
        self.at = int(at)
        if number == 0:
            raise NotBulk
        return int(number)

    def header(self) -> None:
        while self.data.startswith(b"(*", self.at):
            self.at = int(attribute(self.gates, self.at))
            if self.at < 0:
                raise NotBulk
        self.need(b"module")
        self.module = text_of(self.gates, self.name())
        self.need(b"(")
        while not self.take(b")"):
            if self.header_names:
                self.need(b",")
            self.header_names.append(self.name())
        self.need(b";")

    def statement(self) -> None:
        if self.take(b"always"):
            self.always()
        elif self.take(b"initial"):
            for _ in self.block():
                number = self.name()
                if not (self.take(b"<=") or self.take(b"=")) or number in self.starts:
                    raise NotBulk
                constant = _CONSTANT.match(self.data, self.at)
                if constant is None:
                    raise NotBulk
                self.need(constant[0])
                self.starts[number] = 1 if constant[0].endswith(b"1") else 0
        else:
            self.need(b"endmodule")
            self.ended = True

    def always(self) -> None:
        self.need(b"@", b"(")
        rising = self.take(b"posedge")
        if not rising:
            self.need(b"negedge")
        self.clocks.add((rising, self.name()))
        self.need(b")")
        for _ in self.block():
            flop = self.name()
            self.need(b"<=")
            at = expression(self.gates, self.at)
            following = nameless(self.gates)
            if at < 0 or flop in self.flops or not drive(self.gates, following):
                raise NotBulk
            self.at = int(at)
            self.flops[flop] = int(following)

    def block(self) -> Iterator[None]:
        """Once before each of its statements, which end with a semicolon."""
        if not self.take(b"begin"):
            yield
            self.need(b";")
            return
        while not self.take(b"end"):
            yield
            self.need(b";")
