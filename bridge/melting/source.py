"""What an importer is. Each is a folder of this package that defines `IMPORTER`; the folders are the table."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

from bridge import melting
from bridge.arrays import Flags, Floats
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.cell.ranges import LARGEST
from bridge.errors import InputError
from bridge.files import read_bytes

MAX_BYTES = 1 << 28  # of a file
_SPAN = re.compile(r"(-?[0-9]{1,12})\.\.(-?[0-9]{1,12})(?:/([0-9]{1,12}(?:\.[0-9]{1,12})?))?")
START = 1 << 16  # how much of it `recognises` is shown


@dataclass(frozen=True, eq=False)
class File:
    """A file that was read, once. `path`: where it lies, for what it names beside it."""

    path: Path
    data: bytes

    def within(self, limit: int, what: str) -> bytes:
        """Its data; InputError if there is more than what it is said to hold may have."""
        if len(self.data) > limit:
            raise InputError(f"is larger than the {limit:,} bytes allowed for {what}")
        return self.data


def opened(source: Any) -> Any:
    """A path as a `File`, all else as it is. InputError for what cannot be read, or is too large."""
    if not isinstance(source, str | os.PathLike):
        return source
    return File(Path(source), read_bytes(source, "a network", MAX_BYTES))


@dataclass(frozen=True, eq=False)
class Comparison:
    """`equal`: bool[rows], where every number of the reference is that of the cell; `close`: bool[rows], where the
    reference's own float rounding decides, or the stated bound is not exceeded, so that the two may differ; `why`: what
    such rows are, one clause; `first`: the first difference of a row that is not close, with layer, element and
    values, without the number of the row."""

    equal: Flags
    close: Flags
    why: str = ""
    first: str | None = None


class Reference(Protocol):
    """The model as its own library runs it."""

    @property
    def name(self) -> str:
        """The library and its version."""

    def rows(self, count: int, seed: int) -> Floats:
        """float64[count, features]: random raw inputs, as the user of the cell has them, those near what the model asks
        about among them. An Input without an encoder is given them as they are, whole numbers in its range."""

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        """The reference on these rows beside the integers of every block of the cell, its head included, by name."""


@dataclass(frozen=True)
class Importer:
    """`kind`: what it reads, for people; `recognises`: is that the start of such a file (None if it reads no files);
    `packages`: top-level packages whose objects it takes from Python; `options`: the keywords that it knows.

    `melt`: a `File` or an object, and the options -> the cell, where `record["melt"]` holds what is not exact.
    `reference`: the same, and the cell -> what `--check` compares; MissingExtra without the library."""

    kind: str
    melt: Callable[[Any, Mapping[str, Any]], Cell]
    reference: Callable[[Any, Mapping[str, Any], Cell], Reference]
    recognises: Callable[[bytes], bool] | None = None
    packages: tuple[str, ...] = ()
    options: frozenset[str] = field(default_factory=frozenset)


@cache
def importers() -> tuple[Importer, ...]:
    """All of them, by the name of their folders."""
    folders = [entry.name for entry in iter_modules(melting.__path__) if entry.ispkg]
    return tuple(import_module(f"bridge.melting.{name}").IMPORTER for name in sorted(folders))


def input_range(given: Any) -> tuple[int, int, Fraction]:
    """The least and the largest integer that a feature can be, and what it is divided by before the model sees it.

    given: the option, `0..255`, `0..255/255`, or those numbers as a tuple. InputError if it is none of these.
    """
    said = _SPAN.fullmatch(given) if isinstance(given, str) else None
    parts = tuple(part for part in said.groups() if part) if said else given
    try:
        low, high, divisor = (*parts, 1) if len(parts) == 2 else parts
        divisor = Fraction(divisor)
        whole = int(low) == Fraction(low) and int(high) == Fraction(high)
        if whole and divisor > 0 and -LARGEST <= int(low) <= int(high) <= LARGEST:
            return int(low), int(high), divisor
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        pass
    raise InputError(f"input range {given!r:.80} must be like 0..255, or 0..255/255 for what is divided by 255 first")
