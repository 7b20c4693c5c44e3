"""Netlist files: AIGER, structural Verilog and BLIF, told apart by the suffix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.resources import shipped_cells

Frontend = Literal["pyslang", "pyverilog"]

SUFFIXES = (".aig", ".aag", ".v", ".blif")


def read_netlist(path: str | os.PathLike[str], *, reader: Frontend = "pyslang") -> Aig:
    """Read and validate a netlist. `reader`: which of two independent parsers reads Verilog.

    InputError with the path and the line or byte offset when the file is not a netlist we understand.
    """
    suffix = _suffix(path)
    if suffix == ".v":
        from bridge.formats.verilog import read_verilog

        return read_verilog(path, reader=reader)
    if suffix == ".blif":
        from bridge.formats.blif import read_blif

        return read_blif(path)
    from bridge.formats.aiger import read_aiger

    return read_aiger(path)


def write_netlist(aig: Aig, path: str | os.PathLike[str], *, cells: bool = False) -> None:
    """Write a netlist; the file appears whole or not at all. `cells`: Verilog gates instead of assignments.

    InputError when the path cannot be written, or a name cannot be written in this format.
    """
    suffix = _suffix(path)
    if suffix == ".v":
        from bridge.formats.verilog_write import write_verilog

        write_verilog(aig, path, cells=cells)
    elif suffix == ".blif":
        from bridge.formats.blif_write import write_blif

        write_blif(aig, path)
    else:
        from bridge.formats.aiger_write import write_aiger

        write_aiger(aig, path)


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        if os.fspath(path) in shipped_cells():
            raise InputError(f"{path}: is a shipped cell, not a netlist; lower(Cell.load({os.fspath(path)!r})) is one")
        raise InputError(f"{os.fspath(path)}: a netlist file must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return suffix
