"""Mapped netlists as Verilog: instances, and a module for every kind of cell and every lookup table that is used."""

from __future__ import annotations

import os
from collections.abc import Iterator

from bridge.files import write_atomic
from bridge.formats.keywords import KEYWORDS
from bridge.formats.mapped.functions import cubes_of, full
from bridge.formats.mapped.library import Kind
from bridge.formats.mapped.netlist import Mapped
from bridge.formats.mapped.signals import Signals, signals_of
from bridge.formats.verilog_write import declarations, escaped


def write_mapped_verilog(mapped: Mapped, path: str | os.PathLike[str]) -> None:
    """Write one file. InputError when the path cannot be written."""
    write_atomic(path, "\n".join([*_lines(mapped), ""]))


def _lines(mapped: Mapped) -> Iterator[str]:
    signals = signals_of(mapped)
    names, aig = signals.names, mapped.source
    clock = [names.clock] if aig.latches else []
    data = [name for place, name in enumerate(names.inputs) if place != names.clock_input]
    inputs, outputs = ([*map(escaped, each)] for each in ([*clock, *data], names.outputs))
    registers = [*map(escaped, names.latches)]
    yield from (f"// {line}" for line in signals.annotation)
    yield f"module {escaped(signals.module)} ("
    yield ",\n".join(f"  {port}" for port in (*inputs, *outputs))
    yield ");"
    own = {*names.outputs}
    wires = [escaped(name) for name in signals.plain[aig.first_and :] if name not in own]
    for keyword, declared in (("input", inputs), ("output", outputs), ("reg", registers), ("wire", wires)):
        yield from declarations(keyword, declared)
    for signal, gate in enumerate(mapped.gates, aig.first_and):
        pins = zip((*gate.kind.inputs, gate.kind.output), (*gate.inputs, signal), strict=True)
        said = ", ".join(f".{_name(pin)}({escaped(signals.plain[each])})" for pin, each in pins)
        yield f"  {_name(signals.modules[gate.kind])} {names.prefix}{signal}_n ({said});"
    for name, root in signals.wires():
        yield f"  assign {escaped(name)} = {escaped(signals.plain[root])};"
    yield from _registers(signals, registers)
    yield "endmodule"
    for kind, module in signals.modules.items():
        yield from _definition(kind, module)


def _registers(signals: Signals, registers: list[str]) -> Iterator[str]:
    aig = signals.mapped.source
    following = signals.mapped.roots[len(aig.outputs) : len(aig.outputs) + len(aig.latches)]
    if registers:
        yield f"  always @(posedge {escaped(signals.names.clock)}) begin"
        for name, root in zip(registers, following, strict=True):
            yield f"    {name} <= {escaped(signals.plain[root])};"
        yield "  end"
    pairs = zip(registers, aig.latches, strict=True)
    starts = [f"    {name} = 1'b{latch.reset};" for name, latch in pairs if latch.reset is not None]
    if starts:
        yield from ("  initial begin", *starts, "  end")


def _definition(kind: Kind, module: str) -> Iterator[str]:
    pins = [_name(pin) for pin in (*kind.inputs, kind.output)]
    yield f"module {_name(module)} ({', '.join(pins)});"
    yield from declarations("input", pins[:-1])
    yield from declarations("output", pins[-1:])
    yield f"  assign {pins[-1]} = {_expression(kind)};"
    yield "endmodule"


def _expression(kind: Kind) -> str:
    count = len(kind.inputs)
    if kind.table in (0, full(count)):
        return f"1'b{int(kind.table > 0)}"
    pins = [_name(pin) for pin in kind.inputs]
    products = [
        " & ".join("~" * (letter == "0") + pin for letter, pin in zip(cube, pins, strict=True) if letter != "-")
        for cube in cubes_of(kind.table, count)
    ]
    return " | ".join(f"({product})" for product in products)


def _name(name: str) -> str:
    return f"\\{name} " if name in KEYWORDS else escaped(name)
