"""The reader of Liberty files, as far as areas and functions of cells go; what else a file says is for the tool."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.errors import InputError
from bridge.formats.mapped.functions import MOST_INPUTS, parse_function
from bridge.formats.mapped.library import Kind

# Possessive, and comments that are not closed end with the file: so a long file takes no longer than it is.
_COMMENT = re.compile(r'("[^"]*+")|/\*(?:.*?\*/|.*+)|//[^\n]*+', re.DOTALL)  # not what looks like one in a string
_SPACE = re.compile(r"[\s;]*+")
_GROUP = re.compile(r'([A-Za-z_]\w*+)\s*+\(\s*+"?([^(){};"]{0,200}+)"?\s*+\)\s*+\{')
_CALL = re.compile(r"[A-Za-z_]\w*+\s*+\([^(){};]*+\)")
_VALUE = re.compile(r'([A-Za-z_]\w*+)\s*+:\s*+("[^"]*+"|[^;{}"\n]*+)')
_BRACE = re.compile(r'[{}]|"[^"]*"')
_NAME = re.compile(r"[A-Za-z0-9_$.\[\]<>]{1,150}")
# Cells with one of these are no functions of their inputs.
_OTHERS = {"ff", "latch", "statetable", "ff_bank", "latch_bank", "bus", "bundle"}


def parse(text: str, path: str) -> dict[str, Kind]:
    """The cells that a netlist may be mapped to: with an area, one output, and a function of at most MOST_INPUTS
    inputs, without states, and not marked `dont_use`. InputError with the line."""
    file = _File(_COMMENT.sub(lambda found: found[1] or "\n" * found[0].count("\n"), text).replace("\\\n", " \n"), path)
    libraries = [item for item in file.inside(0, len(file.text)) if item.inner and item.name == "library"]
    if len(libraries) != 1:
        raise file.error(0, "expected one `library (name) { ... }`")
    cells: dict[str, Kind] = {}
    for item in file.inside(*libraries[0].inner):
        if item.name == "cell" and item.inner:
            if not _NAME.fullmatch(item.value) or item.value in cells:
                why = "is defined twice" if item.value in cells else "is no name of a cell"
                raise file.error(item.inner[0], f"{item.value!r} {why}")
            kind = _kind(file, item)
            if kind is not None:
                cells[item.value] = kind
    return cells


@dataclass(frozen=True)
class _Item:
    """`name : value` or `name (value) { ... }`; `inner`: where the inside of a group begins and ends."""

    name: str
    value: str
    inner: tuple[int, ...] = ()


@dataclass(frozen=True)
class _File:
    text: str
    path: str

    def error(self, place: int, why: str) -> InputError:
        line = self.text.count("\n", 0, place) + 1
        return InputError(f"{self.path}:{line}: {why}")

    def inside(self, place: int, end: int) -> Iterator[_Item]:
        """The values and groups between two places; other calls are passed over."""
        text = self.text
        while (place := _SPACE.match(text, place).end()) < end:  # type: ignore[union-attr]
            if group := _GROUP.match(text, place):
                closed = self.closing(group.end())
                yield _Item(group[1], group[2].strip(), (group.end(), closed))
                place = closed + 1
            elif value := _VALUE.match(text, place):
                yield _Item(value[1], value[2].strip().strip('"').strip())
                place = value.end()
            elif call := _CALL.match(text, place):
                place = call.end()
            else:
                said = text[place : place + 30].split("\n")[0]
                raise self.error(place, f"{said!r} is no part of a Liberty file")

    def closing(self, place: int) -> int:
        """Where the group that begins there ends."""
        depth = 1
        for found in _BRACE.finditer(self.text, place):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if not depth:
                return found.start()
        raise self.error(place, "this group is not closed")


def _kind(file: _File, cell: _Item) -> Kind | None:
    area = math.nan
    inputs: list[str] = []
    outputs: list[tuple[str, str]] = []
    for item in file.inside(*cell.inner):
        if item.name in _OTHERS or (item.name, item.value) == ("dont_use", "true"):
            return None
        if item.name == "area":
            area = _area(file, cell, item.value)
        elif item.name == "pin" and item.inner:
            pin = {each.name: each.value for each in file.inside(*item.inner) if not each.inner}
            plain = _NAME.fullmatch(item.value) and "three_state" not in pin
            if not plain or pin.get("direction") not in ("input", "output"):
                return None
            if pin["direction"] == "input":
                inputs.append(item.value)
            else:
                outputs.append((item.value, pin.get("function", "")))
    if len(outputs) != 1 or not outputs[0][1] or len(inputs) > MOST_INPUTS or math.isnan(area):
        return None
    if len({*inputs, outputs[0][0]}) <= len(inputs):
        raise file.error(cell.inner[0], f"cell {cell.value!r} has two pins of the same name")
    return Kind(cell.value, area, tuple(inputs), outputs[0][0], _table(file, cell, outputs[0][1], inputs))


def _table(file: _File, cell: _Item, function: str, inputs: list[str]) -> int:
    try:
        return parse_function(function, inputs)
    except InputError as error:
        raise file.error(cell.inner[0], f"cell {cell.value!r}: {error}") from error


def _area(file: _File, cell: _Item, text: str) -> float:
    try:
        area = float(text)
    except ValueError:
        area = math.nan
    if not 0 <= area < math.inf:
        raise file.error(cell.inner[0], f"the area of cell {cell.value!r} must be a number from 0, not {text[:40]!r}")
    return area
