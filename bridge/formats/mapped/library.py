"""Libraries of cells: genlib and Liberty files, checked before any tool sees them, and a small one of our own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats.mapped.functions import MOST_INPUTS, full
from bridge.printable import either

SIMPLE = "simple"
_READERS = {".genlib": "genlib", ".lib": "liberty", ".liberty": "liberty"}
_MOST_BYTES = 64 << 20
_INVERTER = (1, 0b01)
_PAIRS = [(2, table) for table in (0b0111, 0b1000, 0b0001, 0b1110)]


@dataclass(frozen=True)
class Kind:
    """A cell of a library, or, with no name, a lookup table. `table`: see `functions`, over `inputs`, the names of the
    pins; `output`: that of the output pin."""

    name: str
    area: float
    inputs: tuple[str, ...]
    output: str
    table: int


NO_GATES: Mapping[str, Kind] = {}


@dataclass(frozen=True)
class Library:
    """`kind`: `genlib` or `liberty`; `data`: the file, for ABC; `cells`: those that a netlist may be
    mapped to, by name."""

    name: str
    kind: str
    data: bytes
    cells: Mapping[str, Kind]


def read_library(name: str | os.PathLike[str]) -> Library:
    """The library in a file, told by its suffix, or `simple`, the shipped one. InputError with path and line."""
    path = Path(__file__).with_name(f"{SIMPLE}.genlib") if os.fspath(name) == SIMPLE else Path(name)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{name}: a library of cells must end in {either((*_READERS,))}, or be {SIMPLE!r}")
    data = read_bytes(path, "a library of cells", _MOST_BYTES)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}:{line}: a library of cells must be plain ASCII text") from error
    if "\0" in text:
        raise InputError(f"{name}: a library of cells must be plain ASCII text")
    cells = import_module(f"bridge.formats.mapped.{reader}").parse(text, os.fspath(name))
    functions = {(len(kind.inputs), kind.table) for kind in cells.values()}
    if _INVERTER not in functions or not functions & {*_PAIRS}:
        raise InputError(f"{name}: has no inverter, or no NAND, AND, NOR or OR of two inputs, which mapping needs")
    # ABC takes the quotes that genlib allows around a name for a part of it.
    return Library(os.fspath(name), reader, data.replace(b'"', b"") if reader == "genlib" else data, cells)


def described(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Cells as JSON: what each reads and writes, and its table, in hexadecimal."""
    return {kind.name: [list(kind.inputs), kind.output, f"{kind.table:x}"] for kind in kinds}


def from_description(facts: Any) -> dict[str, Kind]:
    """Undo `described`, but for areas. ValueError for what it never wrote."""
    if not isinstance(facts, dict):
        raise ValueError("gates must be an object")
    kinds = {}
    for name, fact in facts.items():
        inputs, output, table = fact
        pins = [*inputs, output]
        if len(inputs) > MOST_INPUTS or len({*pins}) < len(pins) or not all(isinstance(pin, str) for pin in pins):
            raise ValueError(f"no gate is like {name[:100]!r}")
        number = int(table, 16)
        if not 0 <= number <= full(len(inputs)):
            raise ValueError(f"the table of {name[:100]!r} is too large")
        kinds[name] = Kind(name, 0.0, tuple(inputs), output, number)
    return kinds


def lookup_table(inputs: int, table: int) -> Kind:
    """The kind of a table of so many inputs."""
    return Kind("", float(inputs > 0), tuple(f"i{place}" for place in range(inputs)), "y", table & full(inputs))
