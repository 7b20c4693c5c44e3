"""The structural Verilog reader: a check of the text, one of two front ends, then words to bits and bits to an Aig.

It understands our own output, ABC's `write_verilog`, and what Yosys writes after `synth` or `aigmap`: modules of
wires and flip-flops with one clock, assignments, gates, Yosys' cells and other modules. All else is an error with its
line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats import Frontend
from bridge.formats.annotation import find_annotation
from bridge.formats.blast import blast
from bridge.formats.bulk.read import read_bulk
from bridge.formats.elaborate import elaborate
from bridge.formats.mapped.library import NO_GATES, Kind, Library
from bridge.formats.statements import Module
from bridge.formats.verilog_text import VerilogText, prepared


def read_verilog(path: str | os.PathLike[str], *, reader: Frontend = "pyslang", library: Library | None = None) -> Aig:
    """Read one design; `library`: of its cells. InputError with path and line for what is malformed or outside the
    structural subset."""
    data = read_bytes(path, "a Verilog netlist")
    return parse_verilog(data, os.fspath(path), reader=reader, gates=library.cells if library else NO_GATES)


def parse_verilog(data: bytes, path: str, *, reader: Frontend = "pyslang", gates: Mapping[str, Kind] = NO_GATES) -> Aig:
    """The netlist in these bytes; `path` is for error messages; `gates`: what else than modules it may instantiate."""
    if reader == "pyslang" and (aig := read_bulk(data, path, "verilog")):
        return aig
    modules = _parse(prepared(data, path), path, reader)
    return elaborate(blast(modules, path, len(data), gates), find_annotation(data, path))


def _parse(text: VerilogText, path: str, reader: str) -> list[Module]:
    if reader == "pyslang":
        from bridge.formats import pyslang_reader

        return pyslang_reader.parse(text, path)
    if reader == "pyverilog":
        from bridge.formats import pyverilog_reader

        return pyverilog_reader.parse(text, path)
    raise InputError(f"there is no Verilog reader {reader!r}; choose pyslang or pyverilog")
