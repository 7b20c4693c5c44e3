"""Mapped netlists as BLIF: lookup tables as `.names`, cells as `.gate` lines; our comment says what these compute."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from bridge.files import write_atomic
from bridge.formats.blif_write import NO_RESET, listed
from bridge.formats.mapped.functions import cubes_of
from bridge.formats.mapped.library import Kind
from bridge.formats.mapped.netlist import Mapped
from bridge.formats.mapped.signals import signals_of


def write_mapped_blif(mapped: Mapped, path: str | os.PathLike[str]) -> None:
    """Write one file. InputError when the path cannot be written."""
    write_atomic(path, "\n".join([*_lines(mapped), ""]))


def _lines(mapped: Mapped) -> Iterator[str]:
    signals = signals_of(mapped, tell=True)
    names, aig = signals.names, mapped.source
    yield from (f"# {line}" for line in signals.annotation)
    yield f".model {signals.module}"
    yield from listed(".inputs", names.inputs)
    yield from listed(".outputs", names.outputs)
    clock = "" if names.clock_input is None else f"re {names.clock} "
    following = mapped.roots[len(aig.outputs) : len(aig.outputs) + len(aig.latches)]
    for latch, name, root in zip(aig.latches, names.latches, following, strict=True):
        yield f".latch {signals.plain[root]} {name} {clock}{NO_RESET if latch.reset is None else latch.reset}"
    for signal, gate in enumerate(mapped.gates, aig.first_and):
        inputs = [signals.plain[each] for each in gate.inputs]
        yield from _gate(gate.kind, inputs, signals.plain[signal])
    for name, root in signals.wires():
        yield from _table([signals.plain[root]], name, 0b10)
    yield ".end"


def _gate(kind: Kind, inputs: Sequence[str], output: str) -> Iterator[str]:
    if not kind.name:
        yield from _table(inputs, output, kind.table)
    else:
        pins = zip((*kind.inputs, kind.output), (*inputs, output), strict=True)
        yield " ".join([f".gate {kind.name}", *(f"{pin}={signal}" for pin, signal in pins)])


def _table(inputs: Sequence[str], output: str, table: int) -> Iterator[str]:
    yield " ".join([".names", *inputs, output])
    for cube in cubes_of(table, len(inputs)):
        yield f"{cube} 1".lstrip()
