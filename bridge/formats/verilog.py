"""The structural Verilog reader: a check of the text, one of two front ends, then words to bits and bits to an Aig.

It understands our own output, ABC's `write_verilog` and Yosys' `aigmap; write_verilog -noattr`: one module of wires,
registers with one clock, assignments of `~ & | ^`, gates, and Yosys' simple cells. All else is an error with its line.
"""

from __future__ import annotations

import os
import re

import numpy as np

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats import Frontend
from bridge.formats.annotation import find_annotation
from bridge.formats.blast import blast
from bridge.formats.elaborate import elaborate
from bridge.formats.keywords import KEYWORDS, STRUCTURAL
from bridge.formats.statements import Module

# Front ends recurse over brackets, in compiled code that may crash.
_DEEPEST = 500
_SKIPPED = re.compile(rb'\\[!-~]+|//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_$]*")
_FOREIGN = re.compile(rb"[`\x80-\xff\x00]")
_FORBIDDEN = {word.encode() for word in KEYWORDS - STRUCTURAL}


def read_verilog(path: str | os.PathLike[str], *, reader: Frontend = "pyslang") -> Aig:
    """Read one module. InputError with path and line for what is malformed or outside the structural subset."""
    data = read_bytes(path, "a Verilog netlist")
    return parse_verilog(data, os.fspath(path), reader=reader)


def parse_verilog(data: bytes, path: str, *, reader: Frontend = "pyslang") -> Aig:
    """The netlist in these bytes; `path` is for error messages."""
    _check(data, path)
    text = data.decode("latin-1").replace("\r\n", "\n")
    module = _parse(text, path, reader)
    return elaborate(blast(module, path), find_annotation(data, path))


def _parse(text: str, path: str, reader: str) -> Module:
    if reader == "pyslang":
        from bridge.formats import pyslang_reader

        return pyslang_reader.parse(text, path)
    if reader == "pyverilog":
        from bridge.formats import pyverilog_reader

        return pyverilog_reader.parse(text, path)
    raise InputError(f"there is no Verilog reader {reader!r}; choose pyslang or pyverilog")


def _check(data: bytes, path: str) -> None:
    """Refuse, before any parser sees it, what is outside the subset by its words or could crash a parser."""

    def error(at: int, message: str) -> InputError:
        line = data.count(b"\n", 0, at) + 1
        return InputError(f"{path}:{line}: {message}")

    bare = _SKIPPED.sub(lambda match: b" " * len(match[0]), data)
    if found := _FOREIGN.search(bare):
        what = "a compiler directive" if found[0] == b"`" else "a byte that is not printable ASCII"
        raise error(found.start(), f"{what} is not part of a structural netlist")
    words = _WORD.findall(bare)
    if _FORBIDDEN.intersection(words):
        found = next(match for match in _WORD.finditer(bare) if match[0] in _FORBIDDEN)
        raise error(found.start(), f"{found[0].decode()!r} is not part of a structural netlist")
    modules = [match.start() for match in re.finditer(rb"(?<![\w$])module(?![\w$])", bare)]
    if len(modules) != 1:
        raise error(modules[1] if modules else 0, f"a netlist is one module; the file has {len(modules)}")
    characters = np.frombuffer(bare, np.uint8)
    opening, closing = (np.isin(characters, np.frombuffer(kinds, np.uint8)) for kinds in (b"([{", b")]}"))
    depth = np.cumsum(opening.astype(np.int32) - closing)
    if depth.max() > _DEEPEST:
        raise error(int(np.argmax(depth > _DEEPEST)), f"brackets nest deeper than {_DEEPEST}")
