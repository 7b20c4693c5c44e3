"""The structural Verilog writer: one module of scalars for pyslang, pyverilog, Yosys, ABC, Icarus and Verilator alike.

Ports are not declared in the header, and `initial` follows `always`, because ABC wants it so. Reset values are initial
values, so that the interface stays that of the Aig, plus one clock; an input called like a clock that nothing reads is
that clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.files import write_atomic
from bridge.formats.annotation import annotation_lines
from bridge.formats.names import PLAIN, SignalNames, signal_names

_PER_LINE = 8


def write_verilog(aig: Aig, path: str | os.PathLike[str], *, cells: bool = False) -> None:
    """Write one module. `cells`: `and` and `not` gates instead of assignments of `a & ~b`."""
    write_atomic(path, format_verilog(aig, cells=cells))


def format_verilog(aig: Aig, *, cells: bool = False) -> str:
    """The text of the file. Names that Verilog does not allow are changed, and restored when we read the file."""
    return "\n".join([*_Writer(aig, cells).lines(), ""])


class _Writer:
    def __init__(self, aig: Aig, cells: bool) -> None:
        self.aig = aig
        self.cells = cells
        self.names: SignalNames = signal_names(aig)
        prefix = self.names.prefix
        self.nodes = [f"{prefix}{variable}" for variable in range(aig.first_and, aig.variables)]
        self.plain = ["", *self.names.inputs, *self.names.latches, *self.nodes]
        self.escaped = ["", *map(escaped, self.plain[1 : aig.first_and]), *self.nodes]
        self.inverses = {variable: f"{prefix}{variable}_n" for variable in self.inverted()}

    def inverted(self) -> list[int]:
        """The variables whose complement needs a wire: ABC takes `q <= ~\\d ;` for a constant."""
        fanins = self.aig.ands if self.cells else self.aig.ands[:0]
        literals = np.unique(np.concatenate([self.aig.next_literals(), fanins.ravel().astype(np.int64)]))
        return [variable_of(literal) for literal in literals.tolist() if literal > 1 and inverted(literal)]

    def lines(self) -> Iterator[str]:
        names = self.names
        clock = [names.clock] if self.aig.latches else []
        data = [name for place, name in enumerate(names.inputs) if place != names.clock_input]
        inputs = [escaped(name) for name in (*clock, *data)]
        outputs = [escaped(name) for name in names.outputs]
        registers = [escaped(name) for name in names.latches]
        yield from (f"// {line}" for line in annotation_lines(self.aig, names.originals, self.plain, names.clock_input))
        yield f"module {names.module} ("
        yield ",\n".join(f"  {port}" for port in (*inputs, *outputs))
        yield ");"
        wires = [*self.nodes, *self.inverses.values()]
        for kind, signals in (("input", inputs), ("output", outputs), ("reg", registers), ("wire", wires)):
            yield from declarations(kind, signals)
        yield from self.gates() if self.cells else self.assignments()
        for name, output in zip(outputs, self.aig.outputs, strict=True):
            yield f"  assign {name} = {self.literal(output.literal)};"
        yield from self.registers(registers)
        yield "endmodule"

    def assignments(self) -> Iterator[str]:
        literal = self.literal
        for node, (a, b) in zip(self.nodes, self.aig.ands.tolist(), strict=True):
            yield f"  assign {node} = {literal(a)} & {literal(b)};"
        for variable, inverse in self.inverses.items():
            yield f"  assign {inverse} = ~{self.escaped[variable]};"

    def gates(self) -> Iterator[str]:
        inverses = self.inverses
        for variable in range(1, self.aig.first_and):
            if variable in inverses:
                yield f"  not ({inverses[variable]}, {self.escaped[variable]});"
        for variable, (a, b) in enumerate(self.aig.ands.tolist(), self.aig.first_and):
            yield f"  and ({self.escaped[variable]}, {self.positive(a)}, {self.positive(b)});"
            if variable in inverses:
                yield f"  not ({inverses[variable]}, {self.escaped[variable]});"

    def registers(self, names: Sequence[str]) -> Iterator[str]:
        pairs = list(zip(names, self.aig.latches, strict=True))
        if pairs:
            yield f"  always @(posedge {escaped(self.names.clock)}) begin"
            yield from (f"    {name} <= {self.positive(latch.next)};" for name, latch in pairs)
            yield "  end"
        starts = [f"    {name} = 1'b{latch.reset};" for name, latch in pairs if latch.reset is not None]
        if starts:
            yield from ("  initial begin", *starts, "  end")

    def literal(self, literal: int) -> str:
        if literal < 2:
            return f"1'b{literal}"
        return f"~{self.escaped[variable_of(literal)]}" if inverted(literal) else self.escaped[variable_of(literal)]

    def positive(self, literal: int) -> str:
        """The literal without an operator."""
        return self.inverses[variable_of(literal)] if literal > 1 and inverted(literal) else self.literal(literal)


def escaped(name: str) -> str:
    """The name as an identifier."""
    return name if PLAIN.fullmatch(name) else f"\\{name} "


def declarations(kind: str, signals: Sequence[str]) -> Iterator[str]:
    """Lines that declare a few signals each."""
    for start in range(0, len(signals), _PER_LINE):
        yield f"  {kind} {', '.join(signals[start : start + _PER_LINE])};"
