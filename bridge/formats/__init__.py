"""Netlist files, told apart by the suffix; `FORMATS` is the table of all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.formats.mapped.library import Library
from bridge.formats.mapped.netlist import Mapped
from bridge.printable import either
from bridge.resources import shipped_cells

Frontend = Literal["pyslang", "pyverilog"]


@dataclass(frozen=True)
class Format:
    """A kind of netlist file, in words, and `module:function` of what reads and writes it: imported when it is used.

    `whole`: the file keeps names, latches and metadata, so that a netlist that is read is the one that was written;
    `options`: the keywords of `read_netlist` and `write_netlist` that its functions take; `mapped`: what writes
    netlists of lookup tables or cells, if anything does.
    """

    what: str
    reader: str  # (path) -> Aig
    writer: str  # (aig, path)
    whole: bool = True
    options: tuple[str, ...] = ()
    mapped: str = ""  # (mapped, path)

    def call(self, function: str, *arguments: object, **options: object) -> Any:
        module, name = function.split(":")
        known = {key: value for key, value in options.items() if key in self.options}
        return getattr(import_module(f"bridge.formats.{module}"), name)(*arguments, **known)


FORMATS = {
    ".aig": Format("binary AIGER", "aiger:read_aiger", "aiger_write:write_aiger"),
    ".aag": Format("ASCII AIGER", "aiger:read_aiger", "aiger_write:write_aiger"),
    ".v": Format(
        "structural Verilog",
        "verilog:read_verilog",
        "verilog_write:write_verilog",
        options=("reader", "cells", "library"),
        mapped="mapped.verilog:write_mapped_verilog",
    ),
    ".blif": Format(
        "BLIF",
        "blif:read_blif",
        "blif_write:write_blif",
        options=("library",),
        mapped="mapped.blif:write_mapped_blif",
    ),
    ".bristol": Format("Bristol Fashion", "bristol:read_bristol", "bristol_write:write_bristol", whole=False),
    ".truth": Format("truth tables", "truth:read_truth", "truth:write_truth", whole=False),
}
SUFFIXES = tuple(FORMATS)
MAPPED = tuple(suffix for suffix, format in FORMATS.items() if format.mapped)
WHOLE = tuple(suffix for suffix, format in FORMATS.items() if format.whole)


def read_netlist(path: str | os.PathLike[str], *, reader: Frontend = "pyslang", library: Library | None = None) -> Aig:
    """Read and validate a netlist. `reader`: which of two independent parsers reads Verilog; `library`: the cells that
    a BLIF or Verilog file may instantiate, besides its own models.

    InputError with the path and the line or byte offset when the file is not a netlist we understand.
    """
    format = _format(path)
    aig: Aig = format.call(format.reader, path, reader=reader, library=library)
    return aig


def write_netlist(aig: Aig, path: str | os.PathLike[str], *, cells: bool = False) -> None:
    """Write a netlist; the file appears whole or not at all. `cells`: Verilog gates instead of assignments.

    InputError when the path cannot be written, or the netlist cannot be written in this format.
    """
    format = _format(path)
    format.call(format.writer, aig, path, cells=cells)


def write_mapped(mapped: Mapped, path: str | os.PathLike[str]) -> None:
    """Write a netlist of lookup tables or cells; InputError as `write_netlist`."""
    format = _format(path)
    if not format.mapped:
        raise InputError(f"{path}: lookup tables and cells are written as {either(MAPPED)}")
    format.call(format.mapped, mapped, path)


def _format(path: str | os.PathLike[str]) -> Format:
    name = os.fspath(path)
    if format := FORMATS.get(Path(path).suffix.lower()):
        return format
    if name in shipped_cells():
        raise InputError(f"{name}: is a shipped cell, not a netlist; lower(Cell.load({name!r})) is one")
    raise InputError(f"{name}: a netlist file must end in {either(SUFFIXES)}")
